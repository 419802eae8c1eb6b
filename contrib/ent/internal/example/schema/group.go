package schema

import (
	"context"

	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"

	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/contrib/ent/internal/example/hook"
)

// Group has users, by a join table. Its hooks make further mutations.
type Group struct{ ent.Schema }

// Fields implements ent.Schema.
func (Group) Fields() []ent.Field {
	return []ent.Field{field.String("name").Unique(), field.Int("renames").Default(0)}
}

// Edges implements ent.Schema.
func (Group) Edges() []ent.Edge { return []ent.Edge{edge.To("users", User.Type)} }

// Hooks implements ent.Schema.
func (Group) Hooks() []ent.Hook {
	return []ent.Hook{hook.On(func(next ent.Mutator) ent.Mutator {
		return hook.GroupFunc(func(ctx context.Context, m *example.GroupMutation) (ent.Value, error) {
			name, renamed := m.Name()
			if renamed {
				_ = m.AddField("renames", 1)
			}
			value, err := next.Mutate(ctx, m)
			if renamed && err == nil {
				err = m.Client().Pet.Create().SetName("mascot of " + name).Exec(ctx)
			}
			return value, err
		})
	}, ent.OpUpdateOne)}
}
