package schema

import (
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/entsql"
	"entgo.io/ent/schema"
	"entgo.io/ent/schema/edge"
	"entgo.io/ent/schema/field"
)

// Card belongs to a user, by an edge that is a field.
type Card struct{ ent.Schema }

// Fields implements ent.Schema.
func (Card) Fields() []ent.Field {
	return []ent.Field{
		field.String("number"),
		field.Int("owner_id").Optional().Nillable(),
	}
}

// Edges implements ent.Schema.
func (Card) Edges() []ent.Edge {
	return []ent.Edge{edge.From("owner", User.Type).Ref("card").Unique().Field("owner_id")}
}

// Pet belongs to a user, by an edge without a field.
type Pet struct{ ent.Schema }

// Fields implements ent.Schema.
func (Pet) Fields() []ent.Field { return []ent.Field{field.String("name")} }

// Edges implements ent.Schema.
func (Pet) Edges() []ent.Edge {
	return []ent.Edge{
		edge.From("owner", User.Type).Ref("pets").Unique(),
		edge.To("toys", Toy.Type).Annotations(entsql.OnDelete(entsql.Cascade)),
	}
}

// Toy goes with its pet.
type Toy struct{ ent.Schema }

// Fields implements ent.Schema.
func (Toy) Fields() []ent.Field { return []ent.Field{field.String("name")} }

// Edges implements ent.Schema.
func (Toy) Edges() []ent.Edge {
	return []ent.Edge{edge.From("pet", Pet.Type).Ref("toys").Unique()}
}

// Like is a join table that has more fields.
type Like struct{ ent.Schema }

// Annotations implements ent.Schema.
func (Like) Annotations() []schema.Annotation {
	return []schema.Annotation{field.ID("user_id", "doc_id")}
}

// Fields implements ent.Schema.
func (Like) Fields() []ent.Field {
	return []ent.Field{
		field.Time("liked_at").Default(time.Now),
		field.Int("stars").Default(1),
		field.Int("user_id"),
		field.Int("doc_id"),
	}
}

// Edges implements ent.Schema.
func (Like) Edges() []ent.Edge {
	return []ent.Edge{
		edge.To("user", User.Type).Required().Unique().Field("user_id"),
		edge.To("doc", Doc.Type).Required().Unique().Field("doc_id"),
	}
}
