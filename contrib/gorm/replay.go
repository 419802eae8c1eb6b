package auditgorm

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"reflect"
)

// replay returns the columns that the statement's own RETURNING clause asked
// for, of all rows, as rows that GORM can scan.
func (r *returned) replay(ctx context.Context) (*sql.Rows, error) {
	db := sql.OpenDB(replayed{r})
	rows, err := db.QueryContext(ctx, "")
	return rows, errors.Join(err, db.Close()) // rows that are open stay so
}

// replayed is a database/sql driver with one result in memory, since only
// package sql makes an [sql.Rows].
type replayed struct{ result *returned }

func (r replayed) Connect(context.Context) (driver.Conn, error) { return replayedConn(r), nil }
func (r replayed) Driver() driver.Driver                        { return r }
func (r replayed) Open(string) (driver.Conn, error)             { return replayedConn(r), nil }

type replayedConn replayed

func (replayedConn) Prepare(string) (driver.Stmt, error) { return nil, driver.ErrSkip }
func (replayedConn) Begin() (driver.Tx, error)           { return nil, driver.ErrSkip }
func (replayedConn) Close() error                        { return nil }

func (c replayedConn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return &replayedRows{result: c.result}, nil
}

type replayedRows struct {
	result *returned
	next   int
}

func (r *replayedRows) Columns() []string { return r.result.ownNames }
func (r *replayedRows) Close() error      { return nil }

func (r *replayedRows) Next(dest []driver.Value) error {
	if r.next == len(r.result.all) {
		return io.EOF
	}
	for i := range dest {
		dest[i] = r.result.all[r.next].raw[i]
	}
	r.next++
	return nil
}

func (r *replayedRows) ColumnTypeScanType(i int) reflect.Type {
	if t := r.result.ownTypes[i].ScanType(); t != nil {
		return t
	}
	return reflect.TypeFor[any]()
}

func (r *replayedRows) ColumnTypeDatabaseTypeName(i int) string {
	return r.result.ownTypes[i].DatabaseTypeName()
}
