// Package auditsqlx holds no code: recording fits sqlx's transactions as they
// are, and db tags name the fields. Its test shows how, and that it does.
//
// On PostgreSQL, one pool is enough for sqlx and the log:
// sqlx.NewDb(stdlib.OpenDBFromPool(pool), "pgx") beside postgres.New(pool), or
// postgres.NewSQL(db.DB) with a database that pgx opened.
package auditsqlx_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

type APIKey struct {
	ID    int    `db:"id"`
	Title string `db:"name"`
}

// host is an application: db and trail, and what adapts its transactions.
type host struct {
	db    *sqlx.DB
	trail *audit.Log
	inTx  func(*sql.Tx) audit.Tx
}

// rename is all that an update is.
func (h host) rename(ctx context.Context, id int, name string) error {
	tx, err := h.db.BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	var before APIKey
	if err := tx.GetContext(ctx, &before, tx.Rebind("SELECT * FROM api_keys WHERE id = ?"), id); err != nil { // PostgreSQL: FOR UPDATE
		return err
	}
	after := audit.Snapshot(before)
	after.Title = name
	if _, err := tx.NamedExecContext(ctx, "UPDATE api_keys SET name = :name WHERE id = :id", after); err != nil {
		return err
	}
	if err := h.trail.Record(ctx, h.inTx(tx.Tx), audit.Updated(before, after)); err != nil { // store.SQLTx(tx); sqlite: store.Tx(tx.Tx)
		return err
	}
	return tx.Commit()
}

func TestSqlx(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		db, err := sqlx.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
		require.NoError(t, err)
		store := sqlite.New(db.DB)
		require.NoError(t, store.Migrate(t.Context()))
		test(t, db, store, store.Tx)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.New(t)
		store := postgres.New(pool)
		require.NoError(t, store.Migrate(t.Context()))
		test(t, sqlx.NewDb(stdlib.OpenDBFromPool(pool), "pgx"), store, func(tx *sql.Tx) audit.Tx { return store.SQLTx(tx) })
	})
}

func test(t *testing.T, db *sqlx.DB, store audit.Store, inTx func(*sql.Tx) audit.Tx) {
	t.Helper()
	t.Cleanup(func() { db.Close() })
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	db.MustExec("CREATE TABLE api_keys (id int PRIMARY KEY, name text)")
	db.MustExec("INSERT INTO api_keys VALUES (7, 'ci')")
	require.NoError(t, host{db, trail, inTx}.rename(t.Context(), 7, "deploy"))
	require.ErrorIs(t, host{db, trail, inTx}.rename(t.Context(), 8, "deploy"), sql.ErrNoRows)

	page, err := trail.Page(t.Context(), audit.Query{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 1)
	assert.Equal(t, `[{"field":"name","new":"deploy","old":"ci"}]`, page.Entries[0].Changes.JSON())
}
