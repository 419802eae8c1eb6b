package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

func date(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// names returns the partitions' names, as "2026-11" for audit_entries_y2026m11.
func names(months []postgres.Partition) []string {
	out := []string{}
	for _, m := range months {
		if m.Default {
			out = append(out, "default")
			continue
		}
		out = append(out, m.From.Format("2006-01"))
	}
	return out
}

// recordAt records an entry at each of the times.
func recordAt(t *testing.T, log *audit.Log, times ...time.Time) {
	t.Helper()
	events := make([]audit.Event, len(times))
	for i, at := range times {
		events[i] = performed("x").WithTime(at)
	}
	require.NoError(t, log.RecordDetached(t.Context(), events...))
}

// everything reads all entries as they are stored, recorded_at too.
func everything(t *testing.T, pool *pgxpool.Pool) []string {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT e::text FROM audit_entries AS e ORDER BY org_id, id")
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return all
}

// rowsIn counts the entries of one partition.
func rowsIn(t *testing.T, pool *pgxpool.Pool, partition string) (n int) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM "+partition).Scan(&n))
	return n
}

func TestMakePartitions(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)

	// The zone does not matter: this is October in UTC.
	from := time.Date(2025, time.November, 1, 0, 30, 0, 0, time.FixedZone("", 3600))
	made, err := admin.MakePartitions(t.Context(), from, date(2026, time.January, 1))
	require.NoError(t, err)
	assert.Equal(t, []string{"2025-10", "2025-11", "2025-12"}, names(made), "until is not included")
	again, err := admin.MakePartitions(t.Context(), from, date(2026, time.January, 1).Add(time.Nanosecond))
	require.NoError(t, err)
	assert.Equal(t, []string{"2026-01"}, names(again))

	// The last moment of one month, the first of the next, and one beyond.
	recordAt(t, log, date(2025, time.December, 1).Add(-time.Microsecond), date(2025, time.December, 1), date(2026, time.February, 1))
	assert.Equal(t, 1, rowsIn(t, pool, "audit_entries_y2025m11"))
	assert.Equal(t, 1, rowsIn(t, pool, "audit_entries_y2025m12"))
	assert.Equal(t, 1, rowsIn(t, pool, "audit_entries_default"))

	_, err = pool.Exec(t.Context(), "ANALYZE audit_entries")
	require.NoError(t, err)
	months, err := admin.Partitions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"2025-10", "2025-11", "2025-12", "2026-01", "default"}, names(months))
	november := months[1]
	assert.Equal(t, "audit_entries_y2025m11", november.Name)
	assert.Equal(t, date(2025, time.November, 1), november.From)
	assert.Equal(t, date(2025, time.December, 1), november.Until)
	assert.EqualValues(t, 1, november.Rows)
	assert.Positive(t, november.Bytes)
	assert.True(t, months[4].From.IsZero() && months[4].Until.IsZero())
}

func TestMakePartitionsAhead(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	require.NoError(t, log.RecordDetached(t.Context(), performed("early")))

	made, err := admin.MakePartitionsAhead(t.Context(), 3)
	require.NoError(t, err)
	require.Len(t, made, 4)
	assert.WithinRange(t, time.Now(), made[0].From, made[1].From.Add(time.Hour))
	made, err = admin.MakePartitionsAhead(t.Context(), 3)
	require.NoError(t, err)
	assert.Empty(t, made)

	require.NoError(t, log.RecordDetached(t.Context(), performed("late")))
	assert.Zero(t, rowsIn(t, pool, "audit_entries_default"))
}

