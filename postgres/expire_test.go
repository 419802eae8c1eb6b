package postgres_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// threeMonths returns a log with the months January to March 2026 and, of
// acme and globex, an entry of each day from the last of 2025 to April 2nd.
func threeMonths(t *testing.T, options ...func(*pgxpool.Config)) (*postgres.Admin, *audit.Log, *pgxpool.Pool) {
	t.Helper()
	store, pool := newStore(t, options...)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	_, err := admin.MakeMonths(t.Context(), date(2026, time.January, 1), date(2026, time.April, 1))
	require.NoError(t, err)
	var events []audit.Event
	for day := date(2025, time.December, 31); day.Before(date(2026, time.April, 3)); day = day.AddDate(0, 0, 1) {
		events = append(events, performed("x").WithTime(day))
	}
	for _, org := range []string{"acme", "globex"} {
		require.NoError(t, log.RecordDetached(audit.WithOrg(t.Context(), org), events...))
	}
	return admin, log, pool
}

func platform(t *testing.T, log *audit.Log) []audit.Entry {
	t.Helper()
	page, err := log.Page(t.Context(), audit.Query{Filter: audit.Filter{Org: audit.PlatformOrg}, Sort: audit.Sort{Dir: audit.Ascending}})
	require.NoError(t, err)
	return page.Entries
}

func count(t *testing.T, log *audit.Log, org string) int {
	t.Helper()
	n, err := log.Count(t.Context(), audit.Filter{Org: org}, 1_000_000)
	require.NoError(t, err)
	return n
}

// sizes takes the sizes out of a report, which are nobody's to predict.
func sizes(t *testing.T, months []audit.ExpiryMonth) []audit.ExpiryMonth {
	t.Helper()
	for i := range months {
		assert.Positive(t, months[i].Bytes)
		months[i].Bytes = 0
	}
	return months
}

func TestExpire(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	ctx := audit.WithActor(t.Context(), audit.Actor{Email: "dba@acme.test"})
	retention := audit.Retention{Before: date(2026, time.March, 10), DryRun: true}

	want := audit.Expiry{
		Gone: []audit.ExpiryMonth{
			{Name: "2026-01", From: date(2026, time.January, 1), Until: date(2026, time.February, 1), Entries: 62},
			{Name: "2026-02", From: date(2026, time.February, 1), Until: date(2026, time.March, 1), Entries: 56},
		},
		Kept: []audit.ExpiryMonth{
			{Name: "2026-03", From: date(2026, time.March, 1), Until: date(2026, time.April, 1), Entries: 18, Kept: "it ends after the given time, and goes as a whole"},
			{
				Name: "audit_entries_default", From: date(2025, time.December, 31), Until: date(2025, time.December, 31).Add(time.Microsecond), Entries: 2,
				Kept: "they are in the default partition, which is never dropped: bring them into months with MakeMonths first",
			},
		},
	}
	before := everything(t, pool)
	planned, err := admin.Expire(ctx, nil, retention)
	require.NoError(t, err)
	sizes(t, planned.Gone)
	sizes(t, planned.Kept)
	assert.Equal(t, want, planned)
	assert.EqualValues(t, 118, planned.Entries())
	assert.Equal(t, before, everything(t, pool), "a dry run changes nothing")

	retention.DryRun = false
	var progress [][2]int64
	retention.Progress = func(gone, total int64) { progress = append(progress, [2]int64{gone, total}) }
	done, err := admin.Expire(ctx, log, retention)
	require.NoError(t, err)
	sizes(t, done.Gone)
	sizes(t, done.Kept)
	assert.Equal(t, want, done, "what was planned is what is done")
	assert.Equal(t, [][2]int64{{62, 118}, {118, 118}}, progress)
	assert.Equal(t, len(before)/2-59, count(t, log, "acme"))

	told := platform(t, log)
	require.Len(t, told, 2)
	assert.Equal(t, audit.Object{Type: "audit_month", ID: "2026-01"}, told[0].Object)
	assert.Equal(t, audit.Action("expire"), told[0].Action)
	assert.Equal(t, "dba@acme.test", told[0].Actor.Email)
	assert.Contains(t, told[0].Metadata.JSON(), `"entries":62`)
	assert.Contains(t, told[0].Metadata.JSON(), `"before":"2026-03-10T00:00:00Z"`)

	// The rest is in the default partition until it has months.
	_, err = admin.MakeMonths(ctx, date(2025, time.December, 1), date(2026, time.January, 1))
	require.NoError(t, err)
	done, err = admin.Expire(ctx, log, retention)
	require.NoError(t, err)
	require.Len(t, done.Gone, 1)
	assert.Equal(t, "2025-12", done.Gone[0].Name)
	refuseChanges(t, pool, "audit_entries", "audit_entries_y2026m03", "audit_entries_default")
}

