package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// invoice is a host's record, and line one that belongs to it.
type invoice struct {
	ID     int
	Status string
	Secret string
	Notes  string `audit:",redact"`
}

type line struct {
	ID     int
	Amount int
}

var (
	invoice7     = audit.Object{Type: "invoice", ID: "7"}
	invoiceStart = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// story records the life of an invoice, an hour after the other, and returns
// the entries in that order.
func story(t *testing.T, b Backend) (*audit.Log, []audit.Entry) {
	t.Helper()
	log, ctx := newLog(t, b), hostContext(t)
	var entries []audit.Entry
	for i, event := range []audit.Event{
		audit.Created(invoice{ID: 7, Status: "draft", Notes: "n1"}),
		audit.Created(line{ID: 1, Amount: 5}).WithParent(invoice7),
		audit.Updated(invoice{ID: 7, Status: "draft", Notes: "n1"}, invoice{ID: 7, Status: "sent", Notes: "n2"}),
		audit.Updated(line{ID: 1, Amount: 5}, line{ID: 1, Amount: 6}).WithParent(invoice7),
		audit.Created(invoice{ID: 70, Status: "other"}),
		audit.Updated(invoice{ID: 7, Status: "sent", Notes: "n2"}, invoice{ID: 7, Status: "paid", Notes: "n2"}),
		audit.Destroyed(invoice{ID: 7, Status: "paid", Notes: "n2"}),
	} {
		require.NoError(t, log.RecordDetached(ctx, event.WithTime(invoiceStart.Add(time.Duration(i)*time.Hour))))
	}
	for e, err := range log.All(ctx, audit.Filter{}, audit.Sort{Dir: audit.Ascending}) {
		require.NoError(t, err)
		entries = append(entries, e)
	}
	require.Len(t, entries, 7)
	return log, entries
}

// An object's history has its own entries and those that belong to it.
func testHistory(t *testing.T, b Backend) {
	log, entries := story(t, b)
	var got []audit.ID
	for e, err := range log.History(hostContext(t), invoice7) {
		require.NoError(t, err)
		got = append(got, e.ID)
	}
	var want []audit.ID
	for _, i := range []int{6, 5, 3, 2, 1, 0} {
		want = append(want, entries[i].ID)
	}
	assert.Equal(t, want, got)

	n := 0
	for range log.History(hostContext(t), invoice7) {
		if n++; n == 2 {
			break
		}
	}
	assert.Equal(t, 2, n)
	for _, err := range log.In("another").History(t.Context(), invoice7) {
		require.NoError(t, err)
		assert.Fail(t, "another organization's entry")
	}
	for _, err := range log.History(hostContext(t), audit.Object{Type: "invoice"}) {
		require.ErrorIs(t, err, audit.ErrInvalidFilter)
	}
}

// A state at a time is what the entries until then had left.
func testAsOf(t *testing.T, b Backend) {
	log, entries := story(t, b)
	ctx := hostContext(t)
	for _, test := range []struct {
		at       time.Duration
		presence audit.Presence
		status   string
	}{
		{-time.Second, audit.ObjectUnknown, ""},
		{0, audit.ObjectPresent, `"draft"`},
		{2*time.Hour - time.Microsecond, audit.ObjectPresent, `"draft"`},
		{2 * time.Hour, audit.ObjectPresent, `"sent"`},
		{5 * time.Hour, audit.ObjectPresent, `"paid"`},
		{6 * time.Hour, audit.ObjectDestroyed, ""},
	} {
		state, err := log.StateAt(ctx, invoice7, invoiceStart.Add(test.at))
		require.NoError(t, err)
		status := state.Get("status")
		assert.Equal(t, test.presence, state.Presence, test.at)
		assert.Equal(t, test.status, status.JSON(), test.at)
		assert.Equal(t, test.at >= 0, state.Complete, test.at)
	}
	state, err := log.StateAfter(ctx, entries[2].ID)
	require.NoError(t, err)
	status := state.Get("status")
	assert.Equal(t, `"sent"`, status.JSON())
	assert.True(t, state.Created)
	_, err = log.In("another").StateAfter(ctx, entries[2].ID)
	require.ErrorIs(t, err, audit.ErrNotFound)
}

// What undoes an entry leads back from the present, and says what it cannot do.
func testRevert(t *testing.T, b Backend) {
	log, entries := story(t, b)
	ctx := hostContext(t)

	last, err := log.Revert(ctx, entries[3].ID)
	require.NoError(t, err)
	assert.Equal(t, `[{"field":"amount","new":5,"old":6}]`, last.Changes.JSON())
	assert.Empty(t, last.Conflicts)
	assert.Empty(t, last.Lost)

	destroyed, err := log.Revert(ctx, entries[6].ID)
	require.NoError(t, err)
	change, ok := destroyed.Changes.Get("status")
	assert.True(t, ok)
	assert.True(t, change.Old.IsAbsent())
	assert.Equal(t, `"paid"`, change.New.JSON())
	assert.ElementsMatch(t, []string{"secret", "notes"}, destroyed.Lost, "what was never kept")

	early, err := log.Revert(ctx, entries[2].ID)
	require.NoError(t, err)
	require.Len(t, early.Conflicts, 1, "the status was changed again since, and then destroyed")
	assert.Equal(t, "status", early.Conflicts[0].Field)
	assert.Equal(t, []string{"notes"}, early.Lost)

	_, err = log.In("another").Revert(ctx, entries[3].ID)
	require.ErrorIs(t, err, audit.ErrNotFound)
}
