package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strings"
	"time"
)

// immediate runs do in a transaction that holds the write lock from its
// beginning. database/sql can only begin a deferred one, unless the DSN says
// otherwise; that takes the lock at its first write, and if another connection
// has written since its first read, it fails at once with SQLITE_BUSY.
func (s *Store) immediate(ctx context.Context, do func(*sql.Conn) error) error {
	if s.db == nil {
		return errNoDB
	}
	conn, err := connect(ctx, s.db)
	if err != nil {
		return err
	}
	defer conn.Close()
	err = whileBusy(ctx, func() error {
		_, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE")
		return err
	})
	if err != nil {
		// A context that ended may have hidden that it did begin.
		rollback(ctx, conn)
		return fmt.Errorf("beginning a transaction: %w", busy(err))
	}
	if err := do(conn); err != nil {
		rollback(ctx, conn)
		return err
	}
	// Without WAL, COMMIT waits until nobody reads. Another connection that tries
	// to begin is a reader for a moment. After SQLITE_BUSY the transaction is still
	// open, and SQLite lets no further readers in, so the next attempt succeeds.
	err = whileBusy(ctx, func() error {
		_, err := conn.ExecContext(ctx, "COMMIT")
		return err
	})
	if err != nil {
		rollback(ctx, conn)
		return fmt.Errorf("committing: %w", busy(err))
	}
	return nil
}

// busy adds the remedy to an error that says that SQLite had no time.
func busy(err error) error {
	if isBusy(err) {
		return fmt.Errorf("%w; give connections more time to wait for each other by busy_timeout, and set journal_mode to WAL", err)
	}
	return err
}

// connect returns a connection of the pool. The first ones to a new file may
// not open at once: the switch to WAL wants the file for itself, and SQLite then
// reports SQLITE_BUSY without waiting for the busy timeout.
func connect(ctx context.Context, db *sql.DB) (conn *sql.Conn, err error) {
	err = whileBusy(ctx, func() error {
		conn, err = db.Conn(ctx)
		return err
	})
	return conn, err
}

// busyTime is how long whileBusy tries, the busy_timeout that the package's
// documentation recommends. It is for hosts that have set none.
const busyTime = 5 * time.Second

// whileBusy tries something until SQLite is not busy with another connection's
// work. An attempt takes as long as the host's busy timeout, so after a long one
// there is no other.
func whileBusy(ctx context.Context, try func() error) error {
	began := time.Now()
	for wait := time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		err := try()
		if err == nil || !isBusy(err) || time.Since(began) >= busyTime {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// isBusy reports whether SQLite had no time. The drivers have their own
// error types, but its words.
func isBusy(err error) bool { return strings.Contains(err.Error(), "database is locked") }

// rollback makes sure that no transaction is open on the connection when it
// goes back to the pool, even if the context has ended.
func rollback(ctx context.Context, conn *sql.Conn) {
	ctx = context.WithoutCancel(ctx)
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err == nil {
		return
	}
	// After some errors SQLite has rolled back by itself, and then there is
	// nothing to roll back. If so, a transaction can begin.
	if _, err := conn.ExecContext(ctx, "BEGIN"); err == nil {
		if _, err = conn.ExecContext(ctx, "ROLLBACK"); err == nil {
			return
		}
	}
	// The pool closes a connection that is called bad.
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}
