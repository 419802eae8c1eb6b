package postgres_test

import (
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// historyEntries inserts the entries from one number to another, three minutes
// apart. Half of them are acme's, the others are spread over 700 organizations:
// the planner then expects an entry or two of acme's in a range of a month. acme's
// first have values that come back nowhere. Type "key" and action "rotate" always
// go together.
const historyEntries = `
	INSERT INTO audit_entries (org_id, id, occurred_at, action, object_type, object_id, object_sort, actor_id, actor_email, ip, ip_key, request_id, changed_fields, format)
	SELECT CASE WHEN i >= 30000 AND i % 2 = 0 THEN 'late' WHEN i % 2 = 0 THEN 'acme' ELSE 'org' || i % 1400 END,
		(lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000), 3, '0') || '8' || substr(md5(i::text), 1, 15))::uuid,
		to_timestamp(us / 1e6),
		CASE WHEN old THEN 'legacy' WHEN i >= 30000 AND i % 100 = 0 THEN 'fresh' WHEN i % 40 = 0 THEN 'rotate' ELSE 'update' END,
		CASE WHEN old THEN 'legacy' WHEN i % 40 = 0 THEN 'key' ELSE 'order' END,
		n, 'n00' || length(n) || n,
		CASE WHEN old OR i % 10 <> 4 THEN '' WHEN i < 400 THEN 'old key' ELSE 'key' END,
		CASE WHEN old THEN $1 WHEN i % 10 = 4 THEN '' ELSE 'service@acme.test' END,
		'10.0.0.1', CASE WHEN old THEN '40a090101' ELSE '40a000001' END,
		CASE WHEN i % 2 = 0 THEN 'r' || i / 100 ELSE '' END, 'name', 1
	FROM (SELECT i, i < 80 AS old, CASE WHEN i < 80 THEN '7' ELSE '1' || i % 1000 END AS n,
			(extract(epoch FROM timestamptz '2026-01-01 00:00Z') * 1000000)::bigint + i::bigint * 180000000 AS us
		FROM generate_series($2::int, $3::int) AS i) AS at`

// longEmail is longer than the type name holds.
var longEmail = strings.Repeat("billing-integration.", 4) + "@acme.test"

// historyTables returns pools on a log of two months, in its default partition and
// in partitions for months. The last tenth of it is not analyzed.
func historyTables(t *testing.T) map[string]*pgxpool.Pool {
	t.Helper()
	pools := map[string]*pgxpool.Pool{}
	for _, name := range []string{"plain", "months"} {
		_, pool := newStore(t)
		if name == "months" {
			_, err := postgres.NewAdmin(pool).MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.April, 1))
			require.NoError(t, err)
		}
		_, err := pool.Exec(t.Context(), "ALTER TABLE audit_entries_default SET (autovacuum_enabled = off)")
		require.NoError(t, err)
		_, err = pool.Exec(t.Context(), historyEntries, longEmail, 1, 29_999)
		require.NoError(t, err)
		_, err = pool.Exec(t.Context(), "VACUUM (ANALYZE) audit_entries")
		require.NoError(t, err)
		_, err = pool.Exec(t.Context(), historyEntries, longEmail, 30_000, 33_000)
		require.NoError(t, err)
		pools[name] = pool
	}
	return pools
}

// removed returns how many rows a plan read in vain.
func removed(n planNode) float64 {
	sum := n.Removed * n.Loops
	for _, child := range n.Plans {
		sum += removed(child)
	}
	return sum
}

