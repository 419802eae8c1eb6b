package auditent_test

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent"
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
	"github.com/stretchr/testify/require"

	auditent "github.com/auditkeep/audit/contrib/ent"
	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/contrib/ent/internal/example/group"
	"github.com/auditkeep/audit/contrib/ent/internal/example/invoice"
	"github.com/auditkeep/audit/contrib/ent/internal/example/pet"
)

// invoices makes invoices without the hook.
func (s *scene) invoices(numbers ...string) {
	s.t.Helper()
	for _, n := range numbers {
		s.ok(s.plain.Invoice.Create().SetNumber(n).SetDiscount(1).Exec(s.t.Context()))
	}
}

var builderCases = []documented{
	{"Create", func(s *scene) {
		s.ok(s.c.Pet.Create().SetName("Rex").Exec(s.t.Context()))
	}, []string{`create pet 1: name "Rex"`}},
	{"CreateBulk", func(s *scene) {
		ctx, c := s.t.Context(), s.c.Pet
		s.ok(c.CreateBulk(c.Create().SetName("a"), c.Create().SetName("b"), c.Create().SetName("c")).Exec(ctx))
	}, []string{`create pet 1: name "a"`, `create pet 2: name "b"`, `create pet 3: name "c"`}},
	{"MapCreateBulk", func(s *scene) {
		names := []string{"a", "b"}
		s.ok(s.c.Pet.MapCreateBulk(names, func(c *example.PetCreate, i int) { c.SetName(names[i]) }).Exec(s.t.Context()))
	}, []string{`create pet 1: name "a"`, `create pet 2: name "b"`}},
	{"Update", func(s *scene) {
		s.pets(3)
		s.ok(s.c.Pet.Update().Where(pet.NameIn("p1", "p3")).SetName("Rex").Exec(s.t.Context()))
	}, []string{`update pet 1: name "p1"→"Rex"`, `update pet 3: name "p3"→"Rex"`}},
	{"UpdateOne, UpdateOneID", func(s *scene) {
		ctx, ids := s.t.Context(), s.pets(2)
		s.ok(s.c.Pet.GetX(ctx, ids[0]).Update().SetName("a").Exec(ctx))
		s.ok(s.c.Pet.UpdateOneID(ids[1]).SetName("b").Exec(ctx))
		s.ok(s.c.Pet.UpdateOneID(ids[1]).SetName("b").Exec(ctx))
		require.True(s.t, example.IsNotFound(s.c.Pet.UpdateOneID(ids[1]).Where(pet.Name("x")).SetName("c").Exec(ctx)))
	}, []string{`update pet 1: name "p1"→"a"`, `update pet 2: name "p2"→"b"`}},
	{"Delete, DeleteOne, DeleteOneID", func(s *scene) {
		ctx, ids := s.t.Context(), s.pets(4)
		s.ok(s.c.Pet.DeleteOne(s.c.Pet.GetX(ctx, ids[1])).Exec(ctx))
		s.ok(s.c.Pet.DeleteOneID(ids[0]).Exec(ctx))
		n, err := s.c.Pet.Delete().Where(pet.IDGT(0)).Exec(ctx)
		s.ok(err)
		require.Equal(s.t, 2, n)
		require.True(s.t, example.IsNotFound(s.c.Pet.DeleteOneID(9).Exec(ctx)))
	}, []string{`destroy pet 2: name "p2"`, `destroy pet 1: name "p1"`, `destroy pet 3: name "p3"`, `destroy pet 4: name "p4"`}},
	{"OnConflict, UpdateNewValues", func(s *scene) {
		ctx := s.t.Context()
		s.invoices("1")
		for _, n := range []string{"1", "2"} {
			s.ok(s.c.Invoice.Create().SetNumber(n).SetDiscount(5).OnConflictColumns(invoice.FieldTenant, invoice.FieldNumber).
				UpdateNewValues().Update(func(u *example.InvoiceUpsert) { u.SetIgnore(invoice.FieldID) }).Exec(ctx))
		}
	}, []string{`update invoice UUID: discount 1→5`, `create invoice UUID: tenant "acme" number "2" discount 5 note ""`}},
	{"upserts of many", func(s *scene) {
		s.invoices("1", "3")
		c := s.c.Invoice
		s.ok(c.CreateBulk(c.Create().SetNumber("1").SetDiscount(7), c.Create().SetNumber("2").SetDiscount(7), c.Create().SetNumber("3").SetDiscount(1)).
			OnConflictColumns(invoice.FieldTenant, invoice.FieldNumber).UpdateDiscount().Exec(s.t.Context()))
	}, []string{`update invoice UUID: discount 1→7`, `create invoice UUID: tenant "acme" number "2" discount 7 note ""`}},
	{"Ignore, DoNothing", func(s *scene) {
		ctx := s.t.Context()
		s.invoices("1")
		make := func() *example.InvoiceUpsertOne {
			return s.c.Invoice.Create().SetNumber("1").SetDiscount(9).OnConflictColumns(invoice.FieldTenant, invoice.FieldNumber)
		}
		s.ok(make().Ignore().Exec(ctx))
		require.EqualError(s.t, make().DoNothing().Exec(ctx), "sql: no rows in result set", "as without the hook")
		c := s.c.Group
		s.ok(s.plain.Group.Create().SetName("a").Exec(ctx))
		s.ok(c.CreateBulk(c.Create().SetName("a"), c.Create().SetName("b")).OnConflictColumns(group.FieldName).Ignore().Exec(ctx))
	}, []string{`create group 3: name "b" renames 0`}},
	{"ConflictWhere, UpdateWhere", func(s *scene) {
		s.invoices("1", "2")
		s.ok(s.plain.Invoice.Update().Where(invoice.Number("2")).SetDiscount(2).Exec(s.t.Context()))
		c := s.c.Invoice
		s.ok(c.CreateBulk(c.Create().SetNumber("1").SetNote("x"), c.Create().SetNumber("2").SetNote("x")).OnConflict(
			sql.ConflictColumns(invoice.FieldTenant, invoice.FieldNumber), sql.UpdateWhere(sql.GT(invoice.FieldDiscount, 1)), sql.ResolveWith(func(u *sql.UpdateSet) { u.SetExcluded(invoice.FieldNote) }),
		).Exec(s.t.Context()))
	}, []string{`update invoice UUID: note ""→"x"`}},
	{"ConflictConstraint, no columns", func(s *scene) {
		// The first is PostgreSQL's, the second SQLite's.
		ctx := s.t.Context()
		s.ok(s.plain.Group.Create().SetName("a").Exec(ctx))
		var options []sql.ConflictOption
		if s.dialect == dialect.Postgres {
			_, err := s.db.ExecContext(ctx, "ALTER TABLE groups ADD CONSTRAINT one_name UNIQUE (name)")
			s.ok(err)
			options = append(options, sql.ConflictConstraint("one_name"))
		}
		s.ok(s.c.Group.Create().SetName("a").SetRenames(4).OnConflict(options...).UpdateNewValues().Exec(ctx))
	}, []string{`update group 1: renames 0→4`}},
	{"Modify (sql/modifier)", func(s *scene) {
		s.pets(2)
		s.ok(s.c.Pet.Update().Modify(func(u *sql.UpdateBuilder) {
			u.Set("name", sql.Expr("UPPER(name)")).Where(sql.EQ("name", "p2"))
		}).Exec(s.t.Context()))
	}, []string{`update pet 2: name "p2"→"P2"`}},
	{"ForUpdate (sql/lock)", func(s *scene) {
		ctx := s.t.Context()
		s.pets(1)
		s.ok(s.inTx(ctx, s.t, func(c *example.Client) error {
			query := c.Pet.Query()
			if s.dialect == dialect.Postgres {
				query.ForUpdate()
			}
			return query.OnlyX(ctx).Update().SetName("a").Exec(ctx)
		}))
	}, []string{`update pet 1: name "p1"→"a"`}},
	{"ExecContext (sql/execquery)", func(s *scene) {
		s.pets(1)
		_, err := s.c.ExecContext(s.t.Context(), "UPDATE pets SET name = 'raw'")
		s.ok(err)
	}, nil},
	{"Tx: Commit, Rollback, OnCommit", func(s *scene) {
		ctx := s.t.Context()
		for _, commit := range []bool{false, true} {
			tx, err := s.c.Tx(ctx)
			s.ok(err)
			tx.OnCommit(func(next example.Committer) example.Committer {
				return example.CommitFunc(func(ctx context.Context, tx *example.Tx) error {
					return errors.Join(tx.Pet.Create().SetName("on commit").Exec(ctx), next.Commit(ctx, tx))
				})
			})
			s.ok(tx.Pet.Create().SetName(fmt.Sprint(commit)).Exec(ctx))
			if commit {
				s.ok(tx.Commit())
			} else {
				s.ok(tx.Rollback())
			}
		}
	}, []string{`create pet #: name "true"`, `create pet #: name "on commit"`}},
	{"Tx within a hook", func(s *scene) {
		ctx := s.t.Context()
		s.c.Group.Use(func(next ent.Mutator) ent.Mutator {
			return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
				v, err := next.Mutate(ctx, m)
				for _, name := range []string{"lost", "kept"} {
					tx, terr := s.c.Tx(ctx)
					s.ok(terr)
					s.ok(tx.Pet.Create().SetName(name).Exec(ctx))
					if name == "lost" {
						s.ok(tx.Rollback())
					} else {
						s.ok(tx.Commit())
					}
				}
				return v, err
			})
		})
		s.ok(s.c.Group.Create().SetName("g").Exec(ctx))
	}, []string{`create group 1: name "g" renames 0`, `create pet #: name "kept"`}},
	{"Debug", func(s *scene) {
		s.ok(s.c.Debug().Pet.Create().SetName("a").Exec(s.t.Context()))
	}, []string{`create pet 1: name "a"`}},
	{"AlternateSchema (sql/schemaconfig)", func(s *scene) {
		ctx, schema := s.t.Context(), "main"
		if s.dialect == dialect.Postgres {
			schema = "other"
			_, err := s.db.ExecContext(ctx, "DROP SCHEMA IF EXISTS other CASCADE; CREATE SCHEMA other; CREATE TABLE other.pets (LIKE pets INCLUDING ALL); ALTER TABLE other.pets ADD nick text")
			s.ok(err)
		}
		c := example.NewClient(example.Driver(sql.OpenDB(s.dialect, s.db)), example.AlternateSchema(example.SchemaConfig{Pet: schema}))
		s.ok(auditent.Use(c, s.hook))
		p := c.Pet.Create().SetName("a").SaveX(ctx)
		s.ok(p.Update().SetName("b").Exec(ctx))
		s.ok(s.c.Pet.Create().SetName("c").Exec(ctx))
	}, []string{`create pet 1: name "a"`, `update pet 1: name "a"→"b"`, `create pet #: name "c"`}},
}
