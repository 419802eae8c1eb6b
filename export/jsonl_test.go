package export_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
)

// Nothing is lost but the organization, and a line holds nothing invisible.
func TestJSONLines(t *testing.T) {
	t.Parallel()
	var entries []audit.Entry
	for i, payload := range append(hostile, "\u202e\U000e0041\x7f", "😀") {
		payload = strings.ToValidUTF8(strings.ReplaceAll(payload, "\x00", ""), "")
		e := entry(i)
		e.Object.ID, e.Comment, e.Actor.Email = payload, payload, payload
		e.Changes = audit.Changes{{Field: payload, Old: value("1E2"), New: text(payload)}}
		e.Metadata = value(`{"a":[1,2,{"b":null}]}`)
		entries = append(entries, e)
	}
	var out bytes.Buffer
	result, err := export.JSONLines.Write(&out, all(entries...), export.Report{})
	require.NoError(t, err)
	assert.Equal(t, export.Result{Rows: len(entries)}, result)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	require.Len(t, lines, len(entries))
	for i, line := range lines {
		assert.False(t, strings.ContainsAny(line, "\u202e\u200b\ufeff\x7f\x1b"), line)
		var got audit.Entry
		require.NoError(t, json.Unmarshal([]byte(line), &got))
		got.Org = entries[i].Org
		require.Equal(t, entries[i], got)
	}
}

func TestJSONLinesSaysThatItIsCut(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	_, err := export.JSONLines.Write(&out, all(entry(0), entry(1)), export.Report{MaxRows: 1, Matching: 2})
	require.NoError(t, err)
	assert.Equal(t, `{"$audit":"cut","rows":1,"matching":2}`, strings.Split(out.String(), "\n")[1])
}

// FuzzJSONLines: what one entry says comes back, for all texts that a log can
// hold.
func FuzzJSONLines(f *testing.F) {
	f.Add("a\u202e\U000e0041\x7f")
	f.Fuzz(func(t *testing.T, payload string) {
		payload = strings.ToValidUTF8(payload, "")
		e := entry(0)
		e.Comment = payload
		e.Changes = audit.Changes{{Field: payload, New: text(payload)}}
		var out bytes.Buffer
		_, err := export.JSONLines.Write(&out, all(e), export.Report{})
		require.NoError(t, err)
		require.Equal(t, 1, strings.Count(out.String(), "\n"))
		var got audit.Entry
		require.NoError(t, json.Unmarshal(out.Bytes(), &got))
		got.Org = e.Org
		require.Equal(t, e, got)
	})
}
