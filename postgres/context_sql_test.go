package postgres_test

import (
	"database/sql"
	"net/netip"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// A host on database/sql sets the same context.
func TestContextOfSQLTransactions(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys", Type: "api_key", Skippable: true})
	db := stdlib.OpenDBFromPool(w.pool)
	t.Cleanup(func() { db.Close() })
	ctx := audit.WithActor(audit.WithOrg(t.Context(), "acme"), audit.Actor{Email: "dana@acme.test"})
	ctx = audit.WithRequest(ctx, audit.Request{IP: netip.MustParseAddr("203.0.113.7")})
	in := func(work func(tx *sql.Tx)) {
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		defer tx.Rollback()
		work(tx)
		require.NoError(t, tx.Commit())
	}
	insert := func(tx *sql.Tx, id int) {
		_, err := tx.ExecContext(ctx, "INSERT INTO api_keys (id) VALUES ($1)", id)
		require.NoError(t, err)
	}

	in(func(tx *sql.Tx) {
		require.NoError(t, postgres.SetContextSQL(ctx, tx))
		insert(tx, 1)
	})
	entries := w.entries(t)
	require.Len(t, entries, 1)
	assert.Equal(t, "acme", entries[0].Org)
	assert.Equal(t, audit.Actor{Kind: audit.ActorUser, Email: "dana@acme.test"}, entries[0].Actor)
	assert.Equal(t, "203.0.113.7", entries[0].IP.String())

	in(func(tx *sql.Tx) {
		require.NoError(t, postgres.SkipCaptureSQL(ctx, tx, "plain", "api_key"))
		insert(tx, 2)
	})
	assert.Empty(t, w.entries(t))

	in(func(tx *sql.Tx) { insert(tx, 3) })
	entries = w.entries(t)
	require.Len(t, entries, 1, "both ended with their transactions")
	assert.Equal(t, audit.ActorDatabaseRole, entries[0].Actor.Kind)

	require.Error(t, postgres.SetContextSQL(ctx, nil))
	require.Error(t, postgres.SkipCaptureSQL(ctx, (*sql.Tx)(nil)))
	long := audit.WithOrg(ctx, string(make([]byte, 400)))
	in(func(tx *sql.Tx) { require.ErrorContains(t, postgres.SetContextSQL(long, tx), "organization") })
}
