package auditent_test

import (
	"math/big"
	"net"
	"net/http"
	"net/url"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	auditent "github.com/auditkeep/audit/contrib/ent"
	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/contrib/ent/internal/example/invoice"
	"github.com/auditkeep/audit/contrib/ent/internal/example/kinds"
)

// fields is a case that sets fields of a user.
func fields(name string, set func(*example.UserUpdateOne), want ...string) documented {
	return documented{name, func(s *scene) {
		u := s.c.User.UpdateOneID(s.users(1)[0])
		set(u)
		s.ok(u.Exec(s.t.Context()))
	}, want}
}

var fieldCases = []documented{
	{"Optional, Nillable", func(s *scene) { // NULL is null, not the zero value
		ctx, u := s.t.Context(), s.users(1)[0]
		s.ok(s.c.User.UpdateOneID(u).SetAge(0).SetNickname("").Exec(ctx))
		s.ok(s.c.User.UpdateOneID(u).ClearAge().ClearNickname().Exec(ctx))
	}, []string{`update user 1: age null→0 nickname null→""`, `update user 1: age 0→null nickname ""→null`}},
	fields("Sensitive", func(u *example.UserUpdateOne) { u.SetAPIKey("s3cret") }, `update user 1: api_key redacted→redacted`),
	fields("Bool, Int, Float", func(u *example.UserUpdateOne) { u.SetActive(false).AddLogins(2).SetScore(0.5).SetQuota(9) },
		`update user 1: logins 3→5 active true→false score null→0.5 quota null→9`),
	fields("Enum", func(u *example.UserUpdateOne) { u.SetRole("admin").SetLevel(kinds.High) },
		`update user 1: role "member"→"admin" level null→"HIGH"`),
	fields("UUID", func(u *example.UserUpdateOne) { u.SetExternal(uuid.New()) }, `update user 1: external null→"UUID"`),
	fields("Time", func(u *example.UserUpdateOne) { u.SetBorn(time.Date(2001, 2, 3, 4, 5, 6, 7000, time.UTC)) },
		`update user 1: born null→"2001-02-03T04:05:06.000007Z"`),
	fields("Bytes", func(u *example.UserUpdateOne) { u.SetPhoto([]byte{1, 255}) }, `update user 1: photo null→"\\x01ff"`),
	fields("JSON", func(u *example.UserUpdateOne) {
		u.SetBest(kinds.Item{ID: 7, Qty: 1}).SetItems([]kinds.Item{{ID: 7}}).SetSize(&kinds.Size{Width: 2}).SetLabels([]string{"a"})
	}, `update user 1: best null→{"id":7,"qty":1} items null→[{"id":7,"qty":0}] size null→{"width":2} labels null→["a"]`),
	fields("JSON, secrets within", func(u *example.UserUpdateOne) {
		u.SetSettings(map[string]any{"password": "x"}).SetProfile(kinds.Profile{City: "Bern", SSN: "1"}) // one by its name, one by its tag
	}, `update user 1: profile null→{"city":"Bern","ssn":redacted} settings null→{"password":redacted}`),
	fields("JSON, url.URL", func(u *example.UserUpdateOne) { u.SetLink(&url.URL{Scheme: "https", Host: "acme.test"}) },
		`update user 1: link null→"https://acme.test"`),
	fields("GoType", func(u *example.UserUpdateOne) {
		u.SetIP(net.IPv4(10, 0, 0, 1)).SetTimeout(time.Minute).SetDir(http.Dir("/tmp")).SetMotto(&sql.NullString{String: "m", Valid: true})
	}, `update user 1: ip null→"10.0.0.1" timeout null→60000000000 dir null→"/tmp" motto null→"m"`),
	fields("ValueScanner", func(u *example.UserUpdateOne) { u.SetBalance(big.NewInt(12)).SetDiary("hello") }, // the column's value, which may be encrypted
		`update user 1: balance null→12 diary null→"uryyb"`),
	fields("StorageKey, StructTag", func(u *example.UserUpdateOne) { u.SetPlan("gold") }, `update user 1: tariff null→"gold"`),
	fields(`StructTag audit:"-"`, func(u *example.UserUpdateOne) { u.SetScratch("x") }),
	{"field.ID, UUID as ID", func(s *scene) {
		s.ok(s.c.Invoice.Create().SetNumber("1").Exec(s.t.Context()))
	}, []string{`create invoice UUID: tenant "acme" number "1" note ""`}},
}

var refusedCases = []documented{
	{"Modify of the primary key", func(s *scene) {
		s.pets(1)
		require.ErrorContains(s.t, s.c.Pet.Update().Modify(func(u *sql.UpdateBuilder) { u.Set("id", sql.Expr("id + 1")) }).Exec(s.t.Context()),
			`auditent: a statement cannot be recorded, so it is not executed: it changes "id", which is part of the primary key of pets`)
		require.Equal(s.t, 1, s.plain.Pet.Query().OnlyIDX(s.t.Context()))
	}, nil},
	{"upserts of the primary key", func(s *scene) {
		s.invoices("1")
		create := func() *example.InvoiceCreate { return s.c.Invoice.Create().SetNumber("1").SetNote("x") }
		key := sql.ConflictColumns(invoice.FieldTenant, invoice.FieldNumber)
		require.ErrorContains(s.t, create().OnConflict(key, sql.ResolveWithNewValues()).Exec(s.t.Context()), `it changes "id", which is part of the primary key of invoices`)
		s.ok(create().OnConflict(key, sql.ResolveWithIgnore()).Exec(s.t.Context()))
		s.ok(create().SetID(s.plain.Invoice.Query().OnlyIDX(s.t.Context())).OnConflict(sql.ConflictColumns(invoice.FieldID), sql.ResolveWithNewValues()).Exec(s.t.Context()))
	}, []string{`update invoice UUID: note ""→"x"`}},
	{"Modify with Prefix", func(s *scene) {
		s.pets(1)
		require.ErrorContains(s.t, s.c.Pet.Update().SetName("x").Modify(func(u *sql.UpdateBuilder) {
			u.Prefix(sql.ExprFunc(func(b *sql.Builder) { b.WriteString("WITH w AS (SELECT 1)") }))
		}).Exec(s.t.Context()), `a statement that begins with "WITH" cannot be followed`)
		require.Equal(s.t, "p1", s.plain.Pet.Query().OnlyX(s.t.Context()).Name)
	}, nil},
	{"upserts by unset columns", func(s *scene) {
		s.invoices("1")
		require.ErrorContains(s.t, s.c.Invoice.Create().SetNumber("1").OnConflictColumns(invoice.FieldTenant, "missing").UpdateDiscount().Exec(s.t.Context()),
			`its conflict is about ["tenant" "missing"] of invoices, which it does not set: set them all`)
	}, nil},
	{"tables without a primary key", func(s *scene) {
		ctx := s.t.Context()
		_, err := s.db.ExecContext(ctx, "ALTER TABLE toys RENAME TO toys_with_key")
		s.ok(err)
		defer func() {
			_, err := s.db.ExecContext(ctx, "DROP TABLE toys")
			s.ok(err)
			_, err = s.db.ExecContext(ctx, "ALTER TABLE toys_with_key RENAME TO toys")
			s.ok(err)
		}()
		_, err = s.db.ExecContext(ctx, "CREATE TABLE toys (id int, name text, pet_toys int)")
		s.ok(err)
		c := s.newClient()
		s.ok(auditent.Use(c, s.newHook(s.t, auditent.Options{})))
		require.ErrorContains(s.t, c.Toy.Create().SetName("t").Exec(ctx), "reading the primary key of toys: it has none")
	}, nil},
}
