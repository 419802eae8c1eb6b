package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// host is an application with a table and a log.
type host struct {
	pool  *pgxpool.Pool
	store *postgres.Store
	trail *audit.Log
}

func newHost(t *testing.T, options ...func(*pgxpool.Config)) host {
	t.Helper()
	store, pool := newStore(t, options...)
	_, err := pool.Exec(t.Context(), "CREATE TABLE api_keys (name text PRIMARY KEY)")
	require.NoError(t, err)
	return host{pool, store, newLog(t, store)}
}

const insertKey = "INSERT INTO api_keys VALUES ($1)"

// holds checks the names of the host's keys and the actions in its log.
func (h host) holds(t *testing.T, what string, names ...string) {
	t.Helper()
	rows, err := h.pool.Query(t.Context(), "SELECT name FROM api_keys ORDER BY name")
	require.NoError(t, err)
	keys, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	assert.ElementsMatch(t, names, keys, what)
	var actions []string
	for entry, err := range h.trail.All(t.Context(), audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		actions = append(actions, string(entry.Action))
	}
	assert.ElementsMatch(t, names, actions, what)
}

// batch inserts a key and records events.
func (h host) batch(t *testing.T, name string, events ...audit.Event) *pgx.Batch {
	t.Helper()
	batch := &pgx.Batch{}
	batch.Queue(insertKey, name)
	require.NoError(t, postgres.Queue(t.Context(), batch, h.trail, events...))
	return batch
}

func inEveryMode(t *testing.T, test func(t *testing.T, h host)) {
	t.Helper()
	for _, mode := range queryModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			test(t, newHost(t, inMode(mode)))
		})
	}
}

func TestQueueOnAPoolIsOneTransaction(t *testing.T) {
	t.Parallel()
	inEveryMode(t, func(t *testing.T, h host) {
		send := func(name string, events ...audit.Event) error {
			return h.pool.SendBatch(t.Context(), h.batch(t, name, events...)).Close()
		}
		require.NoError(t, send("plain", performed("plain")))
		event := performed("given").WithID(audit.NewID()).WithComment(`it's {"a\b"}`)
		require.NoError(t, send("given", event))
		h.holds(t, "committed", "plain", "given")

		for range 2 { // the second time with statements that are known
			err := send("lost", event.WithComment("other"))
			require.ErrorIs(t, err, audit.ErrConflict)
			require.ErrorContains(t, err, "inserting entries: ")
			h.holds(t, "the conflict takes the change with it", "plain", "given")
		}
		require.NoError(t, send("retried", event, performed("retried"), event), "the same content is accepted")
		h.holds(t, "accepted once", "plain", "given", "retried")

		twice := performed("twice").WithID(audit.NewID())
		require.ErrorIs(t, send("lost", twice, twice.WithComment("other")), audit.ErrConflict, "within one call")

		var unique *pgconn.PgError
		err := send("plain", performed("lost"))
		require.ErrorAs(t, err, &unique, "the host's own conflict")
		require.NotErrorIs(t, err, audit.ErrConflict)

		batch := h.batch(t, "lost", performed("lost"))
		batch.Queue("SELECT 1/0")
		require.ErrorContains(t, h.pool.SendBatch(t.Context(), batch).Close(), "division by zero")
		h.holds(t, "a statement that fails takes all before it along", "plain", "given", "retried")
	})
}

func TestQueueInAHostsTransaction(t *testing.T) {
	t.Parallel()
	inEveryMode(t, func(t *testing.T, h host) {
		taken := performed("kept").WithID(audit.NewID())
		change := func(name string, end error, events ...audit.Event) error {
			return pgx.BeginFunc(t.Context(), h.pool, func(tx pgx.Tx) error {
				if err := tx.SendBatch(t.Context(), h.batch(t, name, events...)).Close(); err != nil {
					return err
				}
				return end
			})
		}
		require.NoError(t, change("kept", nil, taken))
		require.ErrorIs(t, change("lost", errors.ErrUnsupported, performed("lost")), errors.ErrUnsupported)
		require.ErrorIs(t, change("lost", nil, performed("lost"), taken.WithComment("other")), audit.ErrConflict)
		h.holds(t, "", "kept")
	})
}

