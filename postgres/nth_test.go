package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

// nth lets the n-th statement fail, once it is armed.
type nth struct {
	left   atomic.Int64
	failed atomic.Bool
}

func (f *nth) arm(n int) {
	f.failed.Store(false)
	f.left.Store(int64(n))
}

// hit counts a statement, and reports whether it is the one.
func (f *nth) hit() bool {
	if f.left.Add(-1) != 0 {
		return false
	}
	f.failed.Store(true)
	return true
}

// refusing makes statements fail before they are sent, and leaves the
// connection as it is.
type refusing struct{ *nth }

func (f refusing) start(ctx context.Context) context.Context {
	if !f.hit() {
		return ctx
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return ctx
}

func (f refusing) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return f.start(ctx)
}
func (refusing) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}
func (f refusing) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return f.start(ctx)
}
func (refusing) TraceBatchQuery(context.Context, *pgx.Conn, pgx.TraceBatchQueryData) {}
func (refusing) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData)     {}

// cutting breaks the connection instead of sending.
type cutting struct {
	net.Conn
	*nth
}

var errCut = errors.New("the cable was cut")

func (c cutting) Write(b []byte) (int, error) {
	if c.hit() {
		_ = c.Conn.Close()
		return 0, errCut
	}
	return c.Conn.Write(b)
}

// failingPool returns another pool on the test's schema.
func failingPool(t *testing.T, pool *pgxpool.Pool, cut bool) (*pgxpool.Pool, *nth) {
	t.Helper()
	f, config := new(nth), pool.Config()
	config.MaxConns = 1
	if cut {
		dial := config.ConnConfig.DialFunc
		config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return cutting{conn, f}, err
		}
	} else {
		config.ConnConfig.Tracer = refusing{f}
	}
	failing, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(failing.Close)
	return failing, f
}

