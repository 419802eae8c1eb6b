package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit/sqlite"
	"github.com/auditkeep/audit/storetest"
)

// The DSN that the package recommends, and one that leaves the driver's
// defaults, except what keeps parallel writers apart at all.
const (
	recommended = "?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(30000)&_pragma=synchronous(FULL)"
	deferred    = "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(30000)"
)

func openDB(t *testing.T, options string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "audit.db")+options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// newStore returns a migrated store on the test's own file.
func newStore(t *testing.T, options string) (*sqlite.Store, *sql.DB) {
	t.Helper()
	db := openDB(t, options)
	store := sqlite.New(db)
	require.NoError(t, store.Migrate(t.Context()))
	return store, db
}

func TestConformance(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		store, db := newStore(t, recommended)
		return storetest.Backend{Store: store, Begin: func(ctx context.Context) (storetest.Transaction, error) {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return storetest.Transaction{}, err
			}
			return storetest.Transaction{
				Tx:       store.Tx(tx),
				Commit:   func(context.Context) error { return tx.Commit() },
				Rollback: func(context.Context) error { return tx.Rollback() },
			}, nil
		}}
	})
}
