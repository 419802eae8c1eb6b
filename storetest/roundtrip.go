package storetest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// What is inserted comes back equal, whatever the database makes of JSON.
func testRoundTrip(t *testing.T, b Backend) {
	full := newEntry(epoch)
	full.Action = "login_failed"
	full.Object = audit.Object{Type: "end_user", ID: `o'Brien "\" {a,b} % _ ; --`}
	full.Parent = audit.Object{Type: "organization", ID: "7"}
	full.Actor = audit.Actor{Kind: audit.ActorAPIKey, ID: "key-1", Email: "ünïcode+日本@example.com", OnBehalfOf: "boss@example.com"}
	full.IP = address("2001:db8::42")
	full.RequestID = "req-1"
	full.UserAgent = "Mozilla/5.0\t\r\n\u2028 😀"
	full.Source = audit.SourceImport
	full.Comment = "NULL"
	full.Changes = changes(t, `[
		{"field":"z_first","old":9007199254740993,"new":-123456789012345678901234567890},
		{"field":"numbers","old":[1E2,1.50,1e300,-0,0.000001,1e-300,1.7976931348623157e308],"new":null},
		{"field":"keys","old":{"bb":1,"a":{"d":[],"c":{}},"":true,"é":"\u00e9"},"new":"line\nbreak \u0001 \"quoted\" \\ </script> 😀"},
		{"field":"only_new","new":false},
		{"field":"only_old","old":""},
		{"field":"path.with\\.dot","old":{"$audit":"redacted"},"new":{"$audit":"cut","bytes":70000,"start":"x"}},
		{"field":"bytes","new":{"$audit":"bytes","hex":"00ff"}},
		{"field":"shared","old":{"$audit":"shared"},"new":1},
		{"field":"{\"a,b\"} NULL","new":1}
	]`)
	full.Metadata = value(t, `{"zz":1E2,"a":[12345678901234567890.10],"ip_note":"x, y","$$audit":1}`)

	null := newEntry(epoch.Add(time.Microsecond))
	null.IP = address("203.0.113.24")
	null.Metadata = value(t, "null") // which is not the absent value

	entries := []audit.Entry{full, null, newEntry(epoch.Add(2 * time.Microsecond))}
	for _, at := range []time.Time{
		time.UnixMicro(0), time.UnixMicro(1), time.Date(9999, time.December, 31, 23, 59, 59, 999_999_999, time.UTC),
	} {
		entries = append(entries, newEntry(at))
	}
	before := time.Now()
	seed(t, b.Store, entries)

	oldestFirst := audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}
	got := list(t, b.Store, audit.Walk{Sort: oldestFirst})
	for _, e := range got {
		assert.WithinRange(t, e.RecordedAt, before.Add(-time.Minute), time.Now().Add(time.Minute), "RecordedAt is the database's clock")
		assert.Equal(t, time.UTC, e.RecordedAt.Location())
	}
	requireSame(t, sorted(entries, oldestFirst), got, "what was inserted")

	// The same through a host's transaction, which may write in another way.
	other := full
	other.ID = audit.NewID()
	other.OccurredAt = other.ID.Time()
	other.Org = "other"
	tx := begin(t, b)
	require.NoError(t, tx.Tx.Insert(t.Context(), []audit.Entry{other}))
	require.NoError(t, tx.Commit(t.Context()))
	requireSame(t, []audit.Entry{other}, list(t, b.Store, audit.Walk{Filter: audit.Filter{Org: "other"}}), "what a transaction inserted")
}

// Texts as long as the library lets them be are stored, and their indexes hold
// them.
func testBounds(t *testing.T, b Backend) {
	// Two bytes a character: the bounds are bytes. No two alike, so that
	// nothing compresses well.
	long := func(bytes int) string {
		var text strings.Builder
		for text.Len() < bytes-1 {
			text.WriteRune(rune(0x100 + (text.Len()*7919+bytes)%0x500))
		}
		text.WriteString(strings.Repeat("x", bytes-text.Len()))
		return text.String()
	}
	e := newEntry(epoch)
	e.Org = long(255)
	e.Action = audit.Action(long(64))
	e.Object = audit.Object{Type: long(255), ID: long(255)}
	e.Parent = audit.Object{Type: long(255), ID: long(255)}
	e.Actor = audit.Actor{Kind: audit.ActorKind(long(64)), ID: long(255), Email: long(320), OnBehalfOf: long(320)}
	e.IP = address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")
	e.RequestID = long(128)
	e.UserAgent = long(512)
	e.Comment = long(4096)
	for i := range 10 {
		e.Changes = append(e.Changes, audit.Change{Field: long(40 + i%200), New: value(t, `"`+long(2000)+`"`)})
	}
	number := newEntry(epoch)
	number.Org, number.Object.ID = e.Org, strings.Repeat("9", 255)

	seed(t, b.Store, []audit.Entry{e, number})
	for _, s := range sorts() {
		got := list(t, b.Store, audit.Walk{Filter: audit.Filter{Org: e.Org}, Sort: s})
		requireSame(t, sorted([]audit.Entry{e, number}, s), got, "sorted by "+string(s.By))
	}
	f := audit.Filter{
		Org: e.Org, Actions: []audit.Action{e.Action}, ObjectTypes: []string{e.Object.Type},
		ActorEmails: []string{e.Actor.Email}, ObjectIDs: []string{e.Object.ID}, RequestID: e.RequestID,
	}
	requireSame(t, []audit.Entry{e}, list(t, b.Store, audit.Walk{Filter: f}), "found by its long texts")
}
