package entrysql_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

func walk(t *testing.T, s audit.Sort) audit.Walk {
	t.Helper()
	resolved, err := s.Resolve()
	require.NoError(t, err)
	return audit.Walk{Filter: audit.Filter{Org: "acme"}, Sort: resolved, Limit: 51}
}

func TestList(t *testing.T) {
	t.Parallel()
	at := audit.Entry{ID: audit.FirstID(time.UnixMicro(0)), Action: audit.Create}
	id := at.ID.String()
	const columns = "SELECT " + entrysql.ReadColumns
	for _, test := range []struct {
		name  string
		sort  audit.Sort
		alter func(*audit.Walk)
		want  string
		args  []any
	}{
		{
			"newest first",
			audit.Sort{},
			func(*audit.Walk) {},
			columns + " FROM audit_entries AS e WHERE ((e.org_id = $1)) ORDER BY e.id DESC LIMIT $2",
			[]any{"acme", 51},
		},
		{
			"behind a cursor",
			audit.Sort{},
			func(w *audit.Walk) { w.After = audit.CursorAt(at, w.Sort) },
			columns + " FROM audit_entries AS e WHERE ((e.org_id = $1) AND e.id < $2) ORDER BY e.id DESC LIMIT $3",
			[]any{"acme", id, 51},
		},
		{
			"a column",
			audit.Sort{By: audit.ByAction},
			func(w *audit.Walk) { w.After = audit.CursorAt(at, w.Sort) },
			columns + " FROM audit_entries AS e WHERE ((e.org_id = $1) AND (e.action, e.id) > ($2, $3)) ORDER BY e.action, e.id LIMIT $4",
			[]any{"acme", "create", id, 51},
		},
		{
			"a column, backward",
			audit.Sort{By: audit.ByAction},
			func(w *audit.Walk) { w.After, w.Backward = audit.CursorAt(at, w.Sort), true },
			columns + " FROM audit_entries AS e WHERE ((e.org_id = $1) AND (e.action, e.id) < ($2, $3)) ORDER BY e.action DESC, e.id DESC LIMIT $4",
			[]any{"acme", "create", id, 51},
		},
		{
			"a later page",
			audit.Sort{By: audit.ByAction, Dir: audit.Descending},
			func(w *audit.Walk) { w.Offset = 100 },
			columns + " FROM (SELECT e.org_id, e.id FROM audit_entries AS e WHERE ((e.org_id = $1)) ORDER BY e.action DESC, e.id DESC LIMIT $2 OFFSET $3) AS k" +
				" JOIN audit_entries AS e ON e.org_id = k.org_id AND e.id = k.id ORDER BY e.action DESC, e.id DESC",
			[]any{"acme", 51, 100},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := walk(t, test.sort)
			test.alter(&w)
			query, args, err := entrysql.List(audit.PostgreSQL, w)
			require.NoError(t, err)
			assert.Equal(t, test.want, query)
			assert.Equal(t, test.args, args)
		})
	}
}

// SQLite would read and sort a whole range of time; a query for keys alone keeps
// it to the index that gives the order.
func TestListOfARangeInSQLite(t *testing.T) {
	t.Parallel()
	w := walk(t, audit.Sort{By: audit.ByAction})
	w.Filter.AsOf = audit.FirstID(time.UnixMicro(1))
	query, args, err := entrysql.List(audit.SQLite, w)
	require.NoError(t, err)
	assert.Equal(t, "SELECT "+entrysql.ReadColumns+
		" FROM (SELECT e.org_id, e.id FROM audit_entries AS e WHERE ((e.org_id = ? AND e.id <= ?)) ORDER BY e.action, e.id LIMIT ? OFFSET ?) AS k"+
		" JOIN audit_entries AS e ON e.org_id = k.org_id AND e.id = k.id ORDER BY e.action, e.id", query)
	assert.Equal(t, []any{"acme", w.Filter.AsOf[:], 51, 0}, args)

	w.Sort = audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}
	query, _, err = entrysql.List(audit.SQLite, w)
	require.NoError(t, err)
	assert.NotContains(t, query, "JOIN", "a range in its own order")
}

