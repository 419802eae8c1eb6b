package auditent_test

import (
	"time"

	"github.com/auditkeep/audit/contrib/ent/internal/example/like"
	"github.com/auditkeep/audit/contrib/ent/internal/example/user"
)

var edgeCases = []documented{
	{"O2O", func(s *scene) {
		ctx := s.t.Context()
		u := s.users(2)
		card := s.c.Card.Create().SetNumber("1").SaveX(ctx)
		s.ok(s.c.User.UpdateOneID(u[0]).SetCard(card).Exec(ctx)) // the other side's column
		s.ok(s.c.User.UpdateOneID(u[0]).ClearCard().Exec(ctx))
		s.ok(card.Update().SetOwnerID(u[1]).Exec(ctx))
		s.ok(card.Update().ClearOwner().Exec(ctx))
	}, []string{`create card 1: number "1"`, `update card 1: owner_id null→1`, `update card 1: owner_id 1→null`, `update card 1: owner_id null→2`, `update card 1: owner_id 2→null`}},
	{"O2O, same type", func(s *scene) {
		ctx := s.t.Context()
		u := s.users(2)
		s.ok(s.c.User.UpdateOneID(u[0]).SetSpouseID(u[1]).Exec(ctx))
		s.ok(s.c.User.UpdateOneID(u[1]).ClearSpouse().Exec(ctx))
	}, []string{`update user 1: user_spouse null→2`, `update user 2: user_spouse null→1`, `update user 2: user_spouse 1→null`, `update user 1: user_spouse 2→null`}},
	{"O2M", func(s *scene) {
		ctx := s.t.Context()
		u, p := s.users(2), s.pets(3)
		s.ok(s.c.User.UpdateOneID(u[0]).AddPetIDs(p...).Exec(ctx))
		s.ok(s.c.User.UpdateOneID(u[0]).RemovePetIDs(p[0]).Exec(ctx))
		s.ok(s.c.User.Update().Where(user.IDIn(u...)).ClearPets().Exec(ctx))
		s.ok(s.c.Pet.UpdateOneID(p[2]).SetOwnerID(u[1]).Exec(ctx)) // from its own side
	}, []string{
		`update pet 1: user_pets null→1`, `update pet 2: user_pets null→1`, `update pet 3: user_pets null→1`,
		`update pet 1: user_pets 1→null`, `update pet 2: user_pets 1→null`, `update pet 3: user_pets 1→null`, `update pet 3: user_pets null→2`,
	}},
	{"O2M, on create", func(s *scene) {
		ctx, p := s.t.Context(), s.pets(2)
		s.ok(s.c.User.CreateBulk(s.c.User.Create().SetName("a").AddPetIDs(p[0]), s.c.User.Create().SetName("b").AddPetIDs(p[1])).Exec(ctx))
	}, []string{
		`create user 1: name "a" logins 3 active true role "member"`, `create user 2: name "b" logins 3 active true role "member"`,
		`update pet 1: user_pets null→1`, `update pet 2: user_pets null→2`,
	}},
	{"O2M, same type", func(s *scene) {
		ctx, u := s.t.Context(), s.users(3)
		s.ok(s.c.User.UpdateOneID(u[0]).AddReportIDs(u[1]).Exec(ctx))
		s.ok(s.c.User.UpdateOneID(u[2]).SetManagerID(u[0]).Exec(ctx))
	}, []string{`update user 2: user_reports null→1`, `update user 3: user_reports null→1`}},
	{"edge.Field", func(s *scene) {
		ctx := s.t.Context()
		s.ok(s.c.Card.Create().SetNumber("1").SetOwnerID(s.users(1)[0]).Exec(ctx))
	}, []string{`create card 1: number "1" owner_id 1`}},
	{"M2M", func(s *scene) {
		ctx, u := s.t.Context(), s.users(3)
		g := s.c.Group.Create().SetName("g").AddUserIDs(u[0]).SaveX(ctx)
		s.ok(s.c.User.UpdateOneID(u[1]).AddGroups(g).Exec(ctx)) // from the other side
		s.ok(s.c.User.UpdateOneID(u[1]).AddGroups(g).Exec(ctx)) // is there already
		s.ok(g.Update().RemoveUserIDs(u[0]).AddUserIDs(u[2]).Exec(ctx))
		s.ok(s.c.Group.Update().ClearUsers().Exec(ctx))
	}, []string{
		`create group 1: name "g" renames 0`, `create group_users 1,1:`, `create group_users 1,2:`, `destroy group_users 1,1:`, `create group_users 1,3:`,
		`destroy group_users 1,2:`, `destroy group_users 1,3:`,
	}},
	{"M2M, same type", func(s *scene) {
		ctx, u := s.t.Context(), s.users(2)
		s.ok(s.c.User.UpdateOneID(u[0]).AddFollowingIDs(u[1]).Exec(ctx))
		s.ok(s.c.User.UpdateOneID(u[1]).ClearFollowers().Exec(ctx))
	}, []string{`create user_following 1,2:`, `destroy user_following 1,2:`}},
	{"M2M, bidirectional", func(s *scene) {
		ctx, u := s.t.Context(), s.users(2)
		s.ok(s.c.User.UpdateOneID(u[0]).AddFriendIDs(u[1]).Exec(ctx))
		s.ok(s.c.User.UpdateOneID(u[1]).RemoveFriendIDs(u[0]).Exec(ctx))
	}, []string{`create user_friends 1,2:`, `create user_friends 2,1:`, `destroy user_friends 1,2:`, `destroy user_friends 2,1:`}},
	{"edge schemas", func(s *scene) {
		ctx, u := s.t.Context(), s.users(2)
		d := s.plain.Doc.Create().SetTitle("d").SaveX(ctx)
		s.ok(s.c.Like.Create().SetUserID(u[0]).SetDoc(d).SetLikedAt(time.Now()).SetStars(2).Exec(ctx))
		s.ok(s.c.User.UpdateOneID(u[1]).AddLiked(d).Exec(ctx)) // by the edge
		s.ok(s.c.Like.Update().Where(like.UserID(u[0])).AddStars(3).Exec(ctx))
		s.ok(s.c.User.UpdateOneID(u[1]).ClearLiked().Exec(ctx))
		_, err := s.c.Like.Delete().Where(like.UserID(u[0])).Exec(ctx)
		s.ok(err)
	}, []string{`create like 1,1: stars 2`, `create like 2,1: stars 1`, `update like 1,1: stars 2→5`, `destroy like 2,1: stars 1`, `destroy like 1,1: stars 5`}},
	{"OnDelete(Cascade), SET NULL", func(s *scene) {
		ctx, u := s.t.Context(), s.users(1)
		p := s.plain.Pet.Create().SetName("p").SetOwnerID(u[0]).SaveX(ctx)
		s.ok(s.plain.Toy.Create().SetName("t").SetPet(p).Exec(ctx))
		s.ok(s.plain.Group.Create().SetName("g").AddUserIDs(u[0]).Exec(ctx))
		s.ok(s.c.User.DeleteOneID(u[0]).Exec(ctx)) // pets.user_pets becomes NULL, group_users loses a row
		s.ok(s.c.Pet.DeleteOne(p).Exec(ctx))       // the toy goes too
	}, []string{`destroy user 1: name "u1" logins 3 active true role "member"`, `destroy pet 1: name "p"`}},
}
