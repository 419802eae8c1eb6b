package audit_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// eventfulStore does something once, right after its first read.
type eventfulStore struct {
	audit.Store
	afterFirst func()
	once       sync.Once
}

func (s *eventfulStore) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	entries, err := s.Store.List(ctx, walk)
	s.once.Do(s.afterFirst)
	return entries, err
}

// A history has both its streams up to one and the same entry: what is recorded
// while it is read is in neither.
func TestHistoryEndsWhereItBegan(t *testing.T) {
	t.Parallel()
	order, line := audit.Object{Type: "order", ID: "7"}, audit.Object{Type: "line", ID: "1"}
	log, store := audittest.New(t)
	ctx, start := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	record := func(at time.Duration, action audit.Action) {
		t.Helper()
		require.NoError(t, log.RecordDetached(ctx,
			audit.Performed(action, order).WithTime(start.Add(at)),
			audit.Performed(action, line).WithParent(order).WithTime(start.Add(at+time.Minute)),
		))
	}
	record(0, "before")
	eventful, err := audit.New(&eventfulStore{Store: store, afterFirst: func() { record(time.Hour, "meanwhile") }}, audit.Config{Org: audittest.Org})
	require.NoError(t, err)

	read := func() (found []string) {
		t.Helper()
		for e, err := range eventful.History(ctx, "", order) {
			require.NoError(t, err)
			found = append(found, string(e.Action)+" "+e.Object.Type)
		}
		return found
	}
	assert.Equal(t, []string{"before line", "before order"}, read())
	assert.Equal(t, []string{"meanwhile line", "meanwhile order", "before line", "before order"}, read(), "the next one has them")
}

// A state is put together from MaxFolded entries at most, counted from the
// object's last create.
func TestStatesHaveALimit(t *testing.T) {
	t.Parallel()
	object := audit.Object{Type: "job", ID: "7"}
	log, _ := audittest.New(t)
	ctx, start := t.Context(), time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	type job struct{ ID, Step int }
	life := func(at time.Time, entries int) (last time.Time) {
		t.Helper()
		events := []audit.Event{audit.Created(job{7, 0}).WithTime(at)}
		for i := 1; i < entries; i++ {
			events = append(events, audit.Updated(job{7, i - 1}, job{7, i}).WithTime(at.Add(time.Duration(i)*time.Second)))
		}
		require.NoError(t, log.RecordDetached(ctx, events...))
		return at.Add(time.Duration(entries-1) * time.Second)
	}
	newest := func() audit.ID {
		t.Helper()
		id, err := log.Newest(ctx, "")
		require.NoError(t, err)
		return id
	}

	last := life(start, audit.MaxFolded)
	state, err := log.AsOf(ctx, "", object, last)
	require.NoError(t, err)
	step := state.Get("step")
	assert.Equal(t, "9999", step.JSON(), "as many as are allowed")

	last = last.Add(time.Second)
	require.NoError(t, log.RecordDetached(ctx, audit.Updated(job{7, 9999}, job{7, 10000}).WithTime(last)))
	_, err = log.AsOf(ctx, "", object, last)
	require.ErrorIs(t, err, audit.ErrTooLong)
	_, err = log.AsOfEntry(ctx, "", newest())
	require.ErrorIs(t, err, audit.ErrTooLong)
	_, err = log.Revert(ctx, "", newest())
	require.ErrorIs(t, err, audit.ErrTooLong)

	// What was before the create does not count.
	life(last.Add(time.Hour), 1)
	state, err = log.AsOfEntry(ctx, "", newest())
	require.NoError(t, err)
	step = state.Get("step")
	assert.Equal(t, "0", step.JSON())
}