// Every entry is the same before and after, wherever it is kept.
func TestMakePartitionsMovesEntries(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	var times []time.Time
	for day := range 100 {
		times = append(times, date(2026, time.January, 1).AddDate(0, 0, day).Add(-time.Microsecond))
	}
	recordAt(t, log, times...)
	before := everything(t, pool)

	made, err := admin.MakePartitions(t.Context(), date(2026, time.February, 1), date(2026, time.April, 1))
	require.NoError(t, err)
	assert.Equal(t, []string{"2026-02", "2026-03"}, names(made))
	assert.Equal(t, before, everything(t, pool))
	assert.Equal(t, 28, rowsIn(t, pool, "audit_entries_y2026m02"))
	assert.Equal(t, 31, rowsIn(t, pool, "audit_entries_y2026m03"))
	assert.Equal(t, 41, rowsIn(t, pool, "audit_entries_default"))

	page, err := log.Page(t.Context(), audit.Query{Filter: audit.Filter{From: date(2026, time.February, 28), Until: date(2026, time.March, 2)}})
	require.NoError(t, err)
	assert.Len(t, page.Entries, 2)
	refuseChanges(t, pool, "audit_entries", "audit_entries_default", "audit_entries_y2026m02")
	recordAt(t, log, date(2030, time.January, 1), date(2026, time.February, 2))
}

// Whoever records while entries move waits, and loses nothing.
func TestMakePartitionsBesideWriters(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	stop := make(chan struct{})
	var writers sync.WaitGroup
	counts, errs := make([]int, 4), make([]error, 4)
	var begun sync.WaitGroup
	for i := range counts {
		begun.Add(1)
		writers.Go(func() {
			begin := sync.OnceFunc(begun.Done)
			defer begin()
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if n == 10 {
					begin()
				}
				at := date(2026, time.January, 1).Add(time.Duration(n*31) * time.Hour)
				if err := log.RecordDetached(t.Context(), performed(audit.Action(fmt.Sprint(i))).WithTime(at)); err != nil {
					errs[i] = err
					return
				}
				counts[i]++
			}
		})
	}
	var admins sync.WaitGroup
	made, madeErrs := make([][]postgres.Partition, 3), make([]error, 3)
	begun.Wait() // some entries come first
	for i := range made {
		admins.Go(func() {
			made[i], madeErrs[i] = admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2027, time.January, 1))
		})
	}
	admins.Wait()
	close(stop)
	writers.Wait()
	require.NoError(t, errors.Join(madeErrs...))
	require.NoError(t, errors.Join(errs...), "no writer is refused")
	assert.Equal(t, 12, len(made[0])+len(made[1])+len(made[2]), "each month is made once")
	for i, want := range counts {
		got, err := log.Count(t.Context(), audit.Filter{Actions: []audit.Action{audit.Action(fmt.Sprint(i))}}, 1_000_000)
		require.NoError(t, err)
		assert.Equal(t, want, got, "writer %d", i)
	}
}

// A transaction that does not end keeps the Admin from its work, and not other
// writers from theirs.
func TestMakePartitionsGivesUp(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool).WithLockTimeout(200*time.Millisecond), newLog(t, store)
	recordAt(t, log, date(2026, time.January, 1))
	open, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer open.Rollback(context.WithoutCancel(t.Context()))
	require.NoError(t, log.Record(t.Context(), store.Tx(open), performed("open")))

	for range 2 {
		made, err := admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.February, 1))
		require.ErrorIs(t, err, postgres.ErrBusy)
		assert.ErrorContains(t, err, "making partition audit_entries_y2026m01: ")
		assert.Empty(t, made)
		recordAt(t, log, date(2026, time.January, 2))
	}
	require.NoError(t, open.Commit(t.Context()))
	_, err = admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.February, 1))
	require.NoError(t, err)
	assert.Equal(t, 3, rowsIn(t, pool, "audit_entries_y2026m01"))
}

// Making a month does not wait for transactions on other months, nor they for it.
func TestMakePartitionsLeavesOtherMonthsAlone(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	_, err := admin.MakePartitionsAhead(t.Context(), 0)
	require.NoError(t, err)
	open, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer open.Rollback(context.WithoutCancel(t.Context()))
	require.NoError(t, log.Record(t.Context(), store.Tx(open), performed("open")))
	_, err = admin.MakePartitionsAhead(t.Context(), 1)
	require.NoError(t, err)
	require.NoError(t, open.Commit(t.Context()))
}

