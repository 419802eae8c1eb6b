package postgres_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

func TestMigrateFromManyAtOnce(t *testing.T) {
	t.Parallel()
	// With this isolation as the default, whoever waits would see the database
	// as it was before it waited.
	pool := pgtest.New(t, func(config *pgxpool.Config) {
		config.ConnConfig.RuntimeParams["default_transaction_isolation"] = "serializable"
	})
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() { errs[i] = postgres.New(pool).Migrate(t.Context()) })
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	require.NoError(t, postgres.New(pool).Migrate(t.Context()), "again")

	rows, err := pool.Query(t.Context(), "SELECT name FROM audit_migrations WHERE applied_at <= clock_timestamp() AND version IS NOT NULL ORDER BY version")
	require.NoError(t, err)
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	assert.Equal(t, []string{"0001_entries.sql", "0002_holds.sql", "0003_capture.sql", "0004_append_only.sql"}, names)
}

func TestMigrateInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		store, _ := newStore(t, inMode(mode))
		require.NoError(t, store.Migrate(t.Context()), mode.String())
	}
}

func TestMigrateRefusesAnotherHistory(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, history, want string }{
		{
			"a changed file",
			"UPDATE audit_migrations SET checksum = 'x' WHERE version = 2",
			"migrating: migration 0002_holds.sql is not the file that was applied",
		},
		{
			"a newer database",
			"INSERT INTO audit_migrations (version, name, checksum) VALUES (5, '0005_later.sql', 'x')",
			"migrating: the database has migration 0005_later.sql, which this version of the library does not know: upgrade",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			store, pool := newStore(t)
			_, err := pool.Exec(t.Context(), test.history)
			require.NoError(t, err)
			assert.ErrorContains(t, store.Migrate(t.Context()), test.want)
		})
	}
}

// What a migration has begun is undone if it fails.
func TestMigrateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	_, err := pool.Exec(t.Context(), "CREATE TYPE audit_capture_context AS ENUM ()")
	require.NoError(t, err)
	require.ErrorContains(t, postgres.New(pool).Migrate(t.Context()), "migrating: applying 0003_capture.sql: ")

	var left bool
	err = pool.QueryRow(t.Context(), "SELECT to_regclass('audit_entries') IS NOT NULL OR to_regclass('audit_migrations') IS NOT NULL").Scan(&left)
	require.NoError(t, err)
	assert.False(t, left)
}
