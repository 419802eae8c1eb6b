package sqlite_test

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
	"github.com/auditkeep/audit/sqlite"
)

// Each kind of walk is read in one way, and there is no way that none is read in.
func TestWaysToReadAWalk(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 101 {
		many = append(many, fmt.Sprint("user", i))
	}
	notAfter := audit.FirstID(date(2026, time.June, 1))
	read := map[string]bool{}
	for _, test := range []struct {
		name   string
		filter audit.Filter
		by     audit.Column
		want   string
	}{
		{"no filter", audit.Filter{}, audit.ByTimestamp, "in order"},
		{"a range of time", audit.Filter{NotAfter: notAfter}, audit.ByTimestamp, "in order"},
		{"a range of time in another order", audit.Filter{NotAfter: notAfter}, audit.ByAction, "by keys"},
		{"a filter on it", audit.Filter{NotAfter: notAfter, Sources: []audit.Source{"app"}}, audit.ByAction, "by keys"},
		{"a source", audit.Filter{Sources: []audit.Source{"app"}}, audit.ByAction, "in order"},
		{"one value", audit.Filter{ActorEmails: many[:1]}, audit.ByTimestamp, "by spans"},
		{"values", audit.Filter{NotAfter: notAfter, ObjectIDs: many[:100]}, audit.ByObjectID, "by spans"},
		{"too many values", audit.Filter{ActorEmails: many}, audit.ByTimestamp, "in order"},
		{"an actor without an email", audit.Filter{ActorIDs: []string{"k1", "k2"}, ActorEmails: []string{""}}, audit.ByTimestamp, "by spans"},
	} {
		sort, err := audit.Sort{By: test.by}.Resolve()
		require.NoError(t, err)
		test.filter.Org = "acme"
		way, _, _, err := sqlite.ListQuery(audit.Walk{Filter: test.filter, Sort: sort, Limit: 51})
		require.NoError(t, err)
		assert.Equal(t, test.want, way, test.name)
		read[way] = true
	}
	names := namesOfWays(t)
	for _, name := range names {
		assert.Contains(t, read, name, "this way reads nothing: is it needed?")
	}
	assert.Len(t, names, len(read), "each way has its own name")
}

// namesOfWays returns the names of the ways that the package declares.
func namesOfWays(t *testing.T) (names []string) {
	t.Helper()
	files, err := filepath.Glob("read*.go")
	require.NoError(t, err)
	for _, file := range files {
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, found := range wayPattern.FindAllSubmatch(source, -1) {
			names = append(names, string(found[1]))
		}
	}
	return names
}

var wayPattern = regexp.MustCompile(`= way\{"([^"]+)"`)

// SQLite would read and sort a whole range of time. A query for keys only keeps it to
// the index that gives the order.
func TestListOfARange(t *testing.T) {
	t.Parallel()
	w := audit.Walk{Filter: audit.Filter{Org: "acme", NotAfter: audit.FirstID(time.UnixMicro(1))}, Sort: audit.Sort{By: audit.ByAction, Dir: audit.Ascending}, Limit: 51}
	_, query, args, err := sqlite.ListQuery(w)
	require.NoError(t, err)
	assert.Equal(t, "SELECT "+entrysql.ReadColumns+
		" FROM (SELECT * FROM (SELECT e.org_id, e.action, e.id FROM audit_entries AS e WHERE (e.org_id = ? AND +e.id >= ? AND +e.id < ?) ORDER BY e.action, e.id LIMIT 51) LIMIT 51 OFFSET ?) AS k"+
		" JOIN audit_entries AS e ON e.org_id = k.org_id AND e.id = k.id ORDER BY k.action, k.id", query)
	next := w.Filter.NotAfter
	next[15]++
	assert.Equal(t, []any{"acme", make([]byte, 16), next[:], 0}, args)

	w.Sort = audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}
	_, query, _, err = sqlite.ListQuery(w)
	require.NoError(t, err)
	assert.NotContains(t, query, "JOIN", "a range in its own order")
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
	check := func(query string, args []any, err error) {
		t.Helper()
		require.NoError(t, err)
		assert.NotContains(t, query, hostile)
		assert.NotContains(t, query, "0a")
		assert.Len(t, args, strings.Count(query, "?"))
	}
	for _, by := range audit.Columns() {
		w := audit.Walk{Sort: audit.Sort{By: by, Dir: audit.Ascending}, Limit: 51}
		w.After = audit.CursorAt(entry, w.Sort)
		for _, w.Filter = range []audit.Filter{f, {Org: hostile, Actions: []audit.Action{hostile, "b"}}, {Org: hostile, NotAfter: entry.ID}} {
			for _, w.Offset = range []int{0, 3} {
				_, query, args, err := sqlite.ListQuery(w)
				check(query, args, err)
			}
		}
	}
	check(sqlite.CountQuery(f, 10))
	check(sqlite.HistogramQuery(f, []audit.ID{entry.ID}, 10))
}

func TestQueriesRefuse(t *testing.T) {
	t.Parallel()
	_, _, _, err := sqlite.ListQuery(audit.Walk{Limit: 1})
	require.ErrorIs(t, err, audit.ErrNoOrg)
	_, _, err = sqlite.CountQuery(audit.Filter{}, 1)
	require.ErrorIs(t, err, audit.ErrNoOrg)
}

func TestHistogramQuery(t *testing.T) {
	t.Parallel()
	one, two := audit.FirstID(time.UnixMicro(1)), audit.FirstID(time.UnixMicro(2))
	query, args, err := sqlite.HistogramQuery(audit.Filter{Org: "acme", NotActions: []audit.Action{audit.ActionCreate}}, []audit.ID{one, two}, 100)
	require.NoError(t, err)
	assert.Equal(t, "SELECT CASE WHEN id < ? THEN CASE WHEN id < ? THEN ? ELSE ? END ELSE ? END AS bucket, action, count(*) FROM ("+
		"SELECT e.id, e.action FROM audit_entries AS e WHERE (e.org_id = ? AND e.action NOT IN (?)) LIMIT 101) AS capped"+
		" GROUP BY bucket, action ORDER BY bucket, action", query)
	assert.Equal(t, []any{two[:], one[:], 0, 1, 2, "acme", "create"}, args)
}