// Results may also be read one by one.
func TestQueueWithResultsReadByHand(t *testing.T) {
	t.Parallel()
	inEveryMode(t, func(t *testing.T, h host) {
		batch := h.batch(t, "a", performed("a"))
		batch.Queue("SELECT 42")
		results := h.pool.SendBatch(t.Context(), batch)
		for range 2 {
			tag, err := results.Exec()
			require.NoError(t, err)
			assert.EqualValues(t, 1, tag.RowsAffected())
		}
		var answer int
		require.NoError(t, results.QueryRow().Scan(&answer))
		assert.Equal(t, 42, answer)
		require.NoError(t, results.Close())
		h.holds(t, "", "a")
	})
}

// Two transactions that record one ID at the same time: the second waits for
// the first, and is held against what that one has committed.
func TestQueueRacing(t *testing.T) {
	t.Parallel()
	event := performed("a").WithID(audit.NewID())
	for name, tc := range map[string]struct {
		second audit.Event
		end    func(pgx.Tx, context.Context) error
		want   error
	}{
		"the same content":           {event, pgx.Tx.Commit, nil},
		"other content":              {event.WithComment("other"), pgx.Tx.Commit, audit.ErrConflict},
		"other content, rolled back": {event.WithComment("other"), pgx.Tx.Rollback, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHost(t)
			queued := func(event audit.Event) *pgx.Batch {
				batch := &pgx.Batch{}
				require.NoError(t, postgres.Queue(t.Context(), batch, h.trail, event))
				return batch
			}
			first, err := h.pool.Begin(t.Context())
			require.NoError(t, err)
			require.NoError(t, first.SendBatch(t.Context(), queued(event)).Close())
			done := make(chan error, 1)
			go func() { done <- h.pool.SendBatch(t.Context(), queued(tc.second)).Close() }()
			require.Eventually(t, func() bool {
				var waiting bool
				err := h.pool.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks AS l
					JOIN pg_stat_activity AS a USING (pid)
					WHERE NOT l.granted AND l.locktype = 'transactionid' AND a.query LIKE '%audit_entries%'
					AND $1 = ANY (pg_blocking_pids(pid)))`, first.Conn().PgConn().PID()).Scan(&waiting)
				return err == nil && waiting
			}, time.Minute, 5*time.Millisecond)
			require.NoError(t, tc.end(first, t.Context()))
			err = <-done
			if tc.want == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, tc.want)
			}
			entries, err := h.trail.Count(t.Context(), audit.Filter{}, 10)
			require.NoError(t, err)
			assert.Equal(t, 1, entries)
		})
	}
}

func TestQueueOfManyLargeEntries(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	var events []audit.Event
	for range 70 {
		large := audit.Created(map[string]string{"id": "1", "text": strings.Repeat("x", 250<<10)}).WithObject(audit.Object{Type: "doc"})
		events = append(events, large, large.WithID(audit.NewID()))
	}
	batch := &pgx.Batch{}
	require.NoError(t, postgres.Queue(t.Context(), batch, h.trail, events...))
	assert.Equal(t, 2+2*2, batch.Len(), "two statements for each 70, and two that compare")
	require.NoError(t, h.pool.SendBatch(t.Context(), batch).Close())
	entries, err := h.trail.Count(t.Context(), audit.Filter{}, 1000)
	require.NoError(t, err)
	assert.Equal(t, 140, entries)
}

func TestQueueRefuses(t *testing.T) {
	t.Parallel()
	trail := newLog(t, postgres.New(nil))
	require.ErrorContains(t, postgres.Queue(t.Context(), nil, trail, performed("x")), "postgres: no batch is given")
	batch := &pgx.Batch{}
	require.ErrorContains(t, postgres.Queue(t.Context(), batch, nil, performed("x")), "postgres: no log is given")
	require.ErrorIs(t, postgres.Queue(t.Context(), batch, trail, performed("x"), performed("")), audit.ErrInvalidEvent)
	require.NoError(t, postgres.Queue(t.Context(), batch, trail))
	assert.Zero(t, batch.Len())
}
