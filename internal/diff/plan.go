package diff

import (
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// plan has what is recorded of a struct type. It is made once per type.
// Differences, Describe and the search for shared memory all use it.
type plan struct {
	of reflect.Type
	// objectType is the type's name as an object type.
	objectType string
	// fields are the recorded fields in the struct's order, with those of structs
	// within it.
	fields []field
	// ids are the fields that make up the object's ID. all are ids and fields: in an
	// update an ID is compared like any other field.
	ids, all []field
	// parent is the field that holds the ID of the object's parent, or nil.
	parent *field
	// sharing are indexes into all: fields in which two records can share memory
	// that a program can write through.
	sharing   []int
	rules     []Rule // what becomes of every field, at the top level only
	auditable bool   // the record says itself which object it is
	closed    bool   // nothing of it can be seen from outside its package
}

// field is one recorded field of a struct.
type field struct {
	index   []int // as in reflect.Value.FieldByIndex
	direct  direct
	pointer bool   // its type is a pointer
	secret  bool   // its value is never kept
	plain   bool   // its value is kept although its name looks like a secret
	name    string // its path

	id        bool   // tagged as the object's ID
	parent    string // the type of the object's parent, if it holds the parent's ID
	within    bool   // it is a field of a struct within
	tagged    bool   // has an audit tag
	embedding int    // how many embedded structs it comes through
	embedded  bool   // a pointer leads to one of them
	immutable bool   // tagged as never changed in place
	shares    bool   // two values can share memory that a program can write through
}

// get returns the field of a struct, or an invalid Value if an embedded pointer on
// the way is nil.
func (f *field) get(v reflect.Value) reflect.Value {
	if len(f.index) == 1 {
		return v.Field(f.index[0])
	}
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	numberType    = reflect.TypeFor[json.Number]()
	marshalerType = reflect.TypeFor[json.Marshaler]()
	valuerType    = reflect.TypeFor[driver.Valuer]()
	textType      = reflect.TypeFor[encoding.TextMarshaler]()
)

// has reports whether a value of the type, or its address, has the interface's methods.
func has(t, iface reflect.Type) bool {
	return t.Implements(iface) || t.Kind() != reflect.Interface && t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(iface)
}

// isColumn reports whether values of the type are one value in a database or a
// text: times, numbers, known shapes, driver.Valuer and encoding.TextMarshaler.
func isColumn(t reflect.Type) bool {
	return t == timeType || t == numberType || shapeOf(t) != noShape || has(t, valuerType) || has(t, textType)
}

// isSpecial reports whether values of the type are recorded by one of their methods.
func isSpecial(t reflect.Type) bool { return isColumn(t) || has(t, marshalerType) }

// planner makes plans and keeps them.
type planner struct {
	redactor redactor
	naming   Naming
	ignore   []string // top-level names that are not recorded unless tagged
	// reflect.Type to *plan or error. A key of more than the type would be
	// allocated at every look-up.
	top, parts sync.Map
	secrets    sync.Map // reflect.Type to bool, for holdsSecret
}

// holdsSecret reports whether a struct type has a field, at any depth, whose
// value is never kept.
func (p *planner) holdsSecret(t reflect.Type) bool {
	if known, ok := p.secrets.Load(t); ok {
		return known.(bool)
	}
	found := p.findsSecret(t, nil)
	p.secrets.Store(t, found)
	return found
}

func (p *planner) findsSecret(t reflect.Type, within []reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || slices.Contains(within, t) {
		return false
	}
	made, err := p.nested(t)
	if err != nil {
		return false // the difference returns the error
	}
	within = append(slices.Clone(within), t)
	return slices.ContainsFunc(made.fields, func(f field) bool {
		return f.secret || !f.plain && p.findsSecret(t.FieldByIndex(f.index).Type, within)
	})
}

// plan returns what is recorded of a struct type at the top level of an event.
// Fields of structs within it have a path.
func (p *planner) plan(t reflect.Type) (*plan, error) { return p.load(&p.top, t, true) }

// nested returns what is recorded of a struct type that is part of a value.
func (p *planner) nested(t reflect.Type) (*plan, error) { return p.load(&p.parts, t, false) }

func (p *planner) load(plans *sync.Map, t reflect.Type, top bool) (*plan, error) {
	known, ok := plans.Load(t)
	if !ok {
		made, err := p.make(t, top)
		if known = made; err != nil {
			known = err
		}
		plans.Store(t, known)
	}
	if err, failed := known.(error); failed {
		return nil, err
	}
	return known.(*plan), nil
}

func (p *planner) make(t reflect.Type, top bool) (*plan, error) {
	c := fieldCollector{planner: p, root: t, flatten: top}
	if err := c.collect(t, level{}); err != nil {
		return nil, invalid(t.String(), "", err.Error(), "mend the type's tags")
	}
	fields, err := c.visible()
	if err != nil {
		return nil, invalid(t.String(), "", err.Error(), "mend the type's tags")
	}
	made := &plan{of: t, objectType: typeName(t), fields: fields, auditable: p.namesItself(t), closed: isClosed(t)}
	if top {
		made.ids = identity(fields)
		made.fields = slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return contains(made.ids, f) || p.leavesOut(f) })
		made.rules = p.rules(&c, fields, made.ids)
		if made.parent, err = parentField(t, fields); err != nil {
			return nil, invalid(t.String(), "", err.Error(), "mend the type's tags")
		}
	}
	made.all = slices.Concat(made.ids, made.fields)
	for i, f := range made.all {
		if f.shares {
			made.sharing = append(made.sharing, i)
		}
	}
	return made, nil
}

