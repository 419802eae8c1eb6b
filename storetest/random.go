package storetest

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// Random filters over random entries give what Filter.Match and Sort.Compare
// say. The values are few, so that filters hit and orders have ties. Each run has
// others; with AUDIT_TEST_LONG=1 there are three times as many.
func testRandom(t *testing.T, b Backend) {
	seedNumber := rand.Uint64()
	if text := os.Getenv("AUDIT_TEST_SEED"); text != "" {
		var err error
		seedNumber, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("AUDIT_TEST_SEED=%d repeats this run", seedNumber)
	r := random{rand.New(rand.NewPCG(seedNumber, 0))}

	entries := make([]audit.Entry, 400)
	for i := range entries {
		entries[i] = r.entry()
	}
	seed(t, b.Store, entries)
	filters := 100
	if os.Getenv("AUDIT_TEST_LONG") == "1" {
		filters = 300
	}
	for i := range filters {
		r.check(t, b.Store, entries, fmt.Sprintf("filter %d", i))
	}
}

// check compares one random walk and count.
func (r random) check(t *testing.T, store audit.Store, entries []audit.Entry, what string) {
	t.Helper()
	walk := audit.Walk{
		Filter:   r.filter(entries),
		Sort:     pick(r, sorts()...),
		Backward: r.IntN(2) == 0,
		Limit:    1 + r.IntN(50),
	}
	if r.IntN(2) == 0 {
		walk.After = audit.CursorAt(pick(r, entries...), walk.Sort)
	}
	if r.IntN(3) == 0 {
		walk.Offset = r.IntN(20)
	}
	what = fmt.Sprintf("%s: %+v", what, walk)

	order := walk.Sort
	if walk.Backward {
		order.Dir = map[audit.Direction]audit.Direction{audit.Ascending: audit.Descending, audit.Descending: audit.Ascending}[order.Dir]
	}
	var matching, beyond []audit.Entry
	for _, e := range entries {
		if !walk.Filter.Match(e) {
			continue
		}
		matching = append(matching, e)
		if walk.After.IsZero() || isBehind(e, walk.After, order) {
			beyond = append(beyond, e)
		}
	}
	requireSame(t, part(sorted(beyond, order), walk.Offset, walk.Limit), list(t, store, walk), what)

	count, err := store.Count(t.Context(), walk.Filter, walk.Limit)
	require.NoError(t, err, what)
	require.Equal(t, min(len(matching), walk.Limit), count, what)

	bounds := r.bounds(entries)
	bars, err := store.Histogram(t.Context(), walk.Filter, bounds, len(entries))
	require.NoError(t, err, what)
	requireBars(t, barsOf(matching, bounds), bars, fmt.Sprintf("%s: bounds %v", what, bounds))
	bars, err = store.Histogram(t.Context(), walk.Filter, bounds, walk.Limit)
	require.NoError(t, err, what)
	require.Equal(t, min(len(matching), walk.Limit+1), total(bars), "%s: bars and count agree", what)
}

// isBehind reports whether an entry comes after a cursor.
func isBehind(e audit.Entry, c audit.Cursor, s audit.Sort) bool {
	key := e.SortKey(s.By)
	greater := key > c.Key() || key == c.Key() && e.ID.Compare(c.ID()) > 0
	if s.Dir == audit.Descending {
		return !greater && e.ID != c.ID()
	}
	return greater
}

// random makes entries and filters from few values.
type random struct{ *rand.Rand }

func pick[T any](r random, choices ...T) T { return choices[r.IntN(len(choices))] }

// some returns one to three of the choices, now and then one twice.
func some[T any](r random, choices ...T) []T {
	chosen := make([]T, 1+r.IntN(3))
	for i := range chosen {
		chosen[i] = pick(r, choices...)
	}
	return chosen
}

var (
	someOrgs     = []string{"acme", "Acme", "acme2"}
	someActions  = []audit.Action{"", audit.ActionCreate, audit.ActionUpdate, audit.ActionDestroy, "login_failed"}
	someTypes    = []string{"", "api_key", "end_user", "API_KEY", "été"}
	someUsers    = []string{"", "ada@example.com", "Ada@example.com", "bob@example.com", "😀@example.com"}
	someIDs      = []string{"", "1", "2", "10", "-5", "01", "a", "a_b", "a%b"}
	someRequests = []string{"", "", "", "r1", "r2"}
	someIPs      = []string{"", "10.0.0.1", "10.0.0.255", "10.0.1.0", "192.0.2.1", "::1", "2001:db8::1", "2001:db8:0:1::"}
	someFields   = []string{"name", "email", "scopes"}
	somePrefixes = []string{"10.0.0.1/32", "10.0.0.0/24", "10.0.0.0/23", "10.128.0.0/9", "0.0.0.0/0", "::/0", "2001:db8::/64", "2001:db8::/47", "::1/128", "::ffff:10.0.0.1/128"}
	someActorIDs = []string{"", "", "k1", "K1", "7"}
	someKinds    = []audit.ActorKind{"", audit.ActorUser, audit.ActorAPIKey, audit.ActorSystem}
	someSources  = []audit.Source{"", audit.SourceApp, audit.SourceImport, "job"}
	someParents  = []audit.Object{{}, {Type: "account", ID: "7"}, {Type: "account", ID: "07"}, {Type: "account"}}
)

// instant returns one of few instants, microseconds to days apart.
func (r random) instant() time.Time {
	return epoch.Add(time.Duration(r.IntN(3))*time.Microsecond + time.Duration(r.IntN(3))*time.Second + time.Duration(r.IntN(3))*24*time.Hour)
}

func (r random) entry() audit.Entry {
	e := newEntry(r.instant())
	for i := 9; i < len(e.ID); i++ { // newEntry's are not from the seed
		e.ID[i] = byte(r.Uint32())
	}
	e.Org = pick(r, someOrgs...)
	e.Action = pick(r, someActions...)
	e.Object = audit.Object{Type: pick(r, someTypes...), ID: pick(r, someIDs...)}
	e.Actor = audit.Actor{Kind: pick(r, someKinds...), ID: pick(r, someActorIDs...), Email: pick(r, someUsers...)}
	e.Source = pick(r, someSources...)
	e.IP = address(pick(r, someIPs...))
	e.RequestID = pick(r, someRequests...)
	e.Parent = pick(r, someParents...)
	for _, field := range someFields {
		if r.IntN(2) == 0 {
			e.Changes = append(e.Changes, audit.Change{Field: field})
		}
	}
	return e
}

func (r random) filter(entries []audit.Entry) audit.Filter {
	f := audit.Filter{Org: pick(r, someOrgs...)}
	seldom := func() bool { return r.IntN(5) == 0 }
	if seldom() {
		f.From = r.instant().Add(time.Duration(r.IntN(2)))
	}
	if seldom() {
		if until := r.instant().Add(time.Duration(r.IntN(2))); f.From.IsZero() || f.From.Before(until) {
			f.Until = until
		}
	}
	if seldom() {
		f.NotAfter = pick(r, entries...).ID
	}
	if seldom() {
		f.Actions = some(r, append(someActions, "publish")...)
	}
	if seldom() {
		f.ObjectTypes = some(r, append(someTypes, "nothing")...)
	}
	if seldom() {
		f.ActorEmails = some(r, append(someUsers, "nobody")...)
	}
	if seldom() {
		f.ObjectIDs = some(r, someIDs...)
	}
	if seldom() {
		for _, p := range some(r, somePrefixes...) {
			f.IPs = append(f.IPs, netip.MustParsePrefix(p))
		}
	}
	if seldom() {
		f.ActorIDs = some(r, append(someActorIDs, "nobody")...)
	}
	if r.IntN(20) == 0 { // one index has these
		f.ActorIDs, f.ActorEmails = some(r, someActorIDs[2:]...), []string{""}
	}
	if seldom() {
		f.ActorKinds = some(r, append(someKinds, "nothing")...)
	}
	if seldom() {
		f.Sources = some(r, append(someSources, "nothing")...)
	}
	if seldom() {
		f.RequestID = pick(r, someRequests...)
	}
	if seldom() {
		f.Parent = pick(r, someParents...)
	}
	if seldom() {
		f.NotActions = some(r, someActions...)
	}
	if seldom() {
		f.NotObjectTypes = some(r, someTypes...)
	}
	if seldom() {
		f.NotActorEmails = some(r, someUsers...)
	}
	if seldom() {
		for _, text := range some(r, somePrefixes...) {
			f.NotIPs = append(f.NotIPs, netip.MustParsePrefix(text))
		}
	}
	return f
}
