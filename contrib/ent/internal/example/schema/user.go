// Package schema is what the example's code is generated of.
package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
)

// User is a host's entity.
type User struct{ ent.Schema }

// Fields implements ent.Schema.
func (User) Fields() []ent.Field {
	return []ent.Field{
		field.String("name"),
		field.Int("logins").Default(3),
		field.String("api_key").Optional().Sensitive(),
	}
}
