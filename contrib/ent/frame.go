package auditent

import (
	"context"
	"reflect"
	"sync"

	"entgo.io/ent"
)

// frame is a mutation under way. The context carries it to the statements that
// the mutation executes, and to the mutations that hooks make within it.
type frame struct {
	hook    *hook
	tx      *recordingTx
	client  reflect.Value // of the generated code, and nobody else has it
	outer   *frame
	typ     string
	deletes bool // a Delete or DeleteOne
	journal *journal

	mu      sync.Mutex
	deleted bool // it executed a DELETE on its own table
}

type frameKey struct{}

// frameOf returns the mutation under way in a transaction, or nil.
func frameOf(ctx context.Context, tx *recordingTx) *frame {
	f, _ := ctx.Value(frameKey{}).(*frame)
	for ; f != nil; f = f.outer {
		if f.tx == tx && f.journal.open() {
			return f
		}
	}
	return nil
}

// enter adds a mutation to the context. One within another on the same
// transaction shares its journal.
func (h *hook) enter(ctx context.Context, tx *recordingTx, client reflect.Value, m ent.Mutation) (context.Context, *frame) {
	f := &frame{hook: h, tx: tx, client: client, typ: m.Type(), deletes: m.Op().Is(ent.OpDelete | ent.OpDeleteOne)}
	f.outer, _ = ctx.Value(frameKey{}).(*frame)
	if within := frameOf(ctx, tx); within != nil && within.hook == h {
		f.journal = within.journal
	} else {
		f.journal = new(journal)
	}
	return context.WithValue(ctx, frameKey{}, f), f
}

// root reports whether no other mutation holds the frame's journal.
func (f *frame) root() bool {
	for outer := f.outer; outer != nil; outer = outer.outer {
		if outer.journal == f.journal {
			return false
		}
	}
	return true
}

// deletion returns the Delete on a type that a statement within it belongs to:
// a hook that deletes softly turned it into an update.
func (f *frame) deletion(typ string) *frame {
	for ; f != nil; f = f.outer {
		if f.deletes && f.typ == typ && typ != "" {
			return f
		}
	}
	return nil
}

// step is what one statement did to one row.
type step struct {
	table         *table
	key           string
	before, after *row
	// deletion is the Delete on this type within which the row was updated.
	deletion *frame
}

// journal holds what the statements of a mutation did, in order.
type journal struct {
	mu     sync.Mutex
	steps  []step
	closed bool // the mutation has ended; the context may live on
}

func (j *journal) open() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return !j.closed
}

func (j *journal) add(steps ...step) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = append(j.steps, steps...)
}

func (j *journal) length() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.steps)
}

// cut forgets the steps from n on: a savepoint was rolled back.
func (j *journal) cut(n int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.steps = j.steps[:min(n, len(j.steps))]
}

// close returns one step for each row, from its first state to its last, in the
// order in which the rows were first touched.
func (j *journal) close() []step {
	j.mu.Lock()
	defer j.mu.Unlock()
	type place struct {
		table *table
		key   string
	}
	known := map[place]int{}
	var merged []step
	for _, s := range j.steps {
		at := place{s.table, s.key}
		i, ok := known[at]
		if !ok {
			known[at] = len(merged)
			merged = append(merged, s)
			continue
		}
		merged[i].after = s.after
		if s.deletion != nil {
			merged[i].deletion = s.deletion
		}
	}
	j.closed = true
	return merged
}
