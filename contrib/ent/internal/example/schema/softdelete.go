package schema

import (
	"context"
	"fmt"
	"time"

	"entgo.io/ent"
	"entgo.io/ent/dialect/sql"
	"entgo.io/ent/schema/field"
	"entgo.io/ent/schema/mixin"

	"github.com/auditkeep/audit/contrib/ent/internal/example"
	"github.com/auditkeep/audit/contrib/ent/internal/example/hook"
	"github.com/auditkeep/audit/contrib/ent/internal/example/intercept"
)

// SoftDelete keeps deleted rows, and hides them from every query, as ent's
// documentation shows it.
type SoftDelete struct{ mixin.Schema }

// Fields implements ent.Mixin.
func (SoftDelete) Fields() []ent.Field { return []ent.Field{field.Time("delete_time").Optional()} }

type forGoodKey struct{}

// ForGood returns a context in which deleted rows are seen, and rows deleted
// for good.
func ForGood(ctx context.Context) context.Context { return context.WithValue(ctx, forGoodKey{}, true) }

func forGood(ctx context.Context) bool { return ctx.Value(forGoodKey{}) != nil }

// Interceptors implements ent.Mixin.
func (SoftDelete) Interceptors() []ent.Interceptor {
	return []ent.Interceptor{intercept.TraverseFunc(func(ctx context.Context, q intercept.Query) error {
		if !forGood(ctx) {
			q.WhereP(sql.FieldIsNull("delete_time"))
		}
		return nil
	})}
}

// Hooks implements ent.Mixin.
func (SoftDelete) Hooks() []ent.Hook {
	return []ent.Hook{hook.On(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if forGood(ctx) {
				return next.Mutate(ctx, m)
			}
			soft, ok := m.(interface {
				SetOp(ent.Op)
				Client() *example.Client
				SetDeleteTime(time.Time)
				WhereP(...func(*sql.Selector))
			})
			if !ok {
				return nil, fmt.Errorf("%T cannot be deleted softly", m)
			}
			soft.WhereP(sql.FieldIsNull("delete_time"))
			soft.SetOp(ent.OpUpdate)
			soft.SetDeleteTime(time.Now())
			return soft.Client().Mutate(ctx, m)
		})
	}, ent.OpDelete|ent.OpDeleteOne)}
}
