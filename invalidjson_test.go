package audit_test

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

type (
	// checkedJSON refuses what is not JSON, as many hand-written columns do.
	checkedJSON []byte
	// checkedStatus refuses what it does not know.
	checkedStatus string
	// attributes is a JSON column.
	attributes map[string]any
	// document is a JSON column with a part that is not decoded.
	document struct{ Part json.RawMessage }
	// garbled is a type whose MarshalJSON is wrong.
	garbled struct{ text string }
)

func (c checkedJSON) Value() (driver.Value, error) {
	if !json.Valid(c) {
		return nil, errors.New("invalid JSON")
	}
	return string(c), nil
}

func (s checkedStatus) Value() (driver.Value, error) {
	return nil, fmt.Errorf("unknown status %q", string(s))
}

func (a attributes) Value() (driver.Value, error) { return json.Marshal(map[string]any(a)) }

func (d document) Value() (driver.Value, error) { return json.Marshal(d) }

func (g garbled) MarshalJSON() ([]byte, error) { return []byte(g.text), nil }

// Broken JSON is data: it can be recorded, changed, mended and destroyed.
func TestBrokenJSON(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	type record struct {
		ID    int
		Value any
	}
	for name, test := range map[string]struct {
		value any
		want  string
	}{
		"half an object":               {json.RawMessage(`{"a":`), `{"$audit":"invalid_json","text":"{\"a\":"}`},
		"trailing garbage":             {json.RawMessage(`{"a":1} x`), `{"$audit":"invalid_json","text":"{\"a\":1} x"}`},
		"two values":                   {json.RawMessage(`1 2`), `{"$audit":"invalid_json","text":"1 2"}`},
		"no JSON at all":               {json.RawMessage(`hello`), `{"$audit":"invalid_json","text":"hello"}`},
		"a blank":                      {json.RawMessage(` `), `{"$audit":"invalid_json","text":" "}`},
		"empty":                        {json.RawMessage{}, `null`},
		"nothing":                      {json.RawMessage(nil), `null`},
		"not UTF-8":                    {json.RawMessage("\"caf\xe9\""), `{"$audit":"invalid_json","hex":"22636166e922"}`},
		"NUL":                          {json.RawMessage("{\x00}"), `{"$audit":"invalid_json","hex":"7b007d"}`},
		"too deep":                     {json.RawMessage(deep), `{"$audit":"cut","bytes":40000}`},
		"duplicate keys":               {json.RawMessage(`{"a":1,"a":2}`), `2`}, // at value.a
		"a secret":                     {json.RawMessage(`{"password":"canary`), `{"$audit":"invalid_json","bytes":19}`},
		"an escaped name":              {json.RawMessage(`{"p\u0061ssword":"canary`), `{"$audit":"invalid_json","bytes":24}`},
		"another spelling":             {json.RawMessage(`{"API-Key" : "canary`), `{"$audit":"invalid_json","bytes":20}`},
		"not UTF-8 either":             {json.RawMessage("{\"token\":\"canary\xff"), `{"$audit":"invalid_json","bytes":17}`},
		"bytes":                        {[]byte(`{"a":`), `{"$audit":"invalid_json","text":"{\"a\":"}`},
		"bytes of a secret":            {[]byte(`[{"password":"canary`), `{"$audit":"invalid_json","bytes":20}`},
		"bytes of a secret, not UTF-8": {[]byte("{\"password\":\"canary\xff"), `{"$audit":"invalid_json","bytes":20}`},
		"other bytes":                  {[]byte{'{', 0xff}, `"\\x7bff"`},
		"a checked column":             {checkedJSON(`{"a":`), `{"$audit":"invalid_json","text":"{\"a\":"}`},
		"a checked status":             {checkedStatus("retired"), `"retired"`},
		"within a map":                 {attributes{"raw": json.RawMessage(`{`), "n": math.NaN()}, `"NaN"`}, // at value.n
		"within a struct":              {document{json.RawMessage(`{`)}, `{"$audit":"invalid_json"}`},
		"a wrong method":               {garbled{`{"a"}`}, `{"$audit":"invalid_json","text":"{\"a\"}"}`},
		"an empty method":              {garbled{``}, `{"$audit":"invalid_json","text":""}`},
	} {
		lines := changesOf(t, audit.Created(record{1, test.value}))
		require.NotEmpty(t, lines, name)
		assert.Equal(t, test.want, lines[0][strings.Index(lines[0], "absent -> ")+len("absent -> "):], name)
		assert.NotContains(t, strings.Join(lines, ""), "canary", name)
		assert.NotContains(t, strings.Join(lines, ""), fmt.Sprintf("%x", "canary"), name)
		assert.NotEmpty(t, changesOf(t, audit.Destroyed(record{1, test.value})), name)
		assert.Empty(t, changesOf(t, audit.Updated(record{1, test.value}, audit.Snapshot(record{1, test.value}))), name)
		assert.NotEmpty(t, changesOf(t, audit.Updated(record{1, test.value}, record{1, json.RawMessage(`{"x":{}}`)})), name)
		assert.Len(t, changesOf(t, audit.Updated(record{1, json.RawMessage(`[7]`)}, record{1, test.value})), 1, name)
	}
	// Two that differ are a change, also where their texts are not kept.
	for _, pair := range [][2]any{
		{json.RawMessage(`{"password":"a`), json.RawMessage(`{"password":"b`)},
		{json.RawMessage("\"\xe9\""), json.RawMessage("\"\xe8\"")},
		{document{json.RawMessage(`{`)}, document{json.RawMessage(`[`)}},
	} {
		assert.Len(t, changesOf(t, audit.Updated(record{1, pair[0]}, record{1, pair[1]})), 1)
	}
	type plain struct {
		ID   int
		Body json.RawMessage `audit:",plain"`
	}
	assert.Equal(t, []string{`body: absent -> {"$audit":"invalid_json","text":"{\"password\":"}`}, changesOf(t, audit.Created(plain{1, json.RawMessage(`{"password":`)})))
	type secret struct {
		ID       int
		Password json.RawMessage
	}
	assert.Equal(t, []string{`password: absent -> {"$audit":"redacted"}`}, changesOf(t, audit.Created(secret{1, json.RawMessage(`canary`)})))
}

// Bytes that are JSON are that, of whatever kind, so that a jsonb column reads
// alike before and after a change of its kind.
func TestBytesOfJSON(t *testing.T) {
	t.Parallel()
	type record struct {
		ID   int
		Body []byte
	}
	for text, want := range map[string]string{
		`null`: `null`, `5`: `5`, `"x"`: `"x"`, `true`: `true`, ` -1.50 `: `-1.5`, `[]`: `[]`, `{"a":1}`: `{"a":1}`,
		``: `"\\x"`, `05`: `"\\x3035"`, `nil`: `"\\x6e696c"`, `5 6`: `"\\x352036"`, "\"\xff\"": `"\\x22ff22"`, `x`: `"\\x78"`,
	} {
		assert.Equal(t, []string{`body: [7] -> ` + want}, changesOf(t, audit.Updated(record{1, []byte(`[7]`)}, record{1, []byte(text)})), text)
	}
	v, err := audit.ParseValue(`{"$audit":"invalid_json","text":"{"}`)
	require.NoError(t, err)
	assert.Equal(t, audit.KindInvalidJSON, v.Kind())
	assert.Equal(t, "{ (not JSON)", v.Text())
	v, err = audit.ParseValue(`{"$audit":"invalid_json","bytes":5}`)
	require.NoError(t, err)
	assert.Equal(t, "(not JSON: 5 bytes)", v.Text())
}
