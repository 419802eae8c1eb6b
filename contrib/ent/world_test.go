package auditent_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	auditent "github.com/auditkeep/audit/contrib/ent"
	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/contrib/ent/internal/example/migrate"
	_ "github.com/auditkeep/audit/contrib/ent/internal/example/runtime"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// world is a database with a log, and a client whose mutations are recorded.
type world struct {
	dialect string
	db      *sql.DB
	trail   *audit.Log
	tx      func(context.Context, ent.Mutation) (audit.Tx, error)
	hook    ent.Hook
	client  *example.Client
	plain   *example.Client // without the hook
}

// stores are the databases that each test runs on.
var stores = map[string]func(*testing.T) *world{"SQLite": onSQLite, "PostgreSQL": onPostgres}

func onStores(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	t.Parallel()
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

func onPostgres(t *testing.T) *world {
	t.Helper()
	pool := pgtest.New(t)
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	w := &world{dialect: dialect.Postgres, db: stdlib.OpenDBFromPool(pool), tx: auditent.Tx(store.SQLTx)}
	w.open(t, store)
	return w
}

func onSQLite(t *testing.T) *world {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	require.NoError(t, err)
	store := sqlite.New(db)
	require.NoError(t, store.Migrate(t.Context()))
	w := &world{dialect: dialect.SQLite, db: db, tx: auditent.Tx(store.Tx)}
	w.open(t, store)
	return w
}

func (w *world) open(t *testing.T, store audit.Store) {
	t.Helper()
	t.Cleanup(func() { w.db.Close() })
	var err error
	w.trail, err = audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	w.plain = w.newClient()
	require.NoError(t, w.plain.Schema.Create(t.Context(), migrate.WithGlobalUniqueID(false)))
	w.hook = w.newHook(t, auditent.Options{})
	w.client = w.newClient()
	require.NoError(t, auditent.Use(w.client, w.hook))
}

func (w *world) newClient() *example.Client {
	return example.NewClient(example.Driver(entsql.OpenDB(w.dialect, w.db)))
}

func (w *world) newHook(t *testing.T, o auditent.Options) ent.Hook {
	t.Helper()
	hook, err := auditent.New(w.trail, w.tx, o)
	require.NoError(t, err)
	return hook
}

// inTx runs a function in a transaction of the client.
func (w *world) inTx(ctx context.Context, t *testing.T, do func(*example.Client) error) error {
	t.Helper()
	tx, err := w.client.Tx(ctx)
	require.NoError(t, err)
	if err := do(tx.Client()); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// recorded returns the log's entries, oldest first.
func (w *world) recorded(t *testing.T) (lines []string) {
	t.Helper()
	for _, e := range w.entries(t) {
		lines = append(lines, string(e.Action)+" "+e.Object.String()+" "+e.Changes.JSON())
	}
	return lines
}

func (w *world) entries(t *testing.T) (all []audit.Entry) {
	t.Helper()
	for e, err := range w.trail.All(t.Context(), audit.Filter{}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}
