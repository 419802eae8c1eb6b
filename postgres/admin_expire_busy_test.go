package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

// An organization that leaves today has entries in the present month, where
// others go on to write.
func TestExpireOneOrganizationBesideWriters(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	_, err := admin.MakePartitionsAhead(t.Context(), 1)
	require.NoError(t, err)
	for range 300 {
		require.NoError(t, log.RecordDetached(audit.WithOrg(t.Context(), "leaving"), performed("x")))
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	counts, errs := make([]int, 4), make([]error, 4)
	for i := range counts {
		writers.Go(func() {
			for errs[i] == nil {
				select {
				case <-stop:
					return
				default:
				}
				if errs[i] = log.RecordDetached(t.Context(), performed("x")); errs[i] == nil {
					counts[i]++
				}
			}
		})
	}
	done, err := admin.Expire(t.Context(), log, retention.Policy{Before: time.Now(), Org: "leaving"})
	close(stop)
	writers.Wait()
	require.NoError(t, errors.Join(append(errs, err)...))
	assert.EqualValues(t, 300, done.Entries())
	assert.Zero(t, count(t, log, "leaving"))
	assert.Equal(t, counts[0]+counts[1]+counts[2]+counts[3], count(t, log, "acme"))
	assert.Len(t, platform(t, log), 1, "the entry about it is not lost with the old table")
}

// A long read keeps a month; when it has ended, the next call goes on.
func TestExpireGivesUp(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	admin = admin.WithLockTimeout(100 * time.Millisecond)
	reader, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer reader.Rollback(context.WithoutCancel(t.Context()))
	_, err = reader.Exec(t.Context(), "SELECT count(*) FROM audit_entries")
	require.NoError(t, err)

	for _, org := range []string{"", "acme"} {
		policy := retention.Policy{Before: date(2026, time.February, 1), Org: org}
		_, err = admin.Expire(t.Context(), log, policy)
		require.ErrorIs(t, err, postgres.ErrBusy)
		recordAt(t, log, date(2026, time.January, 31))
	}
	require.NoError(t, reader.Rollback(t.Context()))
	done, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.February, 1)})
	require.NoError(t, err)
	assert.EqualValues(t, 64, done.Entries())
}

// Whoever writes late, into a month that is being removed, is never the one
// that has to give way.
func TestExpireBesideALateWriter(t *testing.T) {
	t.Parallel()
	for _, org := range []string{"", "acme"} {
		admin, log, pool := threeMonths(t)
		writer, err := pool.Begin(t.Context())
		require.NoError(t, err)
		defer writer.Rollback(context.WithoutCancel(t.Context()))
		store := postgres.New(pool)
		require.NoError(t, log.Record(t.Context(), store.Tx(writer), performed("first")))

		expired := make(chan error)
		go func() {
			_, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.February, 1), Org: org})
			expired <- err
		}()
		require.Eventually(t, func() bool {
			var locked bool
			err := pool.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = to_regclass('audit_entries_y2026m01') AND mode = 'ShareLock' AND granted)").Scan(&locked)
			return err == nil && locked
		}, time.Minute, time.Millisecond)
		require.NoError(t, log.Record(t.Context(), store.Tx(writer), performed("late").WithTime(date(2026, time.January, 31))))
		err = <-expired
		require.ErrorIs(t, err, postgres.ErrBusy)
		require.NoError(t, writer.Commit(t.Context()))
		assert.Equal(t, 93+2, count(t, log, "acme"))
	}
}

func TestExpireFromManyAtOnce(t *testing.T) {
	t.Parallel()
	admin, log, _ := threeMonths(t)
	var group sync.WaitGroup
	done, errs := make([]retention.Report, 4), make([]error, 4)
	for i := range done {
		group.Go(func() {
			done[i], errs[i] = admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.April, 1)})
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	var gone int64
	for _, d := range done {
		gone += d.Entries()
	}
	assert.EqualValues(t, 180, gone)
	assert.Len(t, platform(t, log), 3, "each month is told once")
}

// Whoever comes second finds a month rewritten, and rewrites it again.
func TestExpireManyOrganizationsAtOnce(t *testing.T) {
	t.Parallel()
	admin, log, _ := threeMonths(t)
	var group sync.WaitGroup
	errs := make([]error, 2)
	for i, org := range []string{"acme", "globex"} {
		group.Go(func() {
			_, errs[i] = admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.April, 1), Org: org})
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	for _, org := range []string{"acme", "globex"} {
		assert.Equal(t, 3, count(t, log, org), "those in the default partition")
	}
}

// A month that is rewritten is another table for a moment, and never missing:
// what does not see it would take the log for shorter than it is.
func TestMonthsBesideRewriting(t *testing.T) {
	t.Parallel()
	admin, log, _ := threeMonths(t)
	all, err := admin.Partitions(t.Context())
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() {
		var errs []error
		for before := date(2026, time.January, 2); before.Before(date(2026, time.April, 1)); before = before.AddDate(0, 0, 3) {
			_, err := admin.Expire(t.Context(), log, retention.Policy{Before: before, Org: "acme"})
			errs = append(errs, err)
		}
		done <- errors.Join(errs...)
	}()
	for {
		select {
		case err := <-done:
			require.NoError(t, err)
			return
		default:
			months, err := admin.Partitions(t.Context())
			require.NoError(t, err)
			require.Equal(t, names(all), names(months))
		}
	}
}
