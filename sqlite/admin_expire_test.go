package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/retention"
	"github.com/auditkeep/audit/sqlite"
)

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// threeMonths returns a log with, of acme and globex, an entry of each day from
// January to the 2nd of April 2026.
func threeMonths(t *testing.T) (*sqlite.Admin, *audit.Log, *sql.DB) {
	t.Helper()
	store, db := newStore(t, recommended)
	log := newLog(t, store)
	var events []audit.Event
	for day := date(2026, time.January, 1); day.Before(date(2026, time.April, 3)); day = day.AddDate(0, 0, 1) {
		events = append(events, performed("x").WithTime(day))
	}
	for _, org := range []string{"acme", "globex"} {
		require.NoError(t, log.RecordDetached(audit.WithOrg(t.Context(), org), events...))
	}
	return sqlite.NewAdmin(db), log, db
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

// refuseChanges checks that entries can be neither changed nor removed, and
// that the triggers are the migration's.
func refuseChanges(t *testing.T, db *sql.DB) {
	t.Helper()
	for statement, want := range map[string]string{
		"DELETE FROM audit_entries":                "audit entries are append-only: DELETE is refused",
		"UPDATE audit_entries SET comment = 'new'": "audit entries are append-only: UPDATE is refused",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		assert.ErrorContains(t, err, want)
	}
}

func triggers(t *testing.T, db *sql.DB) (all string) {
	t.Helper()
	err := db.QueryRowContext(t.Context(), "SELECT group_concat(sql, ';' ORDER BY name) FROM sqlite_schema WHERE type = 'trigger'").Scan(&all)
	require.NoError(t, err)
	return all
}

func TestExpire(t *testing.T) {
	t.Parallel()
	admin, log, db := threeMonths(t)
	ctx := audit.WithActor(t.Context(), audit.Actor{Email: "ops@acme.test"})
	want := retention.Report{
		Gone: []retention.Month{
			{Name: "2026-01", From: date(2026, time.January, 1), Until: date(2026, time.February, 1), Entries: 62},
			{Name: "2026-02", From: date(2026, time.February, 1), Until: date(2026, time.March, 1), Entries: 56},
		},
		Kept: []retention.Month{
			{Name: "2026-03", From: date(2026, time.March, 1), Until: date(2026, time.April, 1), Entries: 18, Kept: "it ends after the given time, and goes as a whole"},
		},
	}
	policy := retention.Policy{Before: date(2026, time.March, 10), DryRun: true, Chunk: 25}
	planned, err := admin.Expire(ctx, nil, policy)
	require.NoError(t, err)
	assert.Equal(t, want, planned)
	assert.Equal(t, 92, count(t, log, "acme"), "a dry run changes nothing")

	before := triggers(t, db)
	var progress []int64
	policy.DryRun = false
	policy.Progress = func(gone, total int64) {
		progress = append(progress, gone)
		assert.EqualValues(t, 118, total)
		assert.Equal(t, before, triggers(t, db))
		refuseChanges(t, db)
		assert.NoError(t, log.RecordDetached(t.Context(), performed("meanwhile")), "others have their turn")
	}
	done, err := admin.Expire(ctx, log, policy)
	require.NoError(t, err)
	assert.Equal(t, want, done, "what was planned is what is done")
	assert.Equal(t, []int64{25, 50, 62, 87, 112, 118}, progress)
	assert.Equal(t, 92-59+6, count(t, log, "acme"))
	assert.Equal(t, 92-59, count(t, log, "globex"))

	told := platform(t, log)
	require.Len(t, told, 6, "each transaction tells what it removed")
	assert.Equal(t, audit.Object{Type: "audit_month", ID: "2026-01"}, told[2].Object)
	assert.Equal(t, audit.Action("expire"), told[2].Action)
	assert.Equal(t, "ops@acme.test", told[2].Actor.Email)
	assert.Contains(t, told[2].Metadata.JSON(), `"entries":12`)
}

// What the log does to itself says so, if nobody else is named.
func TestUpkeepNamesItself(t *testing.T) {
	t.Parallel()
	admin, log, db := threeMonths(t)
	strict, err := audit.New(sqlite.New(db), audit.Config{RequireActor: true})
	require.NoError(t, err)
	hold := retention.Hold{Name: "suit", Org: "acme", Reason: "litigation"}
	for _, trail := range []*audit.Log{log, strict} {
		require.NoError(t, admin.Hold(t.Context(), trail, hold))
		require.NoError(t, admin.Release(t.Context(), trail, hold.Name))
	}
	_, err = admin.Expire(t.Context(), strict, retention.Policy{Before: date(2026, time.March, 10)})
	require.NoError(t, err)
	named := audit.WithActor(t.Context(), audit.Actor{Email: "ops@acme.test"})
	require.NoError(t, admin.Hold(named, strict, hold))
	told := platform(t, log)
	require.Greater(t, len(told), 5)
	for _, e := range told[:len(told)-1] {
		assert.Equal(t, audit.System("audit retention"), e.Actor, e.Object)
	}
	assert.Equal(t, "ops@acme.test", told[len(told)-1].Actor.Email)
}

func TestExpireOneOrganization(t *testing.T) {
	t.Parallel()
	admin, log, db := threeMonths(t)
	done, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.February, 11), Org: "acme"})
	require.NoError(t, err)
	assert.Equal(t, []retention.Month{
		{Name: "2026-01", From: date(2026, time.January, 1), Until: date(2026, time.February, 1), Entries: 31},
		{Name: "2026-02", From: date(2026, time.February, 1), Until: date(2026, time.March, 1), Entries: 10},
	}, done.Gone)
	assert.Equal(t, 92-41, count(t, log, "acme"))
	assert.Equal(t, 92, count(t, log, "globex"))
	assert.Contains(t, platform(t, log)[1].Metadata.JSON(), `"org":"acme"`)
	refuseChanges(t, db)
}

