package diff

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/internal/stored"
)

// parentSuffix follows the parent's type in the name of a field: order_id.
const parentSuffix = "_id"

// setParent reads the option parent or parent=TYPE of a tag.
func (t *fieldTag) setParent(objectType string, given bool) error {
	switch {
	case t.parent:
		return errors.New("has the option parent twice; give it once")
	case given && objectType == "":
		return errors.New("has no type after parent=; give the parent's object type, as in parent=order, or only parent")
	}
	if problem := stored.Problem(objectType, stored.ObjectType); problem != "" {
		return fmt.Errorf("has a parent's type that is %s; give a shorter, plain key", problem)
	}
	t.parent, t.parentType = true, objectType
	return nil
}

// parentOf returns the type of the parent whose ID the field holds, and "" if it
// holds none. The name is the one under which the field is recorded.
func (t fieldTag) parentOf(sf reflect.StructField, name string, secret bool) (string, error) {
	if !t.parent {
		return "", nil
	}
	if secret {
		return "", fmt.Errorf("field %s holds the parent's ID, which every entry shows, but is redacted by its tag or because its name looks like a secret; tag it `audit:\",parent,plain\"` if it is none, or name the parent with WithParent", sf.Name)
	}
	if t.parentType != "" {
		return t.parentType, nil
	}
	objectType, ok := strings.CutSuffix(name, parentSuffix)
	if !ok || objectType == "" {
		return "", fmt.Errorf("field %s holds the parent's ID, but its name %s does not say the parent's type, since it is not one that ends in %s; give the type, as in `audit:\",parent=order\"`", sf.Name, stored.Quote(name), parentSuffix)
	}
	if problem := stored.Problem(objectType, stored.ObjectType); problem != "" {
		return "", fmt.Errorf("field %s names a parent's type that is %s; give a shorter one, as in `audit:\",parent=order\"`", sf.Name, problem)
	}
	return objectType, nil
}

// mayBeID reports whether a value of the type can be one ID. It is true for
// interfaces and types with methods, whose values are checked when recorded.
func mayBeID(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return isSpecial(t)
	case reflect.Slice, reflect.Array:
		return isSpecial(t) || t.Elem().Kind() == reflect.Uint8
	}
	return true
}

func errStructParent(sf reflect.StructField) error {
	return fmt.Errorf("field %s is tagged as the parent's ID, but a %s is not one ID; tag the field that holds the ID, or name the parent with WithParent", sf.Name, sf.Type)
}

// parentField returns the field that holds the parent's ID, or nil. The tags of
// structs within the record do not count.
func parentField(t reflect.Type, fields []field) (*field, error) {
	var found *field
	for i := range fields {
		f := &fields[i]
		switch {
		case f.parent == "" || f.within:
		case found != nil:
			return nil, fmt.Errorf("the fields %s and %s are both tagged as the parent's ID, and an entry has one parent; tag the one whose history shall show the record, or name the parent with WithParent", found.goName(t), f.goName(t))
		default:
			found = f
		}
	}
	return found, nil
}

// goName returns the field's name in Go, with those of the structs around it.
func (f *field) goName(t reflect.Type) string {
	var names []string
	for _, i := range f.index {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		sf := t.Field(i)
		names, t = append(names, sf.Name), sf.Type
	}
	return strings.Join(names, ".")
}

// parentReason returns, for Describe, whose ID the field holds.
func (f *field) parentReason() string {
	if f.parent == "" || f.within {
		return ""
	}
	return fmt.Sprintf("the ID of its parent, of type %s", f.parent)
}

// parent returns the parent of an event's object: the one that the host named, else
// the one that the record has after the event, else before it.
func (d *differ) parent(given Object, before, after reflect.Value) (Object, error) {
	if given != (Object{}) || d.plan == nil || d.plan.parent == nil {
		return given, nil
	}
	f := d.plan.parent
	for _, record := range [...]reflect.Value{after, before} {
		id, err := d.parentID(f, f.of(record))
		if err != nil {
			return Object{}, err
		}
		if id != "" {
			return Object{Type: f.parent, ID: id}, nil
		}
	}
	return Object{}, nil
}

// parentID returns the ID that the field holds, or "" if it holds none.
func (d *differ) parentID(f *field, v reflect.Value) (string, error) {
	if !v.IsValid() || v.IsZero() {
		return "", nil
	}
	if f.direct != notDirect {
		return f.direct.idText(v), nil
	}
	n, err := f.inspect(newInspector(d.planner, d.limits), v)
	if err != nil {
		return "", err
	}
	switch n.kind {
	case jsontext.KindString, jsontext.KindNumber, jsontext.KindBool, jsontext.KindNull:
		return idText(n), nil
	}
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return "", invalid(f.name, "", fmt.Sprintf("tagged as the parent's ID, but its %s is not one ID", v.Type()), "tag the field that holds the ID, or name the parent with WithParent")
}
