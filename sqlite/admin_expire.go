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

// Expire removes entries by their age: the calendar months in UTC that end no
// later than policy.Before, or with policy.Org the older entries of that one
// organization. Months that a hold touches are kept. With policy.DryRun it only
// counts.
//
// Each transaction removes policy.Chunk entries, and records an entry about it,
// by the context's actor. Between two transactions Expire pauses, so that other
// writers get their turn. Each transaction drops the trigger that refuses
// DELETE and makes it again, so no other connection ever finds it missing,
// however the process ends. If Expire ends early, by an error or with ctx, the
// report beside the error says what was done and recorded, and the next call
// goes on.
//
// SQLite uses the space again, but returns it to the disk only by VACUUM. Until
// then the removed entries can be read from the file, unless PRAGMA
// secure_delete is on.
func (a *Admin) Expire(ctx context.Context, trail *audit.Log, policy retention.Policy) (retention.Report, error) {
	if trail == nil && !policy.DryRun {
		return retention.Report{}, fmt.Errorf("expiring entries: %w", upkeep.ErrNoTrail)
	}
	plan, err := a.planExpiry(ctx, policy)
	if err != nil || policy.DryRun {
		return plan, err
	}
	if policy.Chunk == 0 {
		policy.Chunk = 10_000
	}
	done, total := retention.Report{Kept: plan.Kept}, plan.Entries()
	report := func(gone int64) {
		if policy.Progress != nil {
			policy.Progress(gone, total)
		}
	}
	for i, month := range plan.Gone {
		if i > 0 {
			letOthersWrite(ctx)
		}
		gone, kept, err := a.expireMonth(ctx, trail, policy, month, func(n int64) { report(done.Entries() + n) })
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

// expireMonth removes a month's entries chunk by chunk. It returns what is gone, and
// what is kept if a hold came meanwhile, and reports how many are gone so far.
func (a *Admin) expireMonth(ctx context.Context, trail *audit.Log, policy retention.Policy, planned retention.Month, report func(int64)) (gone, kept retention.Month, err error) {
	gone, kept = planned, planned
	gone.Entries = 0
	for {
		n, more, err := a.expireChunk(ctx, trail, policy, &kept)
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

// letOthersWrite waits a little longer than SQLite sleeps between two attempts to
// get a lock (max 100 ms). SQLite has no queue for locks: without the pause, other
// writers could fail at every attempt until their busy timeout ends.
func letOthersWrite(ctx context.Context) {
	select {
	case <-time.After(110 * time.Millisecond):
	case <-ctx.Done():
	}
}

func (a *Admin) planExpiry(ctx context.Context, policy retention.Policy) (plan retention.Report, err error) {
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
	if err := policy.Validate(now); err != nil {
		return plan, err
	}
	holds, err := holdsOf(ctx, db)
	if err != nil {
		return plan, err
	}
	where, args := expiring(policy, time.Time{}, policy.Before)
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
		case policy.Org == "" && m.Until.After(policy.Before):
			m.Kept = upkeep.EndsLater
			plan.Kept = append(plan.Kept, m)
		case upkeep.Keep(&m, holds, policy):
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

// expireChunk removes some of a month's entries. It returns how many, and whether
// there may be more. If a hold came meanwhile, it removes none and writes the hold
// into the month.
func (a *Admin) expireChunk(ctx context.Context, trail *audit.Log, policy retention.Policy, month *retention.Month) (n int64, more bool, err error) {
	err = a.store.immediate(ctx, func(conn *sql.Conn) error {
		holds, err := holdsOf(ctx, conn)
		if err != nil {
			return err
		}
		if upkeep.Keep(month, holds, policy) {
			return nil
		}
		if n, err = deleteEntries(ctx, conn, policy, *month); err != nil || n == 0 {
			return err
		}
		removed := *month
		removed.Entries = n
		return upkeep.Record(ctx, trail, connTx{conn}, upkeep.Expired(policy, removed))
	})
	if err != nil {
		return 0, false, err
	}
	return n, n == int64(policy.Chunk), nil
}

// deleteEntries deletes one chunk of a month's entries that expire. Nobody else can
// write while the trigger is dropped: the transaction has the write lock from its
// beginning, and is rolled back as a whole.
func deleteEntries(ctx context.Context, conn *sql.Conn, policy retention.Policy, m retention.Month) (int64, error) {
	until := m.Until
	if until.After(policy.Before) {
		until = policy.Before
	}
	where, args := expiring(policy, m.From, until)
	if _, err := conn.ExecContext(ctx, "DROP TRIGGER IF EXISTS "+deleteTrigger); err != nil {
		return 0, fmt.Errorf("letting entries go: %w", err)
	}
	result, err := conn.ExecContext(ctx, "DELETE FROM audit_entries WHERE rowid IN (SELECT rowid FROM audit_entries"+where+" LIMIT ?)", append(args, policy.Chunk)...)
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
func expiring(policy retention.Policy, from, until time.Time) (where string, args []any) {
	first, last := audit.FirstID(from), audit.FirstID(until)
	where, args = " WHERE id >= ? AND id < ?", []any{first[:], last[:]}
	if policy.Org != "" {
		where, args = where+" AND org_id = ?", append(args, policy.Org)
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
