package postgres

import (
	"context"
	"database/sql"
	"errors"
	"reflect"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// Tx adapts the host's pgx transaction, for [audit.Log.Record].
func (s *Store) Tx(tx pgx.Tx) audit.Tx {
	if isNil(tx) {
		return transaction{}
	}
	return transaction{pgxHandle{tx}, s.statements}
}

// SQLTransaction is what [Store.SQLTx] needs of a transaction. [*sql.Tx] has
// it, and so have those of GORM and sqlx. (bun's has it too, but puts arguments
// into the statement by its own rules: give the *sql.Tx within it.) Commit and
// Rollback are never called: they are here so that a pool ([*sql.DB]) does not
// compile in place of a transaction.
type SQLTransaction interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	Commit() error
	Rollback() error
}

// SQLTx adapts the host's database/sql transaction, of any PostgreSQL driver,
// for [audit.Log.Record].
func (s *Store) SQLTx(tx SQLTransaction) audit.Tx {
	if isNil(tx) {
		return transaction{}
	}
	return transaction{sqlHandle{tx}, s.statements}
}

// isNil reports whether an interface holds nothing, or a pointer to nothing.
func isNil(tx any) bool {
	v := reflect.ValueOf(tx)
	return !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil()
}

type transaction struct {
	db handle
	*statements
}

var errNoTx = errors.New("postgres: no transaction is given: the one given to Store.Tx or Store.SQLTx is nil")

// Insert implements [audit.Tx].
func (t transaction) Insert(ctx context.Context, entries []audit.Entry) error {
	if t.db == nil {
		return errNoTx
	}
	return t.insert(ctx, t.db, entries)
}

// InsertFresh implements [audit.FreshTx].
func (t transaction) InsertFresh(ctx context.Context, entries []audit.Entry) error {
	if t.db == nil {
		return errNoTx
	}
	return t.insertNew(ctx, t.db, entries)
}

// pgxHandle is a handle on a [pgx.Tx] or a pool.
type pgxHandle struct {
	db interface {
		Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
		Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	}
}

func (h pgxHandle) exec(ctx context.Context, query string, args []any) (int64, error) {
	tag, err := h.db.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (h pgxHandle) entries(ctx context.Context, query string, args []any) ([]audit.Entry, error) {
	rows, err := h.db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, entryScanner())
}

// sqlHandle is a handle on a database/sql transaction. Its drivers know no
// arrays, so these go as PostgreSQL writes them.
type sqlHandle struct{ tx SQLTransaction }

func (h sqlHandle) exec(ctx context.Context, query string, args []any) (int64, error) {
	result, err := h.tx.ExecContext(ctx, query, sqlArgs(args)...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (h sqlHandle) entries(ctx context.Context, query string, args []any) ([]audit.Entry, error) {
	rows, err := h.tx.QueryContext(ctx, query, sqlArgs(args)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var entries []audit.Entry
	var reader entrysql.Reader
	for rows.Next() {
		entry, err := reader.Scan(rows.Scan)
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry)
	}
	return entries, rows.Err()
}

func sqlArgs(given []any) []any {
	args := make([]any, len(given))
	for i, arg := range given {
		if array, ok := arg.([]string); ok {
			arg = arrayLiteral(array)
		}
		args[i] = arg
	}
	return args
}
