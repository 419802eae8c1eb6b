package auditent_test

import (
	"context"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// onePool makes ent and the log share one pool of connections.
func onePool(pool *pgxpool.Pool) (*example.Client, *postgres.Store) {
	driver := entsql.OpenDB(dialect.Postgres, stdlib.OpenDBFromPool(pool))
	return example.NewClient(example.Driver(driver)), postgres.New(pool)
}

// A transaction that holds the only connection records by it.
func TestOnePool(t *testing.T) {
	t.Parallel()
	pool, connections := pgtest.NewSmall(t, 1)
	client, store := onePool(pool)
	t.Cleanup(func() { client.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, store.Migrate(ctx))
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	require.NoError(t, client.Schema.Create(ctx))
	require.NoError(t, plug(client, trail, store))
	tx, err := client.Tx(ctx)
	require.NoError(t, err)
	ada, err := tx.User.Create().SetName("Ada").SetAPIKey("s1").Save(ctx)
	require.NoError(t, err)
	require.NoError(t, tx.User.UpdateOne(ada).SetName("Grace").Exec(ctx))
	assert.Equal(t, 1, connections())
	require.NoError(t, tx.User.DeleteOne(ada).Exec(ctx))
	require.NoError(t, tx.Commit())
	page, err := trail.Page(ctx, audit.Query{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 3)
	assert.Equal(t, 1, connections())
}
