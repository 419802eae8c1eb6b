package sqlite_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/sqlite"
)

func TestMigrateFromManyAtOnce(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]string{"recommended": recommended, "deferred": deferred, "nothing set": ""} {
		db := openDB(t, options)
		var group sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			group.Go(func() { errs[i] = sqlite.New(db).Migrate(t.Context()) })
		}
		group.Wait()
		require.NoError(t, errors.Join(errs...), name)
		require.NoError(t, sqlite.New(db).Migrate(t.Context()), "again")

		var names string
		err := db.QueryRowContext(t.Context(), "SELECT group_concat(name ORDER BY version) FROM audit_migrations WHERE applied_at > 0").Scan(&names)
		require.NoError(t, err)
		assert.Equal(t, "0001_entries.sql,0002_holds.sql,0003_capture.sql,0004_append_only.sql", names)
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
			store, db := newStore(t, recommended)
			_, err := db.ExecContext(t.Context(), test.history)
			require.NoError(t, err)
			assert.ErrorContains(t, store.Migrate(t.Context()), test.want)
		})
	}
}

// While a new version is rolled out, processes of the one before still record
// and read. docs/upgrading.md relies on it.
func TestLaterSchema(t *testing.T) {
	t.Parallel()
	store, db := newStore(t, recommended)
	_, err := db.ExecContext(t.Context(), `ALTER TABLE audit_entries ADD COLUMN later TEXT NOT NULL DEFAULT 'x';
		INSERT INTO audit_migrations (version, name, checksum) VALUES (5, '0005_later.sql', 'x')`)
	require.NoError(t, err)
	log, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	require.NoError(t, log.RecordDetached(t.Context(), audit.Performed("x", audit.Object{Type: "user", ID: "7"})))
	n, err := log.Count(t.Context(), audit.Filter{}, 10)
	require.NoError(t, err)
	assert.Equal(t, 1, n)
}

// What a migration has begun is undone if it fails.
func TestMigrateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	db := openDB(t, recommended)
	_, err := db.ExecContext(t.Context(), "CREATE TABLE audit_entries_refuse_update (x); CREATE TABLE audit_entries_parent (x)")
	require.NoError(t, err)
	require.ErrorContains(t, sqlite.New(db).Migrate(t.Context()), "migrating: applying 0001_entries.sql: ")

	var left int
	err = db.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name IN ('audit_entries', 'audit_migrations')").Scan(&left)
	require.NoError(t, err)
	assert.Zero(t, left)
}

// In UTF-16, texts would be ordered by code units: another order than everywhere else.
func TestMigrateRefusesUTF16(t *testing.T) {
	t.Parallel()
	db := openDB(t, recommended)
	db.SetMaxOpenConns(1)
	_, err := db.ExecContext(t.Context(), "PRAGMA encoding = 'UTF-16'; CREATE TABLE hosts_own (x)")
	require.NoError(t, err)
	require.ErrorContains(t, sqlite.New(db).Migrate(t.Context()), "migrating: the database is in UTF-16le")
}
