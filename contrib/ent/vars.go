package auditent

import (
	"context"
	stdsql "database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// varsOf returns the names of the session variables that a statement sets
// (sql.WithVar). Outside of transactions ent resets them after each statement,
// and within one it does not. So the hook's own transactions reset them before
// they commit: the connection goes back to the pool.
//
// The context does not give the names away, but ent sets them on whatever
// connection it is given: here, one that only listens.
func varsOf(ctx context.Context) []string {
	heard := new(listener)
	db := stdsql.OpenDB(heard)
	defer db.Close()
	_ = sql.OpenDB(dialect.Postgres, db).Exec(context.WithoutCancel(ctx), "", []any{}, nil) // the listener fails never
	return heard.names
}

// listener is a database that hears SET name = 'value'.
type listener struct{ names []string }

func (l *listener) Connect(context.Context) (driver.Conn, error) { return l, nil }
func (l *listener) Driver() driver.Driver                        { return l }
func (l *listener) Open(string) (driver.Conn, error)             { return l, nil }
func (l *listener) Close() error                                 { return nil }
func (l *listener) Begin() (driver.Tx, error)                    { return nil, errListening }
func (l *listener) Prepare(string) (driver.Stmt, error)          { return nil, errListening }

var errListening = errors.New("auditent: only variables were expected")

func (l *listener) ExecContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Result, error) {
	if set, ok := strings.CutPrefix(query, "SET "); ok {
		name, _, _ := strings.Cut(set, " = ")
		l.names = append(l.names, name)
	}
	return driver.ResultNoRows, nil
}