// No page, count or chart reads an organization's history in search of a value
// that is rare, gone, new, or was never there. This is about what is read, on
// every version of PostgreSQL, and not about which plan it is.
func TestPagesDoNotReadTheHistory(t *testing.T) {
	t.Parallel()
	address := netip.MustParsePrefix
	filters := map[string]audit.Filter{
		"an old action":     {Actions: []audit.Action{"legacy"}},
		"a new action":      {Actions: []audit.Action{"fresh"}},
		"no action":         {Actions: []audit.Action{"publish"}},
		"a frequent action": {Actions: []audit.Action{"update"}},
		"actions":           {Actions: []audit.Action{"legacy", "publish", "fresh"}},
		"an old type":       {ObjectTypes: []string{"legacy"}},
		"no type":           {ObjectTypes: []string{"nothing"}},
		"an old user":       {ActorEmails: []string{longEmail}},
		"users":             {ActorEmails: []string{longEmail, "dana@acme.test"}},
		"no user":           {ActorEmails: []string{"dana@acme.test"}},
		"a long name":       {ActorEmails: []string{longEmail + "x"}},
		"an old record":     {ObjectIDs: []string{"7"}},
		"no record":         {ObjectIDs: []string{"x"}},
		"an old address":    {IPs: []netip.Prefix{address("10.9.1.1/32")}},
		"no address":        {IPs: []netip.Prefix{address("10.8.1.1/32")}},
		"addresses":         {IPs: []netip.Prefix{address("10.9.1.1/32"), address("10.8.1.1/32")}},
		"records":           {ObjectIDs: []string{"7", "x"}},
		"an old key":        {ActorIDs: []string{"old key"}, ActorEmails: []string{""}},
		"keys":              {ActorIDs: []string{"old key", "no key"}, ActorEmails: []string{""}},
		"no key":            {ActorIDs: []string{"no key"}, ActorEmails: []string{""}},
		"a request":         {RequestID: "r3"},
		"no request":        {RequestID: "x"},
	}
	times := map[string]audit.Filter{
		"all time":        {},
		"as of":           {NotAfter: audit.FirstID(date(2026, time.February, 20))},
		"the first days":  {From: date(2026, time.January, 1), Until: date(2026, time.January, 3)},
		"days of a month": {From: date(2026, time.February, 10), Until: date(2026, time.February, 12)},
		"the newest":      {From: date(2026, time.March, 4)},
	}
	sample := 3 // every filter at some times, every time with some filters
	if os.Getenv("AUDIT_TEST_LONG") == "1" {
		sample = 1
	}
	whats, whens := slices.Sorted(maps.Keys(filters)), slices.Sorted(maps.Keys(times))
	for table, pool := range historyTables(t) {
		check := func(name string, s postgres.Query, err error) {
			t.Helper()
			require.NoError(t, err)
			require.Equal(t, postgres.PlannedOnce, s.Planning, name)
			for mode := range planModes {
				if mode == "planned each" && strings.HasSuffix(name, "backward true") {
					continue // as forward
				}
				plan := explainPrepared(t, pool, planModes[mode], s, "ANALYZE", "BUFFERS")
				name := fmt.Sprintf("%s: %s, %s", table, name, mode)
				assert.LessOrEqual(t, removed(plan), 60.0, name)
				assert.Less(t, plan.Hit+plan.Read, 300, name) // of 51 entries in up to four tables
			}
		}
		for _, org := range []string{"acme", "late"} {
			for i, what := range whats {
				for j, when := range whens {
					if org == "late" && when != "the newest" {
						continue // it has nothing else
					}
					if (i+j)%sample > 0 {
						continue
					}
					f, within := filters[what], times[when]
					f.Org, f.From, f.Until, f.NotAfter = org, within.From, within.Until, within.NotAfter
					for _, backward := range []bool{false, true} {
						w := audit.Walk{Filter: f, Sort: audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}, Limit: 51, Backward: backward}
						s, err := postgres.ListQuery(w)
						check(fmt.Sprintf("%s's page of %s, %s, backward %t", org, what, when, backward), s, err)
					}
					s, err := postgres.CountQuery(f, 51)
					check(fmt.Sprintf("%s's count of %s, %s", org, what, when), s, err)
				}
			}
		}
	}
}
