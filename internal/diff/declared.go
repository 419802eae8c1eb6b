package diff

import (
	"fmt"
	"reflect"
	"sync"
)

// declared is one field of a struct type, as its declaration and its tags
// describe it. Plans, the search for shared memory and Snapshot ask it, so that
// they agree about what a field is.
type declared struct {
	reflect.StructField
	tag      fieldTag
	tagError error
	embedded reflect.Type // a struct whose fields count as the outer struct's, or nil
}

var declarations sync.Map // reflect.Type to []declared

// fieldsOf returns the fields of a struct type. It reads their tags once per type.
func fieldsOf(t reflect.Type) []declared {
	if known, ok := declarations.Load(t); ok {
		return known.([]declared)
	}
	fields := make([]declared, t.NumField())
	for i := range fields {
		fields[i] = declare(t.Field(i))
	}
	declarations.Store(t, fields)
	return fields
}

func declare(sf reflect.StructField) declared {
	f := declared{StructField: sf, embedded: embeddedStruct(sf)}
	f.tag, f.tagError = parseTag(sf.Tag)
	return f
}

// embeddedStruct returns the struct type whose fields count as the outer
// struct's, or nil.
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

// spreads reports whether the fields of an embedded struct are recorded in place
// of the field.
func (f *declared) spreads() bool {
	return f.embedded != nil && (f.tag.name == "" || !f.IsExported())
}

// recordedName returns the name under which the field is recorded.
func (f *declared) recordedName() string {
	if f.tag.name != "" {
		return f.tag.name
	}
	return snakeCase(f.Name)
}

// isImmutable reports whether the tag says that both sides may share the field.
func (f *declared) isImmutable() bool { return f.tagError == nil && f.tag.immutable }

// isHeld reports whether the field, which may be unexported, holds data that no
// tag leaves out.
func (f *declared) isHeld() bool { return f.tagError == nil && !f.tag.skip && isData(f.Type) }

// problem returns what is wrong with the field's tag.
func (f *declared) problem() error {
	switch {
	case f.tagError != nil:
		return fmt.Errorf("field %s: %w", f.Name, f.tagError)
	case !f.IsExported() && f.tag.audit && (f.tag.name != "" || f.embedded == nil):
		return fmt.Errorf("field %s has an audit tag, but is not exported, so it cannot be recorded; export it", f.Name)
	case f.tag.parent && (f.spreads() || !mayBeID(f.Type)):
		return errStructParent(f.StructField)
	}
	return nil
}

// reasonToLeaveOut returns why a field is not recorded, and "" if it is.
func (p *planner) reasonToLeaveOut(f *declared) string {
	switch {
	case f.tag.skip:
		return "by its tag"
	case f.spreads():
		return ""
	case !f.IsExported():
		return "not exported"
	case !isData(f.Type):
		return "no data"
	case !f.tag.column && p.isAssociation(f.Type):
		return "another record, with its own ID"
	}
	return ""
}
