package auditent_test

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"time"

	"entgo.io/ent/dialect/sql"
	"github.com/google/uuid"

	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/contrib/ent/internal/example/doc"
	"github.com/auditkeep/audit/contrib/ent/internal/example/group"
	"github.com/auditkeep/audit/contrib/ent/internal/example/invoice"
	"github.com/auditkeep/audit/contrib/ent/internal/example/kinds"
	"github.com/auditkeep/audit/contrib/ent/internal/example/like"
	"github.com/auditkeep/audit/contrib/ent/internal/example/pet"
	"github.com/auditkeep/audit/contrib/ent/internal/example/schema"
	"github.com/auditkeep/audit/contrib/ent/internal/example/signup"
	"github.com/auditkeep/audit/contrib/ent/internal/example/user"
)

type (
	ctxt   = context.Context
	client = *example.Client
)

// fill sets and clears random fields of a user's mutation.
func (r *random) fill(m *example.UserMutation, clears bool) {
	for range r.IntN(6) {
		clear := clears && r.IntN(3) == 0
		set := []func(){
			func() { m.SetName(r.name()) },
			func() { m.SetAPIKey(r.name()) },
			func() { m.SetAge(r.IntN(2)) },
			func() { m.SetNickname("") },
			func() { m.SetActive(r.IntN(2) == 0) },
			func() { m.SetScore(float64(r.IntN(3)) / 2) },
			func() { m.SetRole(user.RoleAdmin) },
			func() { m.SetLevel(kinds.Level(r.IntN(2))) },
			func() { m.SetExternal(uuid.New()) },
			func() { m.SetBorn(time.Unix(int64(r.IntN(5)), 0)) },
			func() { m.SetPhoto([]byte{byte(r.IntN(3)), 255}) },
			func() { m.SetIP(net.IPv4(10, 0, 0, byte(r.IntN(3)))) },
			func() { m.SetTimeout(time.Duration(r.IntN(3))) },
			func() { m.SetBalance(big.NewInt(int64(r.IntN(3)))) },
			func() { m.SetDiary(r.name()) },
			func() { m.SetBest(kinds.Item{ID: r.IntN(2), Qty: r.IntN(2)}) },
			func() { m.SetItems([]kinds.Item{{ID: r.IntN(2)}, {ID: 1}}[:r.IntN(3)]) },
			func() { m.SetSize(&kinds.Size{Width: r.IntN(3)}) },
			func() { m.SetProfile(kinds.Profile{City: r.name(), SSN: "1"}) },
			func() { m.SetSettings(map[string]any{"a": r.IntN(2), "b": []string{r.name()}}) },
			func() { m.SetLink(&url.URL{Scheme: "https", Host: r.name() + ".test"}) },
			func() { m.SetLabels([]string{"a", "b"}[:r.IntN(3)]) },
			func() { m.SetPlan(r.name()) },
			func() { m.SetScratch(r.name()) },
			func() { m.AddLogins(1) },
		}
		clearers := []func(){
			m.ClearAPIKey, m.ClearAge, m.ClearNickname, m.ClearScore, m.ClearLevel, m.ClearExternal, m.ClearBorn, m.ClearPhoto, m.ClearIP,
			m.ClearTimeout, m.ClearBalance, m.ClearDiary, m.ClearBest, m.ClearItems, m.ClearSize, m.ClearProfile, m.ClearSettings, m.ClearLink, m.ClearLabels, m.ClearPlan,
		}
		if clear {
			clearers[r.IntN(len(clearers))]()
		} else if i := r.IntN(len(set)); i < len(set)-1 || clears {
			set[i]()
		}
	}
}

// link sets random edges of a user's mutation.
func (r *random) link(ctx ctxt, c client, m *example.UserMutation, removes bool) {
	users, _ := pick(r, 3, c.User.Query().IDsX(ctx), nil)
	pets, _ := pick(r, 3, c.Pet.Query().IDsX(ctx), nil)
	groups, _ := pick(r, 2, c.Group.Query().IDsX(ctx), nil)
	for range r.IntN(4) {
		switch r.IntN(5) {
		case 0:
			m.AddPetIDs(pets...)
		case 1:
			m.AddFriendIDs(users...)
		case 2:
			m.AddFollowingIDs(users...)
		case 3:
			m.AddGroupIDs(groups...)
		case 4:
			if len(users) > 0 {
				m.SetManagerID(users[0])
			}
		}
		if !removes {
			continue
		}
		switch r.IntN(9) {
		case 0:
			m.RemovePetIDs(pets...)
		case 1:
			m.ClearPets()
		case 2:
			m.RemoveFriendIDs(users...)
		case 3:
			m.ClearFollowing()
		case 4:
			m.RemoveGroupIDs(groups...)
		case 5:
			m.ClearManager()
		case 6:
			m.ClearSpouse()
		case 7:
			m.ClearCard()
		case 8:
			m.RemoveReportIDs(users...)
		}
	}
}

