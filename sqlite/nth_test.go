package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/retention"
	"github.com/auditkeep/audit/sqlite"
)

// nth is a driver whose n-th statement fails, once it is armed.
type nth struct {
	inner  driver.Driver
	dsn    string
	left   atomic.Int64
	failed atomic.Bool
}

var errDisk = errors.New("disk I/O error")

func (f *nth) arm(n int) {
	f.failed.Store(false)
	f.left.Store(int64(n))
}

func (f *nth) hit() error {
	if f.left.Add(-1) != 0 {
		return nil
	}
	f.failed.Store(true)
	return errDisk
}

// Connect implements [driver.Connector].
func (f *nth) Connect(context.Context) (driver.Conn, error) {
	conn, err := f.inner.Open(f.dsn)
	if err != nil {
		return nil, err
	}
	return failingConn{conn.(sqliteConn), f}, nil
}

// Driver implements [driver.Connector].
func (f *nth) Driver() driver.Driver { return f.inner }

// sqliteConn is what the driver's connections can do.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
}

type failingConn struct {
	sqliteConn
	fault *nth
}

func (c failingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.fault.hit(); err != nil {
		return nil, err
	}
	return c.sqliteConn.ExecContext(ctx, query, args)
}

func (c failingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.fault.hit(); err != nil {
		return nil, err
	}
	return c.sqliteConn.QueryContext(ctx, query, args)
}

func (c failingConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if err := c.fault.hit(); err != nil {
		return nil, err
	}
	tx, err := c.sqliteConn.BeginTx(ctx, options)
	return failingTx{tx, c.fault}, err
}

func (c failingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := c.fault.hit(); err != nil {
		return nil, err
	}
	statement, err := c.sqliteConn.PrepareContext(ctx, query)
	return failingStmt{statement, c.fault}, err
}

type failingTx struct {
	driver.Tx
	fault *nth
}

func (tx failingTx) Commit() error {
	if err := tx.fault.hit(); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Tx.Commit()
}

type failingStmt struct {
	driver.Stmt
	fault *nth
}

func (s failingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	if err := s.fault.hit(); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

func (s failingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if err := s.fault.hit(); err != nil {
		return nil, err
	}
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

// wholeFile is all that the database holds: tables, triggers and rows.
func wholeFile(t *testing.T, db *sql.DB) string {
	t.Helper()
	var all strings.Builder
	for _, query := range []string{
		"SELECT sql FROM sqlite_schema ORDER BY name",
		"SELECT hex(id) || org_id || action || comment FROM audit_entries ORDER BY org_id, id",
		"SELECT name FROM audit_migrations ORDER BY version", "SELECT name FROM api_keys ORDER BY name",
	} {
		rows, err := db.QueryContext(t.Context(), query)
		if err != nil && strings.Contains(err.Error(), "no such table") {
			continue
		}
		require.NoError(t, err)
		defer rows.Close()
		for rows.Next() {
			var text sql.NullString
			require.NoError(t, rows.Scan(&text))
			fmt.Fprintln(&all, text.String)
		}
		require.NoError(t, rows.Err())
	}
	return all.String()
}

// TestEveryStatementFails fails the first statement, then the second, and so
// on, until all pass: before, an error comes out and nothing has changed.
func TestEveryStatementFails(t *testing.T) {
	t.Parallel()
	taken := performed("taken").WithID(audit.NewID())
	events := []audit.Event{performed("one"), taken, performed("two").WithID(audit.NewID())}
	expire := func(org string) func(context.Context, *sql.DB, *audit.Log) error {
		return func(ctx context.Context, db *sql.DB, log *audit.Log) error {
			_, err := sqlite.NewAdmin(db).Expire(ctx, log, retention.Policy{Before: date(2026, time.April, 1), Org: org})
			return err
		}
	}
	for name, do := range map[string]func(context.Context, *sql.DB, *audit.Log) error{
		"Migrate": func(ctx context.Context, db *sql.DB, _ *audit.Log) error { return sqlite.New(db).Migrate(ctx) },
		"Record": func(ctx context.Context, db *sql.DB, log *audit.Log) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			if _, err := tx.ExecContext(ctx, "INSERT INTO api_keys VALUES ('new')"); err != nil {
				return err
			}
			if err := log.Record(ctx, sqlite.New(db).Tx(tx), events...); err != nil {
				return err
			}
			return tx.Commit()
		},
		"RecordDetached":             func(ctx context.Context, _ *sql.DB, log *audit.Log) error { return log.RecordDetached(ctx, events...) },
		"Expire":                     expire(""),
		"Expire of one organization": expire("globex"),
		"Hold": func(ctx context.Context, db *sql.DB, log *audit.Log) error {
			return sqlite.NewAdmin(db).Hold(ctx, log, retention.Hold{Name: "x", Reason: "y"})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// Without waiting for the disk, which other tests do beside this one.
			dsn := "file:" + filepath.Join(t.TempDir(), "audit.db") + recommended + "&_pragma=synchronous(OFF)"
			db, err := sql.Open("sqlite", dsn)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, db.Close()) })
			fault := &nth{inner: db.Driver(), dsn: dsn}
			failing := sql.OpenDB(fault)
			t.Cleanup(func() { require.NoError(t, failing.Close()) })
			if name != "Migrate" {
				store := sqlite.New(db)
				require.NoError(t, store.Migrate(t.Context()))
				_, err := db.ExecContext(t.Context(), "CREATE TABLE api_keys (name TEXT)")
				require.NoError(t, err)
				for _, org := range []string{"acme", "globex"} {
					log, err := audit.New(store, audit.Config{Org: org})
					require.NoError(t, err)
					require.NoError(t, log.RecordDetached(t.Context(), taken, performed("x").WithTime(date(2026, time.March, 3))))
				}
			}
			log := newLog(t, sqlite.New(failing))
			before := wholeFile(t, db)
			for n := 1; ; n++ {
				fault.arm(n)
				err := do(t.Context(), failing, log)
				if !fault.failed.Load() {
					require.NoError(t, err)
					t.Logf("%d statements", n-1)
					break
				}
				fault.left.Store(0)
				require.ErrorIs(t, err, errDisk, "statement %d", n)
				require.Equal(t, before, wholeFile(t, db), "statement %d: %v", n, err)
			}
			assert.NotEqual(t, before, wholeFile(t, db), "done")
		})
	}
}
