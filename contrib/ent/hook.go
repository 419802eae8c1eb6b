package auditent

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"entgo.io/ent"
	"entgo.io/ent/dialect"

	"github.com/auditkeep/audit"
)

// Options adjusts the hook. The zero Options is useful.
type Options struct {
	// Only names the types of entities ("User") and the join tables
	// ("group_users") that are audited. Defaults to all.
	Only []string
	// Skip names types and join tables that are not audited. Defaults to none.
	Skip []string
	// MaxRows is how many rows one statement may change: they are kept in
	// memory, twice for an update. Beyond, it fails before it has changed
	// anything. Defaults to 10,000, which is also the most.
	MaxRows int
}

func (o Options) audits(name string) bool {
	return !slices.Contains(o.Skip, name) && (len(o.Only) == 0 || slices.Contains(o.Only, name))
}

// hook records the mutations of clients.
type hook struct {
	Options
	trail  *audit.Log
	adapt  func(context.Context, ent.Mutation) (audit.Tx, error)
	models sync.Map // the type of a generated client to *models
}

// New returns a hook that records in the log, in the transactions that tx finds
// for a mutation: [Tx] for ent's own, or a function of the host's, which may
// ask the context. Register it with [Use], or with the client's Use.
func New(trail *audit.Log, tx func(context.Context, ent.Mutation) (audit.Tx, error), o Options) (ent.Hook, error) {
	switch {
	case trail == nil:
		return nil, errors.New("auditent: the log is nil: give the one that audit.New returned")
	case tx == nil:
		return nil, errors.New("auditent: no function for transactions is given: give auditent.Tx(store.SQLTx), or your own")
	case o.MaxRows < 0 || o.MaxRows > audit.MaxEvents:
		return nil, fmt.Errorf("auditent: Options.MaxRows is %d: want 1 to %d, or 0 for that", o.MaxRows, audit.MaxEvents)
	case o.MaxRows == 0:
		o.MaxRows = audit.MaxEvents
	}
	o.Only, o.Skip = slices.Clone(o.Only), slices.Clone(o.Skip)
	h := &hook{Options: o, trail: trail, adapt: tx}
	return func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if !h.audits(m.Type()) && len(m.AddedEdges())+len(m.RemovedEdges())+len(m.ClearedEdges()) == 0 {
				return next.Mutate(ctx, m)
			}
			return h.begin(ctx, next, m)
		})
	}, nil
}

// Tx finds the transaction of a mutation for a store: Tx(store.SQLTx) for
// package postgres, Tx(store.Tx) for package sqlite.
func Tx[T any](adapt func(T) audit.Tx) func(context.Context, ent.Mutation) (audit.Tx, error) {
	return func(ctx context.Context, m ent.Mutation) (audit.Tx, error) {
		f, ok := ctx.Value(frameKey{}).(*frame)
		if !ok {
			return nil, fmt.Errorf("the mutation of %s is not under way in the hook", m.Type())
		}
		if own := standard(f.tx); own != nil {
			if tx, ok := any(own).(T); ok {
				return adapt(tx), nil
			}
		} else if tx, ok := any(f.tx).(T); ok { // a driver that the host gave
			return adapt(tx), nil
		}
		return nil, fmt.Errorf("its transaction, a %T, is no %s: give auditent.Tx the store's SQLTx (package postgres) or Tx (package sqlite), and open the client on ent's own driver (entgo.io/ent/dialect/sql)", f.tx.Tx, reflect.TypeFor[T]())
	}
}

