package auditent

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"entgo.io/ent"

	"github.com/auditkeep/audit"
)

// Options adjusts the hook. The zero Options is useful.
type Options struct {
	// Only names the types of entities ("User") that are audited. Defaults to
	// all.
	Only []string
	// Skip names types that are not audited. Defaults to none.
	Skip []string
	// MaxRows is how many entities one mutation may change: they are kept in
	// memory, twice for an update. Beyond, it fails before it has changed
	// anything. Defaults to 10,000, which is also the most.
	MaxRows int
}

// New returns a hook that records in the log, in the transactions that tx finds
// for a mutation: [Tx] for ent's own, or a function of the host's, which may
// ask the context (see [Driver]).
func New(trail *audit.Log, tx func(context.Context, ent.Mutation) (audit.Tx, error), o Options) (ent.Hook, error) {
	switch {
	case trail == nil:
		return nil, errors.New("auditent: the log is nil: give the one that audit.New returned")
	case tx == nil:
		return nil, errors.New("auditent: no function for transactions is given: give auditent.Tx(store.SQLTx), or one of your own")
	case o.MaxRows < 0 || o.MaxRows > audit.MaxEvents:
		return nil, fmt.Errorf("auditent: Options.MaxRows is %d: want 1 to %d, or 0 for that", o.MaxRows, audit.MaxEvents)
	case o.MaxRows == 0:
		o.MaxRows = audit.MaxEvents
	}
	o.Only, o.Skip = slices.Clone(o.Only), slices.Clone(o.Skip)
	return func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if slices.Contains(o.Skip, m.Type()) || len(o.Only) > 0 && !slices.Contains(o.Only, m.Type()) {
				return next.Mutate(ctx, m)
			}
			r := recorder{trail: trail, mutation: generated{m}, max: o.MaxRows}
			var err error
			if r.tx, err = tx(ctx, m); err == nil {
				_, err = trail.Prepare(ctx) // what is wrong with organization and actor shows now
			}
			if err != nil {
				return nil, fmt.Errorf("auditent: a mutation of %s cannot be recorded: %w", m.Type(), err)
			}
			return r.mutate(ctx, next)
		})
	}, nil
}

// Tx adapts ent's own transactions: store.SQLTx of package postgres takes them,
// if the code is generated with --feature sql/execquery.
func Tx[T any](adapt func(T) audit.Tx) func(context.Context, ent.Mutation) (audit.Tx, error) {
	return func(_ context.Context, m ent.Mutation) (audit.Tx, error) {
		own, err := generated{m}.call("Tx")
		if err != nil {
			return nil, fmt.Errorf("finding its transaction: %w", err)
		}
		tx, ok := own.Interface().(T)
		if !ok {
			return nil, fmt.Errorf("ent's transaction is no %s: generate the code with --feature sql/execquery", reflect.TypeFor[T]())
		}
		return adapt(tx), nil
	}
}

// recorder records one mutation.
type recorder struct {
	trail    *audit.Log
	tx       audit.Tx
	mutation generated
	max      int
}

func (r recorder) mutate(ctx context.Context, next ent.Mutator) (ent.Value, error) {
	before, ids, err := r.before(ctx)
	if err != nil {
		return nil, fmt.Errorf("auditent: a mutation of %s cannot be recorded: %w", r.mutation.Type(), err)
	}
	value, err := next.Mutate(ctx, r.mutation.Mutation)
	if err != nil {
		return value, err
	}
	events, err := r.events(ctx, before, ids, value)
	if err == nil {
		err = r.trail.Record(ctx, r.tx, events...)
	}
	if err != nil {
		return nil, fmt.Errorf("auditent: recording a mutation of %s: %w", r.mutation.Type(), err)
	}
	return value, nil
}

// before reads the entities that the mutation covers, and locks them.
func (r recorder) before(ctx context.Context) (entities map[any]any, ids []any, err error) {
	if r.mutation.Op().Is(ent.OpCreate) {
		return nil, nil, nil
	}
	if ids, err = r.mutation.ids(ctx); err != nil || len(ids) == 0 {
		return nil, nil, err
	}
	if len(ids) > r.max {
		return nil, nil, fmt.Errorf("it changes more than %d entities, the limit of Options.MaxRows: change fewer at once", r.max)
	}
	entities, err = r.mutation.load(ctx, ids, true)
	return entities, ids, err
}

// events returns what the mutation has done.
func (r recorder) events(ctx context.Context, before map[any]any, ids []any, value ent.Value) ([]audit.Event, error) {
	switch op := r.mutation.Op(); {
	case op.Is(ent.OpCreate):
		id, err := idOf(value)
		if err != nil {
			return nil, err
		}
		ids = []any{id}
	case op.Is(ent.OpUpdate | ent.OpDelete):
		if n, ok := value.(int); ok && n != len(ids) {
			return nil, fmt.Errorf("%d entities were changed, but %d matched right before; try again", n, len(ids))
		}
	}
	var after map[any]any
	if !r.mutation.Op().Is(ent.OpDelete | ent.OpDeleteOne) {
		var err error
		if after, err = r.mutation.load(ctx, ids, false); err != nil {
			return nil, err
		}
	}
	events := make([]audit.Event, 0, len(ids))
	for _, id := range ids {
		old, now := before[id], after[id]
		switch {
		case old != nil && now != nil:
			events = append(events, audit.Updated(old, now))
		case now != nil:
			events = append(events, audit.Created(now))
		case old != nil && after == nil:
			events = append(events, audit.Destroyed(old))
		default:
			return nil, fmt.Errorf("the entity %v cannot be read in the transaction", id)
		}
	}
	return events, nil
}
