package audit

import (
	"reflect"
	"strings"
)

// mapIDKey is the key of a map or JSON object that holds the object's ID.
const mapIDKey = "id"

// object returns the object that an event is about: what the host said, else
// what the record says of itself.
func (d *differ) object(given Object, before, after side) (Object, error) {
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
			return Object{}, invalidEvent("object ID", object.ID, "before it was "+quote(found.ID), "give both sides of one record, or name it with WithObject")
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
	if object, ok, err := ownObject(s.value); ok || err != nil {
		return object, err
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
	p, err := d.planner.plan(s.value.Type())
	if err != nil {
		return Object{}, err
	}
	var parts []string
	for _, f := range p.ids {
		v := f.get(s.value)
		if !v.IsValid() || v.IsZero() && len(p.ids) == 1 {
			return Object{Type: p.objectType}, nil // not given yet
		}
		n, err := f.inspect(newInspector(d.planner, d.limits), v)
		if err != nil {
			return Object{}, err
		}
		parts = append(parts, idText(n))
	}
	if len(parts) > 1 { // so that no two keys give one ID
		for i, part := range parts {
			parts[i] = strings.NewReplacer(`\`, `\\`, ",", `\,`).Replace(part)
		}
	}
	return Object{Type: p.objectType, ID: strings.Join(parts, ",")}, nil
}

// ownObject asks a value that is [Auditable].
func ownObject(v reflect.Value) (object Object, ok bool, err error) {
	if !has(v.Type(), auditableType) {
		return Object{}, false, nil
	}
	if !v.CanAddr() { // the method may be that of the pointer
		addressable := reflect.New(v.Type()).Elem()
		addressable.Set(v)
		v = addressable
	}
	v = v.Addr()
	auditable, ok := v.Interface().(Auditable)
	if !ok {
		return Object{}, false, nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = invalidEvent("object", "", "AuditObject panicked", "mend the method")
		}
	}()
	return auditable.AuditObject(), true, nil
}

// idText returns a value as an object's ID; what cannot be one is "".
func idText(n *node) string {
	switch n.kind {
	case String, Number, Bool:
		return n.text
	default:
		return ""
	}
}
