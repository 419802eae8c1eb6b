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
	"github.com/auditkeep/audit/internal/entrysql"
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

// List implements [audit.Store].
func (s *Store) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	statement, err := entrysql.List(audit.SQLite, walk)
	if err != nil {
		return nil, fmt.Errorf("listing entries: %w", err)
	}
	entries, err := collect(ctx, s.db, entryScanner(), statement)
	if err != nil {
		return nil, fmt.Errorf("listing entries: %w", err)
	}
	return entries, nil
}

// Count implements [audit.Store].
func (s *Store) Count(ctx context.Context, filter audit.Filter, limit int) (int, error) {
	statement, err := entrysql.Count(audit.SQLite, filter, limit)
	if err != nil {
		return 0, fmt.Errorf("counting entries: %w", err)
	}
	counts, err := collect(ctx, s.db, scanOne[int], statement)
	if err != nil {
		return 0, fmt.Errorf("counting entries: %w", err)
	}
	return counts[0], nil
}

// Histogram implements [audit.Store].
func (s *Store) Histogram(ctx context.Context, filter audit.Filter, bounds []audit.ID, limit int) ([]audit.HistogramBar, error) {
	statement, err := entrysql.Histogram(audit.SQLite, filter, bounds, limit)
	if err != nil {
		return nil, fmt.Errorf("counting entries by time: %w", err)
	}
	bars, err := collect(ctx, s.db, scanBar, statement)
	if err != nil {
		return nil, fmt.Errorf("counting entries by time: %w", err)
	}
	return bars, nil
}

// Values implements [audit.Store].
func (s *Store) Values(ctx context.Context, org string, column audit.Column, prefix string, limit int) ([]string, error) {
	statement, err := entrysql.Values(audit.SQLite, org, column, prefix, limit)
	if err != nil {
		return nil, fmt.Errorf("listing values: %w", err)
	}
	values, err := collect(ctx, s.db, scanText, statement)
	if err != nil {
		return nil, fmt.Errorf("listing values: %w", err)
	}
	return values, nil
}

// collect runs a query and reads all its rows.
func collect[T any](ctx context.Context, db *sql.DB, read func(*sql.Rows) (T, error), statement entrysql.Statement) ([]T, error) {
	if db == nil {
		return nil, errNoDB
	}
	rows, err := db.QueryContext(ctx, statement.SQL, statement.Args...)
	if err != nil {
		return nil, unmigrated(err)
	}
	defer rows.Close()
	all := make([]T, 0, statement.Most)
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}

func entryScanner() func(*sql.Rows) (audit.Entry, error) {
	var reader entrysql.Reader
	return func(rows *sql.Rows) (audit.Entry, error) { return reader.Scan(rows.Scan) }
}

func scanBar(rows *sql.Rows) (audit.HistogramBar, error) { return entrysql.ScanBar(rows.Scan) }

// scanText reads a text, whatever a row may hold instead.
func scanText(rows *sql.Rows) (string, error) {
	var cell entrysql.Cell
	err := rows.Scan(&cell)
	return cell.Text, err
}

func scanOne[T any](rows *sql.Rows) (one T, err error) {
	err = rows.Scan(&one)
	return one, err
}
