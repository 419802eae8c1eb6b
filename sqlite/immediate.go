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
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		// A context that ended may have hidden that it did begin.
		rollback(ctx, conn)
		return fmt.Errorf("beginning a transaction: %w", err)
	}
	if err := do(conn); err != nil {
		rollback(ctx, conn)
		return err
	}
	if _, err := conn.ExecContext(ctx, "COMMIT"); err != nil {
		rollback(ctx, conn)
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

// connect returns a connection of the pool. The first ones to a new file may
// not open at once: the switch to WAL wants the file for itself, and SQLite then
// reports SQLITE_BUSY without waiting for the busy timeout. So a few processes
// that start together get a few more attempts, over two seconds in all.
func connect(ctx context.Context, db *sql.DB) (*sql.Conn, error) {
	for wait := time.Millisecond; ; wait *= 2 {
		conn, err := db.Conn(ctx)
		// The drivers have error types of their own, but SQLite's words.
		if err == nil || wait > time.Second || !strings.Contains(err.Error(), "database is locked") {
			return conn, err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

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
