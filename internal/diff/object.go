package diff

import (
	"cmp"
	"reflect"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/internal/stored"
)

// mapIDKey is the key of a map or JSON object that holds the object's ID.
const mapIDKey = "id"

// object returns the object of an event: the one that the host named, else the one
// that the record names. Its ID is empty if the draft has it.
func (d *differ) object(given Object, before, after side) (Object, error) {
	if given.ID == "" && d.draftID(before.value, after.value) {
		return Object{Type: cmp.Or(given.Type, d.plan.objectType)}, nil
	}
	var found Object
	for _, s := range []side{before, after} {
		if !s.value.IsValid() {
			continue
		}
		object, err := d.objectOf(s)
		if err != nil {
			return Object{}, err
		}
		if given.ID == "" && found.ID != "" && object.ID != found.ID {
			return Object{}, invalid("Object.ID", object.ID, "before it was "+stored.Quote(found.ID), "give both sides of one record, or name it with WithObject")
		}
		found = object
	}
	if given.Type != "" {
		found.Type = given.Type
	}
	if given.ID != "" {
		d.foreignID = found.ID != given.ID
		found.ID = given.ID
	}
	return found, nil
}

func (d *differ) objectOf(s side) (Object, error) {
	if d.plan == nil || d.plan.auditable {
		if object, ok, err := d.ownObject(s.value); ok || err != nil {
			return object, err
		}
	}
	if s.tree != nil {
		object := Object{Type: typeName(s.value.Type())}
		if s.value.Kind() == reflect.Slice {
			object.Type = "" // json.RawMessage says nothing about the record
		}
		if id := s.tree.get(mapIDKey); id != nil {
			object.ID = idText(id)
		}
		return object, nil
	}
	id, err := d.ownID(s.value)
	return Object{Type: d.plan.objectType, ID: id}, err
}

// ownID returns the ID in a struct's fields, or "" if they hold none yet.
func (d *differ) ownID(record reflect.Value) (string, error) {
	ids := d.plan.ids
	var parts []string
	for i := range ids {
		f := &ids[i]
		v := f.get(record)
		if !v.IsValid() || v.IsZero() && len(ids) == 1 {
			return "", nil
		}
		part, err := d.idPart(f, v)
		if err != nil || len(ids) == 1 {
			return part, err
		}
		// Escapes keep two different keys from having one ID.
		parts = append(parts, strings.NewReplacer(`\`, `\\`, ",", `\,`).Replace(part))
	}
	return strings.Join(parts, ","), nil
}

func (d *differ) idPart(f *field, v reflect.Value) (string, error) {
	if f.direct != notDirect {
		return f.direct.idText(v), nil
	}
	n, err := f.inspect(newInspector(d.planner, d.limits), v)
	if err != nil {
		return "", err
	}
	return idText(n), nil
}

// draftID writes an ID that is one number to the start of the draft. The ID is then
// a part of the event's text, and saves an allocation.
func (d *differ) draftID(before, after reflect.Value) bool {
	if d.plan == nil || d.plan.auditable || len(d.plan.ids) != 1 {
		return false
	}
	f := &d.plan.ids[0]
	if f.direct != directInt && f.direct != directUint {
		return false
	}
	some, other := f.of(before), f.of(after)
	switch {
	case !some.IsValid():
		some = other
	case !d.oneSided && !f.same(some, other):
		return false
	}
	if !some.IsValid() || some.IsZero() {
		return false
	}
	d.draft.buf = f.direct.append(d.draft.buf, some, stored.ObjectID)
	d.draft.idEnd = len(d.draft.buf)
	return true
}

// ownObject returns the object that a record names itself.
func (d *differ) ownObject(v reflect.Value) (object Object, ok bool, err error) {
	if !d.planner.namesItself(v.Type()) {
		return Object{}, false, nil
	}
	if !v.CanAddr() { // the method may be that of the pointer
		addressable := reflect.New(v.Type()).Elem()
		addressable.Set(v)
		v = addressable
	}
	defer func() {
		if r := recover(); r != nil {
			err = invalid("Object", "", "AuditObject panicked", "mend the method")
		}
	}()
	object, ok = d.planner.naming.Object(v.Addr().Interface())
	return object, ok, nil
}

// idText returns a value as an object's ID, and "" for a list, a map or a mark.
func idText(n *node) string {
	switch n.kind {
	case jsontext.KindString, jsontext.KindNumber, jsontext.KindBool:
		return n.text
	default:
		return ""
	}
}
