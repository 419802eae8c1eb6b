package storetest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// Each entry is in the bucket of its time, those at a bound in the later one.
func testHistogram(t *testing.T, b Backend) {
	entries := entriesOf([]audit.Action{audit.ActionUpdate, audit.ActionCreate, audit.ActionUpdate, "", "é", audit.ActionCreate}, func(e *audit.Entry, a audit.Action) { e.Action = a })
	foreign := newEntry(epoch)
	foreign.Org = "other"
	seed(t, b.Store, append(entries, foreign))
	bar := func(bucket int, action audit.Action, entries int) audit.HistogramBar {
		return audit.HistogramBar{Bucket: bucket, Action: action, Entries: entries}
	}
	at := func(s int) audit.ID { return audit.FirstID(epoch.Add(time.Duration(s) * time.Second)) }

	for _, test := range []struct {
		name   string
		bounds []audit.ID
		filter audit.Filter
		want   []audit.HistogramBar
	}{
		{"no bounds", nil, audit.Filter{}, []audit.HistogramBar{bar(0, "", 1), bar(0, audit.ActionCreate, 2), bar(0, audit.ActionUpdate, 2), bar(0, "é", 1)}},
		{"one bound", []audit.ID{at(3)}, audit.Filter{}, []audit.HistogramBar{bar(0, audit.ActionCreate, 1), bar(0, audit.ActionUpdate, 2), bar(1, "", 1), bar(1, audit.ActionCreate, 1), bar(1, "é", 1)}},
		{"an entry's own ID", []audit.ID{entries[5].ID}, audit.Filter{NotActions: []audit.Action{"", "é"}}, []audit.HistogramBar{bar(0, audit.ActionCreate, 1), bar(0, audit.ActionUpdate, 2), bar(1, audit.ActionCreate, 1)}},
		{"empty buckets", []audit.ID{at(-5), at(-4), at(1), at(1 + 10), at(20)}, audit.Filter{Actions: []audit.Action{audit.ActionUpdate}}, []audit.HistogramBar{bar(2, audit.ActionUpdate, 1), bar(3, audit.ActionUpdate, 1)}},
		{"beyond all", []audit.ID{at(100)}, audit.Filter{Actions: []audit.Action{"é"}}, []audit.HistogramBar{bar(0, "é", 1)}},
		{"before all", []audit.ID{at(-100)}, audit.Filter{Actions: []audit.Action{"é"}}, []audit.HistogramBar{bar(1, "é", 1)}},
		{"nothing", []audit.ID{at(1)}, audit.Filter{Actions: []audit.Action{"publish"}}, nil},
	} {
		test.filter.Org = org
		got, err := b.Store.Histogram(t.Context(), test.filter, test.bounds, 100)
		require.NoError(t, err)
		requireBars(t, test.want, got, test.name)
	}

	for limit := 1; limit < 8; limit++ {
		got, err := b.Store.Histogram(t.Context(), audit.Filter{Org: org}, []audit.ID{at(2)}, limit)
		require.NoError(t, err)
		assert.Equal(t, min(len(entries), limit+1), total(got), "limit %d", limit)
	}

	// As many bounds as a log takes, each entry at one of them.
	var bounds []audit.ID
	for i := range audit.MaxBounds {
		bounds = append(bounds, at(i-audit.MaxBounds+len(entries)))
	}
	got, err := b.Store.Histogram(t.Context(), audit.Filter{Org: org}, bounds, 100)
	require.NoError(t, err)
	require.Len(t, got, len(entries))
	for i := range got {
		assert.Equal(t, bar(audit.MaxBounds-len(entries)+i+1, entries[i].Action, 1), got[i])
	}
}

// requireBars requires the same bars, none being as good as nil.
func requireBars(t *testing.T, want, got []audit.HistogramBar, what string) {
	t.Helper()
	if len(want) > 0 || len(got) > 0 {
		require.Equal(t, want, got, what)
	}
}

func total(bars []audit.HistogramBar) (entries int) {
	for _, bar := range bars {
		entries += bar.Entries
	}
	return entries
}

// barsOf counts entries as a store must.
func barsOf(entries []audit.Entry, bounds []audit.ID) []audit.HistogramBar {
	var bars []audit.HistogramBar
	for _, e := range entries {
		at := audit.HistogramBar{Action: e.Action}
		for at.Bucket < len(bounds) && bounds[at.Bucket].Compare(e.ID) <= 0 {
			at.Bucket++
		}
		i := slices.IndexFunc(bars, func(b audit.HistogramBar) bool { return b.Bucket == at.Bucket && b.Action == at.Action })
		if i < 0 {
			bars, i = append(bars, at), len(bars)
		}
		bars[i].Entries++
	}
	slices.SortFunc(bars, func(a, b audit.HistogramBar) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Action, b.Action))
	})
	return bars
}

// bounds returns up to five, some of them an entry's own ID.
func (r random) bounds(entries []audit.Entry) []audit.ID {
	var bounds []audit.ID
	for range r.IntN(6) {
		bounds = append(bounds, pick(r, audit.FirstID(r.instant()), pick(r, entries...).ID))
	}
	slices.SortFunc(bounds, audit.ID.Compare)
	return slices.Compact(bounds)
}
