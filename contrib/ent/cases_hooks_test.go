package auditent_test

import (
	"context"
	"errors"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/require"

	auditent "github.com/auditkeep/audit/contrib/ent"
	"github.com/auditkeep/audit/contrib/ent/internal/example/doc"
	"github.com/auditkeep/audit/contrib/ent/internal/example/invoice"
	"github.com/auditkeep/audit/contrib/ent/internal/example/pet"
	"github.com/auditkeep/audit/contrib/ent/internal/example/schema"
	"github.com/auditkeep/audit/contrib/ent/internal/example/signup"
)

var hookCases = []documented{
	{"schema hooks", func(s *scene) { // one that sets a field, and makes another entity
		ctx := s.t.Context()
		g := s.plain.Group.Create().SetName("a").SaveX(ctx)
		s.ok(s.c.Group.UpdateOne(g).SetName("b").Exec(ctx))
	}, []string{`update group 1: name "a"→"b" renames 0→1`, `create pet 1: name "mascot of b"`}},
	{"runtime hooks", func(s *scene) { // before and after the package's hook
		ctx := s.t.Context()
		s.c = s.newClient()
		shout := func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				name, _ := m.Field("name")
				if err := m.SetField("name", name.(string)+"!"); err != nil {
					return nil, err
				}
				return next.Mutate(ctx, m)
			})
		}
		s.c.Pet.Use(shout)
		s.ok(auditent.Use(s.c, s.hook))
		s.c.Pet.Use(shout)
		s.ok(s.c.Pet.Create().SetName("a").Exec(ctx))
		failing := errors.New("too late")
		s.c.Pet.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				_, err := next.Mutate(ctx, m)
				return nil, errors.Join(failing, err)
			})
		})
		require.ErrorIs(s.t, s.c.Pet.Create().SetName("b").Exec(ctx), failing)
		require.Equal(s.t, 1, s.c.Pet.Query().CountX(ctx))
	}, []string{`create pet 1: name "a!!"`}},
	{"mixin.Time", func(s *scene) {
		ctx := s.t.Context()
		d := s.c.Doc.Create().SetTitle("a").SaveX(ctx)
		s.ok(d.Update().SetTitle("b").Exec(ctx))
	}, []string{`create doc 1: title "a"`, `update doc 1: update_time title "a"→"b"`}},
	{"soft deletes", func(s *scene) {
		ctx := s.t.Context()
		for range 3 {
			s.ok(s.plain.Doc.Create().SetTitle("d").Exec(ctx))
		}
		s.ok(s.c.Doc.DeleteOneID(2).Exec(ctx))
		n, err := s.c.Doc.Delete().Where(doc.Title("d")).Exec(ctx)
		s.ok(err)
		require.Equal(s.t, 2, n)
		require.Zero(s.t, s.c.Doc.Query().CountX(ctx))
		require.Equal(s.t, 3, s.c.Doc.Query().CountX(schema.ForGood(ctx)))
	}, []string{`destroy doc 2: title "d"`, `destroy doc 1: title "d"`, `destroy doc 3: title "d"`}},
	{"bringing back", func(s *scene) {
		ctx := s.t.Context()
		s.ok(s.plain.Doc.Create().SetTitle("d").Exec(ctx))
		s.ok(s.c.Doc.DeleteOneID(1).Exec(ctx))
		s.ok(s.c.Doc.Update().Where(doc.ID(1)).ClearDeleteTime().Exec(ctx))
	}, []string{`destroy doc 1: title "d"`, `update doc 1: update_time delete_time`}},
	{"deleting for good", func(s *scene) {
		ctx := s.t.Context()
		s.ok(s.plain.Doc.Create().SetTitle("d").Exec(ctx))
		s.ok(s.plain.Doc.DeleteOneID(1).Exec(ctx))
		s.ok(s.c.Doc.DeleteOneID(1).Exec(schema.ForGood(ctx)))
	}, []string{`destroy doc 1: title "d"`}},
	{"query policies", func(s *scene) {
		ctx := s.t.Context()
		s.ok(s.c.Signup.Create().SetEmail("a@acme.test").Exec(ctx))
		s.ok(s.c.Signup.Update().Where(signup.Email("a@acme.test")).SetEmail("b@acme.test").Exec(ctx))
		_, err := s.c.Signup.Delete().Exec(ctx)
		s.ok(err)
		_, err = s.c.Signup.Query().All(ctx)
		require.ErrorContains(s.t, err, "deny")
	}, []string{`create signup 1: email "a@acme.test"`, `update signup 1: email "a@acme.test"→"b@acme.test"`, `destroy signup 1: email "b@acme.test"`}},
	{"mutation policies", func(s *scene) { // as hooks that refuse, or narrow what is changed
		ctx := s.t.Context()
		s.invoices("1", "2")
		denied := errors.New("denied")
		s.c.Invoice.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				if m.Op().Is(ent.OpDelete) {
					return nil, denied
				}
				m.(interface{ WhereP(...func(*sql.Selector)) }).WhereP(sql.FieldEQ(invoice.FieldNumber, "2"))
				return next.Mutate(ctx, m)
			})
		})
		_, err := s.c.Invoice.Delete().Exec(ctx)
		require.ErrorIs(s.t, err, denied)
		s.ok(s.c.Invoice.Update().SetNote("x").Exec(ctx))
	}, []string{`update invoice UUID: note ""→"x"`}},
	{"interceptors", func(s *scene) {
		ctx := s.t.Context()
		s.pets(2)
		s.c.Intercept(ent.TraverseFunc(func(_ context.Context, q ent.Query) error {
			q.(interface{ WhereP(...func(*sql.Selector)) }).WhereP(sql.FieldEQ("name", "p1"))
			return nil
		}))
		s.ok(s.c.Pet.Update().Where(pet.Name("p2")).SetName("hidden").Exec(ctx))
	}, []string{`update pet 2: name "p2"→"hidden"`}},
}
