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
	at := audit.Entry{ID: audit.FirstID(time.UnixMicro(0)), Action: audit.ActionCreate}
	id := at.ID.String()
	next := id[:len(id)-1] + "1"
	long := strings.Repeat("é", 32) // 64 bytes
	columns := "SELECT " + entrysql.ReadColumns
	const (
		none   = "00000000-0000-0000-0000-000000000000"
		all    = "ffffffff-ffff-ffff-ffff-ffffffffffff"
		inSpan = `e.org_id = $4 AND e.action = CAST(s.value COLLATE "C" AS name) AND e.id >= s.from_id AND e.id < s.before_id`
	)
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
			columns + " FROM audit_entries AS e WHERE ((e.org_id = $1)) ORDER BY e.id DESC LIMIT 51",
			[]any{"acme"},
		},
		{
			"behind a cursor",
			audit.Sort{},
			func(w *audit.Walk) { w.After = audit.CursorAt(at, w.Sort) },
			columns + " FROM audit_entries AS e WHERE ((e.org_id = $1) AND e.id < $2) ORDER BY e.id DESC LIMIT 51",
			[]any{"acme", id},
		},
		{
			"a column",
			audit.Sort{By: audit.ByAction},
			func(w *audit.Walk) { w.After = audit.CursorAt(at, w.Sort) },
			columns + " FROM audit_entries AS e WHERE ((e.org_id = $1) AND (e.action, e.id) > ($2, $3)) ORDER BY e.action, e.id LIMIT 51",
			[]any{"acme", "create", id},
		},
		{
			"a column, backward",
			audit.Sort{By: audit.ByAction},
			func(w *audit.Walk) { w.After, w.Backward = audit.CursorAt(at, w.Sort), true },
			columns + " FROM audit_entries AS e WHERE ((e.org_id = $1) AND (e.action, e.id) < ($2, $3)) ORDER BY e.action DESC, e.id DESC LIMIT 51",
			[]any{"acme", "create", id},
		},
		{
			"a later page",
			audit.Sort{By: audit.ByAction, Dir: audit.Descending},
			func(w *audit.Walk) { w.Offset = 100 },
			columns + " FROM (SELECT * FROM (SELECT e.org_id, e.action, e.id FROM audit_entries AS e WHERE ((e.org_id = $1)) ORDER BY e.action DESC, e.id DESC LIMIT 256) AS all_keys LIMIT 51 OFFSET $2) AS k" +
				" CROSS JOIN LATERAL (SELECT * FROM audit_entries AS e WHERE e.org_id = k.org_id AND e.id = k.id LIMIT 1) AS e ORDER BY k.action DESC, k.id DESC",
			[]any{"acme", 100},
		},
		{
			"one value",
			audit.Sort{},
			func(w *audit.Walk) { w.Filter.Actions = []audit.Action{"create"}; w.After = audit.CursorAt(at, w.Sort) },
			columns + " FROM audit_entries AS e WHERE (e.org_id = $1 AND e.action = CAST($2 AS name) AND e.id >= $3 AND e.id < $4) ORDER BY e.action DESC, e.id DESC LIMIT 51",
			[]any{"acme", "create", none, id},
		},
		{
			"a value that is longer than a name",
			audit.Sort{},
			func(w *audit.Walk) { w.Filter.Actions = []audit.Action{audit.Action(long)} },
			columns + " FROM audit_entries AS e WHERE (e.org_id = $1 AND e.action >= $2 AND e.action <= $3 AND e.id >= $4 AND e.id < $5) ORDER BY e.action DESC, e.id DESC LIMIT 51",
			[]any{"acme", long, long, none, all},
		},
		{
			"several values",
			audit.Sort{},
			func(w *audit.Walk) { w.Filter.Actions = []audit.Action{"update", "create", "update"} },
			columns + " FROM unnest(CAST($1 AS text[]), CAST($2 AS uuid[]), CAST($3 AS uuid[])) AS s (value, from_id, before_id) CROSS JOIN LATERAL (" +
				"SELECT e.* FROM audit_entries AS e WHERE (" + inSpan + ") ORDER BY e.action DESC, e.id DESC LIMIT 51" +
				") AS e ORDER BY e.id DESC LIMIT 51",
			[]any{`{"create","update"}`, "{" + none + "," + none + "}", "{" + all + "," + all + "}", "acme"},
		},
		{
			"a value behind the cursor, by its column",
			audit.Sort{By: audit.ByAction},
			func(w *audit.Walk) {
				w.Filter.Actions = []audit.Action{"a", "create", "update"}
				w.After, w.Limit = audit.CursorAt(at, w.Sort), 1000
			},
			columns + " FROM (SELECT * FROM (SELECT k.* FROM unnest(CAST($1 AS text[]), CAST($2 AS uuid[]), CAST($3 AS uuid[])) AS s (value, from_id, before_id) CROSS JOIN LATERAL (" +
				"SELECT e.org_id, e.action, e.id FROM audit_entries AS e WHERE (" + inSpan + ") ORDER BY e.action, e.id LIMIT 1000" +
				") AS k ORDER BY k.action, k.id LIMIT 1000) AS all_keys LIMIT 1000 OFFSET $5) AS k" +
				" CROSS JOIN LATERAL (SELECT * FROM audit_entries AS e WHERE e.org_id = k.org_id AND e.id = k.id LIMIT 1) AS e ORDER BY k.action, k.id",
			[]any{`{"create","update"}`, "{" + next + "," + none + "}", "{" + all + "," + all + "}", "acme", 0},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := walk(t, test.sort)
			test.alter(&w)
			statement, err := entrysql.List(audit.PostgreSQL, w)
			require.NoError(t, err)
			assert.Equal(t, test.want, statement.SQL)
			assert.Equal(t, test.args, statement.Args)
		})
	}
}

