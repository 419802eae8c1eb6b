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

// way is one way to read a walk's entries. Each has a file, with its SQL and what
// was measured.
type way struct {
	name string
	// suits reports whether the way is worth it for a walk.
	suits func(*entrysql.Analysis) bool
	// read returns the walk's entries. If it is not done, they may be too few or not
	// the first ones, and the next way is tried.
	read func(context.Context, *Store, *entrysql.Analysis) (entries []audit.Entry, done bool, err error)
	// isAttempt: the way may end without being done. It pays only on connections
	// that prepare statements: on others each attempt is planned anew.
	isAttempt bool
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

// allWays are the ways that there are.
func allWays() []way { return []way{inOrder, spans, byTime, sorted, windowed, few, shortTime, head} }

func always(*entrysql.Analysis) bool { return true }

// oneQuery is the read of a way that always is done with one query.
func oneQuery(write func(*entrysql.Analysis) (query, error)) func(context.Context, *Store, *entrysql.Analysis) ([]audit.Entry, bool, error) {
	return func(ctx context.Context, s *Store, a *entrysql.Analysis) ([]audit.Entry, bool, error) {
		q, err := write(a)
		if err != nil {
			return nil, false, err
		}
		q.Room = entrysql.Room(a.Walk)
		entries, err := collect(ctx, s, a.Walk.Filter.Org, entryScanner(), q)
		return entries, true, err
	}
}

func entryScanner() pgx.RowToFunc[audit.Entry] {
	var reader entrysql.Reader
	return func(row pgx.CollectableRow) (audit.Entry, error) { return readEntry(&reader, row), nil }
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

// read writes a query and reads its rows.
func read[T any](ctx context.Context, s *Store, org string, scan pgx.RowToFunc[T], write func() (query, error)) ([]T, error) {
	q, err := write()
	if err != nil {
		return nil, err
	}
	return collect(ctx, s, org, scan, q)
}
