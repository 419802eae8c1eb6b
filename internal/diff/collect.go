package diff

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/auditkeep/audit/internal/jsontext"
)

// fieldCollector walks a struct type and the structs within it.
type fieldCollector struct {
	planner *planner
	root    reflect.Type
	flatten bool // fields of structs within become fields with a path
	found   []field
	left    []leftOut
}

// leftOut is a field that is not recorded.
type leftOut struct {
	name   string
	index  []int
	reason string
}

// leave keeps a field that is not recorded.
func (c *fieldCollector) leave(f *declared, at level, reason string) {
	c.left = append(c.left, leftOut{jsontext.JoinPath(at.path, f.recordedName()), append(slices.Clone(at.index), f.Index...), reason})
}

// level is the place in the root struct that a collector has reached, with what
// the tags on the way there say.
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
	for i, sf := range fieldsOf(t) {
		tag := sf.tag
		if err := sf.problem(); err != nil {
			return err
		}
		if reason := c.planner.reasonToLeaveOut(&sf); reason != "" {
			c.leave(&sf, at, reason)
			continue
		}
		inner := level{
			path: at.path, index: append(slices.Clone(at.index), i), embedding: at.embedding,
			secret: at.secret || tag.redact, plain: at.plain || tag.plain, within: at.within,
			immutable: at.immutable || tag.immutable, pointer: at.pointer,
		}
		if sf.spreads() {
			inner.embedding++
			inner.pointer = inner.pointer || sf.Type.Kind() == reflect.Pointer
			if err := c.collect(sf.embedded, inner); err != nil {
				return err
			}
			continue
		}
		name := sf.recordedName()
		// A field keeps its secret under whatever name it is stored.
		inner.secret = inner.secret || !inner.plain && (c.planner.redactor.secret(name) || c.planner.redactor.secret(sf.Name))
		if tag.id && inner.secret && at.path == "" {
			return fmt.Errorf("field %s is the object's ID, but looks like a secret; give another ID, or tag it `audit:\",id,plain\"`", sf.Name)
		}
		parentType, err := tag.parentOf(sf.StructField, name, inner.secret)
		if err != nil {
			return err
		}
		if inner.path = name; c.flatten {
			inner.path = jsontext.JoinPath(at.path, name)
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

// isClosed reports whether a struct type has data only in unexported fields, such
// as a type for money. Its value cannot be recorded, but a change of it can. The
// locks of package sync hold no data.
func isClosed(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !isSpecial(t) && t.PkgPath() != "sync" && hidesAll(t, nil)
}

func hidesAll(t reflect.Type, within []reflect.Type) bool {
	if slices.Contains(within, t) {
		return true // a struct that embeds a pointer to itself has no further fields
	}
	within = append(slices.Clone(within), t)
	hidden := false
	for _, f := range fieldsOf(t) {
		if f.embedded != nil {
			if f.embedded.NumField() > 0 && !hidesAll(f.embedded, within) {
				return false
			}
			hidden = hidden || f.embedded.NumField() > 0
			continue
		}
		if f.IsExported() {
			return false
		}
		hidden = hidden || f.isHeld()
	}
	return hidden
}

// isAssociation reports whether the type is, points to, or lists structs that
// have an ID. Those are other records, whose changes are their own entries.
func (p *planner) isAssociation(t reflect.Type) bool {
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
			return !isColumn(t) && p.hasIdentity(t)
		}
		return false
	}
}

func (p *planner) hasIdentity(t reflect.Type) bool {
	if p.namesItself(t) {
		return true
	}
	for _, sf := range reflect.VisibleFields(t) {
		f := declare(sf)
		if f.tagError == nil && f.IsExported() && (f.tag.id || f.Name == "ID" || f.tag.name == "id") {
			return true
		}
	}
	return false
}

// visible returns the fields without those that a less deeply embedded field of
// the same name hides, as in Go. Two of one name and depth are an error.
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
