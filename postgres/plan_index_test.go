package postgres_test

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
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

// planEntries fills the table with entries of the year 2026 and a few from
// before: one organization has more than half of them, values are frequent,
// rare, or long gone.
const planEntries = `
	INSERT INTO audit_entries (org_id, id, occurred_at, action, object_type, object_id, object_sort, actor_id, actor_email, ip, ip_key, request_id, changed_fields, format)
	SELECT CASE WHEN i % 5 < 3 THEN 'acme' ELSE 'org' || i % 7 END,
		(lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000), 3, '0') || '8' || substr(md5(i::text), 1, 15))::uuid,
		to_timestamp(us / 1e6),
		CASE WHEN i % 1500 = 1 THEN 'purge' WHEN i < 5000 AND i % 100 = 1 THEN 'legacy' ELSE (ARRAY['create', 'update', 'destroy'])[1 + i % 3] END,
		'type' || i % 11, (i % 500)::text, 'n00' || length((i % 500)::text) || i % 500,
		CASE WHEN i % 101 = 50 THEN 'key' || i % 2 ELSE '' END, CASE WHEN i % 101 = 50 THEN '' ELSE 'user' || i % 101 || '@example.com' END,
		'10.0.' || i % 13 || '.1', '40a00' || lpad(to_hex(i % 13), 2, '0') || '01',
		'r' || i / 3, (ARRAY['name', 'email', 'email,name'])[1 + i % 3], 1
	FROM (SELECT i, (extract(epoch FROM timestamptz '2025-12-30 00:00Z') * 1000000)::bigint + i::bigint * 1200000000 AS us FROM generate_series(1, 25000) AS i) AS at`

// planTables returns pools on the log as it is at first, in its default
// partition, and with a partition for each month.
func planTables(t *testing.T) map[string]*pgxpool.Pool {
	t.Helper()
	pools := map[string]*pgxpool.Pool{}
	for _, name := range []string{"plain", "months"} {
		_, pool := newStore(t)
		if name == "months" {
			_, err := postgres.NewAdmin(pool).MakePartitions(t.Context(), date(2026, time.January, 1), date(2027, time.January, 1))
			require.NoError(t, err)
		}
		_, err := pool.Exec(t.Context(), planEntries)
		require.NoError(t, err)
		_, err = pool.Exec(t.Context(), "VACUUM (ANALYZE) audit_entries")
		require.NoError(t, err)
		pools[name] = pool
	}
	return pools
}

// TestPlansOfReads looks at how PostgreSQL reads what is asked of tables that all of its
// parts share.
func TestPlansOfReads(t *testing.T) {
	t.Parallel()
	tables := planTables(t)
	for name, test := range map[string]func(*testing.T, map[string]*pgxpool.Pool){
		"Pages":                 plansOfPages,
		"Counts":                plansOfCounts,
		"Searches":              plansOfSearches,
		"ShortTimes":            plansOfShortTimes,
		"RangesReadNothingElse": rangesReadNothingElse,
	} {
		t.Run(name, func(t *testing.T) { test(t, tables) })
	}
}

// planNode is a node of a plan as EXPLAIN (FORMAT JSON) writes it.
type planNode struct {
	Type  string `json:"Node Type"`
	Index string `json:"Index Name"`
	Table string `json:"Relation Name"`
	Rows  int    `json:"Plan Rows"`
	Hit   int    `json:"Shared Hit Blocks"`
	Read  int    `json:"Shared Read Blocks"`
	// Removed is how many rows a node read, for each loop, and did not want.
	Removed float64    `json:"Rows Removed by Filter"`
	Loops   float64    `json:"Actual Loops"`
	Plans   []planNode `json:"Plans"`
}

// planModes are how a statement that has one possible plan comes to be planned:
// once if the connection prepares statements, and anew for the values if it does
// not.
var planModes = map[string]string{
	"planned once": postgres.PlanOnce,
	"planned each": postgres.InOrder + ", set_config('plan_cache_mode', 'force_custom_plan', true)",
}