func TestHolds(t *testing.T) {
	t.Parallel()
	admin, log, _ := threeMonths(t)
	suit := retention.Hold{Name: "acme v. globex", Org: "acme", From: date(2026, time.February, 28), Reason: "lawsuit"}
	require.NoError(t, admin.Hold(t.Context(), log, suit))
	tax := retention.Hold{Name: "tax 2025", Until: date(2026, time.January, 1), Reason: "tax audit"}
	require.NoError(t, admin.Hold(t.Context(), log, tax))
	holds, err := admin.Holds(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []retention.Hold{suit, tax}, holds)
	require.ErrorIs(t, admin.Hold(t.Context(), log, suit), retention.ErrInvalid)

	policy := retention.Policy{Before: date(2026, time.April, 1)}
	done, err := admin.Expire(t.Context(), log, policy)
	require.NoError(t, err)
	require.Len(t, done.Gone, 1)
	require.Len(t, done.Kept, 2)
	assert.Equal(t, "held by acme v. globex", done.Kept[0].Kept)
	assert.EqualValues(t, 56, done.Kept[0].Entries)

	require.NoError(t, admin.Release(t.Context(), log, suit.Name))
	require.ErrorIs(t, admin.Release(t.Context(), log, suit.Name), retention.ErrInvalid)

	// A hold that comes while a month goes keeps the rest of it.
	policy.Chunk = 10
	policy.Progress = func(gone, _ int64) {
		if gone == 20 {
			assert.NoError(t, admin.Hold(t.Context(), log, suit))
		}
	}
	done, err = admin.Expire(t.Context(), log, policy)
	require.NoError(t, err)
	require.Len(t, done.Gone, 1)
	assert.EqualValues(t, 20, done.Gone[0].Entries)
	assert.Empty(t, done.Gone[0].Kept)
	require.Len(t, done.Kept, 2)
	assert.EqualValues(t, 36, done.Kept[0].Entries)

	told := platform(t, log)
	assert.Equal(t, audit.Object{Type: "audit_hold", ID: "acme v. globex"}, told[0].Object)
	assert.Contains(t, told[0].Changes.JSON(), `{"field":"from","new":"2026-02-28T00:00:00Z"}`)
}

