package schema

import (
	"entgo.io/ent"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/index"
	"github.com/google/uuid"
)

// Invoice has IDs that the program makes, and keys for upserts.
type Invoice struct{ ent.Schema }

// Fields implements ent.Schema.
func (Invoice) Fields() []ent.Field {
	return []ent.Field{
		field.UUID("id", uuid.UUID{}).Default(uuid.New),
		field.String("tenant").Default("acme"),
		field.String("number"),
		field.Int("discount").Optional(),
		field.String("note").Default(""),
	}
}

// Indexes implements ent.Schema.
func (Invoice) Indexes() []ent.Index {
	return []ent.Index{index.Fields("tenant", "number").Unique()}
}