// What comes from outside is bound, never written into the statement.
func TestStatementsBindEverything(t *testing.T) {
	t.Parallel()
	const hostile = "'x--"
	f := audit.Filter{
		Org: hostile, Actions: []audit.Action{hostile}, ObjectTypes: []string{hostile}, Users: []string{hostile},
		RecordID: hostile, RequestID: hostile, IP: netip.MustParsePrefix("10.0.0.0/8"),
		NotActions: []audit.Action{hostile}, NotObjectTypes: []string{hostile}, NotUsers: []string{hostile},
		NotIPs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/9")},
		From:   time.UnixMicro(1), Until: time.UnixMicro(2), AsOf: audit.FirstID(time.UnixMicro(1)),
	}
	entry := audit.Entry{ID: audit.FirstID(time.UnixMicro(0)), Action: hostile, Object: audit.Object{Type: hostile, ID: hostile}}
	for _, dialect := range []audit.Dialect{audit.PostgreSQL, audit.SQLite} {
		check := func(query string, args []any, err error) {
			t.Helper()
			require.NoError(t, err)
			assert.NotContains(t, query, hostile)
			assert.NotContains(t, query, "0a")
			placeholders := strings.Count(query, "?") + strings.Count(query, "$")
			assert.Len(t, args, placeholders)
		}
		for _, column := range audit.Columns() {
			w := walk(t, audit.Sort{By: column})
			w.Filter, w.After, w.Offset = f, audit.CursorAt(entry, w.Sort), 3
			check(entrysql.List(dialect, w))
		}
		check(entrysql.Count(dialect, f, 10))
		check(entrysql.Values(dialect, hostile, audit.ByAction, hostile, 10))
	}
}

func TestStatementsRefuse(t *testing.T) {
	t.Parallel()
	_, _, err := entrysql.List(audit.SQLite, audit.Walk{Limit: 1})
	require.ErrorIs(t, err, audit.ErrNoOrg)
	_, _, err = entrysql.Count(audit.SQLite, audit.Filter{}, 1)
	require.ErrorIs(t, err, audit.ErrNoOrg)
	_, _, err = entrysql.Values(audit.SQLite, "acme", audit.ByTimestamp, "", 1)
	require.ErrorContains(t, err, `column "timestamp"`)
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	f := audit.Filter{Org: "acme", Actions: []audit.Action{audit.Create}}
	at := func(us int64) audit.ID { return audit.FirstID(time.UnixMicro(us)) }
	const inner = "SELECT e.id, e.action FROM audit_entries AS e WHERE (e.org_id = "

	query, args, err := entrysql.Histogram(audit.PostgreSQL, f, []audit.ID{at(1), at(2)}, 100)
	require.NoError(t, err)
	assert.Equal(t, "SELECT (width_bucket(id, CAST($1 AS uuid[]))) AS bucket, action, count(*) FROM ("+inner+"$2 AND e.action IN ($3)) LIMIT $4) AS capped"+
		" GROUP BY bucket, action ORDER BY bucket, action", query)
	assert.Equal(t, []any{"{" + at(1).String() + "," + at(2).String() + "}", "acme", "create", 101}, args)

	query, args, err = entrysql.Histogram(audit.SQLite, f, []audit.ID{at(1), at(2)}, 100)
	require.NoError(t, err)
	assert.Equal(t, "SELECT (CASE WHEN id < ? THEN CASE WHEN id < ? THEN ? ELSE ? END ELSE ? END) AS bucket, action, count(*) FROM ("+inner+"? AND e.action IN (?)) LIMIT ?) AS capped"+
		" GROUP BY bucket, action ORDER BY bucket, action", query)
	one, two := at(1), at(2)
	assert.Equal(t, []any{two[:], one[:], 0, 1, 2, "acme", "create", 101}, args)
}