func TestExpireOneOrganization(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	retention := audit.Retention{Before: date(2026, time.February, 11), Org: "acme", DryRun: true}
	all := everything(t, pool)
	planned, err := admin.Expire(t.Context(), nil, retention)
	require.NoError(t, err)
	want := []audit.ExpiryMonth{
		{Name: "2026-01", From: date(2026, time.January, 1), Until: date(2026, time.February, 1), Entries: 31, Copied: 31},
		{Name: "2026-02", From: date(2026, time.February, 1), Until: date(2026, time.March, 1), Entries: 10, Copied: 46},
	}
	assert.Equal(t, want, sizes(t, planned.Gone))
	require.Len(t, planned.Kept, 1)
	assert.EqualValues(t, 1, planned.Kept[0].Entries, "that in the default partition")

	retention.DryRun = false
	done, err := admin.Expire(t.Context(), log, retention)
	require.NoError(t, err)
	assert.Equal(t, want, sizes(t, done.Gone))

	// What stays is what it was, in the order of organizations and IDs.
	var stay []string
	for _, row := range all {
		if at, _ := time.Parse("2006-01-02", dayOf(row)); row[:5] != "(acme" || at.Before(date(2026, time.January, 1)) || !at.Before(retention.Before) {
			stay = append(stay, row)
		}
	}
	left := everything(t, pool)
	assert.Equal(t, stay, withoutPlatform(left))
	noProblems(t, admin)
	told := platform(t, log)
	require.Len(t, told, 2)
	assert.Contains(t, told[1].Metadata.JSON(), `"org":"acme"`)
	assert.Contains(t, told[1].Metadata.JSON(), `"copied":46`)
	refuseChanges(t, pool, "audit_entries_y2026m01", "audit_entries_y2026m02")

	// Again, for the next one; nothing is left of the first.
	retention.Org = "globex"
	done, err = admin.Expire(t.Context(), log, retention)
	require.NoError(t, err)
	require.Len(t, done.Gone, 2)
	assert.Zero(t, done.Gone[0].Copied)
	done, err = admin.Expire(t.Context(), log, retention)
	require.NoError(t, err)
	assert.Empty(t, done.Gone)
}

// An organization that leaves today has entries in the present month, where
// others go on to write.
func TestExpireOneOrganizationBesideWriters(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	_, err := admin.MakeMonthsAhead(t.Context(), 1)
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
	done, err := admin.Expire(t.Context(), log, audit.Retention{Before: time.Now(), Org: "leaving"})
	close(stop)
	writers.Wait()
	require.NoError(t, errors.Join(append(errs, err)...))
	assert.EqualValues(t, 300, done.Entries())
	assert.Zero(t, count(t, log, "leaving"))
	assert.Equal(t, counts[0]+counts[1]+counts[2]+counts[3], count(t, log, "acme"))
	assert.Len(t, platform(t, log), 1, "the entry about it is not lost with the old table")
}

