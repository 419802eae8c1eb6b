package audit

import (
	"math/big"
	"reflect"
	"sync"
)

// sharedRemedy is what to do where the before was overwritten.
const sharedRemedy = "load the before apart, or keep it with audit.Snapshot before changing the record"

// checkShared refuses an update whose sides share a pointer, map or list: what
// was changed in place is changed on both sides, and the change would be lost
// in silence. Pointers to plain values (*string, *time.Time) and bytes are let
// pass, since programs replace those, and so are lists of different length,
// which are recorded as changed anyway.
//
// The plan is that of the sides' type, or nil where it is not known.
func checkShared(before, after reflect.Value, p *plan) error {
	if !before.IsValid() || !after.IsValid() {
		return nil
	}
	for steps := 0; before.Kind() == reflect.Interface && after.Kind() == reflect.Interface && steps < maxSharedDepth; steps++ {
		before, after = before.Elem(), after.Elem()
	}
	if !before.IsValid() || !after.IsValid() || before.Type() != after.Type() {
		return nil // said elsewhere
	}
	switch before.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		if !before.IsNil() && sameReference(before, after) {
			return invalidEvent("before", "", "one and the same "+before.Kind().String()+" as after, so it was overwritten", sharedRemedy)
		}
	}
	if p != nil && !p.shares || p == nil && !canShare(before.Type()) {
		return nil
	}
	s := sharing{visits: maxSharedVisits, seen: map[[2]visit]struct{}{}}
	if path, shared := s.find(before, after, "", maxSharedDepth); shared {
		return invalidEvent(path, "", "before and after share it, so a change within it would be lost", sharedRemedy)
	}
	return nil
}

// sharable remembers canShare by type: tags are read once.
var sharable sync.Map // reflect.Type to bool

// canShare reports whether two values of the type, each behind a pointer of
// its own, can share anything that changes in place.
func canShare(t reflect.Type) bool {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if known, ok := sharable.Load(t); ok {
		return known.(bool)
	}
	shares := leadsToShared(t, map[reflect.Type]bool{})
	sharable.Store(t, shares)
	return shares
}

func leadsToShared(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface, reflect.Map:
		return true
	case reflect.Slice:
		return t.Elem().Kind() != reflect.Uint8
	case reflect.Pointer:
		return changesInPlace(t.Elem()) || leadsToShared(t.Elem(), seen)
	case reflect.Array:
		return leadsToShared(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if sf := t.Field(i); (sf.IsExported() || embeddedStruct(sf) != nil) && leadsToShared(sf.Type, seen) {
				return true
			}
		}
	}
	return false
}

// sharing looks for what two values share, in bounded time.
type sharing struct {
	visits int
	seen   map[[2]visit]struct{}
}

const (
	maxSharedDepth  = 32
	maxSharedVisits = 100_000
)

// sameReference reports whether two pointers, maps or slices are one.
func sameReference(a, b reflect.Value) bool {
	if a.Pointer() != b.Pointer() {
		return false
	}
	return a.Kind() != reflect.Slice || a.Len() == b.Len() && a.Len() > 0 && a.Type().Elem().Size() > 0
}

// changesInPlace reports whether programs change values of the type through a
// pointer, rather than replace them: structs with fields to set, lists, maps
// and the numbers of math/big.
func changesInPlace(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if sf := t.Field(i); sf.IsExported() || isEmbeddedValue(sf) {
				return true
			}
		}
		return t == reflect.TypeFor[big.Int]() || t == reflect.TypeFor[big.Float]() || t == reflect.TypeFor[big.Rat]()
	case reflect.Map, reflect.Slice, reflect.Array, reflect.Interface:
		return t.Size() > 0
	}
	return false
}

// find returns the path of the first thing that both sides share and that can
// change in place.
func (s *sharing) find(a, b reflect.Value, path string, depth int) (string, bool) {
	if s.visits--; s.visits < 0 || depth == 0 || !a.IsValid() || !b.IsValid() || a.Type() != b.Type() {
		return "", false
	}
	switch a.Kind() {
	case reflect.Interface:
		return s.find(a.Elem(), b.Elem(), path, depth-1)
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return "", false
		}
		if sameReference(a, b) {
			return path, changesInPlace(a.Type().Elem())
		}
		if s.known(a, b) {
			return "", false
		}
		return s.find(a.Elem(), b.Elem(), path, depth-1)
	case reflect.Slice:
		if a.Type().Elem().Kind() == reflect.Uint8 {
			return "", false
		}
		if sameReference(a, b) {
			return path, true
		}
		return s.findInItems(a, b, path, depth)
	case reflect.Array:
		return s.findInItems(a, b, path, depth)
	case reflect.Map:
		return s.findInMap(a, b, path, depth)
	case reflect.Struct:
		return s.findInStruct(a, b, path, depth)
	}
	return "", false
}

// known reports whether the pair was looked at before.
func (s *sharing) known(a, b reflect.Value) bool {
	pair := [2]visit{{a.Pointer(), a.Type()}, {b.Pointer(), b.Type()}}
	_, known := s.seen[pair]
	s.seen[pair] = struct{}{}
	return known
}

func (s *sharing) findInItems(a, b reflect.Value, path string, depth int) (string, bool) {
	if !holdsReferences(a.Type().Elem()) {
		return "", false
	}
	for i := range min(a.Len(), b.Len()) {
		if found, shared := s.find(a.Index(i), b.Index(i), path, depth-1); shared {
			return found, true
		}
	}
	return "", false
}

func (s *sharing) findInMap(a, b reflect.Value, path string, depth int) (string, bool) {
	if a.Len() == 0 || b.Len() == 0 {
		return "", false
	}
	if sameReference(a, b) {
		return path, true
	}
	if !holdsReferences(a.Type().Elem()) || s.known(a, b) {
		return "", false
	}
	for iter := a.MapRange(); iter.Next(); {
		name := "[]"
		if key := iter.Key(); key.Kind() == reflect.String {
			name = key.String()
		}
		if found, shared := s.find(iter.Value(), b.MapIndex(iter.Key()), joinPath(path, name), depth-1); shared {
			return found, true
		}
	}
	return "", false
}

func (s *sharing) findInStruct(a, b reflect.Value, path string, depth int) (string, bool) {
	for i := range a.NumField() {
		sf := a.Type().Field(i)
		tag, err := parseTag(sf.Tag)
		embedded := embeddedStruct(sf) != nil
		if err != nil || tag.skip || !sf.IsExported() && !embedded || !embedded && !tag.column && isAssociation(sf.Type) {
			continue // not recorded
		}
		inner := path
		if !embedded || tag.name != "" {
			name := tag.name
			if name == "" {
				name = snakeCase(sf.Name)
			}
			inner = joinPath(path, name)
		}
		if found, shared := s.find(a.Field(i), b.Field(i), inner, depth-1); shared {
			if found == "" {
				found = sf.Name // an embedded pointer
			}
			return found, true
		}
	}
	return "", false
}