// soon marks what an operation does by deleting softly.
func (r *random) softly() { r.soft = true }

var operations = []operation{
	{"create a user", func(r *random, ctx ctxt, c client) error {
		b := c.User.Create().SetName(r.name())
		r.fill(b.Mutation(), false)
		r.link(ctx, c, b.Mutation(), false)
		return b.Exec(ctx)
	}},
	{"create users", func(r *random, ctx ctxt, c client) error {
		return c.User.MapCreateBulk(make([]int, 1+r.IntN(4)), func(b *example.UserCreate, _ int) {
			b.SetName(r.name())
			r.fill(b.Mutation(), false)
			r.link(ctx, c, b.Mutation(), false)
		}).Exec(ctx)
	}},
	{"update a user", func(r *random, ctx ctxt, c client) error {
		id, err := one(r, c.User.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		b := c.User.UpdateOneID(id)
		r.fill(b.Mutation(), true)
		r.link(ctx, c, b.Mutation(), true)
		return b.Exec(ctx)
	}},
	{"update users", func(r *random, ctx ctxt, c client) error {
		b := c.User.Update().Where(user.Or(user.Active(r.IntN(2) == 0), user.HasPets(), user.HasFriendsWith(user.AgeIsNil())))
		r.fill(b.Mutation(), true)
		if r.IntN(2) == 0 {
			b.Modify(func(u *sql.UpdateBuilder) { u.Set("logins", sql.Expr("logins + 1")) })
		}
		return b.Exec(ctx)
	}},
	{"marry", func(r *random, ctx ctxt, c client) error {
		users, err := pick(r, 2, c.User.Query().Where(user.Not(user.HasSpouse())).IDsX(ctx), nil)
		if err != nil || len(users) < 2 {
			return errNothing
		}
		return c.User.UpdateOneID(users[0]).SetSpouseID(users[1]).Exec(ctx)
	}},
	{"delete users", func(r *random, ctx ctxt, c client) error {
		users, err := pick(r, 2, c.User.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		r.deletes = "users"
		if len(users) == 1 {
			return c.User.DeleteOneID(users[0]).Exec(ctx)
		}
		_, err = c.User.Delete().Where(user.IDIn(users...)).Exec(ctx)
		return err
	}},
	{"create a card", func(r *random, ctx ctxt, c client) error {
		b := c.Card.Create().SetNumber(r.name())
		if id, err := one(r, c.User.Query().Where(user.Not(user.HasCard())).IDsX(ctx), nil); err == nil {
			b.SetOwnerID(id)
		}
		return b.Exec(ctx)
	}},
	{"hand over a card", func(r *random, ctx ctxt, c client) error {
		card, err := one(r, c.Card.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		if r.IntN(4) == 0 {
			return c.Card.UpdateOneID(card).ClearOwner().Exec(ctx)
		}
		id, err := one(r, c.User.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		if r.IntN(2) == 0 {
			return c.User.UpdateOneID(id).SetCardID(card).Exec(ctx)
		}
		return c.Card.UpdateOneID(card).SetOwnerID(id).Exec(ctx)
	}},
	{"create pets", func(r *random, ctx ctxt, c client) error {
		owner, err := one(r, c.User.Query().IDsX(ctx), nil)
		return c.Pet.MapCreateBulk(make([]int, 1+r.IntN(3)), func(b *example.PetCreate, _ int) {
			if b.SetName(r.name()); err == nil && r.IntN(2) == 0 {
				b.SetOwnerID(owner)
			}
		}).Exec(ctx)
	}},
	{"create a toy", func(r *random, ctx ctxt, c client) error {
		toy := c.Toy.Create().SetName(r.name())
		if id, err := one(r, c.Pet.Query().IDsX(ctx), nil); err == nil {
			toy.SetPetID(id)
		}
		return toy.Exec(ctx)
	}},
	{"give pets", func(r *random, ctx ctxt, c client) error {
		owner, err := one(r, c.User.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		if r.IntN(2) == 0 {
			return c.Pet.Update().Where(pet.Not(pet.HasOwner())).SetOwnerID(owner).Exec(ctx)
		}
		return c.User.Update().Where(user.HasPets()).ClearPets().Exec(ctx)
	}},
	{"delete a pet", func(r *random, ctx ctxt, c client) error {
		id, err := one(r, c.Pet.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		r.deletes = "pets"
		return c.Pet.DeleteOneID(id).Exec(ctx)
	}},
	{"create groups", func(r *random, ctx ctxt, c client) error {
		users, _ := pick(r, 3, c.User.Query().IDsX(ctx), nil)
		return c.Group.CreateBulk(
			c.Group.Create().SetName(r.name()).AddUserIDs(users...),
			c.Group.Create().SetName(r.name()+"x"),
		).Exec(ctx)
	}},
	{"rename a group", func(r *random, ctx ctxt, c client) error {
		id, err := one(r, c.Group.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		users, _ := pick(r, 3, c.User.Query().IDsX(ctx), nil)
		return c.Group.UpdateOneID(id).SetName(r.name()).ClearUsers().AddUserIDs(users...).Exec(ctx)
	}},
	{"upsert groups", func(r *random, ctx ctxt, c client) error {
		return c.Group.CreateBulk(c.Group.Create().SetName(r.name()), c.Group.Create().SetName(r.name()+"x").SetRenames(7)).
			OnConflictColumns(group.FieldName).UpdateNewValues().Exec(ctx)
	}},
	{"create a doc", func(r *random, ctx ctxt, c client) error {
		users, _ := pick(r, 3, c.User.Query().IDsX(ctx), nil)
		return c.Doc.Create().SetTitle(r.name()).AddFanIDs(users...).Exec(ctx)
	}},
	{"retitle docs", func(r *random, ctx ctxt, c client) error {
		return c.Doc.Update().Where(doc.HasFans()).SetTitle(r.name()).Exec(ctx)
	}},
	{"delete a doc", func(r *random, ctx ctxt, c client) error {
		id, err := one(r, c.Doc.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		r.softly()
		return c.Doc.DeleteOneID(id).Exec(ctx)
	}},
	{"delete docs", func(r *random, ctx ctxt, c client) error {
		r.softly()
		_, err := c.Doc.Delete().Where(doc.TitleContains(fmt.Sprint(r.IntN(9)))).Exec(ctx)
		return err
	}},
	{"bring docs back", func(r *random, ctx ctxt, c client) error {
		return c.Doc.Update().Where(doc.DeleteTimeNotNil()).ClearDeleteTime().Exec(ctx)
	}},
	{"delete a doc for good", func(r *random, ctx ctxt, c client) error {
		ctx = schema.ForGood(ctx)
		id, err := one(r, c.Doc.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		r.deletes = "docs"
		return c.Doc.DeleteOneID(id).Exec(ctx)
	}},
	{"like", func(r *random, ctx ctxt, c client) error {
		u, err := one(r, c.User.Query().IDsX(ctx), nil)
		d, derr := one(r, c.Doc.Query().IDsX(ctx), nil)
		if err := errors.Join(err, derr); err != nil {
			return errNothing
		}
		if r.IntN(2) == 0 {
			return c.User.UpdateOneID(u).AddLikedIDs(d).Exec(ctx)
		}
		return c.Like.Create().SetUserID(u).SetDocID(d).SetStars(r.IntN(5)).
			OnConflictColumns(like.FieldUserID, like.FieldDocID).UpdateStars().Exec(ctx)
	}},
	{"rate likes", func(r *random, ctx ctxt, c client) error {
		return c.Like.Update().Where(like.StarsLT(3)).AddStars(1).Exec(ctx)
	}},
	{"unlike", func(r *random, ctx ctxt, c client) error {
		id, err := one(r, c.User.Query().IDsX(ctx), nil)
		if err != nil {
			return err
		}
		if r.IntN(2) == 0 {
			_, err := c.Like.Delete().Where(like.UserID(id)).Exec(ctx)
			return err
		}
		return c.User.UpdateOneID(id).ClearLiked().Exec(ctx)
	}},
	{"create an invoice", func(r *random, ctx ctxt, c client) error {
		return c.Invoice.Create().SetNumber(r.name()).Exec(ctx)
	}},
	{"upsert an invoice", func(r *random, ctx ctxt, c client) error {
		up := c.Invoice.Create().SetNumber(r.name()).SetDiscount(r.IntN(3)).OnConflictColumns(invoice.FieldTenant, invoice.FieldNumber)
		switch r.IntN(4) {
		case 0:
			return up.UpdateNewValues().Exec(ctx)
		case 1:
			return up.Ignore().Exec(ctx)
		case 2:
			return up.Update(func(u *example.InvoiceUpsert) { u.AddDiscount(1); u.SetNote("again") }).Exec(ctx)
		}
		if err := up.DoNothing().Exec(ctx); err != nil && err.Error() != "sql: no rows in result set" {
			return err
		}
		return nil
	}},
	{"upsert invoices", func(r *random, ctx ctxt, c client) error {
		var all []*example.InvoiceCreate
		for i := range 3 {
			all = append(all, c.Invoice.Create().SetNumber(fmt.Sprint(r.name(), "-", i)).SetDiscount(i))
		}
		up := c.Invoice.CreateBulk(all...).OnConflictColumns(invoice.FieldTenant, invoice.FieldNumber)
		if r.IntN(2) == 0 {
			return up.Ignore().Exec(ctx)
		}
		return up.UpdateDiscount().Exec(ctx)
	}},
	{"sign up", func(r *random, ctx ctxt, c client) error {
		create := c.Signup.Create().SetEmail(r.name() + "@acme.test")
		if r.IntN(2) == 0 {
			return create.OnConflictColumns(signup.FieldEmail).Ignore().Exec(ctx)
		}
		return create.Exec(ctx)
	}},
}
