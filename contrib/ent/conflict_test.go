package auditent_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/contrib/ent/internal/example/group"
)

// TestUpsertOfWhatAnotherInserted: an upsert that waits for another transaction's
// insert updates a row that it did not see before. So it is not a create.
func TestUpsertOfWhatAnotherInserted(t *testing.T) {
	t.Parallel()
	w := onPostgres(t)
	tx, err := w.client.Tx(t.Context())
	require.NoError(t, err)
	require.NoError(t, tx.Group.Create().SetName("a").Exec(t.Context()))
	upsert := func() error {
		return w.client.Group.Create().SetName("a").SetRenames(7).OnConflictColumns(group.FieldName).UpdateNewValues().Exec(t.Context())
	}
	done := make(chan error, 1)
	go func() { done <- upsert() }()
	require.Eventually(t, func() bool {
		return len(rowsOf(t, w.db, "SELECT 1 AS one FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO %groups%'")) > 0
	}, 10*time.Second, 10*time.Millisecond)
	require.NoError(t, tx.Commit())
	require.ErrorContains(t, <-done, "try again")
	require.Len(t, w.recorded(t), 1)
	require.NoError(t, upsert())
	require.Equal(t, `update group 1 [{"field":"renames","new":7,"old":0}]`, w.recorded(t)[1])
}
