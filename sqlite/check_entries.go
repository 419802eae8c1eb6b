package sqlite

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// CheckEntries returns the entries since a time, of all organizations, that
// this library would not have written: somebody who can write to the file made
// them in another way. [audit.Entry].Unreadable says what is wrong with each.
// If an entry's columns for filters and orders are wrong, lists that filter by
// them miss it, and CheckEntries finds it.
//
// It reads every entry since then, in no order and in one statement, and keeps
// none. A zero time reads all.
func (a *Admin) CheckEntries(ctx context.Context, since time.Time) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		if err := a.checkEntries(ctx, since, func(e audit.Entry) bool { return yield(e, nil) }); err != nil {
			yield(audit.Entry{}, fmt.Errorf("checking the entries: %w", err))
		}
	}
}

func (a *Admin) checkEntries(ctx context.Context, since time.Time, yield func(audit.Entry) bool) error {
	id := audit.FirstID(since)
	rows, err := a.store.db.QueryContext(ctx, "SELECT "+entrysql.ReadColumns+" FROM audit_entries AS e WHERE e.id >= ?", id[:])
	if err != nil {
		return err
	}
	defer rows.Close()
	var reader entrysql.Reader
	for rows.Next() {
		e, err := reader.Scan(rows.Scan)
		if err != nil {
			return err
		}
		if e.Unreadable != "" && !yield(e) {
			return nil
		}
	}
	return rows.Err()
}