func TestHolds(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	ctx := audit.WithActor(t.Context(), audit.Actor{Email: "counsel@acme.test"})
	suit := audit.Hold{Name: "acme v. globex", Org: "acme", From: date(2026, time.February, 28), Reason: "lawsuit"}
	tax := audit.Hold{Name: "tax 2025", Until: date(2026, time.January, 1), Reason: "tax audit"}
	require.NoError(t, admin.Hold(ctx, log, suit))
	require.NoError(t, admin.Hold(ctx, log, tax))
	holds, err := admin.Holds(ctx)
	require.NoError(t, err)
	assert.Equal(t, []audit.Hold{suit, tax}, holds)
	err = admin.Hold(ctx, log, audit.Hold{Name: suit.Name, Reason: "other"})
	require.ErrorIs(t, err, audit.ErrInvalidRetention)
	assert.ErrorContains(t, err, "a hold of this name exists")

	retention := audit.Retention{Before: date(2026, time.April, 1)}
	for _, dry := range []bool{true, false} {
		retention.DryRun = dry
		done, err := admin.Expire(ctx, log, retention)
		require.NoError(t, err)
		require.Len(t, done.Gone, 1)
		assert.Equal(t, "2026-01", done.Gone[0].Name, "a hold that ends as the month begins does not touch it")
		require.Len(t, done.Kept, 3)
		assert.Equal(t, "held by acme v. globex", done.Kept[0].Kept)
		assert.Equal(t, []string{"acme v. globex"}, done.Kept[0].Holds)
		assert.EqualValues(t, 56, done.Kept[0].Entries)
	}
	// The other organization's is not held, nor acme's before the hold begins.
	done, err := admin.Expire(ctx, log, audit.Retention{Before: date(2026, time.March, 1), Org: "globex"})
	require.NoError(t, err)
	assert.EqualValues(t, 28, done.Entries())
	done, err = admin.Expire(ctx, log, audit.Retention{Before: date(2026, time.February, 28), Org: "acme"})
	require.NoError(t, err)
	assert.EqualValues(t, 27, done.Entries())
	done, err = admin.Expire(ctx, log, audit.Retention{Before: date(2026, time.March, 1), Org: "acme"})
	require.NoError(t, err)
	assert.Empty(t, done.Gone)

	require.NoError(t, admin.Release(ctx, log, suit.Name))
	err = admin.Release(ctx, log, suit.Name)
	require.ErrorIs(t, err, audit.ErrInvalidRetention)
	assert.ErrorContains(t, err, `releasing hold "acme v. globex": audit: invalid retention: there is no hold of this name`)
	done, err = admin.Expire(ctx, log, retention)
	require.NoError(t, err)
	require.Len(t, done.Gone, 2)

	told := platform(t, log)
	assert.Equal(t, audit.Create, told[0].Action)
	assert.Equal(t, audit.Object{Type: "audit_hold", ID: "acme v. globex"}, told[0].Object)
	assert.Equal(t, "counsel@acme.test", told[0].Actor.Email)
	assert.Contains(t, told[0].Changes.JSON(), `{"field":"from","new":"2026-02-28T00:00:00Z"}`)
	assert.Equal(t, audit.Destroy, told[len(told)-3].Action)
	assert.Equal(t, 1, rowsIn(t, pool, "audit_holds"))
}

