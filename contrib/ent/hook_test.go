package auditent_test

import (
	"context"
	"database/sql"
	"errors"
	"testing"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	auditent "github.com/auditkeep/audit/contrib/ent"
	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/contrib/ent/internal/example/group"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// plug is all that a host adds to its setup.
func plug(client *example.Client, trail *audit.Log, store *postgres.Store) error {
	hook, err := auditent.New(trail, auditent.Tx(store.SQLTx), auditent.Options{})
	if err != nil {
		return err
	}
	return auditent.Use(client, hook)
}

var _ = plug

// groups makes, changes and removes groups.
func groups(ctx context.Context, client *example.Client) error {
	a, err := client.Group.Create().SetName("a").Save(ctx)
	if err != nil {
		return err
	}
	return errors.Join(
		client.Group.CreateBulk(client.Group.Create().SetName("b"), client.Group.Create().SetName("c")).Exec(ctx),
		client.Group.Update().Where(group.NameIn("b", "c")).AddRenames(2).Exec(ctx),
		client.Group.UpdateOneID(a.ID).SetRenames(0).Exec(ctx), // no change
		client.Group.DeleteOneID(a.ID).Exec(ctx),
		func() error { _, err := client.Group.Delete().Where(group.NameEQ("c")).Exec(ctx); return err }(),
	)
}

var groupLines = []string{
	`create group 1 [{"field":"name","new":"a"},{"field":"renames","new":0}]`,
	`create group 2 [{"field":"name","new":"b"},{"field":"renames","new":0}]`,
	`create group 3 [{"field":"name","new":"c"},{"field":"renames","new":0}]`,
	`update group 2 [{"field":"renames","new":2,"old":0}]`,
	`update group 3 [{"field":"renames","new":2,"old":0}]`,
	`destroy group 1 [{"field":"name","old":"a"},{"field":"renames","old":0}]`,
	`destroy group 3 [{"field":"name","old":"c"},{"field":"renames","old":2}]`,
}

func TestInEntsTransaction(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		// The hook in the client is enough: it needs no driver.
		client := w.newClient()
		client.Use(w.hook)
		tx, err := client.Tx(t.Context())
		require.NoError(t, err)
		require.NoError(t, groups(t.Context(), tx.Client()))
		require.NoError(t, tx.Commit())
		assert.Equal(t, groupLines, w.recorded(t))

		tx, err = client.Debug().Tx(t.Context())
		require.NoError(t, err)
		require.NoError(t, tx.Group.Create().SetName("debugged").Exec(t.Context()))
		require.NoError(t, tx.Rollback())
		assert.Equal(t, groupLines, w.recorded(t), "rolled back")

		err = client.Group.Create().SetName("alone").Exec(t.Context())
		require.ErrorContains(t, err, "it is in no transaction, and its client is not on auditent.Wrap: register the hook with auditent.Use(client, hook)")
		n, err := w.plain.Group.Query().Where(group.NameEQ("alone")).Count(t.Context())
		require.NoError(t, err)
		assert.Zero(t, n)
	})
}

func TestOutsideOfTransactions(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		require.NoError(t, groups(t.Context(), w.client))
		assert.Equal(t, groupLines, w.recorded(t))

		// A mutation fails whole: the user is made before the edge fails.
		_, err := w.client.User.Create().SetName("x").AddPetIDs(99).Save(t.Context())
		require.Error(t, err)
		n, err := w.plain.User.Query().Count(t.Context())
		require.NoError(t, err)
		assert.Zero(t, n)
		assert.Equal(t, groupLines, w.recorded(t))

		// An entry that cannot be recorded takes its change along.
		w.client.Group.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				return next.Mutate(audit.WithOrg(ctx, "\x00"), m)
			})
		})
		require.ErrorIs(t, w.client.Group.Create().SetName("y").Exec(audit.WithOrg(t.Context(), "\x00")), audit.ErrInvalidEvent)
		exists, err := w.plain.Group.Query().Where(group.NameEQ("y")).Exist(t.Context())
		require.NoError(t, err)
		assert.False(t, exists)
	})
}

func TestInTransactionOfTheHost(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		tx, err := w.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		client := example.NewClient(example.Driver(auditent.Driver(w.dialect, tx)))
		client.Use(w.hook)
		_, err = client.BeginTx(t.Context(), nil)
		require.ErrorContains(t, err, "in a transaction already")
		require.NoError(t, groups(t.Context(), client))
		require.NoError(t, tx.Commit())
		assert.Equal(t, groupLines, w.recorded(t))
	})
}

