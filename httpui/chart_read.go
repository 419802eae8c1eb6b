package httpui

import (
	"context"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/timebuckets"
)

// chart draws the entries of a view that holds some.
func (rd *reader) chart(ctx context.Context, v view, count counted) (*chart, error) {
	if name := rangeName(v.params); count.more && len(shorterRanges(name)) > 0 {
		return rd.present.tooMany(presetLinks(rd.words, v, name)), nil
	}
	from, until, err := rd.extent(ctx, v)
	if err != nil || !isRecordable(from) || !from.Before(until) {
		return nil, err
	}
	buckets := timebuckets.Of(from, until, v.zone)
	if count.more {
		return rd.present.tooMany(rd.present.partLinks(v, buckets)), nil
	}
	found, err := rd.trail.Histogram(ctx, v.filter, buckets.Bounds(), audit.CountCap)
	switch {
	case err != nil:
		return nil, err
	case found.More: // more have come since they were counted
		return rd.present.tooMany(rd.present.partLinks(v, buckets)), nil
	case found.Entries == 0:
		return nil, nil
	}
	return rd.present.draw(v, buckets, found), nil
}

// extent returns the times that the chart shows: the view's range, where that
// is open those of its entries, and nothing beyond the present day.
func (rd *reader) extent(ctx context.Context, v view) (from, until time.Time, err error) {
	// So that a single entry does not make a chart of a single second.
	const least = 15 * time.Minute
	from, until = v.filter.From, v.filter.Until
	edge := func(dir audit.Direction) (time.Time, error) {
		page, err := rd.trail.Page(ctx, audit.Query{Filter: v.filter, Sort: audit.Sort{By: audit.ByTimestamp, Dir: dir}, Limit: 1})
		if err != nil || len(page.Entries) == 0 {
			return time.Time{}, err
		}
		return page.Entries[0].OccurredAt, nil
	}
	if until.IsZero() {
		if until, err = edge(audit.Descending); err != nil {
			return from, until, err
		}
		until = until.Add(time.Microsecond)
		if end := from.Add(least); !from.IsZero() && until.Before(end) {
			until = end
		}
	}
	present := v.filter.NotAfter.Time().In(v.zone)
	y, m, d := present.Date()
	if tomorrow := timebuckets.FirstShowing(time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC), v.zone); until.After(tomorrow) {
		until = tomorrow
	}
	if !isRecordable(from) {
		if from, err = edge(audit.Ascending); err != nil {
			return from, until, err
		}
		if start := until.Add(-least); start.Before(from) && v.filter.Until.IsZero() && isRecordable(start) {
			from = start
		}
	}
	return from, until, nil
}

// isRecordable reports whether an entry may have the time: none is older than
// 1970, where IDs begin.
func isRecordable(t time.Time) bool { return t.Unix() >= 0 }
