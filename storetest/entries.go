package storetest

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// epoch is when the suite's entries happen.
var epoch = time.Date(2024, time.February, 29, 23, 59, 59, 999_999_000, time.UTC)

const org = "acme"

// newEntry returns an entry with nothing in it but what each has.
func newEntry(at time.Time) audit.Entry {
	id := audit.FirstID(at)
	tail := rand.Uint64()
	for i := 9; i < len(id); i++ { // the eighth byte holds the variant
		id[i] = byte(tail >> (8 * (i - 9)))
	}
	return audit.Entry{
		Org:        org,
		ID:         id,
		OccurredAt: id.Time(),
		Action:     audit.ActionUpdate,
		Object:     audit.Object{Type: "api_key", ID: "42"},
		Actor:      audit.Actor{Kind: audit.ActorUser, Email: "ada@example.com"},
		Source:     audit.SourceApp,
		Format:     audit.Format,
	}
}

// entriesOf returns an entry for each value, a second apart, with set applied.
func entriesOf[T any](values []T, set func(*audit.Entry, T)) []audit.Entry {
	entries := make([]audit.Entry, len(values))
	for i, value := range values {
		entries[i] = newEntry(epoch.Add(time.Duration(i) * time.Second))
		set(&entries[i], value)
	}
	return entries
}

func changes(t *testing.T, json string) audit.Changes {
	t.Helper()
	parsed, err := audit.ParseChanges(json)
	require.NoError(t, err)
	return parsed
}

func value(t *testing.T, json string) audit.Value {
	t.Helper()
	parsed, err := audit.ParseValue(json)
	require.NoError(t, err)
	return parsed
}

func address(text string) netip.Addr {
	if text == "" {
		return netip.Addr{}
	}
	return netip.MustParseAddr(text)
}

// seed inserts entries, shuffled, so that their order in the store says
// nothing about the order in which they must come back.
func seed(t *testing.T, store audit.Store, entries []audit.Entry) {
	t.Helper()
	shuffled := slices.Clone(entries)
	rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	require.NoError(t, store.InsertDetached(t.Context(), shuffled))
}

// list reads a walk of the organization org, unless the walk has another.
func list(t *testing.T, store audit.Store, walk audit.Walk) []audit.Entry {
	t.Helper()
	if walk.Filter.Org == "" {
		walk.Filter.Org = org
	}
	if walk.Limit == 0 {
		walk.Limit = 10_000
	}
	var err error
	walk.Sort, err = walk.Sort.Resolve()
	require.NoError(t, err)
	entries, err := store.List(t.Context(), walk)
	require.NoError(t, err)
	return entries
}

// requireSame requires that got is want, except for RecordedAt.
func requireSame(t *testing.T, want, got []audit.Entry, what string) {
	t.Helper()
	got = slices.Clone(got)
	for i := range got {
		got[i].RecordedAt = time.Time{}
	}
	want = slices.Clone(want)
	for i := range want {
		want[i].RecordedAt = time.Time{}
	}
	// Far shorter than two lists of entries, if it is the order that is wrong.
	require.Equal(t, ids(want), ids(got), what)
	if len(want) > 0 {
		require.Equal(t, want, got, what)
	}
}

func requireCount(t *testing.T, store audit.Store, want int, what string) {
	t.Helper()
	got, err := store.Count(t.Context(), audit.Filter{Org: org}, 100_000)
	require.NoError(t, err)
	assert.Equal(t, want, got, what)
}

func ids(entries []audit.Entry) []string {
	all := make([]string, len(entries))
	for i, e := range entries {
		all[i] = e.ID.String()
	}
	return all
}

// sorted returns the entries in the order of a resolved sort.
func sorted(entries []audit.Entry, s audit.Sort) []audit.Entry {
	return slices.SortedFunc(slices.Values(entries), s.Compare)
}

// sorts returns every column in both directions.
func sorts() []audit.Sort {
	var all []audit.Sort
	for _, column := range audit.Columns() {
		all = append(all, audit.Sort{By: column, Dir: audit.Ascending}, audit.Sort{By: column, Dir: audit.Descending})
	}
	return all
}
