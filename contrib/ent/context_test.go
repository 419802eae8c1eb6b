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
)

type hostTxKey struct{}

func TestFunctionOfTheHost(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		asked := 0
		hook, err := auditent.New(w.trail, func(ctx context.Context, m ent.Mutation) (audit.Tx, error) {
			asked++
			require.IsType(t, &sql.Tx{}, ctx.Value(hostTxKey{}))
			return w.tx(ctx, m)
		}, auditent.Options{})
		require.NoError(t, err)
		tx, err := w.db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		ctx := context.WithValue(t.Context(), hostTxKey{}, tx)
		client := example.NewClient(example.Driver(auditent.Driver(w.dialect, tx)))
		client.Use(hook)
		pet := client.Pet.Create().SetName("p").SaveX(ctx)
		client.User.Create().SetName("u").AddPets(pet).ExecX(ctx)
		require.NoError(t, tx.Commit())
		assert.Equal(t, 2, asked)
		lines := w.recorded(t)
		require.Len(t, lines, 3)
		assert.Equal(t, `update pet 1 [{"field":"user_pets","new":1,"old":null}]`, lines[2])
	})
}

// TestContextOutlivesTheMutation: what a hook started goes on when the mutation
// has ended, outside of its transaction.
func TestContextOutlivesTheMutation(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		var later context.Context
		w.client.Group.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				later = ctx
				return next.Mutate(ctx, m)
			})
		})
		inTx := func(do func(*example.Client) error) error { return do(w.client) }
		for range 2 { // without a transaction, then in one
			require.NoError(t, inTx(func(c *example.Client) error {
				return c.Group.Create().SetName(t.Name() + c.Pet.Create().SetName("x").SaveX(t.Context()).String()).Exec(t.Context())
			}))
			seen := len(w.entries(t))
			require.NoError(t, w.client.Pet.Create().SetName("later").Exec(later))
			assert.Len(t, w.entries(t), seen+1)
			inTx = func(do func(*example.Client) error) error { return w.inTx(t.Context(), t, do) }
		}
	})
}

// TestContextOfAnEarlierMutation: one that is used again in the same transaction.
func TestContextOfAnEarlierMutation(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		var earlier context.Context
		w.client.Group.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				earlier = ctx
				return next.Mutate(ctx, m)
			})
		})
		require.NoError(t, w.inTx(t.Context(), t, func(c *example.Client) error {
			c.Group.Create().SetName("g").ExecX(t.Context())
			return c.Pet.Create().SetName("p").Exec(earlier)
		}))
		assert.Len(t, w.recorded(t), 2)
	})
}

// TestInterceptorsThatRefuse: what the hook asks of a client, no interceptor
// sees.
func TestInterceptorsThatRefuse(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		refused := errors.New("refused")
		w.client.Intercept(ent.TraverseFunc(func(context.Context, ent.Query) error { return refused }))
		pet := w.client.Pet.Create().SetName("p").SaveX(t.Context())
		require.NoError(t, w.client.Pet.DeleteOne(pet).Exec(t.Context()))
		_, err := w.client.Pet.Query().All(t.Context())
		require.ErrorIs(t, err, refused)
		assert.Len(t, w.recorded(t), 2)
	})
}

func TestPanicInAHook(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		w.client.Group.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				_, err := next.Mutate(ctx, m)
				require.NoError(t, err)
				panic("hook")
			})
		})
		require.PanicsWithValue(t, "hook", func() { w.client.Group.Create().SetName("a").ExecX(t.Context()) })
		err := w.inTx(t.Context(), t, func(c *example.Client) error {
			require.PanicsWithValue(t, "hook", func() { c.Group.Create().SetName("b").ExecX(t.Context()) })
			return nil // overlooked
		})
		require.ErrorContains(t, err, "the transaction is rolled back, since a change in it was not recorded")
		assert.Empty(t, w.recorded(t))
		assert.Zero(t, w.plain.Group.Query().CountX(t.Context()))
	})
}

// TestSessionVariables: the variables of a mutation (sql.WithVar), by which
// row-level security knows tenants, stay with it.
func TestSessionVariables(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		if w.dialect != dialect.Postgres {
			return // SQLite has no session variables
		}
		w.db.SetMaxOpenConns(1)
		ctx := entsql.WithVar(t.Context(), "app.tenant", "acme")
		_, err := w.db.ExecContext(ctx, "ALTER TABLE pets ALTER name SET DEFAULT 'x'; CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name = current_setting('app.tenant'); RETURN NEW; END $$; CREATE TRIGGER stamp BEFORE INSERT ON pets FOR EACH ROW EXECUTE FUNCTION stamp()")
		require.NoError(t, err)
		require.NoError(t, w.client.Pet.Create().SetName("p").Exec(ctx))
		assert.Equal(t, []string{`create pet 1 [{"field":"name","new":"acme"},{"field":"user_pets","new":null}]`}, w.recorded(t))
		var left string
		require.NoError(t, w.db.QueryRowContext(t.Context(), "SELECT coalesce(current_setting('app.tenant', true), '')").Scan(&left))
		assert.Empty(t, left)
		require.Error(t, w.client.Pet.Create().SetName("p").AddToyIDs(99).Exec(ctx))
		require.NoError(t, w.db.QueryRowContext(t.Context(), "SELECT coalesce(current_setting('app.tenant', true), '')").Scan(&left))
		assert.Empty(t, left)
	})
}
