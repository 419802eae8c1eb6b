package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

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

// read writes a query and reads its rows.
func read[T any](ctx context.Context, s *Store, org string, scan pgx.RowToFunc[T], write func() (query, error)) ([]T, error) {
	q, err := write()
	if err != nil {
		return nil, err
	}
	return collect(ctx, s, org, scan, q)
}

// shortWalk is how many entries a walk may want for attempts to be worth it: what
// reads on and on had better be planned well once.
const shortWalk = 256

// isShort reports whether a walk is worth an attempt with less than all entries.
func isShort(a *entrysql.Analysis) bool { return a.Walk.Limit <= shortWalk || isAboutFew(a) }

// isAboutFew reports whether a walk wants few entries however long it is: one
// record's, or one request's.
func isAboutFew(a *entrysql.Analysis) bool { return a.Asks("object_sort") || a.Asks("request_id") }
