package postgres_test

import (
	"context"
	"database/sql"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/storetest"
)

// emptied are schemas with an empty log, which tests that run one after the other
// take and give back: emptying one takes a tenth of the time of making one.
type emptied struct {
	make func() *pgxpool.Pool
	mu   sync.Mutex
	free []*pgxpool.Pool
}

// take returns the pool of an empty log, and gives it back when the test ends.
func (e *emptied) take(t *testing.T) *pgxpool.Pool {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	var pool *pgxpool.Pool
	if last := len(e.free) - 1; last >= 0 {
		pool, e.free = e.free[last], e.free[:last]
	} else {
		pool = e.make()
	}
	t.Cleanup(func() {
		// Entries are protected from the statement; a superuser can skip triggers.
		ctx := context.Background()
		conn, err := pool.Acquire(ctx)
		require.NoError(t, err)
		defer conn.Release()
		_, err = conn.Conn().PgConn().Exec(ctx, `BEGIN; SET LOCAL session_replication_role = replica;
			TRUNCATE audit_entries; COMMIT`).ReadAll()
		require.NoError(t, err)
		e.mu.Lock()
		defer e.mu.Unlock()
		e.free = append(e.free, pool)
	})
	return pool
}

// migrated returns schemas that a new store has migrated.
func migrated(t *testing.T, options ...func(*pgxpool.Config)) *emptied {
	return &emptied{make: func() *pgxpool.Pool {
		_, pool := newStore(t, options...)
		return pool
	}}
}

// backend is a store with transactions of pgx.
func backend(pool *pgxpool.Pool, store *postgres.Store) storetest.Backend {
	return storetest.Backend{Store: store, Begin: func(ctx context.Context) (storetest.Transaction, error) {
		tx, err := pool.Begin(ctx)
		if err != nil {
			return storetest.Transaction{}, err
		}
		return storetest.Transaction{Tx: store.Tx(tx), Commit: tx.Commit, Rollback: tx.Rollback}, nil
	}}
}

// sqlBackend is a store with transactions of database/sql.
func sqlBackend(db *sql.DB, store *postgres.Store) storetest.Backend {
	return storetest.Backend{Store: store, Begin: func(ctx context.Context) (storetest.Transaction, error) {
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			return storetest.Transaction{}, err
		}
		return storetest.Transaction{
			Tx:       store.SQLTx(tx),
			Commit:   func(context.Context) error { return tx.Commit() },
			Rollback: func(context.Context) error { return tx.Rollback() },
		}, nil
	}}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			logs := migrated(t, inMode(mode))
			storetest.Run(t, func(t *testing.T) storetest.Backend {
				pool := logs.take(t)
				return backend(pool, postgres.New(pool))
			})
		})
	}
}

// The suite's entries are of a few days; these months hold some of them, and the
// default partition the rest.
func TestConformanceInMonths(t *testing.T) {
	t.Parallel()
	logs := &emptied{make: func() *pgxpool.Pool {
		_, pool := newStore(t)
		_, err := postgres.NewAdmin(pool).MakePartitions(t.Context(), date(2024, time.January, 1), date(2024, time.March, 1))
		require.NoError(t, err)
		return pool
	}}
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		pool := logs.take(t)
		return backend(pool, postgres.New(pool))
	})
}

func TestConformanceSQL(t *testing.T) {
	t.Parallel()
	logs := migrated(t)
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		pool := logs.take(t)
		return sqlBackend(openSQL(t, pool), postgres.New(pool))
	})
}

// All connections are those of database/sql.
func TestConformanceOfNewSQL(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			logs := migrated(t)
			storetest.Run(t, func(t *testing.T) storetest.Backend {
				config := logs.take(t).Config().ConnConfig
				config.DefaultQueryExecMode = mode
				db := stdlib.OpenDB(*config)
				db.SetMaxOpenConns(10)
				t.Cleanup(func() { require.NoError(t, db.Close()) })
				return sqlBackend(db, postgres.NewSQL(db))
			})
		})
	}
}

func TestConformanceWithSchema(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		pool, schema := newInSchema(t)
		return backend(pool, postgres.New(pool).WithSchema(schema))
	})
}
