package postgres_test

import (
	"fmt"
	"net/netip"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// recordMany records entries of a year: more than one attempt looks among, with
// values that are frequent, rare, and such that go together.
func recordMany(t *testing.T, log *audit.Log) {
	t.Helper()
	type record struct{ Name, State string }
	const all, each = 18_000, 1000
	for first := 0; first < all; first += each {
		var events []audit.Event
		for i := first; i < first+each; i++ {
			before, after := record{"a", "draft"}, record{"b", "draft"}
			if i%7 == 0 { // of one type, and no other
				after = record{"a", "sent"}
			}
			object := audit.Object{Type: fmt.Sprintf("type%d", i%7), ID: fmt.Sprint(i % 500)}
			at := date(2026, time.January, 1).Add(time.Duration(i) * 29 * time.Minute)
			event := audit.Updated(before, after).WithObject(object)
			switch {
			case i%900 == 1:
				event = audit.Performed("purge", object)
			case i%10 == 3:
				event = audit.Created(after).WithObject(object)
			}
			events = append(events, event.WithTime(at))
		}
		// All of a call have one context.
		for start := 0; start < each; start += 100 {
			ctx := audit.WithActor(t.Context(), audit.Actor{Email: fmt.Sprintf("user%d@acme.test", first/each*10+start/100)})
			ctx = audit.WithRequest(ctx, audit.Request{ID: fmt.Sprint("r", first+start), IP: netip.AddrFrom4([4]byte{10, 0, byte(start / 100), byte(first / each)})})
			require.NoError(t, log.RecordDetached(ctx, events[start:start+100]...))
		}
	}
}

// Whichever way a page is found, it is the page that Filter.Match and
// Sort.Compare say.
func TestPagesOfSearches(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	_, err := postgres.NewAdmin(pool).MakePartitions(t.Context(), date(2026, time.January, 1), date(2027, time.January, 1))
	require.NoError(t, err)
	log := newLog(t, store)
	recordMany(t, log)
	_, err = pool.Exec(t.Context(), "VACUUM (ANALYZE) audit_entries")
	require.NoError(t, err)
	var entries []audit.Entry
	for entry, err := range log.All(t.Context(), audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		entries = append(entries, entry)
	}
	require.Len(t, entries, 18_000)
	prefix := netip.MustParsePrefix
	parts := []audit.Filter{
		{Actions: []audit.Action{"update"}},
		{Actions: []audit.Action{"purge", "create"}},
		{ObjectTypes: []string{"type0"}},
		{ObjectTypes: []string{"type3", "type4"}},
		{ActorEmails: []string{"user7@acme.test"}},
		{ObjectIDs: []string{"7"}},
		{IPs: []netip.Prefix{prefix("10.0.3.0/24")}},
		{IPs: []netip.Prefix{prefix("10.0.0.0/8")}},
		{NotActions: []audit.Action{"update", "create"}},
		{NotActorEmails: []string{"user7@acme.test"}},
		{From: date(2026, time.March, 10), Until: date(2026, time.March, 20)},
		{From: date(2026, time.July, 1), Until: date(2026, time.July, 2)},
		{NotAfter: audit.FirstID(date(2026, time.August, 15))},
	}
	sample := 36 // each order with some filters, each filter in some orders
	if os.Getenv("AUDIT_TEST_LONG") == "1" {
		sample = 4
	}
	for i, one := range parts {
		for j, other := range parts[i:] {
			f := both(one, other)
			f.Org = "acme"
			var matching []audit.Entry
			for _, entry := range entries {
				if f.Match(entry) {
					matching = append(matching, entry)
				}
			}
			for k, by := range audit.Columns() {
				if (i+j+k)%sample > 0 {
					continue
				}
				for _, dir := range []audit.Direction{audit.Ascending, audit.Descending} {
					sort := audit.Sort{By: by, Dir: dir}
					slices.SortFunc(matching, sort.Compare)
					checkPages(t, log, f, sort, matching)
				}
			}
		}
	}
}

// both joins two filters: lists grow, and what is single is the other's.
func both(one, other audit.Filter) audit.Filter {
	one.Actions = append(slices.Clone(one.Actions), other.Actions...)
	one.ObjectTypes = append(slices.Clone(one.ObjectTypes), other.ObjectTypes...)
	one.ActorEmails = append(slices.Clone(one.ActorEmails), other.ActorEmails...)
	one.NotActions = append(slices.Clone(one.NotActions), other.NotActions...)
	one.NotActorEmails = append(slices.Clone(one.NotActorEmails), other.NotActorEmails...)
	one.ObjectIDs = append(slices.Clone(one.ObjectIDs), other.ObjectIDs...)
	one.IPs = append(slices.Clone(one.IPs), other.IPs...)
	if !other.From.IsZero() {
		one.From, one.Until = other.From, other.Until
	}
	if !other.NotAfter.IsZero() {
		one.NotAfter = other.NotAfter
	}
	return one
}

// checkPages compares the first page, the last, a numbered one, and those beside
// an entry in the middle.
func checkPages(t *testing.T, log *audit.Log, f audit.Filter, sort audit.Sort, want []audit.Entry) {
	t.Helper()
	const limit = 20
	n := len(want)
	page := func(from, to int) []audit.Entry { return want[max(0, min(from, n)):max(0, min(to, n))] }
	ids := func(entries []audit.Entry) []audit.ID {
		out := []audit.ID{}
		for _, e := range entries {
			out = append(out, e.ID)
		}
		return out
	}
	check := func(name string, q audit.Query, want []audit.Entry) {
		t.Helper()
		q.Filter, q.Sort, q.Limit = f, sort, limit
		got, err := log.Page(t.Context(), q)
		require.NoError(t, err)
		assert.Equal(t, ids(want), ids(got.Entries), "%s page of %+v by %s %s", name, f, sort.By, sort.Dir)
	}
	check("first", audit.Query{}, page(0, limit))
	check("last", audit.Query{Last: true}, page(n-limit, n))
	check("third", audit.Query{Number: 3}, page(2*limit, 3*limit))
	if n > 0 {
		middle := audit.CursorAt(want[n/2], sort)
		check("next", audit.Query{After: middle}, page(n/2+1, n/2+1+limit))
		check("previous", audit.Query{Before: middle}, page(n/2-limit, n/2))
	}
}
