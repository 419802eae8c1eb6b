// Package sqlc shows how to record with the queries that sqlc generates.
package sqlc_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// host is an application.
type host struct {
	pool    *pgxpool.Pool
	queries *Queries
	store   *postgres.Store
	trail   *audit.Log
}

func (h host) rename(ctx context.Context, id int64, name string) error {
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		queries := h.queries.WithTx(tx)
		before, err := queries.LockApiKey(ctx, id)
		if err != nil {
			return err
		}
		after, err := queries.RenameApiKey(ctx, RenameApiKeyParams{ID: id, Name: name})
		if err != nil {
			return err
		}
		return h.trail.Record(ctx, h.store.Tx(tx), audit.Updated(before, after))
	})
}

func TestSqlc(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "CREATE TABLE api_keys (id bigint PRIMARY KEY, name text)")
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "INSERT INTO api_keys VALUES (7, 'ci')")
	require.NoError(t, err)

	h := host{pool, New(pool), store, trail}
	require.NoError(t, h.rename(t.Context(), 7, "deploy"))
	require.ErrorIs(t, h.rename(t.Context(), 8, "deploy"), pgx.ErrNoRows)
	page, err := trail.Page(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	assert.Equal(t, "api_key 7", page.Entries[0].Object.String())
	assert.Equal(t, `[{"field":"name","new":"deploy","old":"ci"}]`, page.Entries[0].Changes.JSON())
}
