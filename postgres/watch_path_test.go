package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// A session cannot lose its entries by temporary objects: the code that runs with
// the rights of the log's owner finds the log's objects first.
func TestWatchIsNotShadowedByTemporaryObjects(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	host := r.schema + "_host"
	r.exec(t, r.super, "CREATE SCHEMA "+host+" AUTHORIZATION "+r.appName, "GRANT USAGE ON SCHEMA "+host+" TO "+r.ownerName)
	t.Cleanup(func() {
		_, err := r.super.Exec(context.WithoutCancel(t.Context()), "DROP SCHEMA IF EXISTS "+host+" CASCADE")
		require.NoError(t, err)
	})
	r.exec(t, r.app, "CREATE TABLE "+host+".orders (id int PRIMARY KEY, total numeric)", "GRANT TRIGGER ON "+host+".orders TO "+r.ownerName)
	require.NoError(t, postgres.NewAdmin(r.owner).Watch(t.Context(), postgres.WatchTable{Name: host + ".orders", Type: "order", Org: "acme"}))

	// In one session, since the temporary objects are its own.
	conn, err := r.app.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	for _, statement := range []string{
		"CREATE TEMP TABLE audit_entries (org_id text, id uuid, occurred_at timestamptz, action text, object_type text, object_id text, object_sort text, actor_kind text, actor_id text, actor_email text," +
			" on_behalf_of text, ip text, ip_key text, request_id text, user_agent text, source text, changes jsonb, changed_fields text, metadata jsonb, format int)",
		"GRANT ALL ON pg_temp.audit_entries TO PUBLIC",
		"CREATE TYPE pg_temp.audit_capture_context AS (org_id text)",
		"CREATE TEMP TABLE pg_class AS SELECT * FROM pg_catalog.pg_class LIMIT 0",
		"SET search_path = pg_temp, " + r.schema,
		`SELECT set_config('audit.context', '{"actor_email":"dana@acme.test","actor_kind":"user"}', false)`,
		"INSERT INTO " + host + ".orders VALUES (1, 1.5), (2, 2.5)",
		"UPDATE " + host + ".orders SET total = 3 WHERE id = 1",
		"UPDATE " + host + ".orders SET total = 4",
		"ALTER TABLE " + host + ".orders ADD COLUMN note text", // from here on, statements are made anew
		"DELETE FROM " + host + ".orders WHERE id = 2",
		"TRUNCATE " + host + ".orders",
	} {
		_, err := conn.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	var shadow int
	require.NoError(t, conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_temp.audit_entries").Scan(&shadow))
	assert.Zero(t, shadow)

	var actions []string
	for e, err := range logOf(r.owner).All(t.Context(), audit.Filter{}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
		require.NoError(t, err)
		actions = append(actions, string(e.Action))
		assert.Equal(t, "dana@acme.test", e.Actor.Email)
	}
	assert.Equal(t, []string{"create", "create", "update", "update", "update", "destroy", "truncate"}, actions)
}

// PostgreSQL looks into pg_temp first unless a path says that it comes last.
func TestDefinerFunctionsLookIntoTemporarySchemasLast(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
	rows, err := w.pool.Query(t.Context(), `SELECT p.proname, coalesce((SELECT setting FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search_path=%'), '')
		FROM pg_proc AS p WHERE p.pronamespace = current_schema()::regnamespace AND p.prosecdef`)
	require.NoError(t, err)
	paths := map[string]string{}
	var name, path string
	_, err = pgx.ForEachRow(rows, []any{&name, &path}, func() error {
		paths[name] = path
		return nil
	})
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for name, path := range paths {
		assert.Regexp(t, `^search_path=pg_catalog, .*[^,], pg_temp$`, path, name)
	}
}
