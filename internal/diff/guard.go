package diff

import (
	"net/url"
	"reflect"
	"strings"
	"sync"
	"time"
)

// guard reports whether a struct type writes in place to the memory behind its
// unexported fields. decimal.Decimal does not: it replaces its *big.Int, so
// after := before is safe. An optional value whose UnmarshalJSON decodes into the
// pointer that it has does: it then writes on both sides of an update.
//
// These rules decide:
//   - Maps count as written: such types return them to callers.
//   - A method with a pointer receiver may write, such as the Set of a bit set, so
//     the memory counts. Known decoders, encoders and queries are excepted.
//   - If a type has decoders, trial looks at what they do.
//   - In any other type, lists and pointers to plain values count. Pointers to
//     structs do not: enumerations and handles are made of them.
//   - If trial finds one memory for all values, such as a table of currencies, that
//     memory never counts.
type guard struct {
	fields  []int // the unexported fields that lead to memory
	mutable bool  // has methods that may write
	decodes bool  // has decoders that trial can call

	mu      sync.Mutex
	known   map[int]sight // by field
	unclear int           // how many trials showed nothing
}

// maxUnclear is how many trials of a type may show nothing. After them its memory
// counts as written in place.
const maxUnclear = 8

var guards sync.Map // reflect.Type to *guard

// guardOf returns the guard of a struct type that is recorded by a method or as
// a whole.
func guardOf(t reflect.Type) *guard {
	if known, ok := guards.Load(t); ok {
		return known.(*guard)
	}
	made := &guard{known: map[int]sight{}}
	made.mutable, made.decodes = writingMethods(t)
	for i, f := range fieldsOf(t) {
		if f.isImmutable() || f.IsExported() || f.embedded == nil && isTypeArgument(t, f.Type) {
			continue
		}
		if made.leads(f.Type) {
			made.fields = append(made.fields, i)
		}
	}
	stored, _ := guards.LoadOrStore(t, made)
	return stored.(*guard)
}

// tries reports whether trial decides.
func (g *guard) tries() bool { return g.decodes && !g.mutable }

// leads reports whether memory behind a field of this type counts.
func (g *guard) leads(t reflect.Type) bool {
	if !g.mutable && !g.decodes {
		return t.Kind() == reflect.Map || isPlainMemory(t)
	}
	return leadsOwn(t, g.tries())
}

// ownReach remembers leadsOwn by type.
var ownReach sync.Map // ownKey to bool

type ownKey struct {
	of        reflect.Type
	machinery bool
}

// leadsOwn is leadsWithin, computed once per type.
func leadsOwn(t reflect.Type, machinery bool) bool {
	key := ownKey{t, machinery}
	if known, ok := ownReach.Load(key); ok {
		return known.(bool)
	}
	leads := leadsWithin(t, machinery)
	ownReach.Store(key, leads)
	return leads
}

// isPlainMemory reports whether the type is a list, or a pointer to a plain
// value, or an array or a struct of such.
func isPlainMemory(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Slice:
		return t.Elem().Size() > 0
	case reflect.Pointer:
		elem := t.Elem()
		return elem == timeType || elem.Kind() != reflect.Struct && elem.Kind() != reflect.Interface && elem.Size() > 0
	case reflect.Array:
		return t.Len() > 0 && isPlainMemory(t.Elem())
	case reflect.Struct:
		if isSealed(t) {
			return false
		}
		for i := range t.NumField() {
			if isPlainMemory(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// leadsWithin reports whether a value behind an unexported field leads to
// memory. Pointers to machinery count only if machinery is true.
func leadsWithin(t reflect.Type, machinery bool) bool {
	switch t.Kind() {
	case reflect.Interface, reflect.Map:
		return true
	case reflect.Slice:
		return t.Elem().Size() > 0
	case reflect.Pointer:
		return !isFixed(t.Elem()) && (machinery || !isMachinery(t.Elem()))
	case reflect.Array:
		return t.Len() > 0 && leadsWithin(t.Elem(), machinery)
	case reflect.Struct:
		if isSealed(t) {
			return false
		}
		for i := range t.NumField() {
			if leadsWithin(t.Field(i).Type, machinery) {
				return true
			}
		}
	}
	return false
}

// isSealed reports whether nothing can be written through a copy of a struct, or
// whether go vet refuses to copy it: locks and atomic values.
func isSealed(t reflect.Type) bool {
	switch t.PkgPath() {
	case "sync", "sync/atomic", "unique", "reflect":
		return true
	}
	return t == timeType || t == builderType
}

// isMachinery reports whether values of the type hold a lock, a channel or a
// function. Those are not data, and copying them has no use.
func isMachinery(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return true
	case reflect.Array:
		return isMachinery(t.Elem())
	case reflect.Struct:
		if t.PkgPath() == "sync" || t.PkgPath() == "sync/atomic" {
			return true
		}
		for i := range t.NumField() {
			if isMachinery(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

var (
	// A builder that was copied panics when it is written to.
	builderType = reflect.TypeFor[strings.Builder]()
	// Its documentation says that it is immutable.
	userinfoType = reflect.TypeFor[url.Userinfo]()
)

// isFixed reports whether nobody can change what a pointer to the type leads to:
// an empty struct, a time zone, the user of a URL, or an error of errors.New or
// fmt.Errorf.
func isFixed(t reflect.Type) bool {
	return t.Size() == 0 || t == reflect.TypeFor[time.Location]() || t == userinfoType ||
		t.Kind() == reflect.Struct && (t.PkgPath() == "errors" || t.PkgPath() == "fmt")
}

// writes reports whether the memory behind a field of the struct v may be
// written in place.
func (g *guard) writes(v reflect.Value, field int) bool {
	if !g.decodes || v.Type().Field(field).Type.Kind() == reflect.Map {
		return true
	}
	switch g.saw(v, field) {
	case kept:
		return false
	case renewed:
		return g.mutable
	}
	return true
}

// saw returns what trials showed about a field.
func (g *guard) saw(v reflect.Value, field int) sight {
	g.mu.Lock()
	seen, tired := g.known[field], g.unclear >= maxUnclear
	g.mu.Unlock()
	if seen != unseen || tired || !v.CanInterface() {
		return seen
	}
	found := g.trial(v)
	seen = found[field]
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, saw := range found {
		if saw == written || !hasInterface(v.Type().Field(i).Type, map[reflect.Type]bool{}) { // else another value may hold another type
			g.known[i] = max(g.known[i], saw)
		}
	}
	if seen == unseen {
		g.unclear++
	}
	return seen
}

// hasInterface reports whether what lies behind the type depends on the value.
func hasInterface(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return hasInterface(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if hasInterface(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}
