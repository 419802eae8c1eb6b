package storetest

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// Each field of a filter finds what it should and nothing else.
func testFilters(t *testing.T, b Backend) {
	at := func(s int) time.Time { return epoch.Add(time.Duration(s) * time.Second) }
	entries := entriesOf(make([]struct{}, 6), func(*audit.Entry, struct{}) {})
	for i, set := range []func(*audit.Entry){
		func(e *audit.Entry) {
			e.Action, e.Object = audit.ActionCreate, audit.Object{Type: "api_key", ID: "1"}
			e.IP, e.RequestID = address("10.0.0.1"), "r1"
		},
		func(e *audit.Entry) {
			e.Action, e.Object = audit.ActionUpdate, audit.Object{Type: "api_key", ID: "01"}
			e.IP, e.RequestID = address("10.0.0.200"), "r1"
			e.Parent = audit.Object{Type: "account", ID: "7"}
		},
		func(e *audit.Entry) {
			e.Action, e.Object = audit.ActionUpdate, audit.Object{Type: "API_KEY", ID: "1"}
			e.Actor.Email, e.IP, e.RequestID = "ADA@example.com", address("10.0.1.1"), "R1"
		},
		func(e *audit.Entry) {
			e.Action, e.Object = audit.ActionDestroy, audit.Object{Type: "end_user", ID: "a%"}
			e.Actor, e.IP = audit.Actor{Kind: audit.ActorAPIKey, ID: "k1"}, address("2001:db8::1")
			e.Source = audit.SourceImport
		},
		func(e *audit.Entry) {
			e.Action, e.Object = "", audit.Object{Type: "", ID: "-1"}
			e.Actor = audit.Actor{ID: "k1", Email: "it's@example.com"}
		},
		func(e *audit.Entry) {
			e.Action, e.Object = "login_failed", audit.Object{Type: "end_user", ID: "ab"}
			e.Actor, e.IP = audit.Actor{Kind: audit.ActorUnknown}, address("2001:db8:1::1")
		},
	} {
		set(&entries[i])
	}
	seed(t, b.Store, entries)

	prefix := netip.MustParsePrefix
	for _, test := range []struct {
		name   string
		filter audit.Filter
		want   []int
	}{
		{"nothing", audit.Filter{}, []int{0, 1, 2, 3, 4, 5}},
		{"from, inclusive", audit.Filter{From: at(2)}, []int{2, 3, 4, 5}},
		{"from, between two microseconds", audit.Filter{From: at(2).Add(1)}, []int{3, 4, 5}},
		{"until, exclusive", audit.Filter{Until: at(2)}, []int{0, 1}},
		{"until, between two microseconds", audit.Filter{Until: at(2).Add(1)}, []int{0, 1, 2}},
		{"a range in another zone", audit.Filter{From: at(1).In(time.FixedZone("", 3600)), Until: at(3)}, []int{1, 2}},
		{"before 1970", audit.Filter{From: time.Unix(-1, 0), Until: at(1)}, []int{0}},
		{"the far future", audit.Filter{From: at(5), Until: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, []int{5}},
		{"as of, inclusive", audit.Filter{NotAfter: entries[1].ID}, []int{0, 1}},
		{"an action", audit.Filter{Actions: []audit.Action{audit.ActionUpdate}}, []int{1, 2}},
		{"two actions", audit.Filter{Actions: []audit.Action{audit.ActionCreate, "login_failed"}}, []int{0, 5}},
		{"no action recorded", audit.Filter{Actions: []audit.Action{""}}, []int{4}},
		{"an action that does not occur", audit.Filter{Actions: []audit.Action{"publish"}}, nil},
		{"not an action", audit.Filter{NotActions: []audit.Action{audit.ActionUpdate, ""}}, []int{0, 3, 5}},
		{"a type, its case too", audit.Filter{ObjectTypes: []string{"api_key"}}, []int{0, 1}},
		{"none or a type", audit.Filter{ObjectTypes: []string{"", "end_user"}}, []int{3, 4, 5}},
		{"not a type", audit.Filter{NotObjectTypes: []string{"api_key", "end_user"}}, []int{2, 4}},
		{"a user, its case too", audit.Filter{ActorEmails: []string{"ADA@example.com"}}, []int{2}},
		{"no user recorded", audit.Filter{ActorEmails: []string{""}}, []int{3, 5}},
		{"a quote", audit.Filter{ActorEmails: []string{"it's@example.com"}}, []int{4}},
		{"not a user", audit.Filter{NotActorEmails: []string{"", "ada@example.com"}}, []int{2, 4}},
		{"a record ID is a text", audit.Filter{ObjectIDs: []string{"1"}}, []int{0, 2}},
		{"a record ID, not a pattern", audit.Filter{ObjectIDs: []string{"a%"}}, []int{3}},
		{"a negative record ID", audit.Filter{ObjectIDs: []string{"-1"}}, []int{4}},
		{"an address", audit.Filter{IPs: []netip.Prefix{prefix("10.0.0.1/32")}}, []int{0}},
		{"a range", audit.Filter{IPs: []netip.Prefix{prefix("10.0.0.77/24")}}, []int{0, 1}},
		{"a range not at a byte", audit.Filter{IPs: []netip.Prefix{prefix("10.0.0.0/23")}}, []int{0, 1, 2}},
		{"all of IPv4", audit.Filter{IPs: []netip.Prefix{prefix("0.0.0.0/0")}}, []int{0, 1, 2}},
		{"all of IPv6", audit.Filter{IPs: []netip.Prefix{prefix("::/0")}}, []int{3, 5}},
		{"an IPv6 range", audit.Filter{IPs: []netip.Prefix{prefix("2001:db8::/48")}}, []int{3}},
		{"IPv4 mapped into IPv6 is IPv4", audit.Filter{IPs: []netip.Prefix{prefix("::ffff:0:0/96")}}, []int{0, 1, 2}},
		{"not a range", audit.Filter{NotIPs: []netip.Prefix{prefix("10.0.0.0/24"), prefix("2001:db8::1/128")}}, []int{2, 4, 5}},
		{"object IDs", audit.Filter{ObjectIDs: []string{"1", "a%", "nothing"}}, []int{0, 2, 3}},
		{"addresses", audit.Filter{IPs: []netip.Prefix{prefix("10.0.0.1/32"), prefix("2001:db8::1/128"), prefix("10.9.9.9/32")}}, []int{0, 3}},
		{"ranges that overlap", audit.Filter{IPs: []netip.Prefix{prefix("10.0.0.0/24"), prefix("10.0.0.0/23"), prefix("10.0.0.1/32")}}, []int{0, 1, 2}},
		{"a range and an address", audit.Filter{IPs: []netip.Prefix{prefix("2001:db8:1::/48"), prefix("10.0.1.1/32")}}, []int{2, 5}},
		{"an actor's ID", audit.Filter{ActorIDs: []string{"k1"}}, []int{3, 4}},
		{"an actor's ID, its case too", audit.Filter{ActorIDs: []string{"K1"}}, nil},
		{"an actor's ID without an email", audit.Filter{ActorIDs: []string{"k1", "k2"}, ActorEmails: []string{""}}, []int{3}},
		{"neither ID nor email", audit.Filter{ActorIDs: []string{""}, ActorEmails: []string{""}}, []int{5}},
		{"a kind of actor", audit.Filter{ActorKinds: []audit.ActorKind{audit.ActorAPIKey, audit.ActorUnknown}}, []int{3, 5}},
		{"no kind recorded", audit.Filter{ActorKinds: []audit.ActorKind{""}}, []int{4}},
		{"a source", audit.Filter{Sources: []audit.Source{audit.SourceImport}}, []int{3}},
		{"a source and a kind", audit.Filter{Sources: []audit.Source{audit.SourceApp}, ActorKinds: []audit.ActorKind{audit.ActorUnknown}}, []int{5}},
		{"a request", audit.Filter{RequestID: "r1"}, []int{0, 1}},
		{"a parent", audit.Filter{Parent: audit.Object{Type: "account", ID: "7"}}, []int{1}},
		{"a parent without an ID is another parent", audit.Filter{Parent: audit.Object{Type: "account"}}, nil},
		{"several at once", audit.Filter{From: at(1), RequestID: "r1", Actions: []audit.Action{audit.ActionCreate, audit.ActionUpdate}}, []int{1}},
		{"a contradiction", audit.Filter{Actions: []audit.Action{audit.ActionCreate}, NotActions: []audit.Action{audit.ActionCreate}}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := make([]audit.Entry, len(test.want))
			for i, index := range test.want {
				want[i] = entries[index]
			}
			requireSame(t, want, list(t, b.Store, audit.Walk{Filter: test.filter, Sort: audit.Sort{Dir: audit.Ascending}}), "listed")
			test.filter.Org = org
			for _, e := range entries {
				assert.Equal(t, contains(want, e), test.filter.Match(e), "Match of %s", e.ID)
			}
			count, err := b.Store.Count(t.Context(), test.filter, 100)
			require.NoError(t, err)
			assert.Equal(t, len(want), count, "counted")
		})
	}
}

