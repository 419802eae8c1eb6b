package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"

	"github.com/auditkeep/audit/contrib/ent/internal/example/privacy"
)

// Signup may be created by anybody and read by nobody.
type Signup struct{ ent.Schema }

// Fields implements ent.Schema.
func (Signup) Fields() []ent.Field { return []ent.Field{field.String("email").Unique()} }

// Policy implements ent.Schema.
func (Signup) Policy() ent.Policy {
	return privacy.Policy{
		Mutation: privacy.MutationPolicy{privacy.AlwaysAllowRule()},
		Query:    privacy.QueryPolicy{privacy.AlwaysDenyRule()},
	}
}
