package postgres

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// List implements [audit.Store].
func (s *Store) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	entries, err := s.list(ctx, walk)
	if err != nil {
		return nil, fmt.Errorf("listing entries: %w", err)
	}
	return entries, nil
}

// list takes the walk apart once, and tries the ways to read it in order.
func (s *Store) list(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	a, err := entrysql.Analyse(audit.PostgreSQL, walk)
	if err != nil {
		return nil, err
	}
	for _, way := range waysOf(a, s.pool != nil && s.pool.prepares()) {
		entries, done, err := way.read(ctx, s, a)
		if done || err != nil {
			return entries, err
		}
	}
	return nil, fmt.Errorf("no way reads this walk: %+v", walk) // the last way is always done
}

// waysOf returns the ways to read a walk, first the one to try first. The last one
// is not an attempt.
//
// What one index answers is one query. Anything else begins with what is likely to
// be enough, since PostgreSQL takes longer to plan a search of some years of months
// than to look through a few thousand entries, and errs about values that go
// together: it then reads an organization's whole history in search of the last
// entries of a page.
func waysOf(a *entrysql.Analysis, prepares bool) (ways []way) {
	switch {
	case a.IsUnfiltered():
		ways = []way{shortTime, inOrder}
	case a.IsInSpans():
		ways = []way{windowed, spans}
	case a.ByTime():
		ways = []way{few, windowed, byTime}
	default:
		ways = []way{few, shortTime, head, sorted}
	}
	ways = slices.DeleteFunc(ways, func(w way) bool { return !w.suits(a) || w.isAttempt && !prepares })
	last := slices.IndexFunc(ways, func(w way) bool { return !w.isAttempt })
	return ways[:last+1]
}

// Count implements [audit.Store].
func (s *Store) Count(ctx context.Context, filter audit.Filter, limit int) (int, error) {
	counts, err := read(ctx, s, filter.Org, pgx.RowTo[int], func() (query, error) { return countQuery(filter, limit) })
	if err != nil {
		return 0, fmt.Errorf("counting entries: %w", err)
	}
	return counts[0], nil
}

// Histogram implements [audit.Store].
func (s *Store) Histogram(ctx context.Context, filter audit.Filter, bounds []audit.ID, limit int) ([]audit.HistogramBar, error) {
	bars, err := read(ctx, s, filter.Org, scanBar, func() (query, error) { return histogramQuery(filter, bounds, limit) })
	if err != nil {
		return nil, fmt.Errorf("counting entries by time: %w", err)
	}
	return bars, nil
}

func scanBar(row pgx.CollectableRow) (audit.HistogramBar, error) { return entrysql.ScanBar(row.Scan) }

// Values implements [audit.Store]. In a log with months, a value that is
// recorded under a time more than ten minutes in the past, as imports do, may
// be missing for up to a minute.
func (s *Store) Values(ctx context.Context, org string, column audit.Column, prefix string, limit int) ([]string, error) {
	values, err := s.values(ctx, valuesKey{org, column, prefix, limit})
	if err != nil {
		return nil, fmt.Errorf("listing values: %w", err)
	}
	return values, nil
}
