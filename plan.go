package audit

import (
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
)

// plan says what to record of a struct type. It is made once per type, and is
// the one place that decides it: differences, Describe and the search for shared
// memory ask it.
type plan struct {
	of reflect.Type
	// objectType is the type's name as an object type.
	objectType string
	// fields are recorded, in the struct's order, nested structs flattened.
	fields []field
	// ids are the fields that make up the object's ID, and all are both: an ID
	// is a field like any other where it can differ from the object's.
	ids, all []field
	// parent is the field that holds the ID of the object's parent, or nil.
	parent *field
	// sharing are those of all in which two values of the type can share memory
	// that a program can write through.
	sharing   []int
	rules     []FieldRule // what becomes of every field, at the top level only
	auditable bool        // the record says itself which object it is
	closed    bool        // nothing of it can be seen from outside its package
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

// get returns the field of a struct, or an invalid Value where an embedded
// pointer on the way is nil.
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
	auditableType = reflect.TypeFor[Auditable]()
)

// has reports whether a value of the type, or its address, has the interface's methods.
func has(t, iface reflect.Type) bool {
	return t.Implements(iface) || t.Kind() != reflect.Interface && t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(iface)
}

// isColumn reports whether the type says itself how it is one value, as
// databases and texts know values.
func isColumn(t reflect.Type) bool {
	return t == timeType || t == numberType || shapeOf(t) != noShape || has(t, valuerType) || has(t, textType)
}

// isSpecial reports whether values of the type are recorded by a method of theirs.
func isSpecial(t reflect.Type) bool { return isColumn(t) || has(t, marshalerType) }

// planner works out plans and keeps them.
type planner struct {
	redactor redactor
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
		return false // said elsewhere
	}
	within = append(slices.Clone(within), t)
	return slices.ContainsFunc(made.fields, func(f field) bool {
		return f.secret || !f.plain && p.findsSecret(t.FieldByIndex(f.index).Type, within)
	})
}

// plan returns what to record of a struct type at the top level of an event,
// the structs within it flattened into paths.
func (p *planner) plan(t reflect.Type) (*plan, error) { return p.load(&p.top, t, true) }

