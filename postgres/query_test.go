package postgres_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
	"github.com/auditkeep/audit/postgres"
)

func walk(t *testing.T, s audit.Sort) audit.Walk {
	t.Helper()
	resolved, err := s.Resolve()
	require.NoError(t, err)
	return audit.Walk{Filter: audit.Filter{Org: "acme"}, Sort: resolved, Limit: 51}
}

func TestListQuery(t *testing.T) {
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
			columns + " FROM audit_entries AS e WHERE (e.org_id = $1) ORDER BY e.id DESC LIMIT 51",
			[]any{"acme"},
		},
		{
			"behind a cursor",
			audit.Sort{},
			func(w *audit.Walk) { w.After = audit.CursorAt(at, w.Sort) },
			columns + " FROM audit_entries AS e WHERE (e.org_id = $1 AND e.id < $2) ORDER BY e.id DESC LIMIT 51",
			[]any{"acme", id},
		},
		{
			"a column",
			audit.Sort{By: audit.ByAction},
			func(w *audit.Walk) { w.After = audit.CursorAt(at, w.Sort) },
			columns + " FROM audit_entries AS e WHERE (e.org_id = $1 AND (e.action, e.id) > ($2, $3)) ORDER BY e.action, e.id LIMIT 51",
			[]any{"acme", "create", id},
		},
		{
			"a column, backward",
			audit.Sort{By: audit.ByAction},
			func(w *audit.Walk) { w.After, w.Backward = audit.CursorAt(at, w.Sort), true },
			columns + " FROM audit_entries AS e WHERE (e.org_id = $1 AND (e.action, e.id) < ($2, $3)) ORDER BY e.action DESC, e.id DESC LIMIT 51",
			[]any{"acme", "create", id},
		},
		{
			"a later page",
			audit.Sort{By: audit.ByAction, Dir: audit.Descending},
			func(w *audit.Walk) { w.Offset = 100 },
			columns + " FROM (SELECT * FROM (SELECT e.org_id, e.action, e.id FROM audit_entries AS e WHERE (e.org_id = $1) ORDER BY e.action DESC, e.id DESC LIMIT 256) AS all_keys LIMIT 51 OFFSET $2) AS k" +
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
			statement, err := postgres.ListQuery(w)
			require.NoError(t, err)
			assert.Equal(t, test.want, statement.SQL)
			assert.Equal(t, test.args, statement.Args)
		})
	}
}

// What comes from outside is bound, never written into the query.
func TestQueriesBindEverything(t *testing.T) {
	t.Parallel()
	const hostile = "'x--"
	f := audit.Filter{
		Org: hostile, Actions: []audit.Action{hostile}, ObjectTypes: []string{hostile}, ActorEmails: []string{hostile},
		ObjectIDs: []string{hostile}, RequestID: hostile, IPs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		ActorIDs: []string{hostile}, ActorKinds: []audit.ActorKind{hostile}, Sources: []audit.Source{hostile},
		NotActions: []audit.Action{hostile}, NotObjectTypes: []string{hostile}, NotActorEmails: []string{hostile},
		NotIPs: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/9")},
		From:   time.UnixMicro(1), Until: time.UnixMicro(2), NotAfter: audit.FirstID(time.UnixMicro(1)),
	}
	entry := audit.Entry{ID: audit.FirstID(time.UnixMicro(0)), Action: hostile, Object: audit.Object{Type: hostile, ID: hostile}}
	check := func(q postgres.Query, err error) {
		t.Helper()
		require.NoError(t, err)
		assert.NotContains(t, q.SQL, hostile)
		assert.NotContains(t, q.SQL, "0a")
		assert.Len(t, q.Args, strings.Count(q.SQL, "$"))
	}
	checkAttempt := func(q postgres.Query, ok bool, err error) {
		t.Helper()
		if check(q, err); ok {
			assert.NotEmpty(t, q.SQL)
		}
	}
	for _, column := range audit.Columns() {
		w := walk(t, audit.Sort{By: column})
		for _, w.Filter = range []audit.Filter{f, {Org: hostile, Actions: []audit.Action{hostile}}, {Org: hostile}} {
			for _, w.Offset = range []int{0, 3} {
				w.After = audit.CursorAt(entry, w.Sort)
				check(postgres.ListQuery(w))
				checkAttempt(postgres.AmongQuery(w))
				checkAttempt(postgres.HeadQuery(w))
			}
		}
	}
	check(postgres.CountQuery(f, 10))
	check(postgres.HistogramQuery(f, []audit.ID{entry.ID}, 10))
	check(postgres.ValuesQuery(hostile, audit.ByAction, hostile, 10))
}

func TestQueriesRefuse(t *testing.T) {
	t.Parallel()
	_, err := postgres.ListQuery(audit.Walk{Limit: 1})
	require.ErrorIs(t, err, audit.ErrNoOrg)
	_, err = postgres.CountQuery(audit.Filter{}, 1)
	require.ErrorIs(t, err, audit.ErrNoOrg)
	_, err = postgres.ValuesQuery("acme", audit.ByTimestamp, "", 1)
	require.ErrorContains(t, err, `column "timestamp"`)
}

func TestHistogramQuery(t *testing.T) {
	t.Parallel()
	f := audit.Filter{Org: "acme", NotActions: []audit.Action{audit.ActionCreate}}
	at := func(us int64) audit.ID { return audit.FirstID(time.UnixMicro(us)) }
	q, err := postgres.HistogramQuery(f, []audit.ID{at(1), at(2)}, 100)
	require.NoError(t, err)
	assert.Equal(t, "SELECT width_bucket(id, CAST($1 AS uuid[])) AS bucket, action, count(*) FROM ("+
		"SELECT e.id, e.action FROM audit_entries AS e WHERE (e.org_id = $2 AND (e.action < $3 OR e.action > $4)) LIMIT 101) AS capped"+
		" GROUP BY bucket, action ORDER BY bucket, action", q.SQL)
	assert.Equal(t, []any{"{" + at(1).String() + "," + at(2).String() + "}", "acme", "create", "create"}, q.Args)
}
