// Package auditbun holds no code: recording fits bun's transactions as they
// are. Its test shows how, and that it does.
//
// On PostgreSQL, one pool is enough for bun and the log:
// bun.NewDB(stdlib.OpenDBFromPool(pool), pgdialect.New()) beside
// postgres.New(pool), or postgres.NewSQL(db.DB) with a database that pgx opened.
//
// There is no hook that records by itself, since none of bun's sees enough: a
// query hook does not know the transaction of its query, and neither hook of a
// model knows which rows a statement on many of them covers.
package auditbun_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// APIKey is a host's model. Package audit reads no bun tags: a column with
// another name than the field's in snake_case needs an audit tag too.
type APIKey struct {
	bun.BaseModel `bun:"table:api_keys"`

	ID     int64 `bun:",pk,autoincrement"`
	Name   string
	Secret string
}

// host is an application: db and trail, and what adapts its transactions.
type host struct {
	db    *bun.DB
	trail *audit.Log
	inTx  func(*sql.Tx) audit.Tx
}

// rename is all that an update is. Mind tx.Tx: bun's own ExecContext puts
// arguments into the statement by itself, where it finds a question mark.
func (h host) rename(ctx context.Context, id int64, name string) error {
	return h.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
		var before APIKey
		if err := tx.NewSelect().Model(&before).Where("id = ?", id).Scan(ctx); err != nil { // PostgreSQL: .For("UPDATE")
			return err
		}
		after := audit.Snapshot(before)
		after.Name = name
		if _, err := tx.NewUpdate().Model(&after).WherePK().Exec(ctx); err != nil {
			return err
		}
		return h.trail.Record(ctx, h.inTx(tx.Tx), audit.Updated(before, after)) // store.SQLTx(tx.Tx); sqlite: store.Tx(tx.Tx)
	})
}

func newHost(t *testing.T, pool *sql.DB, dialect schema.Dialect, store interface {
	audit.Store
	Migrate(context.Context) error
}, inTx func(*sql.Tx) audit.Tx,
) host {
	t.Helper()
	require.NoError(t, store.Migrate(t.Context()))
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	db := bun.NewDB(pool, dialect)
	t.Cleanup(func() { db.Close() })
	_, err = db.NewCreateTable().Model((*APIKey)(nil)).Exec(t.Context())
	require.NoError(t, err)
	return host{db, trail, inTx}
}

func TestBun(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) host{
		"SQLite": func(t *testing.T) host {
			pool, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
			require.NoError(t, err)
			store := sqlite.New(pool)
			return newHost(t, pool, sqlitedialect.New(), store, store.Tx)
		},
		"PostgreSQL": func(t *testing.T) host {
			pool := pgtest.New(t)
			store := postgres.New(pool)
			return newHost(t, stdlib.OpenDBFromPool(pool), pgdialect.New(), store, func(tx *sql.Tx) audit.Tx { return store.SQLTx(tx) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			ctx := audit.WithActor(t.Context(), audit.Actor{Email: "dana@acme.test"})
			key := APIKey{Name: "is it ? or $1", Secret: "s1"}
			require.NoError(t, h.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				if _, err := tx.NewInsert().Model(&key).Exec(ctx); err != nil {
					return err
				}
				return h.trail.Record(ctx, h.inTx(tx.Tx), audit.Created(key))
			}))
			require.NoError(t, h.rename(ctx, key.ID, "deploy"))
			lost := errors.New("lost")
			require.ErrorIs(t, h.db.RunInTx(ctx, nil, func(ctx context.Context, tx bun.Tx) error {
				require.NoError(t, h.trail.Record(ctx, h.inTx(tx.Tx), audit.Destroyed(key)))
				return lost
			}), lost)

			var changes []string
			for e, err := range h.trail.All(ctx, audit.Filter{}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
				require.NoError(t, err)
				changes = append(changes, e.Object.String()+" "+e.Changes.JSON())
			}
			assert.Equal(t, []string{
				`api_key 1 [{"field":"name","new":"is it ? or $1"},{"field":"secret","new":{"$audit":"redacted"}}]`,
				`api_key 1 [{"field":"name","new":"deploy","old":"is it ? or $1"}]`,
			}, changes)
		})
	}
}

// What the *sql.Tx within is for: bun's own transaction fits the interface, but
// fails, and nothing is changed.
func TestNotBunsOwnTransaction(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	store := postgres.New(pool)
	h := newHost(t, stdlib.OpenDBFromPool(pool), pgdialect.New(), store, nil)
	require.Error(t, h.db.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
		return h.trail.Record(ctx, store.SQLTx(tx), audit.Created(APIKey{ID: 1}))
	}))
}
