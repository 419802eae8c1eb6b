package postgres_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// What several filters want is looked for among those that have the rarest
// value, by its index, and among the first in the order, by that of the order.
func plansOfSearches(t *testing.T, tables map[string]*pgxpool.Pool) {
	t.Parallel()
	range10 := netip.MustParsePrefix("10.0.0.0/21")
	updates := []audit.Action{"update"}
	filters := map[string]audit.Filter{
		"object_type":          {Actions: updates, ObjectTypes: []string{"type1"}},
		"actor_email":          {Actions: updates, ActorEmails: []string{"user1@example.com", "user2@example.com"}},
		"object_sort":          {ActorEmails: []string{"user1@example.com"}, ObjectIDs: []string{"7"}},
		"request_id":           {ObjectIDs: []string{"7"}, RequestID: "r7"},
		"actor_id":             {ActorIDs: []string{"key1", "x"}, ActorEmails: []string{""}, Actions: updates},
		"ip_key of ranges":     {IPs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/23"), netip.MustParsePrefix("10.0.9.0/24")}},
		"ip_key":               {IPs: []netip.Prefix{range10}},
		"action":               {Actions: updates, NotActorEmails: []string{"user1@example.com"}},
		"action of few values": {Actions: []audit.Action{"purge"}, NotActorEmails: []string{"user1@example.com"}},
	}
	for table, pool := range tables {
		for index, filter := range filters {
			filter.Org = "acme"
			for _, within := range []audit.Filter{{}, {From: date(2026, time.September, 20), Until: date(2026, time.October, 20)}} {
				filter.From, filter.Until = within.From, within.Until
				for _, by := range audit.Columns() {
					name := fmt.Sprintf("%s: %s by %s", table, index, by)
					w := audit.Walk{Filter: filter, Sort: audit.Sort{By: by, Dir: audit.Descending}, Limit: 51}
					s, ok, err := postgres.AmongQuery(w)
					require.NoError(t, err)
					require.True(t, ok, name)
					want := map[string]bool{"pkey": true, strings.Fields(index)[0]: true}
					assert.Equal(t, want, indexesOf(explainPrepared(t, pool, planModes["planned once"], s), map[string]bool{}), name)

					s, ok, err = postgres.HeadQuery(w)
					require.NoError(t, err)
					assert.Equal(t, by != audit.ByTimestamp, ok, name)
					if ok {
						plan := explainPrepared(t, pool, planModes["planned once"], s)
						assert.Equal(t, map[string]bool{columnNames[by]: true}, indexesOf(plan, map[string]bool{}), name)
						assert.Zero(t, mostSorted(plan, false), name)
					}
				}
			}
		}
	}
}

// A short time is read by its own index, in whichever order it is wanted.
func plansOfShortTimes(t *testing.T, tables map[string]*pgxpool.Pool) {
	t.Parallel()
	for table, pool := range tables {
		for _, by := range audit.Columns() {
			w := audit.Walk{
				Filter: audit.Filter{Org: "acme", From: date(2026, time.June, 10), Until: date(2026, time.June, 11)},
				Sort:   audit.Sort{By: by, Dir: audit.Ascending}, Limit: 51,
			}
			s, ok, err := postgres.AmongQuery(w)
			require.NoError(t, err)
			assert.Equal(t, by != audit.ByTimestamp, ok, by)
			longer := w
			longer.Filter.Until = date(2026, time.June, 20)
			_, other, err := postgres.AmongQuery(longer)
			require.NoError(t, err)
			assert.False(t, other, "the order soon gives a page")
			if ok {
				plan := explainPrepared(t, pool, planModes["planned once"], s, "ANALYZE", "BUFFERS")
				assert.Equal(t, map[string]bool{"pkey": true}, indexesOf(plan, map[string]bool{}), "%s by %s", table, by)
				assert.Less(t, plan.Hit+plan.Read, 400, "%s by %s", table, by) // of 43 entries
			}
		}
	}
}

// A range of time ends where it ends, also within one large table: what lies
// before it and behind it is not read. 5,000 of acme's entries are updates.
func rangesReadNothingElse(t *testing.T, tables map[string]*pgxpool.Pool) {
	t.Parallel()
	for table, pool := range tables {
		for _, actions := range [][]audit.Action{{"update"}, {"update", "create"}} {
			for _, dir := range []audit.Direction{audit.Ascending, audit.Descending} {
				w := audit.Walk{
					Filter: audit.Filter{Org: "acme", Actions: actions, From: date(2026, time.June, 10), Until: date(2026, time.June, 11)},
					Sort:   audit.Sort{By: audit.ByTimestamp, Dir: dir}, Limit: 51,
				}
				s, err := postgres.ListQuery(w)
				require.NoError(t, err)
				plan := explainPrepared(t, pool, planModes["planned once"], s, "ANALYZE", "BUFFERS")
				// A day has 14 of each.
				assert.Less(t, plan.Hit+plan.Read, 20+25*len(actions), "%s: %v %s", table, actions, dir)
			}
		}
	}
}
