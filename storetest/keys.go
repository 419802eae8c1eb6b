package storetest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// IDs and emails of any length and of any bytes are recorded, and found by the
// whole of them.
func testLogKeys(t *testing.T, b Backend) {
	log := newLog(t, b)
	long := strings.Repeat("folder/", 40)
	keys := []string{
		long + "one", long + "two", long, strings.Repeat("é", 128), strings.Repeat("9", 300), "-" + strings.Repeat("9", 300),
		strings.Repeat("x", 255), "a\x00b", `a\x00b`, "a\xffb", "a\ufffdb", "\x00", strings.Repeat("x", 100_000),
	}
	var events []audit.Event
	for _, key := range keys {
		events = append(events, audit.Created(map[string]any{"n": 1}).WithObject(audit.Object{Type: "file", ID: key}).WithParent(audit.Object{Type: "bucket", ID: key}))
	}
	for i, key := range keys {
		ctx := audit.WithActor(hostContext(t), audit.Actor{ID: key, Email: key, OnBehalfOf: key})
		ctx = audit.WithRequest(ctx, audit.Request{ID: key})
		require.NoError(t, log.RecordDetached(ctx, events[i]), "%.20q", key)
	}
	ctx := hostContext(t)
	for i, key := range keys {
		object := audit.Object{Type: "file", ID: key}
		for name, f := range map[string]audit.Filter{
			"the object": {ObjectIDs: []string{key}}, "the parent": {Parent: audit.Object{Type: "bucket", ID: key}},
			"the user": {ActorEmails: []string{key}}, "the user, among others": {ActorEmails: []string{"x", key}, ObjectTypes: []string{"file"}}, "the request": {RequestID: key},
		} {
			for _, s := range sorts() {
				page, err := log.Page(ctx, audit.Query{Filter: f, Sort: s})
				require.NoError(t, err)
				require.Len(t, page.Entries, 1, "%s %.20q, sorted by %s", name, key, s.By)
				e := page.Entries[0]
				f.Org = org
				assert.True(t, f.Match(e), "%s %.20q", name, key)
				if len(key) <= 64<<10 {
					assert.Equal(t, object, e.Whole().Object, name)
					assert.Equal(t, audit.Actor{Kind: audit.ActorUser, ID: key, Email: key, OnBehalfOf: key}, e.Whole().Actor, name)
				}
			}
			count, err := log.Count(ctx, f, 100)
			require.NoError(t, err)
			assert.Equal(t, 1, count, name)
		}
		count, err := log.Count(ctx, audit.Filter{NotActorEmails: []string{key}}, 100)
		require.NoError(t, err)
		assert.Equal(t, len(keys)-1, count, "all but the user %.20q", key)
		var history []audit.Entry
		for e, err := range log.History(ctx, object) {
			require.NoError(t, err)
			history = append(history, e)
		}
		require.Len(t, history, 1, "%.20q", key)
		state, err := log.StateAt(ctx, object, history[0].OccurredAt)
		require.NoError(t, err)
		assert.Equal(t, history[0].ID, state.First, "%.20q", key)
		reversal, err := log.Revert(ctx, history[0].ID)
		require.NoError(t, err)
		assert.Len(t, reversal.Changes, 1, "%d", i)
	}
}
