package jsontext

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCanonicalJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`1E2`:                       `100`,
		`1.50`:                      `1.5`,
		`-0`:                        `0`,
		`-0.0e5`:                    `0`,
		`0.001`:                     `0.001`,
		`1e-3`:                      `0.001`,
		`12345678901234567890.0`:    `12345678901234567890`,
		`1e39`:                      `1` + strings.Repeat("0", 39),
		`1e40`:                      `1e40`,
		`-1.25e300`:                 `-1.25e300`,
		`1e-39`:                     `0.` + strings.Repeat("0", 38) + `1`,
		`1e401`:                     `"1e401"`,
		`1e99999999999999999999`:    `"1e99999999999999999999"`,
		` { "b" : [ ] , "a" : {} }`: `{"a":{},"b":[]}`,
		`{"a":1,"a":2}`:             `{"a":2}`,
		`"\u00e9\/\u003c\b"`:        `"é/<\u0008"`,
		`"\ud83d\ude00"`:            `"😀"`,
		`"a\u0000b"`:                `{"$audit":"bytes","hex":"610062"}`,
		`{"\u0000":1}`:              `{"\\x00":1}`,
		`null`:                      `null`,
	} {
		got, err := Canonical(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for _, text := range []string{``, `{`, `1 2`, `nan`, `'a'`, `{"a":}`} {
		_, err := Canonical(text)
		assert.Error(t, err, text)
	}
}

// FuzzCanonicalJSON checks that the canonical form is valid JSON, means the
// same, and stays as it is when brought into canonical form again.
func FuzzCanonicalJSON(f *testing.F) {
	for _, seed := range []string{`{"b":[1.50,"x\u2028"],"a":null}`, `-12.5e-7`, `"\ud800"`, `1e400`, `{"$audit":"redacted"}`, `9007199254740993`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		canonical, err := Canonical(text)
		if err != nil {
			return
		}
		require.True(t, json.Valid([]byte(canonical)), "%s", canonical)
		again, err := Canonical(canonical)
		require.NoError(t, err)
		require.Equal(t, canonical, again)

		// An independent reading of numbers: math/big.
		if literal := strings.TrimSpace(text); !strings.HasPrefix(canonical, `"`) && json.Unmarshal([]byte(literal), new(json.Number)) == nil && literal != "null" && literal[0] != '"' {
			want, ok := new(big.Rat).SetString(literal)
			require.True(t, ok)
			got, ok := new(big.Rat).SetString(canonical)
			require.True(t, ok, canonical)
			require.Zero(t, want.Cmp(got), "%s became %s", literal, canonical)
		}
	})
}
