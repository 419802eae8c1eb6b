package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// insertSQL inserts one entry, unless its ID is already taken. ON CONFLICT
// would not do: the trigger that protects existing entries comes before it.
// One prepared statement for each row is SQLite's fastest way; a statement of
// many rows is slower.
//
// The store gives recorded_at, whose default is only as fine as SQLite's clock,
// a millisecond. Rounded to that, most entries would be recorded before they
// occurred.
var insertSQL = "INSERT INTO audit_entries (" + strings.Join(entrysql.Columns, ", ") + ", recorded_at)" +
	" SELECT ?" + strings.Repeat(", ?", len(entrysql.Columns)) +
	" WHERE NOT EXISTS (SELECT 1 FROM audit_entries WHERE org_id = ? AND id = ?)"

var takenSQL = "SELECT " + entrysql.ReadColumns + " FROM audit_entries AS e WHERE e.org_id = ? AND e.id = ?"

// handle is what an insert needs of a [*sql.Tx] or a [*sql.Conn].
type handle interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Tx adapts the host's transaction, for [audit.Log.Record].
func (s *Store) Tx(tx *sql.Tx) audit.Tx { return transaction{tx} }

type transaction struct{ tx *sql.Tx }

var errNoTx = errors.New("sqlite: no transaction is given: the *sql.Tx given to Store.Tx is nil")

// Insert implements [audit.Tx].
func (t transaction) Insert(ctx context.Context, entries []audit.Entry) error {
	if t.tx == nil {
		return errNoTx
	}
	if err := insert(ctx, t.tx, entries); err != nil {
		return fmt.Errorf("inserting entries: %w", err)
	}
	return nil
}

// insert implements the rules of [audit.Tx].
func insert(ctx context.Context, db handle, entries []audit.Entry) error {
	if len(entries) == 0 {
		return nil
	}
	statement, err := db.PrepareContext(ctx, insertSQL)
	if err != nil {
		return unmigrated(err)
	}
	defer statement.Close()
	for i := range entries {
		e := &entries[i]
		result, err := statement.ExecContext(ctx, argsOf(e)...)
		if err != nil {
			return err
		}
		inserted, err := result.RowsAffected()
		if err != nil {
			return err
		}
		if inserted == 1 {
			continue
		}
		stored, err := new(entrysql.Reader).Scan(db.QueryRowContext(ctx, takenSQL, e.Org, e.ID[:]).Scan)
		if err != nil {
			return fmt.Errorf("reading the entry that has the ID %s: %w", e.ID, err)
		}
		if err := entrysql.CheckTaken(entries[i:i+1], []audit.Entry{stored}); err != nil {
			return err
		}
	}
	return nil
}

// argsOf returns the parameters of insertSQL.
func argsOf(e *audit.Entry) []any {
	return append(entrysql.SQLiteValues(e, 3), time.Now().UnixMicro(), e.Org, e.ID[:])
}
