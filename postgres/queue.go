package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// Queue puts the entries of some events into the host's own batch, so that
// recording them adds no round trip to the database. The entries exist if and
// only if what the batch does is committed: with the host's transaction if
// it is sent in one, and by itself if it is sent on a pool or connection,
// since PostgreSQL runs a batch without BEGIN as one transaction.
//
// The entries do not depend on what the other statements find. If the
// change is an UPDATE that may meet no row, let it fail then, as the example
// does, or look at its result within a transaction.
//
// Queue itself sends nothing; its errors are those of [audit.Log.Prepare], and
// then nothing is queued. The rules of [audit.Log.Record] hold, but in the
// database: an ID that is taken by other content makes the whole batch fail.
// Close of the batch's results then returns an error that wraps
// [audit.ErrConflict]; results that are read one by one give the database's
// own error (unique_violation). The table is that of the log's store. A host's
// store that wraps a [Store] returns it by Unwrap() audit.Store. One call queues one
// statement, and further ones for large entries and for events with their own ID.
func Queue(ctx context.Context, batch *pgx.Batch, trail *audit.Log, events ...audit.Event) error {
	switch {
	case batch == nil:
		return errors.New("postgres: no batch is given: give the *pgx.Batch to send")
	case trail == nil:
		return errNoTrail
	}
	entries, err := trail.Prepare(ctx, events...)
	if err != nil {
		return err
	}
	var own map[audit.ID]bool
	for i := range events {
		if id := events[i].ID(); !id.IsZero() {
			if own == nil {
				own = make(map[audit.ID]bool)
			}
			own[id] = true
		}
	}
	fresh, given := make([]entrysql.Row, 0, len(entries)), []entrysql.Row(nil)
	for i := range entries {
		row := entrysql.RowOf(&entries[i])
		if own[entries[i].ID] {
			given = append(given, row)
		} else {
			fresh = append(fresh, row)
		}
	}
	on := statementsOf(trail.Store())
	queue(batch, fresh, func(tag pgconn.CommandTag, n int) error { return allStored(tag.RowsAffected(), n) }, on.fresh)
	queue(batch, given, nil, on.given, on.check)
	return nil
}

var errNoTrail = errors.New("postgres: no log is given: make one with audit.New")

// statementsOf returns the statements of a log's store. A store that wraps
// another one may have Unwrap; what is not a Store is found by the search_path.
func statementsOf(store audit.Store) *statements {
	for {
		switch s := store.(type) {
		case *Store:
			return s.statements
		case interface{ Unwrap() audit.Store }:
			store = s.Unwrap()
		default:
			return bySearchPath
		}
	}
}

// queue puts rows into the batch, under each of the statements.
func queue(batch *pgx.Batch, rows []entrysql.Row, stored func(pgconn.CommandTag, int) error, statements ...statement) {
	for len(rows) > 0 {
		n := statementRows(rows)
		for _, s := range statements {
			query, args := s.with(rows[:n])
			batch.Queue(query, args...).Fn = func(results pgx.BatchResults) error {
				tag, err := results.Exec()
				if err != nil || stored == nil {
					return asConflict(unmigrated(err))
				}
				return stored(tag, n)
			}
		}
		rows = rows[n:]
	}
}

// asConflict says in the library's words that an entry's ID is taken. Other
// errors stay as they are, since in some query modes they may come from the
// host's own statements before.
func asConflict(err error) error {
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == uniqueViolation && strings.HasPrefix(pgErr.TableName, "audit_entries") {
		return fmt.Errorf("inserting entries: %w (%w)", audit.ErrConflict, err)
	}
	return err
}

const uniqueViolation = "23505"