// SQLite would read and sort a whole range of time; a query for keys alone keeps
// it to the index that gives the order.
func TestListOfARangeInSQLite(t *testing.T) {
	t.Parallel()
	w := walk(t, audit.Sort{By: audit.ByAction})
	w.Filter.NotAfter = audit.FirstID(time.UnixMicro(1))
	statement, err := entrysql.List(audit.SQLite, w)
	require.NoError(t, err)
	assert.Equal(t, "SELECT "+entrysql.ReadColumns+
		" FROM (SELECT * FROM (SELECT e.org_id, e.action, e.id FROM audit_entries AS e WHERE ((e.org_id = ? AND +e.id >= ? AND +e.id < ?)) ORDER BY e.action, e.id LIMIT 51) LIMIT 51 OFFSET ?) AS k"+
		" JOIN audit_entries AS e ON e.org_id = k.org_id AND e.id = k.id ORDER BY k.action, k.id", statement.SQL)
	next := w.Filter.NotAfter
	next[15]++
	assert.Equal(t, []any{"acme", make([]byte, 16), next[:], 0}, statement.Args)

	w.Sort = audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}
	statement, err = entrysql.List(audit.SQLite, w)
	require.NoError(t, err)
	assert.NotContains(t, statement.SQL, "JOIN", "a range in its own order")
}

// What comes from outside is bound, never written into the statement.
func TestStatementsBindEverything(t *testing.T) {
	t.Parallel()
	const hostile = "'x--"
	f := audit.Filter{
		Org: hostile, Actions: []audit.Action{hostile}, ObjectTypes: []string{hostile}, ActorEmails: []string{hostile},
		ObjectIDs: []string{hostile}, RequestID: hostile, IPs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		NotActions: []audit.Action{hostile}, NotObjectTypes: []string{hostile}, NotActorEmails: []string{hostile},
		NotIPs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/9")},
		From:   time.UnixMicro(1), Until: time.UnixMicro(2), NotAfter: audit.FirstID(time.UnixMicro(1)),
	}
	entry := audit.Entry{ID: audit.FirstID(time.UnixMicro(0)), Action: hostile, Object: audit.Object{Type: hostile, ID: hostile}}
	for _, dialect := range []audit.Dialect{audit.PostgreSQL, audit.SQLite} {
		check := func(statement entrysql.Statement, err error) {
			t.Helper()
			require.NoError(t, err)
			assert.NotContains(t, statement.SQL, hostile)
			assert.NotContains(t, statement.SQL, "0a")
			placeholders := strings.Count(statement.SQL, "?") + strings.Count(statement.SQL, "$")
			assert.Len(t, statement.Args, placeholders)
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
	_, err := entrysql.List(audit.SQLite, audit.Walk{Limit: 1})
	require.ErrorIs(t, err, audit.ErrNoOrg)
	_, err = entrysql.Count(audit.SQLite, audit.Filter{}, 1)
	require.ErrorIs(t, err, audit.ErrNoOrg)
	_, err = entrysql.Values(audit.SQLite, "acme", audit.ByTimestamp, "", 1)
	require.ErrorContains(t, err, `column "timestamp"`)
}

func TestHistogram(t *testing.T) {
	t.Parallel()
	f := audit.Filter{Org: "acme", NotActions: []audit.Action{audit.ActionCreate}}
	at := func(us int64) audit.ID { return audit.FirstID(time.UnixMicro(us)) }
	const inner = "SELECT e.id, e.action FROM audit_entries AS e WHERE (e.org_id = "

	statement, err := entrysql.Histogram(audit.PostgreSQL, f, []audit.ID{at(1), at(2)}, 100)
	require.NoError(t, err)
	assert.Equal(t, "SELECT width_bucket(id, CAST($1 AS uuid[])) AS bucket, action, count(*) FROM ("+inner+"$2 AND (e.action < $3 OR e.action > $4)) LIMIT 101) AS capped"+
		" GROUP BY bucket, action ORDER BY bucket, action", statement.SQL)
	assert.Equal(t, []any{"{" + at(1).String() + "," + at(2).String() + "}", "acme", "create", "create"}, statement.Args)

	statement, err = entrysql.Histogram(audit.SQLite, f, []audit.ID{at(1), at(2)}, 100)
	require.NoError(t, err)
	assert.Equal(t, "SELECT CASE WHEN id < ? THEN CASE WHEN id < ? THEN ? ELSE ? END ELSE ? END AS bucket, action, count(*) FROM ("+inner+"? AND e.action NOT IN (?)) LIMIT 101) AS capped"+
		" GROUP BY bucket, action ORDER BY bucket, action", statement.SQL)
	one, two := at(1), at(2)
	assert.Equal(t, []any{two[:], one[:], 0, 1, 2, "acme", "create"}, statement.Args)
}
