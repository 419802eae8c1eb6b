// Package schema is what the example's code is generated of.
package schema

import (
	"database/sql"
	"database/sql/driver"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"github.com/google/uuid"

	"github.com/auditkeep/audit/contrib/ent/internal/example/kinds"
)

// User is a host's entity, with a field of every type and an edge of every kind.
type User struct{ ent.Schema }

// Fields implements ent.Schema.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.Int("logins").Default(3),
		field.String("api_key").Optional().Sensitive(),
		field.Int("age").Optional(),
		field.String("nickname").Optional().Nillable(),
		field.Bool("active").Default(true),
		field.Float("score").Optional(),
		field.Uint64("quota").Optional(),
		field.Enum("role").Values("admin", "member").Default("member"),
		field.Enum("level").GoType(kinds.Level(0)).Optional(),
		field.UUID("external", uuid.UUID{}).Optional(),
		field.Time("born").Optional(),
		field.Bytes("photo").Optional(),
		field.Bytes("ip").GoType(net.IP{}).Optional(),
		field.Int64("timeout").GoType(time.Duration(0)).Optional(),
		field.String("dir").GoType(http.Dir("")).Optional(),
		field.String("motto").GoType(&sql.NullString{}).Optional(),
		field.String("balance").GoType(&big.Int{}).ValueScanner(field.TextValueScanner[*big.Int]{}).Optional(),
		field.String("diary").Optional().ValueScanner(field.ValueScannerFunc[string, *sql.NullString]{
			V: func(s string) (driver.Value, error) { return kinds.Rot13(s), nil },
			S: func(s *sql.NullString) (string, error) { return kinds.Rot13(s.String), nil },
		}),
		field.JSON("best", kinds.Item{}).Optional(),
		field.JSON("items", []kinds.Item{}).Optional(),
		field.JSON("size", &kinds.Size{}).Optional(),
		field.JSON("profile", kinds.Profile{}).Optional(),
		field.JSON("settings", map[string]any{}).Optional(),
		field.JSON("link", &url.URL{}).Optional(),
		field.Strings("labels").Optional(),
		field.String("plan").StorageKey("plan_code").StructTag(`json:"plan" audit:"tariff"`).Optional(),
		field.String("scratch").StructTag(`json:"scratch" audit:"-"`).Optional(),
	}
}

// Edges implements ent.Schema.
func (User) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("card", Card.Type).Unique(),
		edge.To("pets", Pet.Type),
		edge.To("friends", User.Type),
		edge.To("following", User.Type).From("followers"),
		edge.To("spouse", User.Type).Unique(),
		edge.To("reports", User.Type).From("manager").Unique(),
		edge.From("groups", Group.Type).Ref("users"),
		edge.To("liked", Doc.Type).Through("likes", Like.Type),
	}
}
