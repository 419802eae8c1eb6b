package sqlite_test

import (
	"database/sql"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/sqlite"
)

// planEntries fills the table with entries of the year 2026: one organization
// has more than half of them, values are frequent, rare, or long gone.
const planEntries = `
	WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000),
	at (i, us) AS (SELECT i, unixepoch('2026-01-01') * 1000000 + i * 1500000000 FROM n)
	INSERT INTO audit_entries (org_id, id, occurred_at, action, object_type, object_id, object_sort, actor_id, actor_email, ip, ip_key, request_id, changed_fields, format)
	SELECT CASE WHEN i % 5 < 3 THEN 'acme' ELSE 'org' || i % 7 END,
		unhex(format('%012x7%03x8%015x', us / 1000, us % 1000, i)),
		us,
		CASE WHEN i % 1500 = 1 THEN 'purge' WHEN i < 5000 AND i % 100 = 1 THEN 'legacy' WHEN i % 3 = 0 THEN 'create' ELSE 'update' END,
		'type' || i % 11, i % 500, format('n%03d%d', length(i % 500), i % 500),
		CASE WHEN i % 101 = 50 THEN 'key' || i % 2 ELSE '' END, CASE WHEN i % 101 = 50 THEN '' ELSE 'user' || i % 101 || '@example.com' END,
		'10.0.' || i % 13 || '.1', format('40a00%02x01', i % 13),
		'r' || i / 3, CASE i % 3 WHEN 1 THEN 'name' ELSE 'email' END, 1
	FROM at`

// explain returns the steps of a query's plan.
func explain(t *testing.T, db *sql.DB, query string, args []any) (steps []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	require.NoError(t, err, query)
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var step string
		require.NoError(t, rows.Scan(&id, &parent, &unused, &step))
		steps = append(steps, step)
	}
	require.NoError(t, rows.Err())
	return steps
}

var searchPattern = regexp.MustCompile(`^(?:SEARCH|SCAN) e(?: USING (?:COVERING )?INDEX (?:sqlite_autoindex_)?audit_entries_(\w+))?`)

// indexesOf returns which columns' indexes a plan reads, as "1" (the primary
// key) or "action", and how often it sorts. The page that was found is left out:
// its look-ups by the primary key and its sorting.
func indexesOf(steps []string) (indexes map[string]bool, sorts int) {
	indexes = map[string]bool{}
	for _, step := range steps {
		if step == "SCAN k" {
			break
		}
		if m := searchPattern.FindStringSubmatch(step); m != nil {
			indexes[m[1]] = true
		}
		if strings.HasPrefix(step, "USE TEMP B-TREE FOR") {
			sorts++
		}
	}
	return indexes, sorts
}

var columnNames = map[audit.Column]string{
	audit.ByTimestamp: "1", audit.ByObjectType: "object_type", audit.ByObjectID: "object_sort", audit.ByAction: "action",
	audit.ByChanges: "changed_fields", audit.ByActorEmail: "actor_email", audit.ByIPAddress: "ip_key",
}

// Every page without a filter, and every page of one filter, is read from one
// index in its order, with statistics or without.
func TestPlansOfPages(t *testing.T) {
	t.Parallel()
	_, db := newStore(t, recommended)
	_, err := db.ExecContext(t.Context(), planEntries)
	require.NoError(t, err)
	address := netip.MustParsePrefix
	filters := []struct {
		name, index string
		audit.Filter
	}{
		{"an action", "action", audit.Filter{Actions: []audit.Action{"update"}}},
		{"an action that does not occur", "action", audit.Filter{Actions: []audit.Action{"publish"}}},
		{"actions", "action", audit.Filter{Actions: []audit.Action{"purge", "update", "publish"}}},
		{"a type", "object_type", audit.Filter{ObjectTypes: []string{"type1"}}},
		{"types", "object_type", audit.Filter{ObjectTypes: []string{"type1", "nothing"}}},
		{"a user", "actor_email", audit.Filter{ActorEmails: []string{"user1@example.com"}}},
		{"users", "actor_email", audit.Filter{ActorEmails: []string{"user1@example.com", "", "nobody"}}},
		{"a record", "object_sort", audit.Filter{ObjectIDs: []string{"7"}}},
		{"an address", "ip_key", audit.Filter{IPs: []netip.Prefix{address("10.0.1.1/32")}}},
		{"records", "object_sort", audit.Filter{ObjectIDs: []string{"7", "8", "x"}}},
		{"an actor without an email", "actor_id", audit.Filter{ActorIDs: []string{"key1"}, ActorEmails: []string{""}}},
		{"actors without an email", "actor_id", audit.Filter{ActorIDs: []string{"key0", "key1", "x"}, ActorEmails: []string{""}}},
		{"a request", "request_id", audit.Filter{RequestID: "r7"}},
	}
	times := map[string]audit.Filter{
		"all time": {},
		"as of":    {NotAfter: audit.FirstID(date(2026, time.November, 20))},
		"a range":  {From: date(2026, time.September, 20), Until: date(2026, time.October, 20)},
	}
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
			_, query, args, err := sqlite.ListQuery(walk)
			require.NoError(t, err)
			steps := explain(t, db, query, args)
			indexes, sorts := indexesOf(steps)
			name := fmt.Sprintf("%s by %s %s, %s page: %q", what, w.Sort.By, w.Sort.Dir, place, steps)
			if len(indexes) > 0 {
				assert.Equal(t, map[string]bool{index: true}, indexes, name)
			}
			// What is merged is sorted.
			f := w.Filter
			merged := max(len(f.Actions), len(f.ObjectTypes), len(f.ActorEmails), len(f.ObjectIDs), len(f.ActorIDs)) > 1
			if !merged {
				assert.Zero(t, sorts, name)
			}
		}
	}
	for _, statistics := range []string{"none", "ANALYZE"} {
		if statistics != "none" {
			_, err := db.ExecContext(t.Context(), statistics)
			require.NoError(t, err)
		}
		for when, within := range times {
			for _, by := range audit.Columns() {
				for _, dir := range []audit.Direction{audit.Ascending, audit.Descending} {
					check("statistics "+statistics+", "+when, audit.Walk{Filter: within, Sort: audit.Sort{By: by, Dir: dir}}, columnNames[by])
				}
			}
			for _, f := range filters {
				f.From, f.Until, f.NotAfter = within.From, within.Until, within.NotAfter
				check("statistics "+statistics+", "+when+", "+f.name, audit.Walk{Filter: f.Filter}, f.index)
			}
		}
	}
}
