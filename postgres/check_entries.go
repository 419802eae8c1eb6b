package postgres

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// CheckEntries returns the entries since a time, of all organizations, that
// this library would not have written: somebody with the right to INSERT made
// them in another way. [audit.Entry].Unreadable says what is wrong with each.
// If an entry's columns for filters and orders are wrong, lists that filter by
// them miss it, and CheckEntries finds it.
//
// It reads every entry since then, in no order and in one statement, and keeps
// none. A million take some seconds. A zero time reads all. [Admin.Check] looks
// at the tables and reads no entry.
func (a *Admin) CheckEntries(ctx context.Context, since time.Time) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		if err := a.checkEntries(ctx, since, func(e audit.Entry) bool { return yield(e, nil) }); err != nil {
			yield(audit.Entry{}, fmt.Errorf("checking the entries: %w", err))
		}
	}
}

func (a *Admin) checkEntries(ctx context.Context, since time.Time, yield func(audit.Entry) bool) error {
	entries, err := a.find(ctx)
	if err != nil {
		return err
	}
	rows, err := a.pool.Query(ctx, "SELECT "+entrysql.ReadColumns+" FROM "+entries.sql()+" AS e WHERE e.id >= $1", audit.FirstID(since))
	if err != nil {
		return err
	}
	defer rows.Close()
	var reader entrysql.Reader
	for rows.Next() {
		if e := readEntry(&reader, pgx.CollectableRow(rows)); e.Unreadable != "" && !yield(e) {
			return nil
		}
	}
	return rows.Err()
}