// begin finds or begins the mutation's transaction.
func (h *hook) begin(ctx context.Context, next ent.Mutator, m ent.Mutation) (ent.Value, error) {
	refuse := func(err error) error {
		return fmt.Errorf("auditent: a mutation of %s cannot be recorded: %w", m.Type(), err)
	}
	client, err := clientOf(m)
	if err != nil {
		return nil, refuse(err)
	}
	found, err := driverOf(client.Elem())
	if err != nil {
		return nil, refuse(err)
	}
	drv := found.Interface().(dialect.Driver)
	if name := drv.Dialect(); name != dialect.SQLite && name != dialect.Postgres {
		return nil, refuse(fmt.Errorf("its database is %q: only SQLite and PostgreSQL can be followed", name))
	}
	slot, own := transactionSlot(drv)
	switch d := own.(type) {
	case *onTx:
		return h.mutate(ctx, next, m, d.recordingTx, client)
	case *wrapped:
		if tx := d.current(ctx); tx != nil {
			return h.mutate(ctx, next, m, tx, client)
		}
		return h.mutateAlone(ctx, next, m, d, client)
	}
	if !slot.IsValid() {
		return nil, refuse(errOutside)
	}
	return h.mutate(ctx, next, m, recordingOf(slot, drv.Dialect()), client)
}

// mutateAlone runs a mutation in its own transaction.
func (h *hook) mutateAlone(ctx context.Context, next ent.Mutator, m ent.Mutation, drv *wrapped, client reflect.Value) (_ ent.Value, err error) {
	within, tx := drv.begin(ctx)
	ended := false
	defer func() {
		if !ended { // the mutation failed or panicked
			if rerr := tx.end(false); rerr != nil && err != nil {
				err = fmt.Errorf("%w: rolling back: %w", err, rerr)
			}
		}
	}()
	value, err := h.mutate(within, next, m, tx, client)
	if err != nil {
		return value, err
	}
	ended = true
	if err := tx.end(true); err != nil {
		return nil, fmt.Errorf("auditent: committing a mutation of %s: %w", m.Type(), err)
	}
	return value, nil
}

// mutate runs a mutation in a transaction, and records what it did.
func (h *hook) mutate(ctx context.Context, next ent.Mutator, m ent.Mutation, tx *recordingTx, client reflect.Value) (ent.Value, error) {
	ctx, f := h.enter(ctx, tx, client, m)
	if !f.root() {
		return next.Mutate(ctx, m) // the outermost mutation records
	}
	var to audit.Tx
	var err error
	if tx.begun() {
		to, err = h.adapt(ctx, m)
	}
	if err == nil && h.audits(m.Type()) {
		_, err = h.trail.Prepare(ctx) // what is wrong with organization and actor shows now
	}
	if err != nil {
		return nil, fmt.Errorf("auditent: a mutation of %s cannot be recorded: %w", m.Type(), err)
	}
	returned := false
	defer func() {
		if !returned { // a hook panicked
			_ = tx.fail(fmt.Errorf("auditent: a mutation of %s did not return", m.Type()))
		}
	}()
	value, failed := next.Mutate(ctx, m)
	returned = true
	if failed != nil {
		// The host may go on with the transaction, so what did happen counts.
		ctx = context.WithoutCancel(ctx)
	}
	steps := f.journal.close()
	if err = tx.failure(); err == nil && to == nil && len(steps) > 0 {
		to, err = h.adapt(ctx, m)
	}
	if err == nil {
		err = h.record(ctx, to, steps)
	}
	if err != nil {
		if failed != nil && tx.dialectName == dialect.Postgres {
			return value, failed // the transaction can do no more anyway
		}
		err = tx.fail(fmt.Errorf("auditent: recording a mutation of %s: %w", m.Type(), err))
		return nil, errors.Join(failed, err)
	}
	return value, failed
}

// record records what the statements of a mutation did to each row.
func (h *hook) record(ctx context.Context, tx audit.Tx, steps []step) error {
	for chunk := range slices.Chunk(steps, audit.MaxEvents) {
		events := make([]audit.Event, 0, len(chunk))
		for _, s := range chunk {
			event, ok, err := s.event()
			if err != nil {
				return err
			}
			if ok {
				events = append(events, event)
			}
		}
		if len(events) == 0 {
			continue
		}
		if err := h.trail.Record(ctx, tx, events...); err != nil {
			return err
		}
	}
	return nil
}
