package diff

import (
	"math/big"
	"reflect"
	"strings"
	"sync"
)

// reach describes the memory that values of a type lead to and that a program can
// write through. An assignment leaves it shared; a decoder, a Scan or an append
// then overwrites it on both sides.
type reach struct {
	// shares reports whether two values of the type can have such memory in common.
	shares bool
	// fields are those of a struct that lead to it.
	fields []int
	// guard decides about the unexported fields of a struct. It is nil if none of
	// them leads to memory.
	guard *guard
	// hidden reports whether the struct is recorded by a method or as a whole,
	// so that tags do not decide what of it is recorded.
	hidden bool
}

// reaches remembers reachOf by type: tags and methods are read once.
var reaches sync.Map // reflect.Type to *reach

func reachOf(t reflect.Type) *reach {
	if known, ok := reaches.Load(t); ok {
		return known.(*reach)
	}
	made := &reach{shares: leadsToMemory(t)}
	if t.Kind() == reflect.Struct {
		made.hidden = isHidden(t)
		made.guard = guardIn(t)
		for _, i := range reachableFields(t) {
			if leadsToMemory(t.Field(i).Type) {
				made.fields = append(made.fields, i)
			}
		}
	}
	reaches.Store(t, made)
	return made
}

// leadsToMemory reports whether two values of the type can share memory that a
// program can write through.
func leadsToMemory(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Map:
		return true
	case reflect.Slice:
		return t.Elem().Size() > 0
	case reflect.Pointer:
		return !isFixed(t.Elem())
	case reflect.Array:
		return t.Len() > 0 && leadsToMemory(t.Elem())
	case reflect.Struct:
		for _, i := range reachableFields(t) {
			if leadsToMemory(t.Field(i).Type) {
				return true
			}
		}
		return guardIn(t) != nil
	}
	return false
}

// guardIn returns the guard of a struct type's unexported fields, or nil if none
// of them leads to memory.
func guardIn(t reflect.Type) *guard {
	if isSealed(t) || isBigNumber(t) || !isHidden(t) {
		return nil
	}
	if g := guardOf(t); len(g.fields) > 0 {
		return g
	}
	return nil
}

var (
	bigIntType   = reflect.TypeFor[big.Int]()
	bigFloatType = reflect.TypeFor[big.Float]()
	bigRatType   = reflect.TypeFor[big.Rat]()
)

// isHidden reports whether a struct is recorded by one of its methods or as a
// whole, and not by its exported fields.
func isHidden(t reflect.Type) bool { return isSpecial(t) || isClosed(t) }

func isBigNumber(t reflect.Type) bool { return t == bigIntType || t == bigFloatType || t == bigRatType }

// reachableFields returns the fields of a struct that code outside the struct's
// package can write through: exported fields and embedded structs. Unexported
// fields of a type argument count too: such types return them and decode into
// them (datatypes.JSONType[T]). Numbers of math/big write their digits in place.
// About other unexported fields see guard.
func reachableFields(t reflect.Type) []int {
	if t == timeType {
		return nil
	}
	number, hidden := isBigNumber(t), isHidden(t)
	var fields []int
	for i, f := range fieldsOf(t) {
		if f.isImmutable() {
			continue
		}
		if number || f.IsExported() || f.embedded != nil || hidden && isTypeArgument(t, f.Type) {
			fields = append(fields, i)
		}
	}
	return fields
}

// isTypeArgument reports whether the type is the only, the first or the last type
// argument of the generic type t.
func isTypeArgument(t, of reflect.Type) bool {
	_, arguments, generic := strings.Cut(strings.TrimSuffix(t.Name(), "]"), "[")
	if !generic {
		return false
	}
	name := fullName(of)
	return arguments == name || strings.HasSuffix(arguments, ","+name) || strings.HasPrefix(arguments, name+",")
}

// fullName spells a type as reflect spells the arguments of a generic type.
func fullName(t reflect.Type) string {
	if t.Name() != "" {
		if t.PkgPath() == "" {
			return t.Name()
		}
		return t.PkgPath() + "." + t.Name()
	}
	switch t.Kind() {
	case reflect.Pointer:
		return "*" + fullName(t.Elem())
	case reflect.Slice:
		return "[]" + fullName(t.Elem())
	case reflect.Map:
		return "map[" + fullName(t.Key()) + "]" + fullName(t.Elem())
	}
	return t.String()
}
