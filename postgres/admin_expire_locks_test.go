package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

// untilWaiting returns when a session waits for a lock on the table, or, with no
// table, for another transaction to end.
func untilWaiting(t *testing.T, pool *pgxpool.Pool, table string) {
	t.Helper()
	// Another session of the same pool; both are of the test's own schema.
	const onTable = "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = to_regclass($1) AND NOT granted)"
	const onTransaction = "SELECT EXISTS (SELECT FROM pg_locks AS waiting JOIN pg_locks AS log USING (pid)" +
		" WHERE waiting.locktype = 'transactionid' AND NOT waiting.granted AND log.relation = 'audit_entries'::regclass AND $1::text = '')"
	sql := onTable
	if table == "" {
		sql = onTransaction
	}
	require.Eventually(t, func() bool {
		var waiting bool
		err := pool.QueryRow(t.Context(), sql, table).Scan(&waiting)
		return err == nil && waiting
	}, time.Minute, 5*time.Millisecond, "nobody waits")
}

// A hold that somebody places with SQL counts from the moment its transaction
// commits. Expire does not look past a transaction that is still open.
func TestExpireWaitsForHoldsPlacedBySQL(t *testing.T) {
	t.Parallel()
	for _, org := range []string{"", "acme"} {
		t.Run("of "+org, func(t *testing.T) {
			t.Parallel()
			admin, log, pool := threeMonths(t)
			admin = admin.WithLockTimeout(time.Minute)
			tx, err := pool.Begin(t.Context())
			require.NoError(t, err)
			defer tx.Rollback(context.WithoutCancel(t.Context()))
			_, err = tx.Exec(t.Context(), "INSERT INTO audit_holds (name, org_id, held_from, held_until, reason) VALUES ('lawsuit', 'acme', NULL, NULL, 'by hand')")
			require.NoError(t, err)

			type result struct {
				retention.Report
				error
			}
			expired := make(chan result, 1)
			go func() {
				done, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.February, 1), Org: org})
				expired <- result{done, err}
			}()
			untilWaiting(t, pool, "audit_holds")
			require.NoError(t, tx.Commit(t.Context()))
			done := <-expired
			require.NoError(t, done.error)
			assert.Empty(t, done.Gone)
			require.NotEmpty(t, done.Kept)
			assert.Equal(t, []string{"lawsuit"}, done.Kept[len(done.Kept)-1].Holds)
			assert.Equal(t, 93, count(t, log, "acme"))
		})
	}
}

// The other way round: once Expire has read the holds, a further one waits for
// it, instead of being in place for a month that then goes.
func TestHoldsPlacedBySQLWaitForExpire(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	admin = admin.WithLockTimeout(time.Minute)
	writer, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer writer.Rollback(context.WithoutCancel(t.Context()))
	require.NoError(t, log.Record(t.Context(), postgres.New(pool).Tx(writer), performed("late").WithTime(date(2026, time.January, 31))))

	expired, held := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.February, 1)})
		expired <- err
	}()
	untilWaiting(t, pool, "audit_entries_y2026m01") // for the writer, with the holds read
	go func() {
		_, err := pool.Exec(t.Context(), "INSERT INTO audit_holds (name, org_id, reason) VALUES ('lawsuit', 'acme', 'by hand')")
		held <- err
	}()
	untilWaiting(t, pool, "audit_holds")
	require.NoError(t, writer.Commit(t.Context()))
	require.NoError(t, <-expired)
	require.NoError(t, <-held)
}

// Whoever waits to write into a month has locked the log before, so Expire gives
// up at once. If it waited for the log, PostgreSQL would end one of the two.
func TestExpireGivesWayToAWaitingWriter(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	admin = admin.WithLockTimeout(time.Minute)
	store := postgres.New(pool)
	// A table of this name keeps Expire waiting between its two locks.
	between, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer between.Rollback(context.WithoutCancel(t.Context()))
	_, err = between.Exec(t.Context(), "CREATE TABLE audit_entries_y2026m01_new ()")
	require.NoError(t, err)
	writer, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer writer.Rollback(context.WithoutCancel(t.Context()))
	require.NoError(t, log.Record(t.Context(), store.Tx(writer), performed("first")))

	expired, written := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.February, 1), Org: "acme"})
		expired <- err
	}()
	untilWaiting(t, pool, "")
	go func() {
		written <- log.Record(t.Context(), store.Tx(writer), performed("late").WithTime(date(2026, time.January, 31)))
	}()
	untilWaiting(t, pool, "audit_entries_y2026m01")
	require.NoError(t, between.Rollback(t.Context()))

	err = <-expired
	require.ErrorIs(t, err, postgres.ErrBusy)
	assert.ErrorContains(t, err, "somebody waits to write into audit_entries_y2026m01")
	require.NoError(t, <-written)
	require.NoError(t, writer.Commit(t.Context()))
	assert.Equal(t, 93+2, count(t, log, "acme"))
}