// Ranges that somebody made by hand are as good as months.
func TestMakePartitionsBesideOtherRanges(t *testing.T) {
	t.Parallel()
	_, pool := newStore(t)
	admin := postgres.NewAdmin(pool)
	history := audit.FirstID(date(2026, time.January, 15)).String()
	_, err := pool.Exec(t.Context(), "CREATE TABLE history PARTITION OF audit_entries FOR VALUES FROM (MINVALUE) TO ('"+history+"')")
	require.NoError(t, err)

	made, err := admin.MakePartitions(t.Context(), date(2025, time.December, 1), date(2026, time.January, 1))
	require.NoError(t, err)
	assert.Empty(t, made)
	_, err = admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.February, 1))
	assert.ErrorContains(t, err, `would overlap partition "history"`)
	months, err := admin.Partitions(t.Context())
	require.NoError(t, err)
	require.Len(t, months, 2)
	assert.Equal(t, "history", months[0].Name)
	assert.True(t, months[0].From.IsZero())
	assert.Equal(t, date(2026, time.January, 15), months[0].Until)
}

// What stands in the way leaves everything as it was.
func TestMakePartitionsIsAllOrNothing(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	recordAt(t, log, date(2026, time.January, 1), date(2026, time.February, 1), date(2026, time.March, 1))
	before := everything(t, pool)
	// One that swallows entries where they would come into the month, and a table
	// of the name.
	_, err := pool.Exec(t.Context(), `CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TRIGGER swallow BEFORE DELETE ON audit_entries_default FOR EACH ROW EXECUTE FUNCTION swallow();
		CREATE TABLE audit_entries_y2026m02 (x int)`)
	require.NoError(t, err)

	made, err := admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.February, 1))
	require.ErrorContains(t, err, "making partition audit_entries_y2026m01: attaching the default partition: ")
	assert.Empty(t, made)
	_, err = admin.MakePartitions(t.Context(), date(2026, time.February, 1), date(2026, time.March, 1))
	require.ErrorContains(t, err, `relation "audit_entries_y2026m02" already exists`)
	assert.Equal(t, before, everything(t, pool))
	months, err := admin.Partitions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"default"}, names(months))
	refuseChanges(t, pool, "audit_entries", "audit_entries_default")
}

func TestMakePartitionsRefuses(t *testing.T) {
	t.Parallel()
	_, pool := newStore(t)
	admin := postgres.NewAdmin(pool)
	for _, test := range []struct {
		from, until time.Time
		want        string
	}{
		{date(2026, time.January, 1), date(2026, time.January, 1), "making partitions: until is 2026-01-01T00:00:00Z: it must be after from"},
		{time.Time{}, date(2026, time.January, 1), "from is 0001-01-01T00:00:00Z: entries are of the years 1970 to 9999"},
		{date(1970, time.January, 1), date(2070, time.January, 2), "is more than 1200 months: make several calls"},
	} {
		_, err := admin.MakePartitions(t.Context(), test.from, test.until)
		assert.ErrorContains(t, err, test.want)
	}
	for _, n := range []int{-1, postgres.MaxPartitions} {
		_, err := admin.MakePartitionsAhead(t.Context(), n)
		assert.ErrorContains(t, err, fmt.Sprintf("n is %d: want 0 to 1199", n))
	}
}

// What an Admin makes goes where the log is, and to its owner.
func TestMakePartitionsInTheLogsSchema(t *testing.T) {
	t.Parallel()
	_, pool := newStore(t)
	var schema string
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT current_schema()").Scan(&schema))
	config := pool.Config()
	config.ConnConfig.RuntimeParams["search_path"] = "pg_temp, " + schema
	other, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(other.Close)
	_, err = postgres.NewAdmin(other).MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.February, 1))
	require.NoError(t, err)
	assert.Zero(t, rowsIn(t, pool, schema+".audit_entries_y2026m01"))
}

func TestMonthsInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		store, pool := newStore(t, inMode(mode))
		recordAt(t, newLog(t, store), date(2026, time.January, 1))
		made, err := postgres.NewAdmin(pool).MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.March, 1))
		require.NoError(t, err, mode.String())
		assert.Len(t, made, 2, mode.String())
	}
}
