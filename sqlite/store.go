// Package sqlite keeps the audit log in SQLite 3.42 or later, through
// database/sql and whichever driver the host has: modernc.org/sqlite,
// mattn/go-sqlite3 and others.
//
//	db, err := sql.Open("sqlite", "file:app.db?_txlock=immediate"+
//		"&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)")
//	store := sqlite.New(db)
//	if err := store.Migrate(ctx); err != nil { … }
//	trail, err := audit.New(store, audit.Config{})
//
// The program in package audit's own documentation is on SQLite.
//
// The settings in this DSN (modernc's; other drivers spell them their own way)
// are recommended for the host's sake as much as for the log's:
//   - journal_mode WAL: readers and the one writer do not block each other.
//   - busy_timeout: a writer waits for its turn instead of failing at once.
//   - synchronous FULL: a commit is on the disk when it returns; with NORMAL,
//     WAL loses the last commits when the power fails.
//   - _txlock immediate: a transaction takes the write lock when it begins. One
//     that reads first and then writes fails with SQLITE_BUSY, whatever the
//     timeout, if another has written in between.
//
// Let PRAGMA optimize run now and then, as SQLite's manual advises: without
// statistics, a filter within a range of time may be answered by going through
// the range.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/auditkeep/audit"
)

// Store is an [audit.Store] in SQLite. It is safe for concurrent use.
type Store struct {
	db *sql.DB
}

var _ audit.Store = (*Store)(nil)

// New returns a store on the database. It does not touch it.
func New(db *sql.DB) *Store { return &Store{db: db} }

var errNoDB = errors.New("sqlite: no database is given: call sqlite.New with a *sql.DB")

// InsertDetached implements [audit.Store].
func (s *Store) InsertDetached(ctx context.Context, entries []audit.Entry) error {
	err := s.immediate(ctx, func(conn *sql.Conn) error {
		return insert(ctx, conn, entries)
	})
	if err != nil {
		return fmt.Errorf("inserting entries: %w", err)
	}
	return nil
}
