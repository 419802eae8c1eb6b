package audit_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// watchedStore counts reads, and holds those behind a cursor until the caller
// gives up.
type watchedStore struct {
	*audittest.Store
	hold              bool
	begun, ended, all atomic.Int32
}

func (s *watchedStore) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	s.all.Add(1)
	if s.hold && !walk.After.IsZero() {
		s.begun.Add(1)
		defer s.ended.Add(1)
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Store.List(ctx, walk)
}

func watched(t *testing.T, entries int) (*audit.Log, *watchedStore) {
	t.Helper()
	store := &watchedStore{Store: audittest.NewStore()}
	log, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	events := make([]audit.Event, entries)
	for i := range events {
		events[i] = audit.Performed("login", audit.Object{Type: "user", ID: "1"})
	}
	require.NoError(t, log.RecordDetached(t.Context(), events...))
	return log, store
}

// Nothing reads on once the caller has what it wanted.
func TestAllStopsReadingAhead(t *testing.T) {
	t.Parallel()
	for taken, ahead := range map[int]int32{1: 0, 50: 0, 500: 1} {
		log, store := watched(t, 4000)
		store.hold = true
		n := 0
		for _, err := range log.All(t.Context(), audit.Filter{}, audit.Sort{}) {
			require.NoError(t, err)
			if n++; n == taken {
				break
			}
		}
		assert.Equal(t, taken, n)
		assert.Equal(t, store.begun.Load(), store.ended.Load(), "what began has ended")
		assert.LessOrEqual(t, store.begun.Load(), ahead)
	}
}

func TestAllReadsEachChunkOnce(t *testing.T) {
	t.Parallel()
	log, store := watched(t, 5000)
	seen := map[audit.ID]bool{}
	for e, err := range log.All(t.Context(), audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		seen[e.ID] = true
	}
	assert.Len(t, seen, 5000)
	assert.EqualValues(t, 1+3, store.all.Load(), "the newest entry, and three chunks")
}

// An error of a chunk that was read ahead comes where that chunk would begin.
func TestAllEndsWithAnError(t *testing.T) {
	t.Parallel()
	log, store := watched(t, 4000)
	store.hold = true
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	n := 0
	var last error
	for _, err := range log.All(ctx, audit.Filter{}, audit.Sort{}) {
		if last = err; err == nil {
			if n++; n == 900 {
				cancel(errors.New("enough"))
			}
		}
	}
	assert.Equal(t, 2000, n)
	require.ErrorIs(t, last, context.Canceled)
}
