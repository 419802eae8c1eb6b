package diff

import (
	"fmt"
	"reflect"

	"github.com/auditkeep/audit/internal/jsontext"
)

// side is one side of an event, with the pointers around it taken off.
type side struct {
	value reflect.Value
	tree  *node // of a map or JSON: its keys
}

// differ collects the changes of one event.
type differ struct {
	planner  *planner
	limits   Limits
	plan     *plan // of structs
	oneSided bool  // a create or destroy: all of the other side is absent
	// foreignID reports whether the host gave the object another ID than its record
	// has. The record's ID is then a field like any other.
	foreignID   bool
	notCompared *sharedFields // fields in which the two sides share memory
	draft       *draft
	left        int // how many more bytes of JSON the changes may take
	omitted     int // how many changes were left out, since left was 0
}

// planRecord looks up the plan of the event's records if they are structs.
func (d *differ) planRecord(e *Event) (err error) {
	some := e.Before
	if !some.IsValid() {
		some = e.After
	}
	t := some.Type()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for steps := 0; t.Kind() == reflect.Interface && steps <= d.limits.Depth; steps++ {
		for some.Kind() == reflect.Pointer && !some.IsNil() {
			some = some.Elem()
		}
		if some.Kind() != reflect.Interface || some.IsNil() {
			return nil // side says so
		}
		some = some.Elem()
		for t = some.Type(); t.Kind() == reflect.Pointer; {
			t = t.Elem()
		}
	}
	if t.Kind() == reflect.Struct && t != timeType {
		d.plan, err = d.planner.plan(t)
	}
	return err
}

// side takes the pointers off one side of an event. What is not a struct, a map or
// a JSON object is an error.
func (d *differ) side(name string, v reflect.Value) (side, error) {
	if !v.IsValid() {
		return side{}, nil
	}
	for steps := 0; v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface; steps++ {
		if v.IsNil() {
			return side{}, invalid(name, "", "nil", "give the record's values; for a record that came or went use Created or Destroyed")
		}
		if steps == d.limits.Depth {
			return side{}, invalid(name, "", "a pointer behind so many others", "give the record itself")
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct && v.Type() != timeType {
		return side{value: v}, nil
	}
	in := newInspector(d.planner, d.limits)
	switch {
	case v.Kind() == reflect.Map:
		if v.IsNil() {
			return side{}, invalid(name, "", "a nil map", "give the record's values")
		}
		tree, err := in.keys(v, false)
		if err != nil {
			return side{}, invalid(name, "", err.Error(), "mend the value's methods")
		}
		return side{value: v, tree: tree}, nil
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		if v.Len() > in.json {
			return side{}, invalid(name, "", fmt.Sprintf("%d bytes of JSON, at most %d are read", v.Len(), in.json), "raise Config.Limits.Bytes, or record what matters of it")
		}
		decoded, err := jsontext.Decode(v.Bytes())
		if err != nil {
			return side{}, invalid(name, "", "not JSON: "+err.Error(), "give a JSON object")
		}
		object, ok := decoded.(map[string]any)
		if !ok {
			return side{}, invalid(name, "", "JSON, but not an object", "give a JSON object")
		}
		tree, err := in.keys(reflect.ValueOf(object), false)
		return side{value: v, tree: tree}, err
	}
	return side{}, invalid(name, "", "a "+v.Type().String(), "give a struct, a map or a JSON object")
}
