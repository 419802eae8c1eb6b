package auditbun_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// onePool makes bun and the log share one pool of connections.
func onePool(pool *pgxpool.Pool) (*bun.DB, *postgres.Store) {
	return bun.NewDB(stdlib.OpenDBFromPool(pool), pgdialect.New()), postgres.New(pool)
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
	_, err = db.NewCreateTable().Model((*APIKey)(nil)).Exec(ctx)
	require.NoError(t, err)
	_, err = db.NewInsert().Model(&APIKey{ID: 7, Name: "ci"}).Exec(ctx)
	require.NoError(t, err)
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
