package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/upkeep"
	"github.com/auditkeep/audit/retention"
)

// Expire removes entries by their age, as r says: the calendar months in UTC
// that end no later than r.Before, or with r.Org that one organization's entries
// before r.Before. Holds are obeyed. With r.DryRun it only counts.
//
// It removes r.Chunk entries in a transaction, each together with an entry about
// it, by the context's actor, and pauses in between, so that other writers get
// their turn. In that transaction the trigger that refuses DELETE is dropped and
// made again, so no other connection ever finds it missing, whatever ends the
// process. If Expire ends early, by an error or with ctx, what it returns beside
// the error is done and recorded, and the next call goes on.
//
// SQLite uses the space again, but gives it back to the disk only by VACUUM, and
// until then what was in it can be read from the file, unless PRAGMA
// secure_delete is on.
func (a *Admin) Expire(ctx context.Context, trail *audit.Log, r retention.Policy) (retention.Report, error) {
	if trail == nil && !r.DryRun {
		return retention.Report{}, fmt.Errorf("expiring entries: %w", upkeep.ErrNoTrail)
	}
	plan, err := a.planExpiry(ctx, r)
	if err != nil || r.DryRun {
		return plan, err
	}
	if r.Chunk == 0 {
		r.Chunk = 10_000
	}
	done, total := retention.Report{Kept: plan.Kept}, plan.Entries()
	report := func(gone int64) {
		if r.Progress != nil {
			r.Progress(gone, total)
		}
	}
	for i, month := range plan.Gone {
		if i > 0 {
			letOthersWrite(ctx)
		}
		gone, kept, err := a.expireMonth(ctx, trail, r, month, func(n int64) { report(done.Entries() + n) })
		if gone.Entries > 0 {
			done.Gone = append(done.Gone, gone)
		}
		if err != nil {
			return done, fmt.Errorf("expiring entries of %s: %w", month.Name, err)
		}
		if kept.Kept != "" {
			done.Kept = append(done.Kept, kept)
		}
	}
	return done, nil
}

// expireMonth removes a month's entries chunk by chunk, and returns what went,
// and what is kept if a hold came meanwhile. It reports how many are gone so far.
func (a *Admin) expireMonth(ctx context.Context, trail *audit.Log, r retention.Policy, planned retention.Month, report func(int64)) (gone, kept retention.Month, err error) {
	gone, kept = planned, planned
	gone.Entries = 0
	for {
		n, more, err := a.expireChunk(ctx, trail, r, &kept)
		if err != nil {
			return gone, kept, err
		}
		if n > 0 {
			gone.Entries += n
			report(gone.Entries)
		}
		kept.Entries = planned.Entries - gone.Entries
		if !more {
			return gone, kept, nil
		}
		letOthersWrite(ctx)
	}
}

// letOthersWrite waits a little longer than SQLite sleeps between two looks at a
// lock (100 ms at most). It keeps no queue of those who wait: without the pause,
// other writers could find the lock taken at every look, until their busy
// timeout ends.
func letOthersWrite(ctx context.Context) {
	select {
	case <-time.After(110 * time.Millisecond):
	case <-ctx.Done():
	}
}

func (a *Admin) planExpiry(ctx context.Context, r retention.Policy) (plan retention.Report, err error) {
	db := a.store.db
	if db == nil {
		return plan, errNoDB
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("expiring entries: %w", err)
		}
	}()
	now, err := present(ctx, db)
	if err != nil {
		return plan, err
	}
	if err := r.Validate(now); err != nil {
		return plan, err
	}
	holds, err := holdsOf(ctx, db)
	if err != nil {
		return plan, err
	}
	where, args := expiring(r, time.Time{}, r.Before)
	rows, err := db.QueryContext(ctx, "SELECT strftime('%Y-%m', occurred_at / 1000000, 'unixepoch') AS month, count(*) FROM audit_entries"+
		where+" GROUP BY month ORDER BY month", args...)
	if err != nil {
		return plan, fmt.Errorf("counting entries: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var m retention.Month
		if err := rows.Scan(&m.Name, &m.Entries); err != nil {
			return plan, fmt.Errorf("counting entries: %w", err)
		}
		if m.From, err = time.Parse("2006-01", m.Name); err != nil {
			return plan, fmt.Errorf("counting entries: %w", err)
		}
		m.Until = m.From.AddDate(0, 1, 0)
		switch {
		case r.Org == "" && m.Until.After(r.Before):
			m.Kept = upkeep.EndsLater
			plan.Kept = append(plan.Kept, m)
		case upkeep.Keep(&m, holds, r):
			plan.Kept = append(plan.Kept, m)
		default:
			plan.Gone = append(plan.Gone, m)
		}
	}
	if err := rows.Err(); err != nil {
		return plan, fmt.Errorf("counting entries: %w", err)
	}
	return plan, nil
}

