package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
)

// stopWriters keeps everybody from writing into a partition until the
// transaction ends, so that the number counted is the number removed.
//
// For a past month it locks the partition: readers, and writers of other
// months, go on. For a month that is still written to it locks the whole log.
// Its writers would otherwise wait while they hold a lock on the log, and then
// the log could not be locked any more.
func stopWriters(ctx context.Context, tx pgx.Tx, entries table, p partition) error {
	var now time.Time
	if err := tx.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return fmt.Errorf("reading the database's clock: %w", err)
	}
	lock := "LOCK TABLE " + p.sql() + " IN SHARE MODE"
	if p.upper.Compare(audit.FirstID(now)) > 0 {
		lock = "LOCK TABLE ONLY " + entries.sql() + " IN ACCESS EXCLUSIVE MODE"
	}
	if _, err := tx.Exec(ctx, lock); err != nil {
		return fmt.Errorf("keeping writers waiting: %w", err)
	}
	return nil
}

// dropPartition drops a partition whose writers are stopped.
func (a *Admin) dropPartition(ctx context.Context, tx pgx.Tx, entries table, p partition) error {
	if err := a.lockAfter(ctx, tx, entries, p); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "DROP TABLE "+p.sql()); err != nil {
		return fmt.Errorf("dropping partition %s: %w", p.Name, err)
	}
	return nil
}

// lockAfter locks the whole log after the transaction has locked one partition.
//
// That is the wrong order: a writer that waits for the partition has locked the
// log before, and PostgreSQL would end one of the two, maybe the writer. So the
// transaction does not wait if somebody waits for it. It also waits for a
// shorter time than the one after which others look for a deadlock. It tries
// several times, and between two attempts lets those through who queued behind
// it.
func (a *Admin) lockAfter(ctx context.Context, tx pgx.Tx, entries table, p partition) error {
	timeout := a.lockTimeout
	var deadlock int64
	if err := tx.QueryRow(ctx, "SELECT setting::bigint FROM pg_settings WHERE name = 'deadlock_timeout'").Scan(&deadlock); err != nil {
		return err
	}
	timeout = max(time.Millisecond, min(timeout, time.Duration(deadlock)*time.Millisecond/2))

	const attempts = 10
	for attempt := 1; ; attempt++ {
		var awaited bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_locks WHERE relation = $1 AND NOT granted)", p.OID).Scan(&awaited); err != nil {
			return err
		}
		if awaited {
			return fmt.Errorf("%w: somebody waits to write into %s", ErrBusy, p.Name)
		}
		err := pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", timeout.Milliseconds())); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "LOCK TABLE ONLY "+entries.sql()+" IN ACCESS EXCLUSIVE MODE")
			return err
		})
		if err == nil {
			return nil
		}
		if attempt == attempts || !errors.Is(busy(err), ErrBusy) {
			return fmt.Errorf("keeping writers waiting: %w", err)
		}
		select {
		case <-time.After(timeout):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
