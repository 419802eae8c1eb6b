package audit_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

func jsonEntry(t testing.TB) audit.Entry {
	t.Helper()
	value := func(text string) audit.Value {
		v, err := audit.ParseValue(text)
		require.NoError(t, err)
		return v
	}
	id, err := audit.ParseID("019aad1b-6b78-707b-8000-000000000001")
	require.NoError(t, err)
	return audit.Entry{
		Org: "acme", ID: id, OccurredAt: id.Time(), RecordedAt: id.Time().Add(1500 * time.Microsecond),
		Action: audit.ActionUpdate, Object: audit.Object{Type: "api_key", ID: "7/ä"}, Parent: audit.Object{Type: "user", ID: "3"},
		Actor: audit.Actor{Kind: audit.ActorUser, ID: "u1", Email: "dana@acme.test", OnBehalfOf: "kim@acme.test"},
		IP:    netip.MustParseAddr("2001:db8::42"), RequestID: "r-1", UserAgent: "curl/8", Source: audit.SourceApp, Comment: "why <not>",
		Changes: audit.Changes{
			{Field: "name", Old: value(`"a"`), New: value(`"b"`)},
			{Field: "note", New: value(`null`)},
			{Field: "token", Old: value(`{"$audit":"redacted"}`), New: value(`{"$audit":"redacted"}`)},
		},
		Metadata: value(`{"ticket":12}`), Format: audit.Format,
	}
}

// TestEntryJSON pins the form that scripts and exports rely on.
func TestEntryJSON(t *testing.T) {
	t.Parallel()
	entry := jsonEntry(t)
	text, err := json.Marshal(entry)
	require.NoError(t, err)
	assert.Equal(t, `{"id":"019aad1b-6b78-707b-8000-000000000001","occurred_at":"2025-11-22T19:47:26.712123Z","recorded_at":"2025-11-22T19:47:26.713623Z",`+
		`"action":"update","object_type":"api_key","object_id":"7/ä","parent_type":"user","parent_id":"3",`+
		`"actor_kind":"user","actor_id":"u1","actor_email":"dana@acme.test","on_behalf_of":"kim@acme.test",`+
		`"ip":"2001:db8::42","request_id":"r-1","user_agent":"curl/8","source":"app","comment":"why \u003cnot\u003e",`+
		`"changes":[{"field":"name","new":"b","old":"a"},{"field":"note","new":null},{"field":"token","new":{"$audit":"redacted"},"old":{"$audit":"redacted"}}],`+
		`"metadata":{"ticket":12},"format":1}`, string(text))

	var again audit.Entry
	require.NoError(t, json.Unmarshal(text, &again))
	entry.Org = ""
	assert.Equal(t, entry, again, "all but the organization comes back")

	bare := audit.Entry{ID: entry.ID, OccurredAt: entry.OccurredAt}
	text, err = json.Marshal(bare)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"recorded_at":null,"action":"","object_type":""`)
	assert.Contains(t, string(text), `"ip":""`)
	assert.Contains(t, string(text), `"changes":[],"metadata":null,"format":0}`)
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, bare, again)
}

func TestEntryJSONRefuses(t *testing.T) {
	t.Parallel()
	const id = `"id":"019aad1b-6b78-707b-8000-000000000001","occurred_at":"2025-11-22T19:47:26.712123Z"`
	var entry audit.Entry
	require.NoError(t, json.Unmarshal([]byte(`{`+id+`,"unknown":1}`), &entry))
	require.NoError(t, json.Unmarshal([]byte(`{"id":"019aad1b-6b78-707b-8000-000000000001","occurred_at":"2025-11-22T20:47:26.712123+01:00"}`), &entry))
	before := entry
	for text, want := range map[string]string{
		`[]`: "cannot unmarshal array",
		`{}`: "parsing ID",
		`{"id":"019aad1b-6b78-407b-8000-000000000001"}`:                                             "not a UUIDv7",
		`{"id":"019aad1b-6b78-707b-8000-000000000001"}`:                                             "occurred_at",
		`{"id":"019aad1b-6b78-707b-8000-000000000001","occurred_at":"2025-11-22T19:47:26.712124Z"}`: "the ID holds 2025-11-22T19:47:26.712123Z",
		`{` + id + `,"recorded_at":"yesterday"}`:                                                    "recorded_at",
		`{` + id + `,"ip":"300.1.1.1"}`:                                                             "ip",
		`{` + id + `,"changes":[{"new":1}]}`:                                                        `change 1 has no text under "field"`,
		`{` + id + `,"action":7}`:                                                                   "cannot unmarshal number",
	} {
		err := json.Unmarshal([]byte(text), &entry)
		require.ErrorContains(t, err, want, text)
		assert.Equal(t, before, entry, "an error leaves the entry as it was")
	}
}

// FuzzEntryJSON: what can be read is written in one form, which reads back.
func FuzzEntryJSON(f *testing.F) {
	text, err := json.Marshal(jsonEntry(f))
	require.NoError(f, err)
	f.Add(string(text))
	f.Add(`{"id":"ffffffff-ffff-73e7-bfff-ffffffffffff","occurred_at":"10889-08-02T05:31:50.655999Z","recorded_at":"0000-01-01T00:30:00+23:59"}`)
	f.Add(`{"id":"019aad1b-6b78-707b-8000-000000000001","occurred_at":"2025-11-22T19:47:26.712123Z","ip":"::ffff:10.0.0.1%eth0","metadata":{"b":1e2,"a":"\u0000"},"changes":[{"field":"\ud800"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var entry audit.Entry
		if json.Unmarshal([]byte(text), &entry) != nil {
			return
		}
		written, err := json.Marshal(entry)
		require.NoError(t, err)
		var again audit.Entry
		require.NoError(t, json.Unmarshal(written, &again), "%s", written)
		require.Equal(t, entry, again)
		twice, err := json.Marshal(again)
		require.NoError(t, err)
		require.Equal(t, string(written), string(twice))
	})
}