// explainPrepared returns the plan of a prepared statement, with more of it by
// further options of EXPLAIN.
func explainPrepared(t *testing.T, pool *pgxpool.Pool, mode string, s postgres.Query, options ...string) planNode {
	t.Helper()
	arguments := make([]string, len(s.Args))
	for i, argument := range s.Args {
		arguments[i] = "'" + strings.ReplaceAll(fmt.Sprint(argument), "'", "''") + "'"
	}
	call := "asked"
	if len(arguments) > 0 {
		call += "(" + strings.Join(arguments, ", ") + ")"
	}
	var text string
	err := pool.AcquireFunc(t.Context(), func(conn *pgxpool.Conn) error {
		tx, err := conn.Begin(t.Context())
		if err != nil {
			return err
		}
		for _, sql := range []string{mode, "PREPARE asked AS " + s.SQL} {
			if _, err := tx.Exec(t.Context(), sql, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		if err := tx.QueryRow(t.Context(), "EXPLAIN ("+strings.Join(append(options, "FORMAT JSON"), ", ")+") EXECUTE "+call, pgx.QueryExecModeSimpleProtocol).Scan(&text); err != nil {
			return err
		}
		if _, err := tx.Exec(t.Context(), "DEALLOCATE asked"); err != nil {
			return err
		}
		return tx.Rollback(t.Context())
	})
	require.NoError(t, err, s.SQL)
	var plans []struct{ Plan planNode }
	require.NoError(t, json.Unmarshal([]byte(text), &plans))
	return plans[0].Plan
}

var indexPattern = regexp.MustCompile(`^audit_entries_(?:y\d{4}m\d{2}|default)_(?:org_id_)?(.*?)(?:_id)?(?:_idx)?$`)

// indexesOf returns which columns' indexes a plan reads, as "pkey" or "action".
// A scan without an index is "none".
func indexesOf(n planNode, found map[string]bool) map[string]bool {
	switch {
	case n.Index != "":
		found[indexPattern.FindStringSubmatch(n.Index)[1]] = true
	case n.Table != "" && n.Type != "Bitmap Heap Scan":
		found["none"] = true
	}
	for _, child := range n.Plans {
		indexesOf(child, found)
	}
	return found
}

// mostSorted returns the most entries that a plan takes from one table, by its
// estimate, only to sort them all.
func mostSorted(n planNode, sorted bool) (most int) {
	switch n.Type {
	case "Sort", "Incremental Sort":
		sorted = true
	case "Limit":
		sorted = false
	}
	if sorted && n.Table != "" {
		return n.Rows
	}
	for _, child := range n.Plans {
		most = max(most, mostSorted(child, sorted))
	}
	return most
}

var columnNames = map[audit.Column]string{
	audit.ByTimestamp: "pkey", audit.ByObjectType: "object_type", audit.ByObjectID: "object_sort", audit.ByAction: "action",
	audit.ByChanges: "changed_fields", audit.ByActorEmail: "actor_email", audit.ByIPAddress: "ip_key",
}

// Every page without a filter, and every page of one filter, is read from one
// index in its order, in either direction, from a cursor or by number, whether
// PostgreSQL plans for the values or not. One organization has 15,000 entries.
func plansOfPages(t *testing.T, tables map[string]*pgxpool.Pool) {
	t.Parallel()
	address := func(text string) netip.Prefix { return netip.MustParsePrefix(text) }
	type filter struct {
		name, index string
		audit.Filter
	}
	filters := []filter{
		{"a frequent action", "action", audit.Filter{Actions: []audit.Action{"update"}}},
		{"a rare action", "action", audit.Filter{Actions: []audit.Action{"purge"}}},
		{"an action no longer used", "action", audit.Filter{Actions: []audit.Action{"legacy"}}},
		{"an action that does not occur", "action", audit.Filter{Actions: []audit.Action{"publish"}}},
		{"actions", "action", audit.Filter{Actions: []audit.Action{"purge", "update", "publish"}}},
		{"rare actions", "action", audit.Filter{Actions: []audit.Action{"purge", "legacy"}}},
		{"a type", "object_type", audit.Filter{ObjectTypes: []string{"type1"}}},
		{"types", "object_type", audit.Filter{ObjectTypes: []string{"type1", "nothing"}}},
		{"a user", "actor_email", audit.Filter{ActorEmails: []string{"user1@example.com"}}},
		{"nobody", "actor_email", audit.Filter{ActorEmails: []string{""}}},
		{"users", "actor_email", audit.Filter{ActorEmails: []string{"user1@example.com", "user2@example.com", "nobody"}}},
		{"a record", "object_sort", audit.Filter{ObjectIDs: []string{"7"}}},
		{"a record that does not occur", "object_sort", audit.Filter{ObjectIDs: []string{"x"}}},
		{"an address", "ip_key", audit.Filter{IPs: []netip.Prefix{address("10.0.1.1/32")}}},
		{"a request", "request_id", audit.Filter{RequestID: "r7"}},
		{"records", "object_sort", audit.Filter{ObjectIDs: []string{"7", "8", "x"}}},
		{"addresses", "ip_key", audit.Filter{IPs: []netip.Prefix{address("10.0.1.1/32"), address("10.0.2.1/32")}}},
		{"an actor without an email", "actor_id", audit.Filter{ActorIDs: []string{"key1"}, ActorEmails: []string{""}}},
		{"actors without an email", "actor_id", audit.Filter{ActorIDs: []string{"key0", "key1", "x"}, ActorEmails: []string{""}}},
	}
	times := map[string]audit.Filter{
		"all time": {},
		"as of":    {NotAfter: audit.FirstID(date(2026, time.November, 20))},
		"a range":  {From: date(2026, time.September, 20), Until: date(2026, time.October, 20)},
	}
	for table, pool := range tables {
		check := func(what string, w audit.Walk, index string) {
			t.Helper()
			var err error
			w.Sort, err = w.Sort.Resolve()
			require.NoError(t, err)
			w.Filter.Org, w.Limit = "acme", 51
			at := audit.Entry{ID: audit.FirstID(date(2026, time.October, 1)), Action: "create", Object: audit.Object{Type: "type1", ID: "7"}}
			for place, set := range map[string]func(*audit.Walk){
				"first":    func(*audit.Walk) {},
				"last":     func(w *audit.Walk) { w.Backward = true },
				"next":     func(w *audit.Walk) { w.After = audit.CursorAt(at, w.Sort) },
				"previous": func(w *audit.Walk) { w.After, w.Backward = audit.CursorAt(at, w.Sort), true },
				"numbered": func(w *audit.Walk) { w.Offset = 500 },
			} {
				walk := w
				set(&walk)
				s, err := postgres.ListQuery(walk)
				require.NoError(t, err)
				assert.Equal(t, postgres.PlannedOnce, s.Planning)
				for mode := range planModes {
					if mode == "planned each" && (place == "last" || place == "numbered") {
						continue // as the first and the next
					}
					plan := explainPrepared(t, pool, planModes[mode], s)
					name := fmt.Sprintf("%s: %s by %s %s, %s page, %s", table, what, w.Sort.By, w.Sort.Dir, place, mode)
					assert.Zero(t, mostSorted(plan, false), name)
					want := map[string]bool{index: true}
					if strings.Contains(s.SQL, "LATERAL (SELECT * ") {
						want["pkey"] = true // the look-ups
					}
					if got := indexesOf(plan, map[string]bool{}); len(got) > 0 { // a contradiction reads nothing
						assert.Equal(t, want, got, name)
					}
				}
			}
		}
		for when, within := range times {
			for _, by := range audit.Columns() {
				for _, dir := range []audit.Direction{audit.Ascending, audit.Descending} {
					if when != "a range" || by == audit.ByTimestamp || table == "months" {
						check(when, audit.Walk{Filter: within, Sort: audit.Sort{By: by, Dir: dir}}, columnNames[by])
					}
				}
			}
			for _, f := range filters {
				f.From, f.Until, f.NotAfter = within.From, within.Until, within.NotAfter
				check(when+", "+f.name, audit.Walk{Filter: f.Filter}, f.index)
			}
		}
		byAction := audit.Sort{By: audit.ByAction, Dir: audit.Descending}
		check("actions", audit.Walk{Filter: audit.Filter{Actions: []audit.Action{"update", "create"}}, Sort: byAction}, "action")
	}
}

// Counts, charts and lists of values read only an index, that of the one filter.
func plansOfCounts(t *testing.T, tables map[string]*pgxpool.Pool) {
	t.Parallel()
	for table, pool := range tables {
		for mode := range planModes {
			for index, f := range map[string]audit.Filter{
				"action":      {Org: "acme", Actions: []audit.Action{"purge", "publish"}},
				"actor_email": {Org: "acme", ActorEmails: []string{"user1@example.com"}},
				"object_sort": {Org: "acme", ObjectIDs: []string{"7"}},
				"request_id":  {Org: "acme", RequestID: "r7"},
				"actor_id":    {Org: "acme", ActorIDs: []string{"key1", "x"}, ActorEmails: []string{""}},
			} {
				s, err := postgres.CountQuery(f, audit.CountCap+1)
				require.NoError(t, err)
				got := indexesOf(explainPrepared(t, pool, planModes[mode], s), map[string]bool{})
				assert.Equal(t, postgres.PlannedOnce, s.Planning)
				assert.Equal(t, map[string]bool{index: true}, got, "%s: count by %s, %s", table, index, mode)
			}
			for _, column := range []audit.Column{audit.ByAction, audit.ByObjectType, audit.ByActorEmail} {
				s, err := postgres.ValuesQuery("acme", column, "", 100)
				require.NoError(t, err)
				plan := explainPrepared(t, pool, planModes[mode], s)
				assert.Equal(t, map[string]bool{columnNames[column]: true}, indexesOf(plan, map[string]bool{}), "%s: values of %s, %s", table, column, mode)
			}
		}
	}
}
