package postgres_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// explain returns the plan of one of the store's own statements.
func explain(t *testing.T, pool *pgxpool.Pool, statement postgres.Query, err error) string {
	t.Helper()
	require.NoError(t, err)
	rows, err := pool.Query(t.Context(), "EXPLAIN (COSTS OFF) "+statement.SQL, statement.Args...)
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return strings.Join(lines, "\n")
}

var partitionPattern = regexp.MustCompile(`\b(?:on|using \S+ on) audit_entries_(y\d{4}m\d{2}|default)\b`)

// partitionsRead returns which partitions a plan reads.
func partitionsRead(plan string) (read []string) {
	for _, found := range partitionPattern.FindAllStringSubmatch(plan, -1) {
		read = append(read, found[1])
	}
	slices.Sort(read)
	return slices.Compact(read)
}

// Reads of a range touch its months only, and a page is read in its order from
// an index: nothing sorts an organization's entries.
func TestPlans(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	admin, log := postgres.NewAdmin(pool), newLog(t, store)
	_, err := admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.July, 1))
	require.NoError(t, err)
	for _, org := range []string{"acme", "globex"} {
		var events []audit.Event
		for i := range 4000 {
			at := date(2026, time.January, 1).Add(time.Duration(i) * 65 * time.Minute)
			events = append(events, performed([]audit.Action{"create", "update", "destroy"}[i%3]).WithTime(at))
		}
		require.NoError(t, log.RecordDetached(audit.WithOrg(t.Context(), org), events...))
	}
	_, err = pool.Exec(t.Context(), "ANALYZE audit_entries")
	require.NoError(t, err)

	acme := audit.Filter{Org: "acme"}
	march := audit.Filter{Org: "acme", From: date(2026, time.March, 3), Until: date(2026, time.March, 20)}
	spring := audit.Filter{Org: "acme", From: date(2026, time.March, 20), Until: date(2026, time.May, 1)}
	until := audit.Filter{Org: "acme", NotAfter: audit.FirstID(date(2026, time.February, 2))}
	all := []string{"default", "y2026m01", "y2026m02", "y2026m03", "y2026m04", "y2026m05", "y2026m06"}
	for _, filter := range []struct {
		name   string
		filter audit.Filter
		want   []string
	}{
		{"over all time", acme, all},
		{"a range", march, []string{"y2026m03"}},
		{"a range of two months", spring, []string{"y2026m03", "y2026m04"}},
		{"up to an entry", until, []string{"default", "y2026m01", "y2026m02"}},
	} {
		statement, err := postgres.CountQuery(filter.filter, 10_001)
		assert.Equal(t, filter.want, partitionsRead(explain(t, pool, statement, err)), "counting %s", filter.name)

		for _, by := range []audit.Column{audit.ByTimestamp, audit.ByAction, audit.ByActorEmail} {
			for _, dir := range []audit.Direction{audit.Descending, audit.Ascending} {
				walk := audit.Walk{Filter: filter.filter, Sort: audit.Sort{By: by, Dir: dir}, Limit: 51}
				statement, err := postgres.ListQuery(walk)
				plan := explain(t, pool, statement, err)
				assert.Equal(t, filter.want, partitionsRead(plan), "%s by %s", filter.name, by)
				if by == audit.ByTimestamp || len(filter.want) == len(all) {
					assert.NotRegexp(t, `(?m)^\s*(->  )?(Incremental )?Sort$`, plan, "%s by %s %s", filter.name, by, dir)
					assert.NotContains(t, plan, "Seq Scan on audit_entries_y", "%s by %s %s", filter.name, by, dir)
				}
			}
		}
	}
	// The next page begins where the first ends, not at the organization's newest.
	walk := audit.Walk{Filter: acme, Sort: audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}, Limit: 51}
	walk.After = audit.CursorAt(audit.Entry{ID: audit.FirstID(date(2026, time.February, 2))}, walk.Sort)
	statement, err := postgres.ListQuery(walk)
	plan := explain(t, pool, statement, err)
	assert.Equal(t, []string{"default", "y2026m01", "y2026m02"}, partitionsRead(plan), "a cursor is a bound")
}