// If the entry about it cannot be recorded, nothing happens.
func TestExpireUnrecorded(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	nobody := audit.WithActor(t.Context(), audit.Actor{Email: string(make([]byte, 400))})
	before := everything(t, pool)
	retention := audit.Retention{Before: date(2026, time.April, 1)}

	_, err := admin.Expire(nobody, log, retention)
	require.ErrorIs(t, err, audit.ErrInvalidEvent)
	assert.ErrorContains(t, err, "expiring entries of 2026-01: ")
	retention.Org = "acme"
	_, err = admin.Expire(nobody, log, retention)
	require.ErrorIs(t, err, audit.ErrInvalidEvent)
	require.ErrorIs(t, admin.Hold(nobody, log, audit.Hold{Name: "x", Reason: "y"}), audit.ErrInvalidEvent)
	for _, call := range []error{
		func() error { _, err := admin.Expire(t.Context(), nil, retention); return err }(),
		admin.Hold(t.Context(), nil, audit.Hold{Name: "x", Reason: "y"}),
	} {
		assert.ErrorContains(t, call, "no log is given")
	}
	assert.Equal(t, before, everything(t, pool))
	assert.Zero(t, rowsIn(t, pool, "audit_holds"))
	months, err := admin.Months(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"2026-01", "2026-02", "2026-03", "default"}, names(months))
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
		retention := audit.Retention{Before: date(2026, time.February, 1), Org: org}
		_, err = admin.Expire(t.Context(), log, retention)
		require.ErrorIs(t, err, postgres.ErrBusy)
		recordAt(t, log, date(2026, time.January, 31))
	}
	require.NoError(t, reader.Rollback(t.Context()))
	done, err := admin.Expire(t.Context(), log, audit.Retention{Before: date(2026, time.February, 1)})
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
			_, err := admin.Expire(t.Context(), log, audit.Retention{Before: date(2026, time.February, 1), Org: org})
			expired <- err
		}()
		require.Eventually(t, func() bool {
			var locked bool
			err := pool.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = to_regclass('audit_entries_y2026m01') AND mode = 'ShareLock' AND granted)").Scan(&locked)
			return err == nil && locked
		}, 10*time.Second, time.Millisecond)
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
	done, errs := make([]audit.Expiry, 4), make([]error, 4)
	for i := range done {
		group.Go(func() {
			done[i], errs[i] = admin.Expire(t.Context(), log, audit.Retention{Before: date(2026, time.April, 1)})
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
			_, errs[i] = admin.Expire(t.Context(), log, audit.Retention{Before: date(2026, time.April, 1), Org: org})
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	for _, org := range []string{"acme", "globex"} {
		assert.Equal(t, 3, count(t, log, org), "those in the default partition")
	}
}

func TestExpireRefuses(t *testing.T) {
	t.Parallel()
	_, pool := newStore(t)
	admin := postgres.NewAdmin(pool)
	for _, test := range []struct {
		retention audit.Retention
		want      string
	}{
		{audit.Retention{}, "Retention.Before: not given"},
		{audit.Retention{Before: time.Now().Add(time.Hour)}, "lies in the future; give a past time"},
	} {
		test.retention.DryRun = true
		_, err := admin.Expire(t.Context(), nil, test.retention)
		require.ErrorIs(t, err, audit.ErrInvalidRetention)
		assert.ErrorContains(t, err, test.want)
	}
}

func TestExpireInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		admin, log, _ := threeMonths(t, inMode(mode))
		require.NoError(t, admin.Hold(t.Context(), log, audit.Hold{Name: "h", From: date(2026, time.March, 1), Reason: "r"}), mode.String())
		_, err := admin.Holds(t.Context())
		require.NoError(t, err, mode.String())
		done, err := admin.Expire(t.Context(), log, audit.Retention{Before: date(2026, time.February, 1), Org: "acme"})
		require.NoError(t, err, mode.String())
		assert.EqualValues(t, 31, done.Entries(), mode.String())
		done, err = admin.Expire(t.Context(), log, audit.Retention{Before: date(2026, time.April, 1)})
		require.NoError(t, err, mode.String())
		assert.EqualValues(t, 31+56, done.Entries(), mode.String())
		require.NoError(t, admin.Release(t.Context(), log, "h"), mode.String())
	}
}

// dayOf returns the day in a row as PostgreSQL writes it: (org,id,"day …
func dayOf(row string) string {
	for i := 0; i+10 < len(row); i++ {
		if row[i] == '"' {
			return row[i+1 : i+11]
		}
	}
	return ""
}

func withoutPlatform(rows []string) (others []string) {
	for _, row := range rows {
		if row[:10] != "(_platform" {
			others = append(others, row)
		}
	}
	return others
}
