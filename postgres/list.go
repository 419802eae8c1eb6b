package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// List implements [audit.Store].
//
// What one index answers is one statement. Anything else begins with what is
// likely to be enough, since PostgreSQL takes longer to plan a search of some
// years of months than to look through a few thousand entries, and errs about
// values that go together: it then reads an organization's whole history in
// search of the last entries of a page.
func (s *Store) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	entries, err := s.list(ctx, walk)
	if err != nil {
		return nil, fmt.Errorf("listing entries: %w", err)
	}
	return entries, nil
}

func (s *Store) list(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	if s.pool != nil && s.pool.prepares() { // else each attempt has to be planned, too
		for _, attempt := range []func(context.Context, audit.Walk) ([]audit.Entry, bool, error){s.listFew, s.listHead} {
			if entries, ok, err := attempt(ctx, walk); ok || err != nil {
				return entries, err
			}
		}
	}
	if entrysql.IsWindowed(walk) {
		return s.listWindows(ctx, walk)
	}
	return s.listAll(ctx, walk)
}

// listFew looks for a walk's entries among few, and reports whether it has
// found them.
func (s *Store) listFew(ctx context.Context, walk audit.Walk) (entries []audit.Entry, ok bool, err error) {
	statement, most, err := entrysql.Few(walk)
	if most == 0 || err != nil {
		return nil, false, err
	}
	few := 0
	var reader entrysql.Reader
	read := func(row pgx.CollectableRow) (e audit.Entry, err error) {
		last := make([]any, readColumns+1) // nil: not scanned
		last[readColumns] = &few
		if err := row.Scan(last...); err != nil || row.RawValues()[0] == nil { // the number alone
			return e, err
		}
		return readEntry(&reader, row), nil
	}
	entries, err = collect(ctx, s, walk.Filter.Org, read, statement)
	if err != nil {
		return nil, false, err
	}
	entries = slices.DeleteFunc(entries, func(e audit.Entry) bool { return e.Org == "" })
	return entries, few <= most, nil
}

var readColumns = strings.Count(entrysql.ReadColumns, ",") + 1

// listHead looks for a walk's entries among the first in its order, and reports
// whether it has found them.
func (s *Store) listHead(ctx context.Context, walk audit.Walk) (entries []audit.Entry, ok bool, err error) {
	statement, ok, err := entrysql.Head(walk)
	if !ok || err != nil {
		return nil, false, err
	}
	entries, err = collect(ctx, s, walk.Filter.Org, entryScanner(), statement)
	return entries, len(entries) == walk.Limit, err
}

// listAll reads a walk by one statement.
func (s *Store) listAll(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	statement, err := entrysql.List(audit.PostgreSQL, walk)
	if err != nil {
		return nil, err
	}
	return collect(ctx, s, walk.Filter.Org, entryScanner(), statement)
}

// listWindows reads a walk by a statement for each window, until it has as many
// entries as are wanted.
func (s *Store) listWindows(ctx context.Context, walk audit.Walk) (all []audit.Entry, err error) {
	var start time.Time
	if entrysql.NeedsStart(walk) {
		oldest := audit.Walk{Filter: audit.Filter{Org: walk.Filter.Org}, Sort: audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}, Limit: 1}
		first, err := s.listAll(ctx, oldest)
		if err != nil || len(first) == 0 {
			return nil, err
		}
		start = first[0].OccurredAt
	}
	for _, window := range entrysql.Windows(walk, time.Now(), start) {
		window.Limit -= len(all)
		entries, err := s.listAll(ctx, window)
		if err != nil {
			return nil, err
		}
		if all = append(all, entries...); len(all) == walk.Limit {
			break
		}
	}
	return all, nil
}

func entryScanner() pgx.RowToFunc[audit.Entry] {
	var reader entrysql.Reader
	return func(row pgx.CollectableRow) (audit.Entry, error) { return readEntry(&reader, row), nil }
}
