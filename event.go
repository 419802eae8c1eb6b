package audit

import (
	"maps"
	"reflect"
	"time"
)

// Event is what the host says happened; [Log.Record] turns it into an entry.
// An event only holds the values: the difference is made when it is recorded. Do
// not change them until Record returns. An event can be recorded any number of
// times, and every With method returns a changed copy.
type Event struct {
	action        Action
	before, after reflect.Value // addressable, or invalid where the event has no such side
	object        Object
	parent        Object
	id            ID
	time          time.Time
	comment       string
	metadata      map[string]any
}

// Created is the event that x came to be. x is a struct, a pointer to one, a
// map, or a JSON object as [encoding/json.RawMessage].
func Created[T any](x T) Event {
	return Event{action: ActionCreate, after: reflect.ValueOf(&x).Elem()}
}

// Updated is the event that an object changed from before to after, each as
// in [Created]. Load before from the database, locked so that nobody else
// changes it meanwhile (SELECT … FOR UPDATE). Then load after too, or change a
// [Snapshot] of before.
//
// After an assignment (after := before) the two still share what pointers, maps,
// lists and bytes lead to. Decoding JSON into after writes there, and so changes
// before too. If a recorded field shares such memory, recording fails with
// ErrShared; see Config.Shared and audittest.RequireNotShared.
//
// An update in which nothing changed records nothing.
func Updated[T any](before, after T) Event {
	both := &struct{ before, after T }{before, after} // one allocation for the two
	return Event{action: ActionUpdate, before: reflect.ValueOf(&both.before).Elem(), after: reflect.ValueOf(&both.after).Elem()}
}

// Destroyed is the event that x ceased to be; x as in [Created].
func Destroyed[T any](x T) Event {
	return Event{action: ActionDestroy, before: reflect.ValueOf(&x).Elem()}
}

// Performed is the event of a host's action that changed no field:
// Performed("login_failed", audit.Object{Type: "user", ID: "42"}).
func Performed(action Action, object Object) Event {
	return Event{action: action, object: object}
}

// WithAction replaces the action, so that an update is recorded as what it
// means ("publish").
func (e Event) WithAction(action Action) Event { e.action = action; return e }

// WithObject replaces the object's type and ID, or only the one that is not empty.
func (e Event) WithObject(object Object) Event { e.object = object; return e }

// WithParent names the object that this one belongs to, whatever the tag
// audit:",parent" of the record says.
func (e Event) WithParent(parent Object) Event { e.parent = parent; return e }

// WithComment says why it happened. Beyond 4,096 bytes it is cut and ends in
// "…", since a remark of a user's must not stop their change.
func (e Event) WithComment(comment string) Event { e.comment = comment; return e }

// WithMetadata adds what else the host wants to keep, redacted and bounded
// like the changes: values that find no room are cut and marked. Keys given
// before stay unless given again.
func (e Event) WithMetadata(metadata map[string]any) Event {
	merged := maps.Clone(e.metadata)
	if merged == nil {
		merged = make(map[string]any, len(metadata))
	}
	maps.Copy(merged, metadata)
	e.metadata = merged
	return e
}

// WithID gives the entry an ID made beforehand with [NewID], and so its time
// too. Recording the same ID with the same content again does nothing, which
// makes a retry safe after a COMMIT whose answer was lost; with other content
// it is ErrConflict.
func (e Event) WithID(id ID) Event { e.id = id; return e }

// ID returns the ID given with [Event.WithID], or the zero ID: for adapters,
// since only such an ID may be taken already.
func (e Event) ID() ID { return e.id }

// WithTime says when it happened, where that is not now: an import, a report
// that came late. It is cut to microseconds.
func (e Event) WithTime(t time.Time) Event { e.time = t; return e }