// nested returns what to record of a struct type that is part of a value.
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
	c := fieldCollector{redactor: p.redactor, root: t, flatten: top}
	if err := c.collect(t, level{}); err != nil {
		return nil, invalidEvent(t.String(), "", err.Error(), "mend the type's tags")
	}
	fields, err := c.visible()
	if err != nil {
		return nil, invalidEvent(t.String(), "", err.Error(), "mend the type's tags")
	}
	made := &plan{of: t, objectType: typeName(t), fields: fields, auditable: has(t, auditableType), closed: isClosed(t)}
	if top {
		made.ids = identity(fields)
		made.fields = slices.DeleteFunc(slices.Clone(fields), func(f field) bool { return contains(made.ids, f) || p.leavesOut(f) })
		made.rules = p.rules(&c, fields, made.ids)
		if made.parent, err = parentField(t, fields); err != nil {
			return nil, invalidEvent(t.String(), "", err.Error(), "mend the type's tags")
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

// ignores reports whether the log's configuration leaves out a name at the top
// level.
func (p *planner) ignores(name string) bool { return slices.Contains(p.ignore, name) }

// leavesOut reports whether it leaves out a field, which a tag prevents.
func (p *planner) leavesOut(f field) bool { return !f.tagged && p.ignores(f.name) }

func contains(fields []field, f field) bool {
	return slices.ContainsFunc(fields, func(g field) bool { return slices.Equal(f.index, g.index) })
}

// rules returns what becomes of each field that was found, in the struct's
// order: visible are those that no other field hides.
func (p *planner) rules(c *fieldCollector, visible, ids []field) []FieldRule {
	type placed struct {
		index []int
		rule  FieldRule
	}
	var all []placed
	for _, f := range c.found {
		rule := FieldRule{Field: f.name, Handling: FieldRecorded}
		switch {
		case contains(ids, f):
			rule.Handling = FieldIdentity
			rule.Reason = f.parentReason()
		case !contains(visible, f):
			rule.Handling, rule.Reason = FieldLeftOut, "hidden by a field of the same name"
		case p.leavesOut(f):
			rule.Handling, rule.Reason = FieldLeftOut, "ignored by the log's configuration"
		case f.secret:
			rule.Handling = FieldRedacted
		default:
			rule.Reason = f.parentReason()
		}
		all = append(all, placed{f.index, rule})
	}
	for _, left := range c.left {
		all = append(all, placed{left.index, FieldRule{left.name, FieldLeftOut, left.reason}})
	}
	slices.SortStableFunc(all, func(a, b placed) int { return slices.Compare(a.index, b.index) })
	rules := make([]FieldRule, len(all))
	for i, p := range all {
		rules[i] = p.rule
	}
	return rules
}

// identity returns the fields that make up the object's ID: those tagged so,
// else the one named id. A struct within may have an identity of its own.
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

// typeName returns the default object type: the type's own name in snake_case,
// without type arguments; "" for unnamed types.
func typeName(t reflect.Type) string {
	name, _, _ := strings.Cut(t.Name(), "[")
	return snakeCase(name)
}

// fieldCollector walks a struct type and the structs within it.
type fieldCollector struct {
	redactor redactor
	root     reflect.Type
	flatten  bool // fields of structs within become fields with a path
	found    []field
	left     []leftOut
}

// leftOut is a field that is not recorded.
type leftOut struct {
	name   string
	index  []int
	reason string
}

// leave notes a field that is not recorded.
func (c *fieldCollector) leave(sf reflect.StructField, at level, tag fieldTag, reason string) {
	name := tag.name
	if name == "" {
		name = snakeCase(sf.Name)
	}
	c.left = append(c.left, leftOut{joinPath(at.path, name), append(slices.Clone(at.index), sf.Index...), reason})
}

// level is where in the root struct a collector is.
type level struct {
	path          string
	index         []int
	embedding     int
	secret, plain bool
	immutable     bool
	pointer       bool // an embedded pointer led here
	within        []reflect.Type
}

func (c *fieldCollector) collect(t reflect.Type, at level) error {
	if slices.Contains(at.within, t) {
		return nil // a struct that embeds a pointer to itself has no further fields
	}
	at.within = append(slices.Clone(at.within), t)
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, err := parseTag(sf.Tag)
		if err != nil {
			return fmt.Errorf("field %s: %w", sf.Name, err)
		}
		if tag.skip {
			c.leave(sf, at, tag, "by its tag")
			continue
		}
		inner := level{
			path: at.path, index: append(slices.Clone(at.index), i), embedding: at.embedding,
			secret: at.secret || tag.redact, plain: at.plain || tag.plain, within: at.within,
			immutable: at.immutable || tag.immutable, pointer: at.pointer,
		}
		if !sf.IsExported() && tag.audit && (tag.name != "" || embeddedStruct(sf) == nil) {
			return fmt.Errorf("field %s has an audit tag, but is not exported, so it cannot be recorded; export it", sf.Name)
		}
		if embedded := embeddedStruct(sf); embedded != nil && (tag.name == "" || !sf.IsExported()) {
			if tag.parent {
				return errStructParent(sf)
			}
			inner.embedding++
			inner.pointer = inner.pointer || sf.Type.Kind() == reflect.Pointer
			if err := c.collect(embedded, inner); err != nil {
				return err
			}
			continue
		}
		switch {
		case tag.parent && !mayBeID(sf.Type):
			return errStructParent(sf)
		case !sf.IsExported():
			c.leave(sf, at, tag, "not exported")
			continue
		case !isData(sf.Type):
			c.leave(sf, at, tag, "no data")
			continue
		case !tag.column && isAssociation(sf.Type):
			c.leave(sf, at, tag, "another record, with an ID of its own")
			continue
		}
		name := tag.name
		if name == "" {
			name = snakeCase(sf.Name)
		}
		// A field keeps its secret under whatever name it is stored.
		inner.secret = inner.secret || !inner.plain && (c.redactor.secret(name) || c.redactor.secret(sf.Name))
		if tag.id && inner.secret && at.path == "" {
			return fmt.Errorf("field %s is the object's ID, but looks like a secret; give another ID, or tag it `audit:\",id,plain\"`", sf.Name)
		}
		parentType, err := tag.parentOf(sf, name, inner.secret)
		if err != nil {
			return err
		}
		if inner.path = name; c.flatten {
			inner.path = joinPath(at.path, name)
			if sf.Type.Kind() == reflect.Struct && !isSpecial(sf.Type) && !isClosed(sf.Type) {
				if err := c.collect(sf.Type, inner); err != nil {
					return err
				}
				continue
			}
		}
		c.found = append(c.found, field{
			name: inner.path, index: inner.index, pointer: sf.Type.Kind() == reflect.Pointer, secret: inner.secret, plain: inner.plain,
			direct: directOf(sf.Type), id: tag.id, parent: parentType, within: at.path != "", tagged: tag.audit, embedding: inner.embedding,
			embedded: inner.pointer, immutable: inner.immutable, shares: !inner.immutable && (inner.pointer || reachOf(sf.Type).shares),
		})
	}
	return nil
}

// isData reports whether values of the type can be recorded at all.
func isData(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return isSpecial(t)
	}
	return true
}

