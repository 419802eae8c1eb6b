package postgres_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// benchHost writes to records of 20 fields, 5 of which change. Its table has
// only these: what is measured is the way of writing.
type benchHost struct {
	pool  *pgxpool.Pool
	store *postgres.Store
	trail *audit.Log
	n     int
}

type benchKey struct {
	ID                                               int
	C01, C02, C03, C04, C05, C06, C07, C08, C09, C10 string
	C11, C12, C13, C14, C15, C16, C17, C18, C19      int
}

const updateKey = "UPDATE bench_keys SET c01 = $2, c02 = $3, c03 = $4, c11 = $5, c12 = $6 WHERE id = $1"

func (h *benchHost) next() (args []any, event audit.Event) {
	h.n++
	before := benchKey{ID: h.n%1000 + 1, C01: "old", C02: "old", C03: "old", C11: h.n, C12: h.n, C04: "same"}
	after := before
	after.C01, after.C02, after.C03, after.C11, after.C12 = "new", "a somewhat longer text", "new", h.n+1, h.n+2
	return []any{after.ID, after.C01, after.C02, after.C03, after.C11, after.C12}, audit.Updated(before, after)
}

// ways are the ways to write one change, with and without its entry.
var ways = []struct {
	name string
	do   func(ctx context.Context, h *benchHost) error
}{
	{"unaudited", func(ctx context.Context, h *benchHost) error {
		args, _ := h.next()
		return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, updateKey, args...)
			return err
		})
	}},
	{"raw-insert", func(ctx context.Context, h *benchHost) error {
		args, _ := h.next()
		return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, updateKey, args...); err != nil {
				return err
			}
			id := audit.NewID()
			_, err := tx.Exec(ctx, `INSERT INTO audit_entries (org_id, id, occurred_at, action, object_type, object_id, object_sort, actor_kind, source, changes, changed_fields, format)
				VALUES ('acme', $1, $2, 'update', 'bench_key', $3, $3, 'system', 'app', $4, 'c01,c02,c03,c11,c12', 1)`,
				id.String(), id.Time(), "7", `[{"field":"c01","new":"new","old":"old"},{"field":"c02","new":"a somewhat longer text","old":"old"},{"field":"c03","new":"new","old":"old"},{"field":"c11","new":2,"old":1},{"field":"c12","new":2,"old":1}]`)
			return err
		})
	}},
	{"record", func(ctx context.Context, h *benchHost) error {
		args, event := h.next()
		return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, updateKey, args...); err != nil {
				return err
			}
			return h.trail.Record(ctx, h.store.Tx(tx), event)
		})
	}},
	{"queue", func(ctx context.Context, h *benchHost) error {
		args, event := h.next()
		return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
			batch, err := h.batch(ctx, args, event)
			if err != nil {
				return err
			}
			return tx.SendBatch(ctx, batch).Close()
		})
	}},
	{"commit", func(ctx context.Context, h *benchHost) error {
		args, event := h.next()
		tx, err := postgres.Begin(ctx, h.pool, pgx.TxOptions{})
		if err != nil {
			return err
		}
		defer tx.Rollback(ctx)
		if _, err := tx.Exec(ctx, updateKey, args...); err != nil {
			return err
		}
		return postgres.Commit(ctx, tx, h.trail, event)
	}},
	{"one-pipeline", func(ctx context.Context, h *benchHost) error {
		args, event := h.next()
		batch, err := h.batch(ctx, args, event)
		if err != nil {
			return err
		}
		return h.pool.SendBatch(ctx, batch).Close()
	}},
}

func (h *benchHost) batch(ctx context.Context, args []any, event audit.Event) (*pgx.Batch, error) {
	batch := &pgx.Batch{}
	batch.Queue(updateKey, args...)
	return batch, postgres.Queue(ctx, batch, h.trail, event)
}

// BenchmarkRecord writes one change in each of the ways, taking turns, and
// reports the medians as multiples of the unaudited change in BEGIN, UPDATE,
// COMMIT.
func BenchmarkRecord(b *testing.B) {
	pool := pgtest.New(b)
	h := &benchHost{pool: pool, store: postgres.New(pool)}
	require.NoError(b, h.store.Migrate(b.Context()))
	h.trail = newLogOf(b, h.store, "acme")
	_, err := pool.Exec(b.Context(), `CREATE TABLE bench_keys (id int PRIMARY KEY, c01 text, c02 text, c03 text, c11 int, c12 int);
		INSERT INTO bench_keys SELECT i, '', '', '', 0, 0 FROM generate_series(1, 1000) AS i`)
	require.NoError(b, err)
	times := make([][]time.Duration, len(ways))
	for range 50 { // statements become known
		for _, way := range ways {
			require.NoError(b, way.do(b.Context(), h))
		}
	}
	for b.Loop() {
		for i, way := range ways {
			start := time.Now()
			err := way.do(b.Context(), h)
			times[i] = append(times[i], time.Since(start))
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	median := func(i int) float64 {
		slices.Sort(times[i])
		return float64(times[i][len(times[i])/2].Microseconds())
	}
	b.ReportMetric(0, "ns/op") // of all of them together: says nothing
	b.ReportMetric(median(0), "unaudited-p50-us")
	for i := 1; i < len(ways); i++ {
		b.ReportMetric(median(i)/median(0), ways[i].name+"-x")
	}
}
