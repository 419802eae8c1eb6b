package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"
)

// Doc is deleted softly.
type Doc struct{ ent.Schema }

// Mixin implements ent.Schema.
func (Doc) Mixin() []ent.Mixin { return []ent.Mixin{mixin.Time{}, SoftDelete{}} }

// Fields implements ent.Schema.
func (Doc) Fields() []ent.Field { return []ent.Field{field.String("title")} }

// Edges implements ent.Schema.
func (Doc) Edges() []ent.Edge {
	return []ent.Edge{edge.From("fans", User.Type).Ref("liked").Through("likes", Like.Type)}
}