// namesItself reports whether records of the type name their object.
func (p *planner) namesItself(t reflect.Type) bool { return p.naming.By != nil && has(t, p.naming.By) }

// ignores reports whether the log's configuration leaves out a name at the top
// level.
func (p *planner) ignores(name string) bool { return slices.Contains(p.ignore, name) }

// leavesOut reports whether the configuration leaves out a field. It never leaves
// out a field with an audit tag.
func (p *planner) leavesOut(f field) bool { return !f.tagged && p.ignores(f.name) }

func contains(fields []field, f field) bool {
	return slices.ContainsFunc(fields, func(g field) bool { return slices.Equal(f.index, g.index) })
}

// rules returns a Rule for each field that was found, in the struct's order. No
// other field hides those in visible.
func (p *planner) rules(c *fieldCollector, visible, ids []field) []Rule {
	type placed struct {
		index []int
		rule  Rule
	}
	var all []placed
	for _, f := range c.found {
		rule := Rule{Field: f.name, Handling: Recorded}
		switch {
		case contains(ids, f):
			rule.Handling = Identity
			rule.Reason = f.parentReason()
		case !contains(visible, f):
			rule.Handling, rule.Reason = LeftOut, "hidden by a field of the same name"
		case p.leavesOut(f):
			rule.Handling, rule.Reason = LeftOut, "ignored by the log's configuration"
		case f.secret:
			rule.Handling = Redacted
		default:
			rule.Reason = f.parentReason()
		}
		all = append(all, placed{f.index, rule})
	}
	for _, left := range c.left {
		all = append(all, placed{left.index, Rule{left.name, LeftOut, left.reason}})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return slices.Compare(a.index, b.index) })
	rules := make([]Rule, len(all))
	for i, p := range all {
		rules[i] = p.rule
	}
	return rules
}

// identity returns the fields that make up the object's ID: those with the tag id,
// else the field named id. Tags of structs within do not count.
func identity(fields []field) (ids []field) {
	for _, f := range fields {
		if f.id && !f.within {
			ids = append(ids, f)
		}
	}
	for _, f := range fields {
		if len(ids) == 0 && f.name == "id" {
			return []field{f}
		}
	}
	return ids
}

// typeName returns the default object type: the type's name in snake_case without
// type arguments. It is "" for unnamed types.
func typeName(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return snakeCase(name)
}
