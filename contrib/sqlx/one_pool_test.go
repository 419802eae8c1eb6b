package auditsqlx_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// onePool makes sqlx and the log share one pool of connections.
func onePool(pool *pgxpool.Pool) (*sqlx.DB, *postgres.Store) {
	return sqlx.NewDb(stdlib.OpenDBFromPool(pool), "pgx"), postgres.New(pool)
}

// A transaction that holds the only connection records by it.
func TestOnePool(t *testing.T) {
	t.Parallel()
	pool, connections := pgtest.NewSmall(t, 1)
	db, store := onePool(pool)
	t.Cleanup(func() { db.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, store.Migrate(ctx))
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	db.MustExecContext(ctx, "CREATE TABLE api_keys (id int PRIMARY KEY, name text)")
	db.MustExecContext(ctx, "INSERT INTO api_keys VALUES (7, 'ci')")
	h := host{db, trail, func(tx *sql.Tx) audit.Tx {
		assert.Equal(t, 1, connections())
		return store.SQLTx(tx)
	}}
	require.NoError(t, h.rename(ctx, 7, "deploy"))
	page, err := trail.Page(ctx, audit.Query{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	assert.Equal(t, 1, connections())
}