func TestOverlookedErrorsCommitNothing(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		tx, err := w.client.Tx(t.Context())
		require.NoError(t, err)
		require.NoError(t, tx.Group.Create().SetName("a").Exec(t.Context()))
		tx.Group.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				v, err := next.Mutate(ctx, m)
				_, derr := tx.ExecContext(ctx, "DROP TABLE audit_entries")
				return v, errors.Join(err, derr)
			})
		})
		require.ErrorContains(t, tx.Group.Create().SetName("b").Exec(t.Context()), "auditent: recording a mutation of Group")
		require.Error(t, tx.Commit())
		n, err := w.plain.Group.Query().Count(t.Context())
		require.NoError(t, err)
		assert.Zero(t, n)
		assert.Empty(t, w.recorded(t))
	})
}

func TestWrap(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		client := example.NewClient(example.Driver(auditent.Wrap(auditent.Wrap(entsql.OpenDB(w.dialect, w.db)))))
		client.Use(w.hook)
		require.NoError(t, client.Group.Create().SetName("a").Exec(t.Context()))
		require.NoError(t, client.Debug().Group.Create().SetName("b").Exec(t.Context()))
		tx, err := client.BeginTx(t.Context(), &sql.TxOptions{})
		require.NoError(t, err)
		require.NoError(t, tx.Group.Create().SetName("c").Exec(t.Context()))
		require.NoError(t, tx.Rollback())
		assert.Equal(t, []string{
			`create group 1 [{"field":"name","new":"a"},{"field":"renames","new":0}]`,
			`create group 2 [{"field":"name","new":"b"},{"field":"renames","new":0}]`,
		}, w.recorded(t))
	})
}

func TestOptions(t *testing.T) {
	t.Parallel()
	trail, err := audit.New(sqlite.New(nil), audit.Config{Org: "acme"})
	require.NoError(t, err)
	tx := auditent.Tx(sqlite.New(nil).Tx)
	_, err = auditent.New(nil, tx, auditent.Options{})
	require.ErrorContains(t, err, "the log is nil")
	_, err = auditent.New(trail, nil, auditent.Options{})
	require.ErrorContains(t, err, "no function for transactions")
	_, err = auditent.New(trail, tx, auditent.Options{MaxRows: 10_001})
	require.ErrorContains(t, err, "Options.MaxRows is 10001")
	hook, err := auditent.New(trail, tx, auditent.Options{})
	require.NoError(t, err)
	require.ErrorContains(t, auditent.Use(nil, hook), "is not a client that ent generates")
	require.ErrorContains(t, auditent.Use(&struct{ ent.Schema }{}, hook), "is not a client that ent generates")
	require.NoError(t, auditent.Use(example.NewClient(example.Driver(entsql.OpenDB(dialect.SQLite, nil))), hook))
}

func TestOnlyAndSkip(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		lines := func(o auditent.Options) (types []string) {
			client := w.newClient()
			require.NoError(t, auditent.Use(client, w.newHook(t, o)))
			seen := len(w.entries(t))
			pet := client.Pet.Create().SetName("p").SaveX(t.Context())
			user := client.User.Create().SetName("u").AddPets(pet).SaveX(t.Context())
			client.Group.Create().SetName(pet.String()).AddUsers(user).SaveX(t.Context())
			for _, e := range w.entries(t)[seen:] {
				types = append(types, string(e.Action)+" "+e.Object.Type)
			}
			return types
		}
		assert.Equal(t, []string{"create pet", "create user", "update pet", "create group", "create group_users"}, lines(auditent.Options{}))
		assert.Equal(t, []string{"create pet", "update pet", "create group", "create group_users"}, lines(auditent.Options{Skip: []string{"User"}}))
		assert.Equal(t, []string{"create user", "create group_users"}, lines(auditent.Options{Only: []string{"User", "group_users"}}))
	})
}

func TestMaxRows(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		client := w.newClient()
		require.NoError(t, auditent.Use(client, w.newHook(t, auditent.Options{MaxRows: 2})))
		create := func(names ...string) error {
			return client.Group.MapCreateBulk(names, func(c *example.GroupCreate, i int) { c.SetName(names[i]) }).Exec(t.Context())
		}
		require.NoError(t, create("a", "b"))
		require.ErrorContains(t, create("c", "d", "e"), "more than 2 rows of groups, the limit of Options.MaxRows")
		require.NoError(t, create("f"))
		require.ErrorContains(t, client.Group.Update().AddRenames(1).Exec(t.Context()), "more than 2 rows")
		_, err := client.Group.Delete().Exec(t.Context())
		require.ErrorContains(t, err, "more than 2 rows")
		assert.Len(t, w.recorded(t), 3)
		n, err := w.plain.Group.Query().Where(group.Renames(0)).Count(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 3, n)
	})
}
