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
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	auditent "github.com/auditkeep/audit/contrib/ent"
	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/contrib/ent/internal/example/user"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// plug is all that a host adds to its setup.
func plug(client *example.Client, trail *audit.Log, store *postgres.Store) error {
	hook, err := auditent.New(trail, auditent.Tx(store.SQLTx), auditent.Options{})
	if err != nil {
		return err
	}
	client.Use(hook)
	return nil
}

// world is a database with a log; inTx runs a function in a transaction.
type world struct {
	trail *audit.Log
	inTx  func(context.Context, func(context.Context, *example.Client) error) error
}

func onPostgres(t *testing.T) world {
	t.Helper()
	pool := pgtest.New(t)
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	trail := newTrail(t, store)
	client := example.NewClient(example.Driver(entsql.OpenDB(dialect.Postgres, stdlib.OpenDBFromPool(pool))))
	t.Cleanup(func() { client.Close() })
	require.NoError(t, client.Schema.Create(t.Context()))
	require.NoError(t, plug(client, trail, store))
	require.ErrorContains(t, client.User.Create().SetName("x").Exec(t.Context()), "finding its transaction")
	return world{trail, func(ctx context.Context, do func(context.Context, *example.Client) error) error {
		tx, err := client.Tx(ctx)
		require.NoError(t, err)
		if err := do(ctx, tx.Client()); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}}
}

type txKey struct{}

func onSQLite(t *testing.T) world {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	store := sqlite.New(db)
	require.NoError(t, store.Migrate(t.Context()))
	trail := newTrail(t, store)
	require.NoError(t, example.NewClient(example.Driver(entsql.OpenDB(dialect.SQLite, db))).Schema.Create(t.Context()))
	hook, err := auditent.New(trail, func(ctx context.Context, _ ent.Mutation) (audit.Tx, error) {
		tx, ok := ctx.Value(txKey{}).(*sql.Tx)
		if !ok {
			return nil, errors.New("no transaction")
		}
		return store.Tx(tx), nil
	}, auditent.Options{})
	require.NoError(t, err)
	return world{trail, func(ctx context.Context, do func(context.Context, *example.Client) error) error {
		tx, err := db.BeginTx(ctx, nil)
		require.NoError(t, err)
		client := example.NewClient(example.Driver(auditent.Driver(dialect.SQLite, tx)))
		client.Use(hook)
		_, err = client.BeginTx(ctx, nil)
		require.ErrorContains(t, err, "in a transaction already")
		if err := do(context.WithValue(ctx, txKey{}, tx), client); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}}
}

func newTrail(t *testing.T, store audit.Store) *audit.Log {
	t.Helper()
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	return trail
}

func (w world) recorded(t *testing.T) (lines []string) {
	t.Helper()
	for e, err := range w.trail.All(t.Context(), audit.Filter{}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
		require.NoError(t, err)
		lines = append(lines, string(e.Action)+" "+e.Object.String()+" "+e.Changes.JSON())
	}
	return lines
}

func TestHook(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(*testing.T) world{"SQLite": onSQLite, "PostgreSQL": onPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := open(t)
			require.NoError(t, w.inTx(t.Context(), func(ctx context.Context, client *example.Client) error {
				ada, err := client.User.Create().SetName("Ada").SetAPIKey("s1").Save(ctx)
				require.NoError(t, err)
				_, err = client.User.CreateBulk(client.User.Create().SetName("Eve"), client.User.Create().SetName("Bob")).Save(ctx)
				require.NoError(t, err)
				require.NoError(t, ada.Update().SetName("Ada L.").AddLogins(1).Exec(ctx))
				require.NoError(t, client.User.UpdateOneID(ada.ID).SetName("Ada L.").Exec(ctx), "no change")
				n, err := client.User.Update().Where(user.NameIn("Eve", "Bob")).AddLogins(2).Save(ctx)
				require.NoError(t, err)
				require.Equal(t, 2, n)
				require.NoError(t, client.User.DeleteOneID(ada.ID).Exec(ctx))
				n, err = client.User.Delete().Where(user.NameEQ("Bob")).Exec(ctx)
				require.Equal(t, 1, n)
				return err
			}))
			lines := w.recorded(t)
			require.Len(t, lines, 8)
			assert.Equal(t, `create user 1 [{"field":"name","new":"Ada"},{"field":"logins","new":3},{"field":"api_key","new":{"$audit":"redacted"}}]`, lines[0])
			assert.ElementsMatch(t, []string{
				`create user 2 [{"field":"name","new":"Eve"},{"field":"logins","new":3},{"field":"api_key","new":{"$audit":"redacted"}}]`,
				`create user 3 [{"field":"name","new":"Bob"},{"field":"logins","new":3},{"field":"api_key","new":{"$audit":"redacted"}}]`,
			}, lines[1:3])
			assert.Equal(t, `update user 1 [{"field":"name","new":"Ada L.","old":"Ada"},{"field":"logins","new":4,"old":3}]`, lines[3])
			assert.ElementsMatch(t, []string{
				`update user 2 [{"field":"logins","new":5,"old":3}]`,
				`update user 3 [{"field":"logins","new":5,"old":3}]`,
			}, lines[4:6])
			assert.Regexp(t, `^destroy user 1 `, lines[6])
			assert.Regexp(t, `^destroy user 3 `, lines[7])

			lost := errors.New("lost")
			require.ErrorIs(t, w.inTx(t.Context(), func(ctx context.Context, client *example.Client) error {
				require.NoError(t, client.User.Create().SetName("Lost").Exec(ctx))
				require.ErrorIs(t, client.User.Create().SetName("Refused").Exec(
					audit.WithOrg(ctx, "\x00")), audit.ErrInvalidEvent)
				return lost
			}), lost)
			assert.Len(t, w.recorded(t), 8)
		})
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	trail := newTrail(t, sqlite.New(nil))
	refused := errors.New("refused")
	tx := func(context.Context, ent.Mutation) (audit.Tx, error) { return nil, refused }
	_, err := auditent.New(nil, tx, auditent.Options{})
	require.ErrorContains(t, err, "the log is nil")
	_, err = auditent.New(trail, nil, auditent.Options{})
	require.ErrorContains(t, err, "no function for transactions")
	_, err = auditent.New(trail, tx, auditent.Options{MaxRows: 10_001})
	require.ErrorContains(t, err, "Options.MaxRows is 10001")

	for name, test := range map[string]struct {
		options auditent.Options
		audited bool
	}{
		"all":        {auditent.Options{}, true},
		"skipped":    {auditent.Options{Skip: []string{"User"}}, false},
		"only this":  {auditent.Options{Only: []string{"User"}}, true},
		"only other": {auditent.Options{Only: []string{"Pet"}}, false},
	} {
		hook, err := auditent.New(trail, tx, test.options)
		require.NoError(t, err)
		db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "test.db")+"?_pragma=foreign_keys(1)")
		require.NoError(t, err)
		client := example.NewClient(example.Driver(entsql.OpenDB(dialect.SQLite, db)))
		require.NoError(t, client.Schema.Create(t.Context()))
		client.Use(hook)
		err = client.User.Create().SetName("x").Exec(t.Context())
		assert.Equal(t, test.audited, errors.Is(err, refused), name)
		require.NoError(t, client.Close())
	}
}
