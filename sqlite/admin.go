package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/auditkeep/audit"
)

// Admin does migrations, holds and retention, with the methods and words of the
// Admin of package postgres. It is safe for concurrent use.
type Admin struct {
	store *Store
}

// NewAdmin returns an Admin on the database. It sends nothing to it.
func NewAdmin(db *sql.DB) *Admin { return &Admin{New(db)} }

// Migrate is [Store.Migrate].
func (a *Admin) Migrate(ctx context.Context) error { return a.store.Migrate(ctx) }

// connTx is the [audit.Tx] of a transaction on a connection.
type connTx struct{ conn *sql.Conn }

// Insert implements [audit.Tx].
func (t connTx) Insert(ctx context.Context, entries []audit.Entry) error {
	if err := insert(ctx, t.conn, entries); err != nil {
		return fmt.Errorf("inserting entries: %w", err)
	}
	return nil
}

// querier is what reads need: the database or a connection of it.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// present returns the time that the database's clock shows.
func present(ctx context.Context, db querier) (time.Time, error) {
	var micros int64
	if err := db.QueryRowContext(ctx, "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)").Scan(&micros); err != nil {
		return time.Time{}, fmt.Errorf("reading the database's clock: %w", err)
	}
	return time.UnixMicro(micros).UTC(), nil
}
