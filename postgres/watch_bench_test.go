package postgres_test

import (
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// BenchmarkWatch writes the same changes to a table with and without triggers,
// taking turns, and reports the medians as multiples of those without: one row
// of 20 columns by its key in BEGIN, UPDATE, COMMIT, 5 of the columns changed;
// and 10,000 rows in one statement.
func BenchmarkWatch(b *testing.B) {
	pool := pgtest.New(b)
	require.NoError(b, postgres.New(pool).Migrate(b.Context()))
	for _, table := range []string{"plain_keys", "watched_keys"} {
		_, err := pool.Exec(b.Context(), `CREATE TABLE `+table+` (id int PRIMARY KEY,
			c01 text, c02 text, c03 text, c04 text, c05 text, c06 text, c07 text, c08 text, c09 text, c10 text,
			c11 int, c12 int, c13 int, c14 int, c15 int, c16 int, c17 timestamptz, c18 timestamptz, c19 int);
			CREATE INDEX ON `+table+` (c01); CREATE INDEX ON `+table+` (c19);
			INSERT INTO `+table+` SELECT i, 'old', 'old', 'old', 'text', 'text', 'text', 'text', 'text', 'text', 'text', 0, 0, 1, 2, 3, 4, now(), now(), i FROM generate_series(1, 20000) AS i`)
		require.NoError(b, err)
	}
	_, err := pool.Exec(b.Context(), "ANALYZE plain_keys, watched_keys")
	require.NoError(b, err)
	require.NoError(b, postgres.NewAdmin(pool).Watch(b.Context(), postgres.WatchTable{Name: "watched_keys", Org: "acme"}))
	as := audit.WithActor(b.Context(), audit.Actor{ID: "7", Email: "dana@acme.test"})
	n := 0
	update := func(table string, batched bool) func() error {
		return func() error {
			n++
			query, args := "UPDATE "+table+" SET c01 = $2, c02 = $3, c03 = $4, c11 = $5, c12 = $6 WHERE id = $1",
				[]any{n%1000 + 1, []string{"old", "new"}[n/1000%2], time.Now().String()[:24], "new" + time.Now().String()[:22], n, n + 1}
			return pgx.BeginFunc(b.Context(), pool, func(tx pgx.Tx) error {
				if !batched {
					_, err := tx.Exec(b.Context(), query, args...)
					return err
				}
				batch := &pgx.Batch{}
				if err := postgres.QueueContext(as, batch); err != nil {
					return err
				}
				batch.Queue(query, args...)
				return tx.SendBatch(b.Context(), batch).Close()
			})
		}
	}
	bulk := func(table string) func() error {
		return func() error {
			n++
			_, err := pool.Exec(b.Context(), "UPDATE "+table+" SET c01 = $1, c11 = $2 WHERE id > 10000", time.Now().String()[:22], n)
			return err
		}
	}
	b.Run("row", func(b *testing.B) {
		medians := takingTurns(b, 50, update("plain_keys", false), update("watched_keys", false), update("watched_keys", true))
		b.ReportMetric(float64(medians[0].Microseconds()), "plain-p50-us")
		b.ReportMetric(ratio(medians, 1), "watched-x")
		b.ReportMetric(ratio(medians, 2), "with-actor-x")
	})
	b.Run("bulk", func(b *testing.B) {
		medians := takingTurns(b, 2, bulk("plain_keys"), bulk("watched_keys"))
		b.ReportMetric(float64(medians[0].Microseconds()), "plain-p50-us")
		b.ReportMetric(ratio(medians, 1), "watched-x")
	})
}

func ratio(medians []time.Duration, i int) float64 {
	return float64(medians[i]) / float64(medians[0])
}

// takingTurns runs the ways one after the other, and returns their medians.
func takingTurns(b *testing.B, warm int, ways ...func() error) []time.Duration {
	b.Helper()
	for range warm {
		for _, way := range ways {
			require.NoError(b, way())
		}
	}
	times := make([][]time.Duration, len(ways))
	for b.Loop() {
		for i, way := range ways {
			start := time.Now()
			if err := way(); err != nil {
				b.Fatal(err)
			}
			times[i] = append(times[i], time.Since(start))
		}
	}
	b.ReportMetric(0, "ns/op") // of all of them together: says nothing
	medians := make([]time.Duration, len(ways))
	for i := range times {
		slices.Sort(times[i])
		medians[i] = times[i][len(times[i])/2]
	}
	return medians
}
