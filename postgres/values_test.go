package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// What is recorded now is listed at once, in a log of many months too, where the
// list itself is remembered.
func TestValuesAreNew(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	log, ctx := newLog(t, store), audit.WithOrg(t.Context(), "acme")
	now := time.Now()
	_, err := postgres.NewAdmin(pool).MakePartitions(t.Context(), now.AddDate(0, -7, 0), now)
	require.NoError(t, err)
	values := func(prefix string, limit int) []string {
		t.Helper()
		got, err := log.Values(ctx, audit.ByAction, prefix, limit)
		require.NoError(t, err)
		return got
	}
	record := func(action audit.Action, at time.Time) {
		t.Helper()
		require.NoError(t, log.RecordDetached(ctx, performed(action).WithTime(at)))
	}
	record("b", now.AddDate(0, -3, 0))
	for range 2 {
		assert.Equal(t, []string{"b"}, values("", 2))
		assert.Empty(t, values("c", 2))
	}
	record("c", now)
	record("a", now.Add(time.Hour)) // another machine's clock
	record("b", now)
	assert.Equal(t, []string{"a", "b"}, values("", 2), "the first ones")
	assert.Equal(t, []string{"a", "b", "c"}, values("", 3))
	assert.Equal(t, []string{"c"}, values("c", 2))
	other, err := log.In("globex").Values(t.Context(), audit.ByAction, "", 2)
	require.NoError(t, err)
	assert.Empty(t, other, "another organization's")

	// More than are looked through: the list is read anew.
	events := make([]audit.Event, 2100)
	for i := range events {
		events[i] = performed("b")
	}
	events[0] = performed("aa")
	require.NoError(t, log.RecordDetached(ctx, events...))
	assert.Equal(t, []string{"a", "aa", "b"}, values("", 3))
}
