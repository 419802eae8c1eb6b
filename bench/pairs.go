package main

import (
	"context"
	"fmt"

	"github.com/auditkeep/audit"
)

// measurePairs combines filters that occur with each other and with some
// sorts, over all time: what no single index serves, and what therefore can be
// slow.
func measurePairs(ctx context.Context, b *bench) error {
	l, err := b.log(ctx, b.scale.large)
	if err != nil {
		return err
	}
	s, err := sampleOf(ctx, l.trail, timeRanges()[0])
	if err != nil {
		return err
	}
	floors, err := l.floors(ctx, s)
	if err != nil {
		return err
	}
	candidates := floors[:1]
	single := filters()[:6]
	for i, one := range single {
		for _, other := range single[i+1:] {
			for _, sort := range []audit.Sort{
				{By: audit.ByTimestamp, Dir: audit.Descending},
				{By: audit.ByObjectID, Dir: audit.Ascending},
				{By: audit.ByChanges, Dir: audit.Ascending},
			} {
				query := audit.Query{Filter: s.base, Sort: sort}
				one.set(&query.Filter, s)
				other.set(&query.Filter, s)
				candidates = append(candidates, candidate{
					name: fmt.Sprintf("%s and %s, sort: %s", one.name, other.name, sort.By),
					do: func(ctx context.Context) error {
						_, err := l.trail.Page(ctx, query)
						return err
					},
				})
			}
		}
	}
	result, err := b.race(ctx, 1, candidates...)
	if err != nil {
		return err
	}
	t := b.report.table(fmt.Sprintf("Pairs of filters, %s entries, over all time: those above 3 × the floor", count(b.scale.large)), "page", "ms", "× "+floorName)
	var pairs worst
	for _, c := range candidates[1:] {
		ratio := result.ratio(c.name, floorName)
		pairs.add(c.name, ratio)
		if ratio.Median > 3 {
			t.row(c.name, result.time(c.name).times(1e-6), ratio)
		}
	}
	b.report.measured(goal{ID: "C1", What: "any pair of filters with any sort, over all time", Of: floorName, Limit: 100}, pairs.spread, pairs.note())
	return nil
}