// wholeSchema is all that the schema holds: what there is, how it is
// protected, and the rows.
func wholeSchema(t *testing.T, pool *pgxpool.Pool) string {
	t.Helper()
	var catalogue string
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT coalesce(string_agg(what, E'\n' ORDER BY what), '') FROM (
		SELECT concat_ws(' ', c.relname, c.relkind, c.relacl, c.relispartition, pg_get_expr(c.relpartbound, c.oid),
			(SELECT string_agg(tgname || tgenabled::text, ',' ORDER BY tgname) FROM pg_trigger WHERE tgrelid = c.oid),
			(SELECT string_agg(conname, ',' ORDER BY conname) FROM pg_constraint WHERE conrelid = c.oid)) AS what
		FROM pg_class AS c WHERE c.relnamespace = current_schema()::regnamespace
		UNION ALL SELECT proname::text || prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace) AS all_of_it`).Scan(&catalogue))
	for _, table := range []string{"audit_entries", "audit_migrations", "api_keys"} {
		var exists bool
		require.NoError(t, pool.QueryRow(t.Context(), "SELECT to_regclass($1) IS NOT NULL", table).Scan(&exists))
		if exists {
			var rows string
			require.NoError(t, pool.QueryRow(t.Context(), "SELECT coalesce(string_agg(x::text, E'\n' ORDER BY x::text), '') FROM "+table+" AS x").Scan(&rows))
			catalogue += "\n" + table + ":\n" + rows
		}
	}
	return catalogue
}

// TestEveryStatementFails fails the first statement, then the second, and so
// on, until all pass: before, an error comes out and nothing has changed.
func TestEveryStatementFails(t *testing.T) {
	t.Parallel()
	taken := performed("taken").WithID(audit.NewID())
	key := func(name string) func(context.Context, pgx.Tx) error {
		return func(ctx context.Context, tx pgx.Tx) error {
			_, err := tx.Exec(ctx, insertKey, name)
			return err
		}
	}
	events := []audit.Event{performed("one"), taken, performed("two").WithID(audit.NewID())}
	inTx := func(ctx context.Context, pool *pgxpool.Pool, record func(pgx.Tx, *audit.Log, *postgres.Store) error) error {
		store := postgres.New(pool)
		log, err := audit.New(store, audit.Config{Org: "acme"})
		if err != nil {
			return err
		}
		return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if err := key("new")(ctx, tx); err != nil {
				return err
			}
			return record(tx, log, store)
		})
	}
	for name, do := range map[string]func(context.Context, *pgxpool.Pool) error{
		"Migrate": func(ctx context.Context, pool *pgxpool.Pool) error { return postgres.New(pool).Migrate(ctx) },
		"MakePartitions": func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := postgres.NewAdmin(pool).MakePartitions(ctx, date(2026, time.January, 1), date(2026, time.February, 1))
			return err
		},
		"Expire": func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := postgres.NewAdmin(pool).Expire(ctx, logOf(pool), retention.Policy{Before: date(2026, time.April, 1)})
			return err
		},
		"Expire of one organization": func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := postgres.NewAdmin(pool).Expire(ctx, logOf(pool), retention.Policy{Before: date(2026, time.April, 1), Org: "globex"})
			return err
		},
		"Protect": func(ctx context.Context, pool *pgxpool.Pool) error {
			return postgres.NewAdmin(pool).Protect(ctx, "pg_read_all_stats")
		},
		"Record": func(ctx context.Context, pool *pgxpool.Pool) error {
			return inTx(ctx, pool, func(tx pgx.Tx, log *audit.Log, store *postgres.Store) error {
				return log.Record(ctx, store.Tx(tx), events...)
			})
		},
		"Record by database/sql": func(ctx context.Context, pool *pgxpool.Pool) error {
			db := stdlib.OpenDBFromPool(pool)
			defer db.Close()
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			if _, err := tx.ExecContext(ctx, insertKey, "new"); err != nil {
				return err
			}
			if err := logOf(pool).Record(ctx, postgres.New(pool).SQLTx(tx), events...); err != nil {
				return err
			}
			return tx.Commit()
		},
		"RecordDetached": func(ctx context.Context, pool *pgxpool.Pool) error {
			return logOf(pool).RecordDetached(ctx, events...)
		},
		"Queue": func(ctx context.Context, pool *pgxpool.Pool) error {
			return inTx(ctx, pool, func(tx pgx.Tx, log *audit.Log, _ *postgres.Store) error {
				var batch pgx.Batch
				if err := postgres.Queue(ctx, &batch, log, events...); err != nil {
					return err
				}
				return tx.SendBatch(ctx, &batch).Close()
			})
		},
		"Queue without a transaction": func(ctx context.Context, pool *pgxpool.Pool) error {
			var batch pgx.Batch
			batch.Queue(insertKey, "new")
			if err := postgres.Queue(ctx, &batch, logOf(pool), events...); err != nil {
				return err
			}
			return pool.SendBatch(ctx, &batch).Close()
		},
		"Commit": func(ctx context.Context, pool *pgxpool.Pool) error {
			tx, err := postgres.Begin(ctx, pool, pgx.TxOptions{})
			if err != nil {
				return err
			}
			defer tx.Rollback(ctx)
			if err := key("new")(ctx, tx); err != nil {
				return err
			}
			return postgres.Commit(ctx, tx, logOf(pool), events...)
		},
	} {
		for how, cut := range map[string]bool{"refused": false, "cut": true} {
			t.Run(name+"/"+how, func(t *testing.T) {
				t.Parallel()
				h := newHost(t)
				switch name {
				case "Migrate":
					_, err := h.pool.Exec(t.Context(), "DO $$ DECLARE s text := current_schema(); BEGIN"+
						" EXECUTE format('DROP SCHEMA %I CASCADE', s); EXECUTE format('CREATE SCHEMA %I', s); END $$")
					require.NoError(t, err)
				case "Expire", "Expire of one organization":
					_, err := postgres.NewAdmin(h.pool).MakePartitions(t.Context(), date(2026, time.March, 1), date(2026, time.April, 1))
					require.NoError(t, err)
					fallthrough
				default:
					recordAt(t, h.trail, date(2026, time.January, 2), date(2026, time.March, 2))
					recordAt(t, newLogOf(t, h.store, "globex"), date(2026, time.March, 3))
					require.NoError(t, h.trail.RecordDetached(t.Context(), taken))
				}
				pool, fault := failingPool(t, h.pool, cut)
				before, statements := wholeSchema(t, h.pool), 0
				for n := 1; ; n++ {
					require.NoError(t, pool.Ping(t.Context()))
					fault.arm(n)
					err := do(t.Context(), pool)
					if !fault.failed.Load() {
						require.NoError(t, err)
						break
					}
					fault.left.Store(0)
					statements++
					what := fmt.Sprintf("statement %d", n)
					require.Error(t, err, what)
					require.Equal(t, before, wholeSchema(t, h.pool), what+": "+err.Error())
				}
				assert.NotEqual(t, before, wholeSchema(t, h.pool), "done")
				assert.Positive(t, statements)
				t.Logf("%d statements", statements)
			})
		}
	}
}

func logOf(pool *pgxpool.Pool) *audit.Log {
	log, err := audit.New(postgres.New(pool), audit.Config{Org: "acme"})
	if err != nil {
		panic(err) // a slip of the pen in a test
	}
	return log
}
