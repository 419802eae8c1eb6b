package main

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// database is the application's own database, with the audit log in it.
type database struct {
	*sql.DB
	store audit.Store
	// audited adapts the application's transaction for the audit log.
	audited func(*sql.Tx) audit.Tx
	// dollars: placeholders are $1, $2 … instead of ?.
	dollars bool
	close   func()
}

var (
	//go:embed schema_sqlite.sql
	sqliteSchema string
	//go:embed schema_postgres.sql
	postgresSchema string
)

// openDatabase opens a postgres:// URL, a SQLite file, or a temporary file
// where dsn is empty, and makes its tables.
func openDatabase(ctx context.Context, dsn string) (*database, error) {
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return openPostgres(ctx, dsn)
	}
	if scheme, _, found := strings.Cut(dsn, "://"); found {
		return nil, fmt.Errorf("-db is a %s:// URL: give a postgres:// one, or the name of a SQLite file", scheme)
	}
	db, err := openSQLite(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("-db %q: %w", dsn, err)
	}
	return db, nil
}

func openPostgres(ctx context.Context, dsn string) (*database, error) {
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return nil, fmt.Errorf("opening PostgreSQL: %w", err)
	}
	store := postgres.New(pool)
	db := &database{DB: stdlib.OpenDBFromPool(pool), store: store, dollars: true, close: pool.Close}
	db.audited = func(tx *sql.Tx) audit.Tx { return store.SQLTx(tx) }
	if err := store.Migrate(ctx); err != nil {
		return nil, err
	}
	if _, err := pool.Exec(ctx, postgresSchema); err != nil {
		return nil, fmt.Errorf("making the application's tables: %w", err)
	}
	return db, nil
}

func openSQLite(ctx context.Context, file string) (*database, error) {
	remove := func() {}
	if file == "" {
		dir, err := os.MkdirTemp("", "auditkeep-quickstart-")
		if err != nil {
			return nil, fmt.Errorf("making a temporary folder: %w", err)
		}
		file, remove = filepath.Join(dir, "quickstart.db"), func() { _ = os.RemoveAll(dir) }
	}
	name := (&url.URL{Path: file}).EscapedPath() // it may hold what means something in a URL
	pool, err := sql.Open("sqlite", "file:"+name+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, fmt.Errorf("opening SQLite: %w", err)
	}
	store := sqlite.New(pool)
	db := &database{DB: pool, store: store, close: func() { _ = pool.Close(); remove() }}
	db.audited = func(tx *sql.Tx) audit.Tx { return store.Tx(tx) }
	if err := store.Migrate(ctx); err != nil {
		return nil, err
	}
	if _, err := pool.ExecContext(ctx, sqliteSchema); err != nil {
		return nil, fmt.Errorf("making the application's tables: %w", err)
	}
	return db, nil
}

// inTx runs f in a transaction, which is rolled back if f fails.
func (db *database) inTx(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back
	if err := f(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// sql returns a statement written with ? in the database's own notation.
func (db *database) sql(statement string) string {
	if !db.dollars {
		return statement
	}
	var out strings.Builder
	n := 0
	for _, part := range strings.SplitAfter(statement, "?") {
		if rest, ok := strings.CutSuffix(part, "?"); ok {
			n++
			part = rest + "$" + strconv.Itoa(n)
		}
		out.WriteString(part)
	}
	return out.String()
}
