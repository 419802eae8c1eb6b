package entrysql_test

import (
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

func analyse(t *testing.T, f audit.Filter, by audit.Column) *entrysql.Analysis {
	t.Helper()
	f.Org = "acme"
	sort, err := audit.Sort{By: by}.Resolve()
	require.NoError(t, err)
	a, err := entrysql.Analyse(audit.PostgreSQL, audit.Walk{Filter: f, Sort: sort, Limit: 51})
	require.NoError(t, err)
	return a
}

func prefixes(texts ...string) (out []netip.Prefix) {
	for _, text := range texts {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// Whatever field a filter has, the analysis knows: an unfiltered read of what is
// filtered would show all.
func TestEveryFieldIsAFilter(t *testing.T) {
	t.Parallel()
	times := map[string]bool{"Org": true, "From": true, "Until": true, "NotAfter": true}
	assert.True(t, analyse(t, audit.Filter{From: time.UnixMicro(1), NotAfter: audit.FirstID(time.UnixMicro(5))}, "").IsUnfiltered())
	for i := range reflect.TypeFor[audit.Filter]().NumField() {
		field := reflect.TypeFor[audit.Filter]().Field(i)
		if times[field.Name] {
			continue
		}
		var f audit.Filter
		switch value := reflect.ValueOf(&f).Elem().Field(i); v := value.Addr().Interface().(type) {
		case *[]netip.Prefix:
			*v = prefixes("10.0.0.0/8")
		case *audit.Object:
			*v = audit.Object{Type: "account", ID: "7"}
		case *string:
			*v = "7"
		default: // lists of texts
			value.Set(reflect.MakeSlice(value.Type(), 1, 1))
			value.Index(0).SetString("x")
		}
		a := analyse(t, f, "")
		assert.False(t, a.IsUnfiltered(), field.Name)
		assert.NotEmpty(t, a.Columns, field.Name)
	}
}

func TestAnalysisOfFilters(t *testing.T) {
	t.Parallel()
	const withoutEmail = "e.actor_email = '' AND e.actor_id <> ''"
	for _, test := range []struct {
		name    string
		filter  audit.Filter
		by      audit.Column
		rarest  []string // columns of the equalities
		spans   string   // the column of the spans
		partial string
		ranges  int
		columns []string
	}{
		{"nothing", audit.Filter{}, "", nil, "", "", 0, nil},
		{"an email", audit.Filter{ActorEmails: []string{"a"}}, "", []string{"actor_email"}, "actor_email", "", 0, []string{"actor_email"}},
		{"by its column", audit.Filter{ActorEmails: []string{"a"}}, audit.ByActorEmail, []string{"actor_email"}, "actor_email", "", 0, []string{"actor_email"}},
		{"by another column", audit.Filter{ActorEmails: []string{"a"}}, audit.ByAction, []string{"actor_email"}, "", "", 0, []string{"actor_email"}},
		{"an email and an exclusion", audit.Filter{ActorEmails: []string{"a"}, NotActions: []audit.Action{"b"}}, "", []string{"actor_email"}, "", "", 0, []string{"action", "actor_email"}},
		{"an email and a source", audit.Filter{ActorEmails: []string{"a"}, Sources: []audit.Source{"app"}}, "", []string{"actor_email"}, "", "", 0, []string{"actor_email", "source"}},
		{"the rarest first", audit.Filter{Actions: []audit.Action{"a"}, ObjectTypes: []string{"t"}, ObjectIDs: []string{"7", "8"}, RequestID: "r"}, "", []string{"request_id", "object_sort", "object_type", "action"}, "", "", 0, []string{"action", "object_type", "object_sort", "request_id"}},
		{"a request", audit.Filter{RequestID: "r"}, "", []string{"request_id"}, "request_id", "e.request_id <> ''", 0, []string{"request_id"}},
		{"a parent", audit.Filter{Parent: audit.Object{Type: "account", ID: "7"}}, "", nil, "", "", 0, []string{"parent_type", "parent_id"}},
		{"a kind", audit.Filter{ActorKinds: []audit.ActorKind{"system"}}, "", nil, "", "", 0, []string{"actor_kind"}},
		{"an actor's ID", audit.Filter{ActorIDs: []string{"7"}}, "", nil, "", "", 0, []string{"actor_id"}},
		{"an actor's ID and no email", audit.Filter{ActorIDs: []string{"7"}, ActorEmails: []string{""}}, "", []string{"actor_id", "actor_email"}, "actor_id", withoutEmail, 0, []string{"actor_email", "actor_id"}},
		{"an actor's ID and no email, by another column", audit.Filter{ActorIDs: []string{"7"}, ActorEmails: []string{""}}, audit.ByAction, []string{"actor_id", "actor_email"}, "", "", 0, []string{"actor_email", "actor_id"}},
		{"no ID and no email", audit.Filter{ActorIDs: []string{"", "7"}, ActorEmails: []string{""}}, "", []string{"actor_email"}, "", "", 0, []string{"actor_email", "actor_id"}},
		{"an actor's ID and emails", audit.Filter{ActorIDs: []string{"7"}, ActorEmails: []string{"", "a"}}, "", []string{"actor_email"}, "", "", 0, []string{"actor_email", "actor_id"}},
		{"an actor's ID, no email and an action", audit.Filter{ActorIDs: []string{"7"}, ActorEmails: []string{""}, Actions: []audit.Action{"a"}}, "", []string{"actor_id", "actor_email", "action"}, "", "", 0, []string{"action", "actor_email", "actor_id"}},
		{"addresses", audit.Filter{IPs: prefixes("10.0.0.1/32", "::1/128")}, "", []string{"ip_key"}, "ip_key", "", 0, []string{"ip_key"}},
		{"a range", audit.Filter{IPs: prefixes("10.0.0.0/8")}, "", nil, "", "", 1, []string{"ip_key"}},
		{"ranges, one within another, and addresses", audit.Filter{IPs: prefixes("10.2.0.0/16", "10.0.0.0/8", "10.0.0.1/32", "::1/128", "11.0.0.0/8", "::1/128")}, "", nil, "", "", 3, []string{"ip_key"}},
		{"addresses excluded", audit.Filter{NotIPs: prefixes("10.0.0.0/8")}, "", nil, "", "", 0, []string{"ip_key"}},
	} {
		a := analyse(t, test.filter, test.by)
		var rarest []string
		for _, e := range a.Equalities {
			rarest = append(rarest, e.Column)
			assert.NotEmpty(t, e.Values, test.name)
		}
		assert.Equal(t, test.rarest, rarest, test.name)
		of, spans, ok := a.Spans()
		assert.Equal(t, test.spans, of.Column, test.name)
		assert.Equal(t, test.partial, of.Partial, test.name)
		assert.Equal(t, ok, a.IsInSpans(), test.name)
		assert.Equal(t, ok, len(spans) > 0, test.name)
		assert.Len(t, a.Ranges, test.ranges, test.name)
		assert.Equal(t, test.columns, a.Columns, test.name)
	}
}

// Times and, in the order of time, a cursor are a range of IDs.
func TestTimesAreARangeOfIDs(t *testing.T) {
	t.Parallel()
	at := func(us int64) audit.ID { return audit.FirstID(time.UnixMicro(us)) }
	next := func(id audit.ID) audit.ID { id[15]++; return id }
	cursor := audit.Entry{ID: at(7), Action: "create"}
	newest, oldest := audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}
	byAction := audit.Sort{By: audit.ByAction, Dir: audit.Ascending}
	for _, test := range []struct {
		name         string
		filter       audit.Filter
		sort         audit.Sort
		after        bool
		from, before audit.ID
	}{
		{"nothing", audit.Filter{}, newest, false, entrysql.LeastID, entrysql.GreatestID},
		{"from", audit.Filter{From: time.UnixMicro(5)}, newest, false, at(5), entrysql.GreatestID},
		{"from between two microseconds", audit.Filter{From: time.UnixMicro(5).Add(1)}, newest, false, at(6), entrysql.GreatestID},
		{"until", audit.Filter{Until: time.UnixMicro(5)}, newest, false, entrysql.LeastID, at(5)},
		{"not after", audit.Filter{NotAfter: at(5)}, newest, false, entrysql.LeastID, next(at(5))},
		{"until, and not after a later one", audit.Filter{Until: time.UnixMicro(5), NotAfter: at(6)}, newest, false, entrysql.LeastID, at(5)},
		{"until, and not after an earlier one", audit.Filter{Until: time.UnixMicro(7), NotAfter: at(6)}, newest, false, entrysql.LeastID, next(at(6))},
		{"behind a cursor, newest first", audit.Filter{From: time.UnixMicro(5)}, newest, true, at(5), at(7)},
		{"behind a cursor, oldest first", audit.Filter{Until: time.UnixMicro(9)}, oldest, true, next(at(7)), at(9)},
		{"a cursor after the end", audit.Filter{Until: time.UnixMicro(5)}, newest, true, entrysql.LeastID, at(5)},
		{"another order", audit.Filter{Until: time.UnixMicro(9)}, byAction, true, entrysql.LeastID, at(9)},
	} {
		w := audit.Walk{Filter: test.filter, Sort: test.sort, Limit: 51}
		w.Filter.Org = "acme"
		if test.after {
			w.After = audit.CursorAt(cursor, w.Sort)
		}
		a, err := entrysql.Analyse(audit.PostgreSQL, w)
		require.NoError(t, err, test.name)
		assert.Equal(t, test.from, a.From, test.name)
		assert.Equal(t, test.before, a.Before, test.name)
	}
}
