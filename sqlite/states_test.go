package sqlite_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// A state is put together from MaxStateEntries entries at most, counted from the
// object's last create.
func TestStatesHaveALimit(t *testing.T) {
	t.Parallel()
	object := audit.Object{Type: "job", ID: "7"}
	store, _ := newStore(t, recommended)
	log := newLog(t, store)
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
		id, err := log.Newest(ctx)
		require.NoError(t, err)
		return id
	}

	last := life(start, audit.MaxStateEntries)
	state, err := log.StateAt(ctx, object, last)
	require.NoError(t, err)
	step := state.Get("step")
	assert.Equal(t, "9999", step.JSON(), "as many as are allowed")

	last = last.Add(time.Second)
	require.NoError(t, log.RecordDetached(ctx, audit.Updated(job{7, 9999}, job{7, 10000}).WithTime(last)))
	_, err = log.StateAt(ctx, object, last)
	require.ErrorIs(t, err, audit.ErrTooLong)
	_, err = log.StateAfter(ctx, newest())
	require.ErrorIs(t, err, audit.ErrTooLong)
	_, err = log.Revert(ctx, newest())
	require.ErrorIs(t, err, audit.ErrTooLong)

	// What was before the create does not count.
	life(last.Add(time.Hour), 1)
	state, err = log.StateAfter(ctx, newest())
	require.NoError(t, err)
	step = state.Get("step")
	assert.Equal(t, "0", step.JSON())
}
