package postgres_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// A host that applies the files of Migrations with another tool has all that Migrate
// makes.
func TestMigrationsAreComplete(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(postgres.Migrations(), "*")
	require.NoError(t, err)
	require.NoError(t, fstest.TestFS(postgres.Migrations(), names...))

	pool := pgtest.New(t)
	var whole strings.Builder
	for _, name := range names {
		text, err := fs.ReadFile(postgres.Migrations(), name)
		require.NoError(t, err)
		whole.Write(text)
		_, err = pool.Exec(t.Context(), string(text))
		require.NoError(t, err, name)
	}
	assert.NotContains(t, whole.String(), "-- include", "every file is assembled")
	made, err := postgres.Catalogue(t.Context(), pool)
	require.NoError(t, err)
	for line := range strings.Lines(postgres.CatalogueText) {
		if !strings.HasPrefix(line, "audit_migrations ") {
			assert.Contains(t, made, line)
		}
	}
	requireFunctions(t, pool)
}

// requireFunctions fails unless the database has the functions of this version.
func requireFunctions(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	found, err := postgres.NewAdmin(pool).Check(t.Context())
	require.NoError(t, err)
	for _, one := range found {
		assert.NotContains(t, one.Problem, "function", one.String())
	}
}

// versions returns the row version of each function of the log. A replacement
// changes it.
func versions(t *testing.T, pool *pgxpool.Pool) map[string]string {
	t.Helper()
	rows, err := pool.Query(t.Context(), `SELECT proname::text, xmin::text FROM pg_proc
		WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'audit\_%'`)
	require.NoError(t, err)
	all := map[string]string{}
	var name, version string
	_, err = pgx.ForEachRow(rows, []any{&name, &version}, func() error {
		all[name] = version
		return nil
	})
	require.NoError(t, err)
	require.Len(t, all, 29)
	return all
}

// Migrate replaces the functions whose files have changed, and no other.
func TestMigrateReplacesChangedFunctions(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	store, pool := newStore(t)
	exec := func(statement string) {
		_, err := pool.Exec(ctx, statement)
		require.NoError(t, err)
	}
	before := versions(t, pool)
	require.NoError(t, store.Migrate(ctx))
	require.Equal(t, before, versions(t, pool), "nothing is pending")

	// As an earlier version has made and recorded them.
	exec(`CREATE OR REPLACE FUNCTION audit_capture_sort(id text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT ''n''::text || id'`)
	exec("UPDATE audit_migrations SET checksum = 'x' WHERE name = 'functions/audit_capture_sort.sql'")
	exec("DROP FUNCTION audit_capture_signature(regclass)")
	exec("DELETE FROM audit_migrations WHERE name = 'functions/audit_capture_signature.sql'")
	found, err := postgres.NewAdmin(pool).Check(ctx)
	require.NoError(t, err)
	var all []string
	for _, one := range found {
		all = append(all, one.String())
	}
	text := strings.Join(all, "\n")
	for _, name := range []string{"audit_capture_sort", "audit_capture_signature"} {
		assert.Contains(t, text, "audit_migrations: the function "+name+" is recorded as that of another version; call Admin.Migrate")
		assert.Contains(t, text, "audit_entries: the function "+name+" differs from the library's functions/"+name+".sql")
	}
	require.NoError(t, store.Migrate(ctx))
	requireFunctions(t, pool)
	after := versions(t, pool)
	for name := range before {
		if name == "audit_capture_sort" || name == "audit_capture_signature" {
			assert.NotEqual(t, before[name], after[name], name)
		} else {
			assert.Equal(t, before[name], after[name], name)
		}
	}
	require.NoError(t, store.Migrate(ctx))
	assert.Equal(t, after, versions(t, pool), "again")
}

// The functions stand beside the tables, also if the search_path names another
// schema first by now.
func TestMigrateReplacesFunctionsInTheLogsSchema(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pool := pgtest.New(t, oneConnection)
	require.NoError(t, postgres.New(pool).Migrate(ctx))
	schema := pool.Config().ConnConfig.RuntimeParams["search_path"]
	for _, statement := range []string{
		"UPDATE audit_migrations SET checksum = 'x' WHERE version IS NULL",
		"CREATE SCHEMA " + schema + "_first",
		"SET search_path = " + schema + "_first, " + schema,
	} {
		_, err := pool.Exec(ctx, statement)
		require.NoError(t, err)
	}
	defer func() { _, _ = pool.Exec(ctx, "DROP SCHEMA "+schema+"_first CASCADE") }()
	require.NoError(t, postgres.New(pool).Migrate(ctx))
	var beside int
	err := pool.QueryRow(ctx, "SELECT count(*) FROM pg_proc WHERE pronamespace = $1::regnamespace", schema+"_first").Scan(&beside)
	require.NoError(t, err)
	assert.Zero(t, beside)
	requireFunctions(t, pool)
}
