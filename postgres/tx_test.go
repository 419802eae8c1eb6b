package postgres_test

import (
	"context"
	"database/sql"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

func newLog(t *testing.T, store audit.Store) *audit.Log {
	t.Helper()
	return newLogOf(t, store, "acme")
}

func newLogOf(t testing.TB, store audit.Store, org string) *audit.Log {
	t.Helper()
	log, err := audit.New(store, audit.Config{Org: org})
	require.NoError(t, err)
	return log
}

func performed(action audit.Action) audit.Event {
	return audit.Performed(action, audit.Object{Type: "api_key", ID: "42"})
}

// The change and its entry exist together or not at all.
func TestHostTransaction(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	log := newLog(t, store)
	_, err := pool.Exec(t.Context(), "CREATE TABLE api_keys (name text)")
	require.NoError(t, err)
	taken := performed("first").WithID(audit.NewID())
	require.NoError(t, log.RecordDetached(t.Context(), taken))

	change := func(event audit.Event, end error) error {
		return pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(t.Context(), "INSERT INTO api_keys VALUES ('new')"); err != nil {
				return err
			}
			if err := log.Record(t.Context(), store.Tx(tx), event); err != nil {
				return err
			}
			return end
		})
	}
	check := func(want int, what string) {
		t.Helper()
		var keys int
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM api_keys").Scan(&keys))
		assert.Equal(t, want, keys, what)
		entries, err := log.Count(t.Context(), audit.Filter{}, 100)
		require.NoError(t, err)
		assert.Equal(t, want+1, entries, what) // and the first
	}

	require.ErrorIs(t, change(taken.WithComment("other"), nil), audit.ErrConflict)
	check(0, "a recording that failed in the store")
	require.ErrorIs(t, change(audit.Performed("", audit.Object{}), nil), audit.ErrInvalidEvent)
	check(0, "a recording that failed before it")
	require.ErrorIs(t, change(performed("lost"), sql.ErrConnDone), sql.ErrConnDone)
	check(0, "a transaction that was rolled back")
	require.NoError(t, change(performed("kept"), nil))
	check(1, "a transaction that was committed")
}

// Hosts' own query modes do not matter to database/sql's transactions either.
func TestSQLTxInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			store, pool := newStore(t, inMode(mode))
			log, db := newLog(t, store), openSQL(t, pool)
			record := func(event audit.Event) error {
				tx, err := db.BeginTx(t.Context(), nil)
				require.NoError(t, err)
				defer tx.Rollback()
				if err := log.Record(t.Context(), store.SQLTx(tx), performed(`{"a\b",NULL}`), event); err != nil {
					return err
				}
				return tx.Commit()
			}
			event := performed("second").WithID(audit.NewID())
			require.NoError(t, record(event))
			require.NoError(t, record(event), "a retry")
			require.ErrorIs(t, record(event.WithComment("other")), audit.ErrConflict)

			values, err := log.Values(t.Context(), audit.ByAction, "", 10)
			require.NoError(t, err)
			assert.Equal(t, []string{"second", `{"a\b",NULL}`}, values)
		})
	}
}

func TestNothingGiven(t *testing.T) {
	t.Parallel()
	store := postgres.New(nil)
	log := newLog(t, store)
	for name, call := range map[string]func(context.Context) error{
		"Migrate":       store.Migrate,
		"Admin.Migrate": postgres.NewAdmin(nil).Migrate,
		"MakePartitions": func(ctx context.Context) error {
			_, err := postgres.NewAdmin(nil).MakePartitionsAhead(ctx, 1)
			return err
		},
		"Months":         func(ctx context.Context) error { _, err := postgres.NewAdmin(nil).Partitions(ctx); return err },
		"InsertDetached": func(ctx context.Context) error { return log.RecordDetached(ctx, performed("x")) },
		"List":           func(ctx context.Context) error { _, err := log.Page(ctx, audit.Query{}); return err },
		"Count":          func(ctx context.Context) error { _, err := log.Count(ctx, audit.Filter{}, 1); return err },
		"Values":         func(ctx context.Context) error { _, err := log.Values(ctx, audit.ByAction, "", 1); return err },
	} {
		assert.ErrorContains(t, call(t.Context()), "postgres: no pool is given", name)
	}
	for name, tx := range map[string]audit.Tx{
		"Tx":             store.Tx(nil),
		"Tx of a nil":    store.Tx((*pgxpool.Tx)(nil)),
		"SQLTx":          store.SQLTx(nil),
		"SQLTx of a nil": store.SQLTx((*sql.Tx)(nil)),
	} {
		assert.ErrorContains(t, log.Record(t.Context(), tx, performed("x")), "postgres: no transaction is given", name)
	}
}

// A pool does not compile in place of a transaction.
func TestPoolIsNoTransaction(t *testing.T) {
	t.Parallel()
	transaction := reflect.TypeFor[postgres.SQLTransaction]()
	assert.True(t, reflect.TypeFor[*sql.Tx]().Implements(transaction))
	assert.False(t, reflect.TypeFor[*sql.DB]().Implements(transaction))
	assert.False(t, reflect.TypeFor[*sql.Conn]().Implements(transaction))
	assert.False(t, reflect.TypeFor[*pgxpool.Pool]().Implements(reflect.TypeFor[pgx.Tx]()))
}

// A store on a database without its tables says so, and never makes them.
func TestNotMigrated(t *testing.T) {
	t.Parallel()
	log := newLog(t, postgres.New(pgtest.New(t)))
	err := log.RecordDetached(t.Context(), performed("x"))
	require.ErrorContains(t, err, `inserting entries: ERROR: relation "audit_entries" does not exist`)
	require.ErrorContains(t, err, "call Store.Migrate")
	_, err = log.Page(t.Context(), audit.Query{})
	require.ErrorContains(t, err, "listing entries: ")
	require.ErrorContains(t, err, "call Store.Migrate")
}