// isClosed reports whether a struct type has data, and all of it in fields that
// are not exported, as types for money and versions do. What it holds cannot be
// recorded, but that it changed can. The locks of package sync hold no data.
func isClosed(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !isSpecial(t) && t.PkgPath() != "sync" && hidesAll(t, nil)
}

func hidesAll(t reflect.Type, within []reflect.Type) bool {
	if slices.Contains(within, t) {
		return true // a struct that embeds a pointer to itself has no further fields
	}
	within = append(slices.Clone(within), t)
	hidden := false
	for i := range t.NumField() {
		sf := t.Field(i)
		if embedded := embeddedStruct(sf); embedded != nil {
			if embedded.NumField() > 0 && !hidesAll(embedded, within) {
				return false
			}
			hidden = hidden || embedded.NumField() > 0
			continue
		}
		if sf.IsExported() {
			return false
		}
		tag, err := parseTag(sf.Tag)
		hidden = hidden || err == nil && !tag.skip && isData(sf.Type)
	}
	return hidden
}

// embeddedStruct returns the struct type whose fields count as the outer
// struct's own, or nil.
func embeddedStruct(sf reflect.StructField) reflect.Type {
	t := sf.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if !sf.Anonymous || t.Kind() != reflect.Struct || isColumn(t) {
		return nil
	}
	return t
}

// isAssociation reports whether the type is, points to, or lists structs with
// an identity of their own: other records, whose changes are their own entries.
func isAssociation(t reflect.Type) bool {
	for seen := map[reflect.Type]bool{}; ; {
		switch t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
			if isColumn(t) || seen[t] { // type Tree map[string]Tree
				return false
			}
			seen[t] = true
			t = t.Elem()
			continue
		case reflect.Struct:
			return !isColumn(t) && hasIdentity(t)
		}
		return false
	}
}

func hasIdentity(t reflect.Type) bool {
	if has(t, auditableType) {
		return true
	}
	for _, sf := range reflect.VisibleFields(t) {
		tag, err := parseTag(sf.Tag)
		if err == nil && sf.IsExported() && (tag.id || sf.Name == "ID" || tag.name == "id") {
			return true
		}
	}
	return false
}

// visible drops the fields that a less deeply embedded one of the same name
// hides, as Go does, and refuses two of one name and depth.
func (c *fieldCollector) visible() ([]field, error) {
	least := make(map[string]int, len(c.found))
	for _, f := range c.found {
		if depth, taken := least[f.name]; !taken || f.embedding < depth {
			least[f.name] = f.embedding
		}
	}
	visible := slices.DeleteFunc(slices.Clone(c.found), func(f field) bool { return f.embedding > least[f.name] })
	names := make(map[string]bool, len(visible))
	for _, f := range visible {
		if names[f.name] {
			return nil, fmt.Errorf("two fields of %s are named %q; give one another name with an audit tag", c.root, f.name)
		}
		names[f.name] = true
	}
	return visible, nil
}
