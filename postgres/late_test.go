package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// An entry whose transaction commits late takes its place among those that
// came before: reads go by what is there, and none goes on behind the last ID
// that it saw.
func TestLateCommitsJoin(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	log := newLog(t, store)
	late, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer late.Rollback(t.Context())
	require.NoError(t, log.Record(t.Context(), store.Tx(late), performed("late")))
	require.NoError(t, log.RecordDetached(t.Context(), performed("early")))
	newest, err := log.Newest(t.Context())
	require.NoError(t, err)
	actions := func() (all []audit.Action) {
		for e, err := range log.All(t.Context(), audit.Filter{NotAfter: newest}, audit.Sort{}) {
			require.NoError(t, err)
			all = append(all, e.Action)
		}
		return all
	}
	assert.Equal(t, []audit.Action{"early"}, actions())
	require.NoError(t, late.Commit(t.Context()))
	assert.Equal(t, []audit.Action{"early", "late"}, actions(), "in the past that a page shows, too")
}
