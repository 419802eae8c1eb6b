package audit

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/auditkeep/audit/internal/diff"
)

// MaxStateEntries is how many entries a state is put together from. Beyond it,
// [Log.StateAt], [Log.StateAfter] and [Log.Revert] return ErrTooLong.
const MaxStateEntries = CountCap

// ErrTooLong is returned where a state would be put together from more than
// [MaxStateEntries] entries.
var ErrTooLong = errors.New("audit: too many entries to put the object's state together")

// History streams the entries of an object and of those that belong to it
// ([Event.WithParent]), the newest first, as [Log.All] does.
func (l *Log) History(ctx context.Context, object Object) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := l.history(ctx, object, yield); err != nil {
			yield(Entry{}, err)
		}
	}
}

// history merges two streams, each of which an index gives in order.
func (l *Log) history(ctx context.Context, object Object, yield func(Entry, error) bool) error {
	own, err := l.objectFilter(ctx, object)
	if err != nil {
		return err
	}
	if own.NotAfter, err = l.In(own.Org).Newest(ctx); err != nil || own.NotAfter.IsZero() {
		return err
	}
	belonging := Filter{Org: own.Org, NotAfter: own.NotAfter, Parent: object}
	nextOwn, stopOwn := iter.Pull2(l.All(ctx, own, Sort{}))
	defer stopOwn()
	nextBelonging, stopBelonging := iter.Pull2(l.All(ctx, belonging, Sort{}))
	defer stopBelonging()
	a, errA, moreA := nextOwn()
	b, errB, moreB := nextBelonging()
	for moreA || moreB {
		if err := errors.Join(errA, errB); err != nil {
			return err
		}
		older := 0 // as IDs compare: the greater one is the newer
		switch {
		case moreA && moreB:
			older = a.ID.Compare(b.ID)
		case moreA:
			older = 1
		default:
			older = -1
		}
		next := a
		if older < 0 {
			next = b
		}
		if !yield(next, nil) {
			return nil
		}
		if older >= 0 {
			a, errA, moreA = nextOwn()
		}
		if older <= 0 { // an object that is its own parent comes once
			b, errB, moreB = nextBelonging()
		}
	}
	return nil
}

// StateAt returns what the log knows of an object at a time, that instant
// included: its state is put together from the entries since its last create.
// An object without entries by then has the zero State.
func (l *Log) StateAt(ctx context.Context, object Object, t time.Time) (State, error) {
	f, err := l.objectFilter(ctx, object)
	if err != nil {
		return State{}, err
	}
	f.Until = t.Truncate(time.Microsecond).Add(time.Microsecond)
	return l.fold(ctx, f)
}

// StateAfter returns the state that an entry left its object in. It returns
// ErrNotFound if there is no such entry.
func (l *Log) StateAfter(ctx context.Context, id ID) (State, error) {
	e, err := l.Entry(ctx, id)
	if err != nil {
		return State{}, err
	}
	f, err := l.In(e.Org).objectFilter(ctx, e.Object)
	if err != nil {
		return State{}, err
	}
	f.NotAfter = id
	return l.fold(ctx, f)
}

// objectFilter matches the entries of one object.
func (l *Log) objectFilter(ctx context.Context, object Object) (Filter, error) {
	if object.Type == "" || object.ID == "" {
		return Filter{}, invalidFilter("object", object.String(), "an object has a type and an ID", "give both")
	}
	f := Filter{ObjectTypes: []string{object.Type}, ObjectIDs: []string{object.ID}}
	return f, l.fillOrg(ctx, &f)
}

// fold puts together the state after the entries that match, which are all of
// one object.
func (l *Log) fold(ctx context.Context, f Filter) (State, error) {
	creates := f
	creates.Actions = []Action{ActionCreate}
	page, err := l.Page(ctx, Query{Filter: creates, Limit: 1})
	if err != nil {
		return State{}, err
	}
	var start ID
	for _, create := range page.Entries {
		start, f.From = create.ID, create.OccurredAt
	}
	var state State
	n := 0
	for e, err := range l.All(ctx, f, Sort{By: ByTimestamp, Dir: Ascending}) {
		if err != nil {
			return State{}, err
		}
		if e.ID.Compare(start) < 0 {
			continue // of the create's own microsecond
		}
		if n++; n > MaxStateEntries {
			return State{}, ErrTooLong
		}
		state.Apply(e)
	}
	return state, nil
}

// Reversal is what would undo an entry, as far as the log shows.
type Reversal struct {
	Entry Entry
	// Changes lead from the object's present state back to what the entry
	// changed, field by field. Undoing a create removes all fields, undoing a
	// destroy restores them.
	Changes Changes
	// Conflicts are fields that the entry changed, and something else since:
	// undoing them would undo that too. They are among Changes.
	Conflicts []Change
	// Lost are fields whose value before the entry was not kept: redacted,
	// cut for its size, or not compared. They are not among Changes. "…" stands for fields whose
	// names are lost too: those that the entry had no room for, and those of an
	// entry that could not be read.
	Lost []string
}

// Revert says what would undo an entry. It changes nothing: the host applies
// the changes to its own record, and records that. It returns ErrNotFound
// if there is no such entry.
func (l *Log) Revert(ctx context.Context, id ID) (Reversal, error) {
	e, err := l.Entry(ctx, id)
	if err != nil {
		return Reversal{}, err
	}
	f, err := l.In(e.Org).objectFilter(ctx, e.Object)
	if err != nil {
		return Reversal{}, fmt.Errorf("reverting entry %s: %w", id, err)
	}
	now, err := l.fold(ctx, f)
	if err != nil {
		return Reversal{}, fmt.Errorf("reverting entry %s: %w", id, err)
	}
	out := Reversal{Entry: e}
	if e.Unreadable != "" {
		out.Lost = append(out.Lost, diff.Omitted)
	}
	for _, c := range e.Changes {
		present, known := now.whole(c.Field)
		if !known {
			present = c.New // no entry has it since
		}
		switch {
		case c.Field == diff.Omitted || c.Old.HoldsMark():
			out.Lost = append(out.Lost, c.Field)
			continue
		case present != c.New:
			out.Conflicts = append(out.Conflicts, Change{Field: c.Field, Old: c.New, New: present})
		}
		if present != c.Old {
			out.Changes = append(out.Changes, Change{Field: c.Field, Old: present, New: c.Old})
		}
	}
	return out, nil
}
