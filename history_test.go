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
		for e, err := range eventful.History(ctx, order) {
			require.NoError(t, err)
			found = append(found, string(e.Action)+" "+e.Object.Type)
		}
		return found
	}
	assert.Equal(t, []string{"before line", "before order"}, read())
	assert.Equal(t, []string{"meanwhile line", "meanwhile order", "before line", "before order"}, read(), "the next one has them")
}
