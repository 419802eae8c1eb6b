package postgres_test

import (
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// The owner of the table is refused too, on the table and on its partition.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	log := newLog(t, store)
	require.NoError(t, log.RecordDetached(t.Context(), performed("kept")))
	refuseChanges(t, pool, "audit_entries", "audit_entries_default")
	page, err := log.Page(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	assert.Equal(t, audit.Action("kept"), page.Entries[0].Action)
	assert.Empty(t, page.Entries[0].Comment)
}

// refuseChanges checks that every statement that changes or removes entries is
// refused on the tables, each of which has some.
func refuseChanges(t *testing.T, pool *pgxpool.Pool, tables ...string) {
	t.Helper()
	for _, table := range tables {
		for _, statement := range []string{
			"UPDATE " + table + " SET comment = 'forged'",
			"UPDATE " + table + " SET id = id",
			"DELETE FROM " + table,
			"TRUNCATE " + table,
			"TRUNCATE " + table + " CASCADE",
			"INSERT INTO " + table + " SELECT * FROM " + table + " ON CONFLICT (org_id, id) DO UPDATE SET comment = 'forged'",
		} {
			_, err := pool.Exec(t.Context(), statement)
			var refused *pgconn.PgError
			require.ErrorAs(t, err, &refused, statement)
			assert.Equal(t, "42501", refused.Code, statement)
			assert.Contains(t, refused.Message, "audit entries are append-only: ", statement)
			assert.NotEmpty(t, refused.Hint)
		}
	}
}

// Partitions made later get the row triggers from the table.
func TestAppendOnlyOnANewPartition(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	_, err := pool.Exec(t.Context(), "CREATE TABLE later PARTITION OF audit_entries FOR VALUES FROM ('00000000-0000-7000-8000-000000000000') TO (MAXVALUE)")
	require.NoError(t, err)
	require.NoError(t, newLog(t, store).RecordDetached(t.Context(), performed("kept")))
	for _, statement := range []string{"UPDATE later SET comment = 'forged'", "DELETE FROM later"} {
		_, err := pool.Exec(t.Context(), statement)
		assert.ErrorContains(t, err, "audit entries are append-only", statement)
	}
}

// Rows that come in past the library keep to its rules.
func TestChecks(t *testing.T) {
	t.Parallel()
	_, pool := newStore(t)
	for _, test := range []struct{ name, org, id, want string }{
		{"fine", "acme", "0190c8f2-7a00-73e7-8000-000000000000", ""},
		{"a random UUID", "acme", "0190c8f2-7a00-4123-8000-000000000000", "audit_entries_id_holds_microseconds"},
		{"another UUIDv7", "acme", "0190c8f2-7a00-73e8-8000-000000000000", "audit_entries_id_holds_microseconds"},
		{"another variant", "acme", "0190c8f2-7a00-7000-c000-000000000000", "audit_entries_id_holds_microseconds"},
		{"no organization", "", "0190c8f2-7a00-7000-8000-000000000000", "org_id_check"},
	} {
		_, err := pool.Exec(t.Context(), "INSERT INTO audit_entries (org_id, id, occurred_at, format) VALUES ($1, $2, now(), 1)", test.org, test.id)
		if test.want == "" {
			require.NoError(t, err, test.name)
			continue
		}
		var refused *pgconn.PgError
		require.True(t, errors.As(err, &refused), test.name)
		assert.Contains(t, refused.ConstraintName, test.want, test.name)
	}
}
