package audit

import (
	"errors"

	"github.com/auditkeep/audit/internal/diff"
)

// diff returns the object of an event, its parent and its changes. These are in
// the memory of reuse if they fit.
func (l *Log) diff(e *Event, reuse Changes) (object, parent Object, changes Changes, err error) {
	if !e.before.IsValid() && !e.after.IsValid() {
		return e.object, e.parent, nil, nil
	}
	found, err := l.engine.Diff(&diff.Event{Before: e.before, After: e.after, Object: diff.Object(e.object), Parent: diff.Object(e.parent)})
	if err != nil {
		return Object{}, Object{}, nil, asFieldError(err)
	}
	defer found.Release()
	object, parent = Object(found.Object), Object(found.Parent)
	n := found.Len()
	if n == 0 {
		return object, parent, nil, nil
	}
	if changes = reuse; cap(changes) < n {
		changes = make(Changes, n)
	}
	changes = changes[:n:n]
	for i := range changes {
		c := &changes[i]
		c.Field, c.Old.json, c.New.json = found.Change(i)
	}
	return object, parent, changes, nil
}

// asFieldError returns the engine's error as the FieldError that callers know.
func asFieldError(err error) error {
	problem, ok := errors.AsType[*diff.Problem](err)
	if !ok {
		return err
	}
	kind := ErrInvalidEvent
	if problem.Shared {
		kind = ErrShared
	}
	return &FieldError{Field: problem.Field, Value: problem.Value, Problem: problem.Text, Remedy: problem.Remedy, Kind: kind}
}
