package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/sqlite"
)

func newLog(t *testing.T, store audit.Store) *audit.Log {
	t.Helper()
	log, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	return log
}

func performed(action audit.Action) audit.Event {
	return audit.Performed(action, audit.Object{Type: "api_key", ID: "42"})
}

// The change and its entry exist together or not at all.
func TestHostTransaction(t *testing.T) {
	t.Parallel()
	store, db := newStore(t, recommended)
	log := newLog(t, store)
	_, err := db.ExecContext(t.Context(), "CREATE TABLE api_keys (name TEXT)")
	require.NoError(t, err)
	taken := performed("first").WithID(audit.NewID())
	require.NoError(t, log.RecordDetached(t.Context(), taken))

	change := func(event audit.Event, end error) error {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer tx.Rollback()
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO api_keys VALUES ('new')"); err != nil {
			return err
		}
		if err := log.Record(t.Context(), store.Tx(tx), event); err != nil {
			return err
		}
		if end != nil {
			return end
		}
		return tx.Commit()
	}
	check := func(want int, what string) {
		t.Helper()
		var keys int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM api_keys").Scan(&keys))
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

// A detached recording never fails because another connection has written
// since it began, even where the driver's transactions would.
func TestDetachedWaitsForOtherWriters(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t, deferred)
	log := newLog(t, store)
	event := performed("retried").WithID(audit.NewID()) // reads and then writes
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() {
			for range 10 {
				errs[i] = errors.Join(errs[i], log.RecordDetached(t.Context(), event, performed("x")))
			}
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	count, err := log.Count(t.Context(), audit.Filter{}, 1000)
	require.NoError(t, err)
	assert.Equal(t, 1+8*10, count)
}

// A recording that gives up leaves a usable connection behind.
func TestDetachedGivesUp(t *testing.T) {
	t.Parallel()
	store, db := newStore(t, recommended)
	log := newLog(t, store)
	other, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer other.Rollback()
	db.SetMaxOpenConns(2) // the other's, and the one to be used again

	hurried, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	require.Error(t, log.RecordDetached(hurried, performed("lost")))
	require.NoError(t, other.Rollback())

	require.NoError(t, log.RecordDetached(t.Context(), performed("kept")))
	page, err := log.Page(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	assert.Equal(t, audit.Action("kept"), page.Entries[0].Action)
}

func TestNothingGiven(t *testing.T) {
	t.Parallel()
	store := sqlite.New(nil)
	log := newLog(t, store)
	for name, call := range map[string]func(context.Context) error{
		"Migrate":        store.Migrate,
		"InsertDetached": func(ctx context.Context) error { return log.RecordDetached(ctx, performed("x")) },
		"List":           func(ctx context.Context) error { _, err := log.Page(ctx, audit.Query{}); return err },
		"Count":          func(ctx context.Context) error { _, err := log.Count(ctx, audit.Filter{}, 1); return err },
		"Values":         func(ctx context.Context) error { _, err := log.Values(ctx, audit.ByAction, "", 1); return err },
	} {
		assert.ErrorContains(t, call(t.Context()), "sqlite: no database is given", name)
	}
	err := log.Record(t.Context(), store.Tx(nil), performed("x"))
	assert.ErrorContains(t, err, "sqlite: no transaction is given")
}

// A store on a database without its tables says so, and never makes them.
func TestNotMigrated(t *testing.T) {
	t.Parallel()
	log := newLog(t, sqlite.New(openDB(t, recommended)))
	err := log.RecordDetached(t.Context(), performed("x"))
	require.ErrorContains(t, err, "inserting entries: ")
	require.ErrorContains(t, err, "no such table: audit_entries")
	require.ErrorContains(t, err, "call Store.Migrate")
	_, err = log.Page(t.Context(), audit.Query{})
	require.ErrorContains(t, err, "listing entries: ")
	require.ErrorContains(t, err, "call Store.Migrate")
}
