package main

import (
	"context"
	"fmt"

	"github.com/auditkeep/audit"
)

// measureCounts holds what stands around the table of a page (how many entries
// there are, what the dropdowns offer, the chart) against the page itself.
func measureCounts(ctx context.Context, b *bench) error {
	l, err := b.log(ctx, b.scale.large)
	if err != nil {
		return err
	}
	const (
		page      = "first page, over all time"
		types     = "values: 40 object types"
		users     = "values: the first 50 of 2,000 users"
		find      = "values: 50 users by prefix"
		everybody = "values: 2,000 users"
	)
	values := func(column audit.Column, prefix string, limit int) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := l.trail.In(largestOrg).Values(ctx, column, prefix, limit)
			return err
		}
	}
	candidates := []candidate{
		{name: types, do: values(audit.ByObjectType, "", 1000)},
		{name: "values: 8 actions", do: values(audit.ByAction, "", 1000)},
		{name: users, do: values(audit.ByActorEmail, "", 50)},
		{name: find, do: values(audit.ByActorEmail, "user7", 50)},
		{name: everybody, do: values(audit.ByActorEmail, "", audit.MaxValues)},
	}
	var counts []string
	for _, r := range timeRanges() {
		s, err := sampleOf(ctx, l.trail, r)
		if err != nil {
			return err
		}
		if r.from.IsZero() {
			candidates = append(candidates, candidate{name: page, do: func(ctx context.Context) error {
				_, err := l.trail.Page(ctx, audit.Query{Filter: s.base})
				return err
			}})
		}
		byType := s.base
		byType.ObjectTypes = []string{s.Object.Type}
		for _, c := range []struct {
			name   string
			filter audit.Filter
		}{{"count", s.base}, {"count of one object type", byType}} {
			name := c.name + ", over " + r.name
			counts = append(counts, name)
			candidates = append(candidates, candidate{name: name, do: func(ctx context.Context) error {
				_, err := l.trail.Count(ctx, c.filter, audit.CountCap+1)
				return err
			}})
		}
		bounds := days(r)
		candidates = append(candidates, candidate{name: fmt.Sprintf("chart of %d bars, over %s", len(bounds)-1, r.name), do: func(ctx context.Context) error {
			_, err := l.trail.Histogram(ctx, s.base, bounds, audit.CountCap)
			return err
		}})
	}
	result, err := b.race(ctx, 1, candidates...)
	if err != nil {
		return err
	}
	t := b.report.table(fmt.Sprintf("Around the page, %s entries", count(b.scale.large)), "what", "ms", "× "+page)
	for _, c := range candidates {
		t.row(c.name, result.time(c.name).times(1e-6), result.ratio(c.name, page))
	}
	var slowest worst
	for _, name := range counts {
		slowest.add(name, result.ratio(name, page))
	}
	b.report.measured(goal{ID: "C3", What: "count up to 10,001", Of: "the first page", Limit: 6}, slowest.spread, slowest.note())
	b.report.measured(goal{ID: "C3", What: "dropdown of 40 values", Of: "the first page", Limit: 3}, result.ratio(types, page), "")
	return nil
}