// A chunk that fails leaves its entries, and their protection, as they were.
func TestExpireFails(t *testing.T) {
	t.Parallel()
	admin, log, db := threeMonths(t)
	before := triggers(t, db)
	policy := retention.Policy{Before: date(2026, time.April, 1), Chunk: 10}

	refusing, err := audit.New(sqlite.New(db), audit.Config{RequireComment: []string{"*"}})
	require.NoError(t, err)
	done, err := admin.Expire(t.Context(), refusing, policy)
	require.ErrorIs(t, err, audit.ErrInvalidEvent)
	assert.ErrorContains(t, err, "expiring entries of 2026-01: ")
	assert.Empty(t, done.Gone)
	assert.Equal(t, 92, count(t, log, "acme"))
	require.ErrorIs(t, admin.Hold(t.Context(), refusing, retention.Hold{Name: "x", Reason: "y"}), audit.ErrInvalidEvent)
	_, err = admin.Expire(t.Context(), nil, policy)
	assert.ErrorContains(t, err, "no log is given")

	cancelled, cancel := context.WithCancel(t.Context())
	policy.Progress = func(gone, _ int64) {
		if gone == 30 {
			cancel()
		}
	}
	done, err = admin.Expire(cancelled, log, policy)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, done.Gone, 1)
	assert.EqualValues(t, 30, done.Gone[0].Entries)
	assert.Len(t, platform(t, log), 3)
	assert.Equal(t, 2*92-30, count(t, log, "acme")+count(t, log, "globex"))
	assert.Equal(t, before, triggers(t, db))
	refuseChanges(t, db)
	holds, err := admin.Holds(t.Context())
	require.NoError(t, err)
	assert.Empty(t, holds)
}

// While entries expire, no connection finds them unprotected.
func TestExpireBesideWriters(t *testing.T) {
	t.Parallel()
	admin, log, db := threeMonths(t)
	stop := make(chan struct{})
	var others sync.WaitGroup
	var recorded int
	var recordErr error
	others.Go(func() {
		for recordErr == nil {
			select {
			case <-stop:
				return
			default:
			}
			if recordErr = log.RecordDetached(t.Context(), performed("x")); recordErr == nil {
				recorded++
			}
			time.Sleep(5 * time.Millisecond)
		}
	})
	others.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			_, err := db.ExecContext(t.Context(), "UPDATE audit_entries SET comment = 'forged'")
			assert.Error(t, err)
			_, err = db.ExecContext(t.Context(), "DELETE FROM audit_entries")
			assert.Error(t, err)
			time.Sleep(5 * time.Millisecond) // SQLite is fair to nobody
		}
	})
	_, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.April, 1), Chunk: 20})
	close(stop)
	others.Wait()
	require.NoError(t, errors.Join(err, recordErr))
	assert.Equal(t, 2+recorded, count(t, log, "acme"))
	assert.Equal(t, 4+3+4, count(t, log, audit.PlatformOrg))
}

func TestExpireRefuses(t *testing.T) {
	t.Parallel()
	admin, log, _ := threeMonths(t)
	for _, test := range []struct {
		policy retention.Policy
		want   string
	}{
		{retention.Policy{}, "expiring entries: audit: invalid retention: Policy.Before: not given"},
		{retention.Policy{Before: time.Now().Add(time.Hour)}, "lies in the future; give a past time"},
		{retention.Policy{Before: date(2026, time.April, 1), Chunk: -1}, "Policy.Chunk"},
	} {
		_, err := admin.Expire(t.Context(), log, test.policy)
		require.ErrorIs(t, err, retention.ErrInvalid)
		assert.ErrorContains(t, err, test.want)
	}
	for _, call := range []error{
		func() error {
			_, err := sqlite.NewAdmin(nil).Expire(t.Context(), log, retention.Policy{Before: date(2026, time.April, 1)})
			return err
		}(),
		sqlite.NewAdmin(nil).Migrate(t.Context()),
		sqlite.NewAdmin(nil).Release(t.Context(), log, "x"),
	} {
		assert.ErrorContains(t, call, "sqlite: no database is given")
	}
}
