package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

// threeMonths returns a log with the months January to March 2026 and, of
// acme and globex, an entry of each day from the last of 2025 to April 2nd.
func threeMonths(t *testing.T, options ...func(*pgxpool.Config)) (*postgres.Admin, *audit.Log, *pgxpool.Pool) {
	t.Helper()
	store, pool := newStore(t, options...)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	_, err := admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.April, 1))
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
func sizes(t *testing.T, months []retention.Month) []retention.Month {
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
	policy := retention.Policy{Before: date(2026, time.March, 10), DryRun: true}

	want := retention.Report{
		Gone: []retention.Month{
			{Name: "2026-01", From: date(2026, time.January, 1), Until: date(2026, time.February, 1), Entries: 62},
			{Name: "2026-02", From: date(2026, time.February, 1), Until: date(2026, time.March, 1), Entries: 56},
		},
		Kept: []retention.Month{
			{Name: "2026-03", From: date(2026, time.March, 1), Until: date(2026, time.April, 1), Entries: 18, Kept: "it ends after the given time, and goes as a whole"},
			{
				Name: "audit_entries_default", From: date(2025, time.December, 31), Until: date(2025, time.December, 31).Add(time.Microsecond), Entries: 2,
				Kept: "they are in the default partition, which is never dropped: bring them into months with MakePartitions first",
			},
		},
	}
	before := everything(t, pool)
	planned, err := admin.Expire(ctx, nil, policy)
	require.NoError(t, err)
	sizes(t, planned.Gone)
	sizes(t, planned.Kept)
	assert.Equal(t, want, planned)
	assert.EqualValues(t, 118, planned.Entries())
	assert.Equal(t, before, everything(t, pool), "a dry run changes nothing")

	policy.DryRun = false
	var progress [][2]int64
	policy.Progress = func(gone, total int64) { progress = append(progress, [2]int64{gone, total}) }
	done, err := admin.Expire(ctx, log, policy)
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
	_, err = admin.MakePartitions(ctx, date(2025, time.December, 1), date(2026, time.January, 1))
	require.NoError(t, err)
	done, err = admin.Expire(ctx, log, policy)
	require.NoError(t, err)
	require.Len(t, done.Gone, 1)
	assert.Equal(t, "2025-12", done.Gone[0].Name)
	refuseChanges(t, pool, "audit_entries", "audit_entries_y2026m03", "audit_entries_default")
}

func TestExpireOneOrganization(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	policy := retention.Policy{Before: date(2026, time.February, 11), Org: "acme", DryRun: true}
	all := everything(t, pool)
	planned, err := admin.Expire(t.Context(), nil, policy)
	require.NoError(t, err)
	want := []retention.Month{
		{Name: "2026-01", From: date(2026, time.January, 1), Until: date(2026, time.February, 1), Entries: 31, Copied: 31},
		{Name: "2026-02", From: date(2026, time.February, 1), Until: date(2026, time.March, 1), Entries: 10, Copied: 46},
	}
	assert.Equal(t, want, sizes(t, planned.Gone))
	require.Len(t, planned.Kept, 1)
	assert.EqualValues(t, 1, planned.Kept[0].Entries, "that in the default partition")

	policy.DryRun = false
	done, err := admin.Expire(t.Context(), log, policy)
	require.NoError(t, err)
	assert.Equal(t, want, sizes(t, done.Gone))

	// What stays is what it was, in the order of organizations and IDs.
	var stay []string
	for _, row := range all {
		if at, _ := time.Parse("2006-01-02", dayOf(row)); row[:5] != "(acme" || at.Before(date(2026, time.January, 1)) || !at.Before(policy.Before) {
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
	policy.Org = "globex"
	done, err = admin.Expire(t.Context(), log, policy)
	require.NoError(t, err)
	require.Len(t, done.Gone, 2)
	assert.Zero(t, done.Gone[0].Copied)
	done, err = admin.Expire(t.Context(), log, policy)
	require.NoError(t, err)
	assert.Empty(t, done.Gone)
}

// If the entry about it cannot be recorded, nothing happens.
func TestExpireUnrecorded(t *testing.T) {
	t.Parallel()
	admin, _, pool := threeMonths(t)
	refusing, err := audit.New(postgres.New(pool), audit.Config{RequireComment: []string{"*"}})
	require.NoError(t, err)
	before := everything(t, pool)
	policy := retention.Policy{Before: date(2026, time.April, 1)}

	_, err = admin.Expire(t.Context(), refusing, policy)
	require.ErrorIs(t, err, audit.ErrInvalidEvent)
	assert.ErrorContains(t, err, "expiring entries of 2026-01: ")
	policy.Org = "acme"
	_, err = admin.Expire(t.Context(), refusing, policy)
	require.ErrorIs(t, err, audit.ErrInvalidEvent)
	require.ErrorIs(t, admin.Hold(t.Context(), refusing, retention.Hold{Name: "x", Reason: "y"}), audit.ErrInvalidEvent)
	for _, call := range []error{
		func() error { _, err := admin.Expire(t.Context(), nil, policy); return err }(),
		admin.Hold(t.Context(), nil, retention.Hold{Name: "x", Reason: "y"}),
	} {
		assert.ErrorContains(t, call, "no log is given")
	}
	assert.Equal(t, before, everything(t, pool))
	assert.Zero(t, rowsIn(t, pool, "audit_holds"))
	months, err := admin.Partitions(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"2026-01", "2026-02", "2026-03", "default"}, names(months))
}

func TestExpireRefuses(t *testing.T) {
	t.Parallel()
	_, pool := newStore(t)
	admin := postgres.NewAdmin(pool)
	for _, test := range []struct {
		policy retention.Policy
		want   string
	}{
		{retention.Policy{}, "Policy.Before: not given"},
		{retention.Policy{Before: time.Now().Add(time.Hour)}, "lies in the future; give a past time"},
	} {
		test.policy.DryRun = true
		_, err := admin.Expire(t.Context(), nil, test.policy)
		require.ErrorIs(t, err, retention.ErrInvalid)
		assert.ErrorContains(t, err, test.want)
	}
}

func TestExpireInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		admin, log, _ := threeMonths(t, inMode(mode))
		require.NoError(t, admin.Hold(t.Context(), log, retention.Hold{Name: "h", From: date(2026, time.March, 1), Reason: "r"}), mode.String())
		_, err := admin.Holds(t.Context())
		require.NoError(t, err, mode.String())
		done, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.February, 1), Org: "acme"})
		require.NoError(t, err, mode.String())
		assert.EqualValues(t, 31, done.Entries(), mode.String())
		done, err = admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.April, 1)})
		require.NoError(t, err, mode.String())
		assert.EqualValues(t, 31+56, done.Entries(), mode.String())
		require.NoError(t, admin.Release(t.Context(), log, "h"), mode.String())
		for _, e := range platform(t, log) {
			assert.Equal(t, audit.System("audit retention"), e.Actor, "nobody else is named")
		}
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
