package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// beginners are the ways to begin a transaction that Commit ends.
var beginners = map[string]func(context.Context, *pgxpool.Pool) (pgx.Tx, error){
	"postgres.Begin": func(ctx context.Context, pool *pgxpool.Pool) (pgx.Tx, error) {
		return postgres.Begin(ctx, pool, pgx.TxOptions{})
	},
	"the pool's Begin": func(ctx context.Context, pool *pgxpool.Pool) (pgx.Tx, error) { return pool.Begin(ctx) },
	"its own commit": func(ctx context.Context, pool *pgxpool.Pool) (pgx.Tx, error) {
		return postgres.Begin(ctx, pool, pgx.TxOptions{CommitQuery: "COMMIT AND NO CHAIN"})
	},
}

func TestCommit(t *testing.T) {
	t.Parallel()
	inEveryMode(t, func(t *testing.T, h host) {
		for how, begin := range beginners {
			t.Run(how, func(t *testing.T) {
				// change inserts a key and commits with the events, after what
				// else the transaction does.
				change := func(name string, also func(context.Context, pgx.Tx), events ...audit.Event) error {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					tx, err := begin(ctx, h.pool)
					require.NoError(t, err)
					_, err = tx.Exec(ctx, insertKey, name)
					require.NoError(t, err)
					if also != nil {
						ctx = context.WithValue(ctx, cancelKey{}, cancel)
						also(ctx, tx)
					}
					err = postgres.Commit(ctx, tx, h.trail, events...)
					require.ErrorIs(t, tx.Rollback(ctx), pgx.ErrTxClosed, "a deferred Rollback does nothing")
					require.ErrorIs(t, tx.Commit(ctx), pgx.ErrTxClosed)
					_, execErr := tx.Exec(ctx, "SELECT 1")
					require.ErrorIs(t, execErr, pgx.ErrTxClosed)
					require.ErrorIs(t, tx.QueryRow(ctx, "SELECT 1").Scan(nil), pgx.ErrTxClosed)
					require.ErrorIs(t, postgres.Commit(ctx, tx, h.trail, performed("lost")), pgx.ErrTxClosed)
					require.Eventually(t, func() bool { return h.pool.Stat().AcquiredConns() == 0 }, waitFor, tick, "the connection is given back")
					return err
				}
				_, err := h.pool.Exec(t.Context(), "DELETE FROM api_keys")
				require.NoError(t, err)
				h.trail = newLogOf(t, h.store, how) // what another way recorded is another organization's

				given := performed("given").WithID(audit.NewID())
				require.NoError(t, change("plain", nil, performed("plain")))
				require.NoError(t, change("given", nil, given))
				h.holds(t, "committed", "plain", "given")

				require.ErrorIs(t, change("lost", nil, given.WithComment("other")), audit.ErrConflict)
				require.ErrorIs(t, change("lost", nil, performed("")), audit.ErrInvalidEvent)
				broken := func(ctx context.Context, tx pgx.Tx) {
					_, err := tx.Exec(ctx, "SELECT 1/0")
					require.Error(t, err) // which the host does not care about
				}
				require.Error(t, change("lost", broken, performed("lost")), "a statement before had failed")
				require.ErrorIs(t, change("lost", broken), pgx.ErrTxCommitRollback)
				cancelled := func(ctx context.Context, _ pgx.Tx) { ctx.Value(cancelKey{}).(context.CancelFunc)() }
				require.ErrorIs(t, change("lost", cancelled, performed("lost")), context.Canceled)
				h.holds(t, "nothing of it is there", "plain", "given")

				require.NoError(t, change("retried", nil, given, performed("retried")))
				h.holds(t, "the same content is accepted", "plain", "given", "retried")
			})
		}
	})
}

type cancelKey struct{}

// What fails only at the COMMIT fails the whole.
func TestCommitThatTheServerRefuses(t *testing.T) {
	t.Parallel()
	inEveryMode(t, func(t *testing.T, h host) {
		_, err := h.pool.Exec(t.Context(), "CREATE TABLE uses (name text REFERENCES api_keys DEFERRABLE INITIALLY DEFERRED)")
		require.NoError(t, err)
		for _, begin := range beginners {
			tx, err := begin(t.Context(), h.pool)
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), "INSERT INTO uses VALUES ('none')")
			require.NoError(t, err)
			require.ErrorContains(t, postgres.Commit(t.Context(), tx, h.trail, performed("lost")), "foreign key")
			h.holds(t, "neither")
		}
	})
}

func TestCommitOfANestedTransaction(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	tx, err := postgres.Begin(t.Context(), h.pool, pgx.TxOptions{})
	require.NoError(t, err)
	inner, err := tx.Begin(t.Context())
	require.NoError(t, err)
	_, err = inner.Exec(t.Context(), insertKey, "a")
	require.NoError(t, err)
	require.NoError(t, postgres.Commit(t.Context(), inner, h.trail, performed("a")))
	h.holds(t, "nothing is committed before the outer one")
	require.NoError(t, tx.Commit(t.Context()))
	h.holds(t, "", "a")
}

// A transaction begun for Commit is one of pgx in all else.
func TestBegin(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	tx, err := postgres.Begin(t.Context(), h.pool, pgx.TxOptions{IsoLevel: pgx.Serializable})
	require.NoError(t, err)
	var level string
	require.NoError(t, tx.QueryRow(t.Context(), "SHOW transaction_isolation").Scan(&level))
	assert.Equal(t, "serializable", level)
	require.NoError(t, h.trail.Record(t.Context(), h.store.Tx(tx), performed("lost")))
	require.NoError(t, tx.Rollback(t.Context()))
	h.holds(t, "rolled back")
	require.ErrorIs(t, tx.Rollback(t.Context()), pgx.ErrTxClosed)

	_, err = postgres.Begin(t.Context(), h.pool, pgx.TxOptions{IsoLevel: "no such"})
	require.ErrorContains(t, err, "beginning a transaction: ")
	assert.Zero(t, h.pool.Stat().AcquiredConns())
	done, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = postgres.Begin(done, h.pool, pgx.TxOptions{})
	require.ErrorIs(t, err, context.Canceled)
	_, err = postgres.Begin(t.Context(), nil, pgx.TxOptions{})
	require.ErrorContains(t, err, "postgres: no pool is given")
}

func TestCommitRefuses(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	require.ErrorContains(t, postgres.Commit(t.Context(), nil, h.trail), "postgres: no transaction is given")
	require.ErrorContains(t, postgres.Commit(t.Context(), (*pgxpool.Tx)(nil), h.trail), "postgres: no transaction is given")
	tx, err := postgres.Begin(t.Context(), h.pool, pgx.TxOptions{})
	require.NoError(t, err)
	require.ErrorContains(t, postgres.Commit(t.Context(), tx, nil, performed("x")), "postgres: no log is given")
	require.ErrorIs(t, tx.Rollback(t.Context()), pgx.ErrTxClosed)
}
