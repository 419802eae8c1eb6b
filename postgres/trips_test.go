package postgres_test

import (
	"context"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

const (
	waitFor = time.Minute
	tick    = time.Millisecond
)

// trips counts round trips to the server: answers that follow on something sent.
type trips struct{ n atomic.Int64 }

type countedConn struct {
	net.Conn
	trips *trips
	sent  atomic.Bool
}

func (c *countedConn) Write(b []byte) (int, error) {
	c.sent.Store(true)
	return c.Conn.Write(b)
}

func (c *countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.sent.Swap(false) {
		c.trips.n.Add(1)
	}
	return n, err
}

func (tr *trips) count(config *pgxpool.Config) {
	dial := config.ConnConfig.DialFunc
	config.MaxConns = 1
	config.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &countedConn{Conn: conn, trips: tr}, nil
	}
}

// of returns how many round trips something makes once statements are known.
func (tr *trips) of(t *testing.T, do func() error) int {
	t.Helper()
	require.NoError(t, do())
	before := tr.n.Load()
	require.NoError(t, do())
	return int(tr.n.Load() - before)
}

// TestRoundTrips holds the documentation to its word: Queue and Commit add
// none.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			var tr trips
			h := newHost(t, inMode(mode), tr.count)
			event := performed("x")
			const update = "UPDATE api_keys SET name = $1 WHERE name = $1"
			batch := func(events ...audit.Event) *pgx.Batch {
				batch := &pgx.Batch{}
				batch.Queue(update, "a")
				require.NoError(t, postgres.Queue(t.Context(), batch, h.trail, events...))
				return batch
			}
			bare := tr.of(t, func() error { return h.pool.SendBatch(t.Context(), batch()).Close() })
			queued := tr.of(t, func() error { return h.pool.SendBatch(t.Context(), batch(event)).Close() })
			assert.Equal(t, bare, queued, "queued in a batch")
			given := tr.of(t, func() error {
				return h.pool.SendBatch(t.Context(), batch(event.WithID(audit.NewID()))).Close()
			})
			assert.Equal(t, bare, given, "with an ID of its own")

			change := func(end func(tx pgx.Tx) error) func() error {
				return func() error {
					tx, err := postgres.Begin(t.Context(), h.pool, pgx.TxOptions{})
					require.NoError(t, err)
					defer tx.Rollback(t.Context())
					_, err = tx.Exec(t.Context(), update, "a")
					require.NoError(t, err)
					return end(tx)
				}
			}
			unaudited := tr.of(t, change(func(tx pgx.Tx) error { return tx.Commit(t.Context()) }))
			committed := tr.of(t, change(func(tx pgx.Tx) error { return postgres.Commit(t.Context(), tx, h.trail, event) }))
			nothing := tr.of(t, change(func(tx pgx.Tx) error { return postgres.Commit(t.Context(), tx, h.trail) }))
			assert.Equal(t, unaudited, nothing)
			recorded := tr.of(t, change(func(tx pgx.Tx) error {
				if err := h.trail.Record(t.Context(), h.store.Tx(tx), event); err != nil {
					return err
				}
				return tx.Commit(t.Context())
			}))
			if mode == pgx.QueryExecModeDescribeExec {
				// Every statement with parameters is described first.
				assert.Equal(t, unaudited+1, committed)
				assert.Equal(t, unaudited+2, recorded)
				return
			}
			assert.Equal(t, unaudited, committed, "sent with COMMIT")
			assert.Equal(t, unaudited+1, recorded, "recorded apart")
		})
	}
}
