package postgres_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/storetest"
)

// newStore returns a migrated store on a schema of the test's own.
func newStore(t *testing.T, options ...func(*pgxpool.Config)) (*postgres.Store, *pgxpool.Pool) {
	t.Helper()
	pool := pgtest.New(t, options...)
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	return store, pool
}

// Every way in which pgx can send a query, since a host's pooler may allow
// only one of them.
var queryModes = []pgx.QueryExecMode{
	pgx.QueryExecModeCacheStatement,
	pgx.QueryExecModeCacheDescribe,
	pgx.QueryExecModeDescribeExec,
	pgx.QueryExecModeExec,
	pgx.QueryExecModeSimpleProtocol,
}

func inMode(mode pgx.QueryExecMode) func(*pgxpool.Config) {
	return func(config *pgxpool.Config) { config.ConnConfig.DefaultQueryExecMode = mode }
}

func TestConformance(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T) storetest.Backend {
				store, pool := newStore(t, inMode(mode))
				return storetest.Backend{Store: store, Begin: func(ctx context.Context) (storetest.Transaction, error) {
					tx, err := pool.Begin(ctx)
					if err != nil {
						return storetest.Transaction{}, err
					}
					return storetest.Transaction{Tx: store.Tx(tx), Commit: tx.Commit, Rollback: tx.Rollback}, nil
				}}
			})
		})
	}
}

// The suite's entries are of a few days; these months hold some of them, and the
// default partition the rest.
func TestConformanceInMonths(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		store, pool := newStore(t)
		_, err := postgres.NewAdmin(pool).MakeMonths(t.Context(), date(2024, time.January, 1), date(2024, time.March, 1))
		require.NoError(t, err)
		return storetest.Backend{Store: store, Begin: func(ctx context.Context) (storetest.Transaction, error) {
			tx, err := pool.Begin(ctx)
			if err != nil {
				return storetest.Transaction{}, err
			}
			return storetest.Transaction{Tx: store.Tx(tx), Commit: tx.Commit, Rollback: tx.Rollback}, nil
		}}
	})
}

func TestConformanceSQL(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) storetest.Backend {
		store, pool := newStore(t)
		db := openSQL(t, pool)
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
	})
}

func openSQL(t *testing.T, pool *pgxpool.Pool) *sql.DB {
	t.Helper()
	db := stdlib.OpenDBFromPool(pool)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}
