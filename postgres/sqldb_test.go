package postgres_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// newSQLStore is a store on a pool of database/sql, of so many connections.
func newSQLStore(t *testing.T, most int, mode pgx.QueryExecMode) (*postgres.Store, *sql.DB) {
	t.Helper()
	config, err := pgx.ParseConfig(pgtest.URL(t))
	require.NoError(t, err)
	config.DefaultQueryExecMode = mode
	db := stdlib.OpenDB(*config)
	db.SetMaxOpenConns(most)
	t.Cleanup(func() { db.Close() })
	store := postgres.NewSQL(db)
	require.NoError(t, store.Migrate(t.Context()))
	require.NoError(t, store.Migrate(t.Context()), "nothing is pending")
	return store, db
}

// A host's transaction that holds the only connection records by it, and every
// read gives its connection back, whether it is read to the end or not.
func TestNewSQLTakesNoSecondConnection(t *testing.T) {
	t.Parallel()
	store, db := newSQLStore(t, 1, pgx.QueryExecModeCacheStatement)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, store := range []*postgres.Store{store, store.WithOrgSetting("app.org")} {
		log, err := audit.New(store, audit.Config{Org: "acme"})
		require.NoError(t, err)
		for range 3 {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			require.NoError(t, log.Record(ctx, store.SQLTx(tx), audit.Created(struct{ ID int }{1}).WithObject(audit.Object{Type: "key"}), audit.Performed("x", audit.Object{Type: "key", ID: "2"})))
			waiting, stop := context.WithTimeout(ctx, 50*time.Millisecond)
			_, err = log.Page(waiting, audit.Query{})
			stop()
			require.ErrorIs(t, err, context.DeadlineExceeded, "a read waits for the connection")
			require.NoError(t, tx.Commit())
			require.NoError(t, log.RecordDetached(ctx, audit.Performed("y", audit.Object{Type: "key", ID: "3"})))
			require.NoError(t, log.RecordDetached(ctx, audit.Performed("y", audit.Object{Type: "key", ID: "3"}), audit.Performed("y", audit.Object{Type: "key", ID: "4"})))
			page, err := log.Page(ctx, audit.Query{})
			require.NoError(t, err)
			require.NotEmpty(t, page.Entries)
			for _, err := range log.All(ctx, audit.Filter{}, audit.Sort{}) {
				require.NoError(t, err)
				break
			}
			_, err = log.Values(ctx, audit.ByAction, "", 10)
			require.NoError(t, err)
			_, err = log.Count(ctx, audit.Filter{}, 100)
			require.NoError(t, err)
			_, err = log.In("acme").Entry(ctx, audit.NewID())
			require.ErrorIs(t, err, audit.ErrNotFound)
		}
	}
	assert.Equal(t, 1, db.Stats().OpenConnections)
	assert.Zero(t, db.Stats().InUse)
}

// A call that is given up leaves no transaction behind for the next user of its
// connection.
func TestNewSQLGivesBackWholeConnections(t *testing.T) {
	t.Parallel()
	store, db := newSQLStore(t, 2, pgx.QueryExecModeExec)
	log, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i)*300*time.Microsecond)
			defer cancel()
			_, _ = log.Page(ctx, audit.Query{})
			_ = log.RecordDetached(ctx, audit.Performed("x", audit.Object{Type: "key", ID: "1"}), audit.Performed("x", audit.Object{Type: "key", ID: "2"}))
		})
	}
	group.Wait()
	require.Eventually(t, func() bool { return db.Stats().InUse == 0 }, 5*time.Second, 10*time.Millisecond)
	for range 4 {
		_, err := db.ExecContext(t.Context(), "VACUUM audit_entries") // fails within a transaction
		require.NoError(t, err)
		_, err = log.Page(t.Context(), audit.Query{})
		require.NoError(t, err)
	}
}

func TestNewSQLNamesADriverThatItCannotUse(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	defer db.Close()
	for _, store := range []*postgres.Store{postgres.NewSQL(db), postgres.NewSQL(nil)} {
		log, err := audit.New(store, audit.Config{Org: "acme"})
		require.NoError(t, err)
		want := "open it with pgx's package stdlib"
		if store.Migrate(t.Context()).Error() == postgres.New(nil).Migrate(t.Context()).Error() {
			want = "NewSQL with a *sql.DB"
		}
		_, err = log.Page(t.Context(), audit.Query{})
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, store.Migrate(t.Context()), want)
		require.ErrorContains(t, log.RecordDetached(t.Context(), audit.Performed("x", audit.Object{Type: "key", ID: "1"})), want)
	}
	assert.Zero(t, db.Stats().InUse)
}
