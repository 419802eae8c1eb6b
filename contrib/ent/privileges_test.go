package auditent_test

import (
	"context"
	"testing"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	auditent "github.com/auditkeep/audit/contrib/ent"
	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// TestPrivileges says what the application's role needs on the tables that ent
// changes: SELECT on all columns, and UPDATE on one of them, since the rows are
// locked before they are deleted.
func TestPrivileges(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	w := &world{dialect: dialect.Postgres, db: stdlib.OpenDBFromPool(pool), tx: auditent.Tx(store.SQLTx)}
	w.open(t, store)
	exec := func(query string) {
		t.Helper()
		_, err := pool.Exec(t.Context(), query)
		require.NoError(t, err, query)
	}
	const role = "audit_ent_app"
	exec(`DO $$ BEGIN CREATE ROLE audit_ent_app; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`)
	t.Cleanup(func() { _, _ = pool.Exec(context.Background(), "DROP OWNED BY "+role) })
	exec("DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO audit_ent_app', current_schema()); END $$")
	exec("GRANT SELECT, INSERT ON audit_entries TO " + role)
	exec("GRANT SELECT (id, name), INSERT, DELETE ON groups TO " + role)

	config := pool.Config().ConnConfig.Copy()
	db := stdlib.OpenDB(*config, stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SET ROLE "+role)
		return err
	}))
	t.Cleanup(func() { db.Close() })
	client := example.NewClient(example.Driver(entsql.OpenDB(dialect.Postgres, db)))
	require.NoError(t, auditent.Use(client, w.hook))

	require.ErrorContains(t, client.Group.Create().SetName("a").Exec(t.Context()), "permission denied", "it reads the row that was made")
	exec("GRANT SELECT ON groups, group_users TO " + role)
	made, err := client.Group.Create().SetName("b").Save(t.Context())
	require.NoError(t, err)

	require.ErrorContains(t, client.Group.DeleteOneID(made.ID).Exec(t.Context()), "permission denied", "it locks the row")
	exec("GRANT UPDATE (id) ON groups TO " + role)
	require.NoError(t, client.Group.DeleteOneID(made.ID).Exec(t.Context()))
	require.Len(t, w.recorded(t), 2)
}
