package audit

import (
	"context"
	"fmt"
	"time"
)

// HistogramBar is the part of a histogram's bucket that one action fills.
type HistogramBar struct {
	// Bucket counts from zero.
	Bucket int
	Action Action
	// Entries is how many there are, at least one.
	Entries int
}

// Histogram counts entries by time and action.
type Histogram struct {
	// Bars come by bucket, and within one by action in byte order. Buckets
	// without an entry have none.
	Bars []HistogramBar
	// Entries is the sum of all bars.
	Entries int
	// More says that more entries match than were to be counted. Then there
	// are no bars, and Entries is the limit.
	More bool
}

// MaxBounds is the most bounds that one call of [Log.Histogram] takes.
const MaxBounds = 200

// Histogram counts the entries that match by time and action. n bounds, in
// ascending order, make n+1 buckets: before the first, between each two, and from
// the last on. So every entry that matches is in exactly one bar. It counts no
// further than limit.
func (l *Log) Histogram(ctx context.Context, f Filter, bounds []time.Time, limit int) (Histogram, error) {
	if err := l.fillOrg(ctx, &f); err != nil {
		return Histogram{}, err
	}
	if err := f.Validate(); err != nil {
		return Histogram{}, err
	}
	if limit < 1 {
		return Histogram{}, invalidFilter("limit", fmt.Sprint(limit), "the least limit is 1", "say how far to count")
	}
	ids, err := boundIDs(bounds)
	if err != nil {
		return Histogram{}, err
	}
	bars, err := l.store.Histogram(ctx, f, ids, limit)
	if err != nil {
		return Histogram{}, err
	}
	h := Histogram{Bars: bars}
	for _, bar := range bars {
		h.Entries += bar.Entries
	}
	if h.Entries > limit {
		h = Histogram{Entries: limit, More: true}
	}
	return h, nil
}

// boundIDs returns the first ID of each bucket but the first one.
func boundIDs(bounds []time.Time) ([]ID, error) {
	if len(bounds) > MaxBounds {
		return nil, invalidFilter("bounds", fmt.Sprintf("%d bounds", len(bounds)), fmt.Sprintf("at most %d are taken", MaxBounds), "count in wider buckets")
	}
	ids := make([]ID, len(bounds))
	for i, t := range bounds {
		ids[i] = firstIDNotBefore(t)
		if i > 0 && ids[i].Compare(ids[i-1]) <= 0 {
			return nil, invalidFilter("bounds", t.UTC().Format(time.RFC3339Nano), "not after the bound before it", "give them in ascending order, a microsecond apart or more, from 1970 on")
		}
	}
	return ids, nil
}
