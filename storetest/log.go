package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

func newLog(t *testing.T, b Backend) *audit.Log {
	t.Helper()
	log, err := audit.New(b.Store, audit.Config{})
	require.NoError(t, err)
	return log
}

// hostContext is the context of a host's request.
func hostContext(t *testing.T) context.Context {
	ctx := audit.WithOrg(t.Context(), org)
	ctx = audit.WithActor(ctx, audit.Actor{ID: "1", Email: "ada@example.com"})
	return audit.WithRequest(ctx, audit.Request{IP: address("203.0.113.24"), ID: "r1", UserAgent: "curl/8"})
}

// What is recorded through a Log is read back through it.
func testLog(t *testing.T, b Backend) {
	log, ctx := newLog(t, b), hostContext(t)
	object := audit.Object{Type: "api_key", ID: "42"}
	event := audit.Performed("rotate", object).WithParent(audit.Object{Type: "account", ID: "7"}).WithComment("yearly")

	newest, err := log.Newest(ctx)
	require.NoError(t, err)
	assert.True(t, newest.IsZero(), "nothing recorded")

	tx := begin(t, b)
	require.NoError(t, log.Record(ctx, tx.Tx, event, event), "one event twice is two entries")
	require.NoError(t, tx.Commit(t.Context()))
	require.NoError(t, log.RecordDetached(ctx, audit.Performed("login_failed", object)))

	page, err := log.Page(ctx, audit.Query{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 3)
	assert.Equal(t, []audit.Action{"login_failed", "rotate", "rotate"}, actions(page.Entries), "newest first")
	got := page.Entries[1]
	assert.Equal(t, audit.Entry{
		Org: org, ID: got.ID, OccurredAt: got.ID.Time(), RecordedAt: got.RecordedAt,
		Action: "rotate", Object: object, Parent: audit.Object{Type: "account", ID: "7"},
		Actor: audit.Actor{Kind: audit.ActorUser, ID: "1", Email: "ada@example.com"},
		IP:    address("203.0.113.24"), RequestID: "r1", UserAgent: "curl/8",
		Source: audit.SourceApp, Comment: "yearly", Format: audit.Format,
	}, got)

	one, err := log.Entry(ctx, got.ID)
	require.NoError(t, err)
	assert.Equal(t, got, one)
	for what, id := range map[string]audit.ID{"the zero ID": {}, "a new ID": audit.NewID(), "no UUIDv7": {1}} {
		_, err = log.Entry(ctx, id)
		assert.ErrorIs(t, err, audit.ErrNotFound, what)
	}
	_, err = log.In("other").Entry(ctx, got.ID)
	require.ErrorIs(t, err, audit.ErrNotFound, "another organization's entry")

	newest, err = log.Newest(ctx)
	require.NoError(t, err)
	assert.Equal(t, page.Entries[0].ID, newest)
	count, err := log.Count(ctx, audit.Filter{RequestID: "r1"}, 2)
	require.NoError(t, err)
	assert.Equal(t, 2, count)
	histogram, err := log.Histogram(ctx, audit.Filter{}, []time.Time{epoch}, 3)
	require.NoError(t, err)
	assert.Equal(t, audit.Histogram{Bars: []audit.HistogramBar{{Bucket: 1, Action: "login_failed", Entries: 1}, {Bucket: 1, Action: "rotate", Entries: 2}}, Entries: 3}, histogram)
	histogram, err = log.Histogram(ctx, audit.Filter{}, nil, 2)
	require.NoError(t, err)
	assert.Equal(t, audit.Histogram{Entries: 2, More: true}, histogram)
	values, err := log.Values(ctx, audit.ByAction, "", 10)
	require.NoError(t, err)
	assert.Equal(t, []string{"login_failed", "rotate"}, values)

	retried := event.WithID(audit.NewID())
	for range 2 {
		require.NoError(t, log.RecordDetached(ctx, retried))
	}
	require.ErrorIs(t, log.RecordDetached(ctx, retried.WithComment("other")), audit.ErrConflict)
	requireCount(t, b.Store, 4, "the retry adds no entry")
}

func actions(entries []audit.Entry) []audit.Action {
	all := make([]audit.Action, len(entries))
	for i, e := range entries {
		all[i] = e.Action
	}
	return all
}

// A Log's pages are the same in every way of walking, and All gives the whole.
func testLogPages(t *testing.T, b Backend) {
	const total, size = 1_105, 200 // more than All reads at a time, and not whole pages
	log, ctx := newLog(t, b), hostContext(t)
	events := make([]audit.Event, total)
	for i := range events {
		events[i] = audit.Performed([]audit.Action{"a", "b", "c"}[i%3], audit.Object{Type: "row", ID: fmt.Sprint(i % 50)}).
			WithTime(epoch.Add(time.Duration(i/10) * time.Second)) // ten at a time
	}
	tx := begin(t, b)
	require.NoError(t, log.Record(ctx, tx.Tx, events...))
	require.NoError(t, tx.Commit(t.Context()))

	for _, s := range []audit.Sort{{}, {By: audit.ByObjectID, Dir: audit.Descending}} {
		var all []audit.Entry
		for e, err := range log.All(ctx, audit.Filter{}, s) {
			require.NoError(t, err)
			if len(all) == 0 { // what is newer than the start is left out
				require.NoError(t, log.RecordDetached(ctx, audit.Performed("late", audit.Object{Type: "row", ID: "0"}).WithID(audit.NewID())))
			}
			all = append(all, e)
		}
		f := audit.Filter{NotActions: []audit.Action{"late"}}
		all = slices.DeleteFunc(all, func(e audit.Entry) bool { return e.Action == "late" })
		resolved, err := s.Resolve()
		require.NoError(t, err)
		require.Len(t, all, total)
		requireSame(t, sorted(all, resolved), all, "All")

		pages := slices.Collect(slices.Chunk(all, size))
		page := func(q audit.Query) audit.Page {
			t.Helper()
			q.Filter, q.Sort, q.Limit = f, s, size
			p, err := log.Page(ctx, q)
			require.NoError(t, err)
			return p
		}
		first := page(audit.Query{})
		assert.True(t, first.Prev.IsZero())
		p := first
		for i, want := range pages {
			requireSame(t, want, p.Entries, "forwards")
			numbered := page(audit.Query{Number: i + 1})
			requireSame(t, want, numbered.Entries, "by number")
			assert.Equal(t, i == 0, numbered.Prev.IsZero())
			assert.Equal(t, i == len(pages)-1, numbered.Next.IsZero())
			if i < len(pages)-1 {
				p = page(audit.Query{After: p.Next})
			}
		}
		assert.True(t, p.Next.IsZero())
		for i := len(pages) - 2; i >= 0; i-- {
			p = page(audit.Query{Before: p.Prev})
			requireSame(t, pages[i], p.Entries, "backwards")
		}
		assert.True(t, p.Prev.IsZero())

		last := page(audit.Query{Last: true})
		requireSame(t, all[total-size:], last.Entries, "the last page, filled from the end")
		assert.True(t, last.Next.IsZero())
		requireSame(t, all[total-2*size:total-size], page(audit.Query{Before: last.Prev}).Entries, "the page before it")
		assert.Empty(t, page(audit.Query{Number: len(pages) + 1}).Entries, "past the end")
	}
}

// No entry is recorded before it occurred, as long as the host and the database
// have one clock: no rounding may say so.
func testRecordedAt(t *testing.T, b Backend) {
	log, ctx := newLog(t, b), hostContext(t)
	event := audit.Performed("x", audit.Object{Type: "x", ID: "1"})
	for range 500 {
		require.NoError(t, log.RecordDetached(ctx, event))
	}
	tx := begin(t, b)
	require.NoError(t, log.Record(ctx, tx.Tx, slices.Repeat([]audit.Event{event}, 500)...))
	require.NoError(t, tx.Commit(t.Context()))
	n, whole := 0, 0
	for e, err := range log.All(ctx, audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		n++
		if e.RecordedAt.Equal(e.RecordedAt.Truncate(time.Millisecond)) {
			whole++
		}
		require.False(t, e.RecordedAt.Before(e.OccurredAt), "recorded at %s, occurred at %s", e.RecordedAt, e.OccurredAt)
		require.WithinDuration(t, e.OccurredAt, e.RecordedAt, time.Minute)
	}
	assert.Equal(t, 1000, n)
	assert.Less(t, whole, 100, "to the microsecond")
}