// expireChunk removes some of a month's entries, and reports how many and
// whether there may be more. If a hold came meanwhile, it removes none and
// completes the month with it.
func (a *Admin) expireChunk(ctx context.Context, trail *audit.Log, r retention.Policy, month *retention.Month) (n int64, more bool, err error) {
	err = a.store.immediate(ctx, func(conn *sql.Conn) error {
		holds, err := holdsOf(ctx, conn)
		if err != nil {
			return err
		}
		if upkeep.Keep(month, holds, r) {
			return nil
		}
		if n, err = deleteEntries(ctx, conn, r, *month); err != nil || n == 0 {
			return err
		}
		told := *month
		told.Entries = n
		return upkeep.Record(ctx, trail, connTx{conn}, upkeep.Expired(r, told))
	})
	if err != nil {
		return 0, false, err
	}
	return n, n == int64(r.Chunk), nil
}

// deleteEntries deletes at most a chunk of what expires of a month. Between the
// two statements about the trigger nobody else can write: the transaction has
// the write lock from its beginning, and is undone as a whole.
func deleteEntries(ctx context.Context, conn *sql.Conn, r retention.Policy, m retention.Month) (int64, error) {
	until := m.Until
	if until.After(r.Before) {
		until = r.Before
	}
	where, args := expiring(r, m.From, until)
	if _, err := conn.ExecContext(ctx, "DROP TRIGGER IF EXISTS "+deleteTrigger); err != nil {
		return 0, fmt.Errorf("letting entries go: %w", err)
	}
	result, err := conn.ExecContext(ctx, "DELETE FROM audit_entries WHERE rowid IN (SELECT rowid FROM audit_entries"+where+" LIMIT ?)", append(args, r.Chunk)...)
	if err != nil {
		return 0, fmt.Errorf("deleting entries: %w", err)
	}
	create, err := triggerSQL()
	if err != nil {
		return 0, err
	}
	if _, err := conn.ExecContext(ctx, create); err != nil {
		return 0, fmt.Errorf("protecting entries again: %w", err)
	}
	return result.RowsAffected()
}

// expiring returns the condition that an entry is of the organization, if one is
// given, and of a range of times.
func expiring(r retention.Policy, from, until time.Time) (where string, args []any) {
	first, last := audit.FirstID(from), audit.FirstID(until)
	where, args = " WHERE id >= ? AND id < ?", []any{first[:], last[:]}
	if r.Org != "" {
		where, args = where+" AND org_id = ?", append(args, r.Org)
	}
	return where, args
}

const deleteTrigger = "audit_entries_refuse_delete"

// triggerSQL returns the statement that makes the trigger, from the migration.
func triggerSQL() (string, error) {
	text, err := migrationFiles.ReadFile("migrations/0004_append_only.sql")
	if err != nil {
		return "", err
	}
	_, statement, found := strings.Cut(string(text), "CREATE TRIGGER "+deleteTrigger+" ")
	statement, _, ended := strings.Cut(statement, "END;")
	if !found || !ended {
		return "", errors.New("migration 0004_append_only.sql does not make the trigger " + deleteTrigger)
	}
	return "CREATE TRIGGER " + deleteTrigger + " " + statement + "END", nil
}