func contains(entries []audit.Entry, e audit.Entry) bool {
	for _, one := range entries {
		if one.ID == e.ID {
			return true
		}
	}
	return false
}

// Counting stops at the limit.
func testCount(t *testing.T, b Backend) {
	requireCount(t, b.Store, 0, "nothing recorded")
	seed(t, b.Store, sameInstant(20))
	for limit, want := range map[int]int{1: 1, 19: 19, 20: 20, 21: 20, 10_000: 20} {
		got, err := b.Store.Count(t.Context(), audit.Filter{Org: org}, limit)
		require.NoError(t, err)
		assert.Equal(t, want, got, "limit %d", limit)
	}
	got, err := b.Store.Count(t.Context(), audit.Filter{Org: org, Actions: []audit.Action{audit.ActionCreate}}, 6)
	require.NoError(t, err)
	assert.Equal(t, 6, got, "with a filter")
}

// Values are distinct, in byte order, and only of the organization.
func testValues(t *testing.T, b Backend) {
	columns := map[audit.Column]func(*audit.Entry, string){
		audit.ByAction:     func(e *audit.Entry, v string) { e.Action = audit.Action(v) },
		audit.ByObjectType: func(e *audit.Entry, v string) { e.Object.Type = v },
		audit.ByActorEmail: func(e *audit.Entry, v string) { e.Actor.Email = v },
	}
	values := []string{"", "%", "A", "_", "a", "a%", "ab", "abc", "ac", "b", "é", "éa", "日本", "\U0010FFFF", "\U0010FFFFz"}
	for column, set := range columns {
		t.Run(string(column), func(t *testing.T) {
			name := "values of " + string(column)
			entries := entriesOf(append(values, append(values, values...)...), set)
			for i := range entries {
				entries[i].Org = name
			}
			foreign := newEntry(epoch)
			foreign.Org = name + "2"
			set(&foreign, "abcd")
			seed(t, b.Store, append(entries, foreign))

			for _, test := range []struct {
				prefix string
				limit  int
				want   []string
			}{
				{"", 100, values},
				{"", len(values), values},
				{"", 1, []string{""}},
				{"", 4, values[:4]},
				{"a", 100, []string{"a", "a%", "ab", "abc", "ac"}},
				{"a", 3, []string{"a", "a%", "ab"}},
				{"ab", 100, []string{"ab", "abc"}},
				{"%", 100, []string{"%"}},
				{"_", 100, []string{"_"}},
				{"é", 100, []string{"é", "éa"}},
				{"\U0010FFFF", 100, []string{"\U0010FFFF", "\U0010FFFFz"}},
				{"x", 100, nil},
			} {
				got, err := b.Store.Values(t.Context(), name, column, test.prefix, test.limit)
				require.NoError(t, err)
				assert.Equal(t, fmt.Sprintf("%q", test.want), fmt.Sprintf("%q", got), "prefix %q, limit %d", test.prefix, test.limit)
			}
			none, err := b.Store.Values(t.Context(), "nobody", column, "", 10)
			require.NoError(t, err)
			assert.Empty(t, none)
		})
	}
}
