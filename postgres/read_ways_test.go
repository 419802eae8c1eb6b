package postgres_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// Each kind of walk is tried in these ways, in this order, and there is no way that
// none is tried in.
func TestWaysToReadAWalk(t *testing.T) {
	t.Parallel()
	many := func(w *audit.Walk) { w.Limit = 1001 }
	later := func(w *audit.Walk) { w.Offset = 100 }
	oneDay := func(w *audit.Walk) {
		w.Filter.From, w.Filter.Until = date(2026, time.June, 10), date(2026, time.June, 11)
	}
	prefixes := func(texts ...string) (out []netip.Prefix) {
		for _, text := range texts {
			out = append(out, netip.MustParsePrefix(text))
		}
		return out
	}
	updates := []audit.Action{"update"}
	tried := map[string]bool{}
	for _, test := range []struct {
		name   string
		filter audit.Filter
		by     audit.Column
		alter  func(*audit.Walk)
		want   []string
		// otherwise are the ways on connections that prepare nothing. nil: the last of want.
		otherwise []string
	}{
		{"no filter", audit.Filter{}, audit.ByTimestamp, nil, []string{"in order"}, nil},
		{"no filter, another order", audit.Filter{}, audit.ByAction, nil, []string{"in order"}, nil},
		{"a day", audit.Filter{}, audit.ByTimestamp, oneDay, []string{"in order"}, nil},
		{"a day in another order", audit.Filter{}, audit.ByAction, oneDay, []string{"short time", "in order"}, nil},
		{"a day's many entries in another order", audit.Filter{}, audit.ByAction, func(w *audit.Walk) { oneDay(w); many(w) }, []string{"in order"}, nil},

		{"one value", audit.Filter{Actions: updates}, audit.ByTimestamp, nil, []string{"spans"}, nil},
		{"one value by its column", audit.Filter{Actions: updates}, audit.ByAction, nil, []string{"spans"}, nil},
		{"values", audit.Filter{ActorEmails: []string{"a", "b"}}, audit.ByTimestamp, nil, []string{"windowed"}, nil},
		{"a value twice", audit.Filter{ActorEmails: []string{"a", "a"}}, audit.ByTimestamp, nil, []string{"spans"}, nil},
		{"values, a later page", audit.Filter{ActorEmails: []string{"a", "b"}}, audit.ByTimestamp, later, []string{"spans"}, nil},
		{"values by their column", audit.Filter{ActorEmails: []string{"a", "b"}}, audit.ByActorEmail, nil, []string{"spans"}, nil},
		{"an object", audit.Filter{ObjectIDs: []string{"7"}}, audit.ByTimestamp, nil, []string{"spans"}, nil},
		{"objects", audit.Filter{ObjectIDs: []string{"7", "8"}}, audit.ByTimestamp, nil, []string{"windowed"}, nil},
		{"addresses", audit.Filter{IPs: prefixes("10.0.0.1/32", "::1/128")}, audit.ByTimestamp, nil, []string{"windowed"}, nil},
		{"a request", audit.Filter{RequestID: "r"}, audit.ByTimestamp, nil, []string{"spans"}, nil},
		{"an actor without an email", audit.Filter{ActorIDs: []string{"k1"}, ActorEmails: []string{""}}, audit.ByTimestamp, nil, []string{"spans"}, nil},

		{"two filters", audit.Filter{Actions: updates, ActorEmails: []string{"a"}}, audit.ByTimestamp, nil, []string{"few", "windowed"}, nil},
		{"two filters, a later page", audit.Filter{Actions: updates, ActorEmails: []string{"a"}}, audit.ByTimestamp, later, []string{"few", "by time"}, nil},
		{"two filters, many entries", audit.Filter{Actions: updates, ActorEmails: []string{"a"}}, audit.ByTimestamp, many, []string{"windowed"}, nil},
		{"one object, many entries", audit.Filter{ObjectTypes: []string{"key"}, ObjectIDs: []string{"7"}}, audit.ByTimestamp, many, []string{"few", "windowed"}, nil},
		{"a range of addresses", audit.Filter{IPs: prefixes("10.0.0.0/8")}, audit.ByTimestamp, nil, []string{"few", "windowed"}, nil},
		{"ranges and addresses", audit.Filter{IPs: prefixes("10.0.0.0/8", "::1/128")}, audit.ByTimestamp, nil, []string{"few", "windowed"}, nil},
		{"an exclusion", audit.Filter{NotActorEmails: []string{"a"}}, audit.ByTimestamp, nil, []string{"windowed"}, nil},
		{"a parent", audit.Filter{Parent: audit.Object{Type: "account", ID: "7"}}, audit.ByTimestamp, nil, []string{"windowed"}, nil},
		{"an actor's ID", audit.Filter{ActorIDs: []string{"7"}}, audit.ByTimestamp, nil, []string{"windowed"}, nil},
		{"a source", audit.Filter{Sources: []audit.Source{"import"}}, audit.ByTimestamp, nil, []string{"windowed"}, nil},
		{"a kind", audit.Filter{ActorKinds: []audit.ActorKind{"api_key"}}, audit.ByTimestamp, later, []string{"by time"}, nil},

		{"one value in another order", audit.Filter{Actions: updates}, audit.ByObjectType, nil, []string{"few", "head", "sorted"}, nil},
		{"one value in another order, a later page", audit.Filter{Actions: updates}, audit.ByObjectType, later, []string{"few", "sorted"}, nil},
		{"one value in another order, many entries", audit.Filter{Actions: updates}, audit.ByObjectType, many, []string{"sorted"}, nil},
		{"a source in another order", audit.Filter{Sources: []audit.Source{"import"}}, audit.ByAction, nil, []string{"head", "sorted"}, nil},
		{"a source of a day in another order", audit.Filter{Sources: []audit.Source{"import"}}, audit.ByAction, oneDay, []string{"short time", "head", "sorted"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			sort, err := audit.Sort{By: test.by}.Resolve()
			require.NoError(t, err)
			w := audit.Walk{Filter: test.filter, Sort: sort, Limit: 51}
			w.Filter.Org = "acme"
			if test.alter != nil {
				test.alter(&w)
			}
			ways, err := postgres.WaysOf(w, true)
			require.NoError(t, err)
			assert.Equal(t, test.want, ways)
			tried[ways[0]] = true
			if test.otherwise == nil {
				test.otherwise = test.want[len(test.want)-1:]
			}
			ways, err = postgres.WaysOf(w, false)
			require.NoError(t, err)
			assert.Equal(t, test.otherwise, ways, "where nothing is prepared")
		})
	}
	names := namesOfWays(t)
	for _, name := range names {
		assert.Contains(t, tried, name, "this way is never the first: is it needed?")
	}
	assert.Len(t, names, len(tried), "each way has its own name")
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

var wayPattern = regexp.MustCompile(`= way\{\s*name: "([^"]+)"`)
