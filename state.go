package audit

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/auditkeep/audit/internal/diff"
	"github.com/auditkeep/audit/internal/jsontext"
)

// State is what the log knows about one object after one of its entries. The zero
// State is that before the first entry; [State.Apply] adds the next one.
//
// It knows only what the entries say. If they do not reach back to the object's
// create, the fields that have not changed since are unknown, not absent. Redacted
// and cut values stay marks.
type State struct {
	// Last is the entry applied last, First the one that the State rests on:
	// the create or, if there is none, the first that was applied. Both are
	// zero before any entry.
	Last, First ID
	// Presence says whether the object exists.
	Presence Presence
	// Complete reports whether Fields holds all that was ever recorded of the
	// object: its create was applied, and no entry since left out changes
	// because they were too large, or could not be read. If it is false, further
	// fields are unknown.
	Complete bool
	// Created reports whether First is the object's create.
	Created bool
	// Unrecorded are the places where an entry found another value than the entries
	// before it had left: something changed the object without recording it.
	Unrecorded []Unrecorded

	fields map[string]stateField
	within within
	order  int
}

// stateField is a field and its place: fields that were taken apart from one
// value share its place and come by their names.
type stateField struct {
	FieldState
	place int
}

// Presence says whether an object exists.
type Presence int

// The presences.
const (
	ObjectUnknown   Presence = iota // no entry shows its fields
	ObjectPresent                   // created, or changed since
	ObjectDestroyed                 // the entries end with a destroy
)

// FieldState is one field of a [State].
type FieldState struct {
	// Field is a path as in [Change]; objects within are taken apart, so that
	// each field has its own value. An object without keys stays whole.
	Field string
	// Value is never absent.
	Value Value
	// Since is the entry that gave the field this value.
	Since ID
}

// Unrecorded is a field whose old value in an entry is not the one that the entries
// before had left.
type Unrecorded struct {
	Entry ID
	Field string
	// Left is the value that was left, Found the one the entry found; either
	// may be absent.
	Left, Found Value
}

// Fields returns the fields, in the order in which they were first recorded. A
// destroyed object has none.
func (s *State) Fields() []FieldState {
	sorted := slices.SortedFunc(maps.Values(s.fields), func(a, b stateField) int {
		return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.Field, b.Field))
	})
	fields := make([]FieldState, len(sorted))
	for i, f := range sorted {
		fields[i] = f.FieldState
	}
	return fields
}

// Get returns the value of a field. It is absent if the object has no such
// field, or if that is unknown; see State.Complete.
func (s *State) Get(field string) Value { return s.fields[field].Value }

// Clone returns a copy that further entries do not touch.
func (s *State) Clone() State {
	out := *s
	out.fields, out.within, out.Unrecorded = maps.Clone(s.fields), s.within.clone(), slices.Clone(s.Unrecorded)
	return out
}

// Apply leads the state on by one entry. The entries must be of one object and
// come in the order of their IDs; none between them may be left out.
func (s *State) Apply(e Entry) {
	if e.Action == ActionCreate {
		*s = State{First: e.ID, Presence: ObjectPresent, Complete: true, Created: true}
	}
	if s.First.IsZero() {
		s.First = e.ID
	}
	s.Last = e.ID
	if e.Unreadable != "" {
		s.Complete = false
	}
	for _, c := range e.Changes {
		if c.Field == diff.Omitted {
			s.Complete = false
			continue
		}
		s.findGap(e, c)
		s.set(c.Field, c.New, e.ID)
	}
	switch {
	case e.Action == ActionDestroy:
		s.Presence, s.Complete, s.fields, s.within = ObjectDestroyed, true, nil, nil
	case len(e.Changes) > 0:
		s.Presence = ObjectPresent
	}
}

// findGap compares what an entry found with what is known. A mark says less
// than the value it stands for, so it contradicts nothing.
func (s *State) findGap(e Entry, c Change) {
	left, known := s.whole(c.Field)
	if e.Action == ActionCreate || !known || left == c.Old || left.HoldsMark() || c.Old.HoldsMark() {
		return
	}
	s.Unrecorded = append(s.Unrecorded, Unrecorded{Entry: e.ID, Field: c.Field, Left: left, Found: c.Old})
}

// whole returns a field's value, put together again where it was taken apart.
// It is not known if no entry shows it.
func (s *State) whole(field string) (v Value, known bool) {
	if f, ok := s.fields[field]; ok {
		return f.Value, true
	}
	if !s.within.has(field) {
		return Value{}, s.Complete
	}
	tree := map[string]any{}
	for name := range s.within.all(field) {
		plant(tree, name[len(field)+1:], s.fields[name].Value)
	}
	text, err := json.Marshal(tree)
	if err != nil {
		return Value{}, false
	}
	v, err = ParseValue(string(text))
	return v, err == nil && s.Complete // else there may be further keys
}

// plant puts a value into nested maps, at a path.
func plant(tree map[string]any, path string, v Value) {
	key, rest := jsontext.SplitPath(path)
	if rest == "" {
		tree[key] = v
		return
	}
	inner, ok := tree[key].(map[string]any)
	if !ok {
		inner = map[string]any{}
		tree[key] = inner
	}
	plant(inner, rest, v)
}

// set gives a field a value; the absent one takes it away.
func (s *State) set(field string, v Value, since ID) {
	s.order++
	place := s.order
	if f, ok := s.fields[field]; ok {
		place = f.place
	}
	for _, name := range slices.Collect(s.within.all(field)) {
		place = min(place, s.fields[name].place)
		s.remove(name)
	}
	s.remove(field)
	// What the field lies within has keys now: it is neither null nor empty.
	for parent := jsontext.ParentPath(field); parent != ""; parent = jsontext.ParentPath(parent) {
		if f, ok := s.fields[parent]; ok {
			place = f.place
			s.remove(parent)
		}
	}
	if !v.IsAbsent() {
		s.add(field, v, since, place)
		return
	}
	// The change names its path, so the map that it lay within is still there. If
	// fields may be unknown, so may be other keys of that map.
	if parent := jsontext.ParentPath(field); parent != "" && s.Complete && !s.within.has(parent) {
		s.add(parent, Value{json: "{}"}, since, place)
	}
}

// add adds a value, objects with keys as the fields within them.
func (s *State) add(field string, v Value, since ID, place int) {
	if keys, ok := splitObject(field, v); ok {
		for _, key := range keys {
			s.add(key.path, key.value, since, place)
		}
		return
	}
	if s.fields == nil {
		s.fields, s.within = map[string]stateField{}, within{}
	}
	s.fields[field] = stateField{FieldState{field, v, since}, place}
	s.within.add(field)
}

func (s *State) remove(field string) {
	if _, ok := s.fields[field]; ok {
		delete(s.fields, field)
		s.within.remove(field)
	}
}
