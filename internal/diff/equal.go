package diff

import (
	"math"
	"reflect"
)

// comparer compares Go values that the limits keep from being taken apart, in
// bounded time. What is too large or too deep for it counts as changed: a lost
// change is worse than one too many.
type comparer struct {
	visits int
	seen   map[[2]sliceVisit]struct{}
}

const (
	maxCompared   = 1_000_000
	maxValueDepth = 1000
)

func newComparer() *comparer {
	return &comparer{visits: maxCompared, seen: map[[2]sliceVisit]struct{}{}}
}

// compare reports whether two values are the same. One comparison serves all
// values of an event, so that they share its bound.
func (c *comparer) compare(a, b reflect.Value) bool {
	if c.equal(a, b, maxValueDepth) {
		return true
	}
	clear(c.seen) // some of the pairs are not equal
	return false
}

func (c *comparer) equal(a, b reflect.Value, depth int) bool {
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	if c.visits--; c.visits < 0 || depth == 0 || a.Type() != b.Type() {
		return false
	}
	if isColumn(a.Type()) && a.CanInterface() && b.CanInterface() && equalByMethod(a, b) {
		return true
	}
	switch a.Kind() {
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.String:
		return a.String() == b.String()
	case reflect.Float32, reflect.Float64:
		return a.Float() == b.Float() || math.IsNaN(a.Float()) && math.IsNaN(b.Float())
	case reflect.Complex64, reflect.Complex128:
		return a.Complex() == b.Complex()
	case reflect.Interface:
		return c.equal(a.Elem(), b.Elem(), depth)
	case reflect.Pointer, reflect.Map, reflect.Slice:
		return c.equalReferences(a, b, depth)
	case reflect.Array:
		return c.equalItems(a, b, depth)
	case reflect.Struct:
		if a.Type() == builderType {
			// The compiler does not see its pointer to itself. In a copy that pointer may
			// lead to a stack that is gone, and reading there ends the program.
			return c.equal(a.FieldByName("buf"), b.FieldByName("buf"), depth-1)
		}
		for i := range a.NumField() {
			if !c.equal(a.Field(i), b.Field(i), depth-1) {
				return false
			}
		}
		return true
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return a.Pointer() == b.Pointer()
	default:
		if a.CanInt() {
			return a.Int() == b.Int()
		}
		return a.Uint() == b.Uint()
	}
}

func (c *comparer) equalReferences(a, b reflect.Value, depth int) bool {
	if a.IsNil() || b.IsNil() {
		return a.IsNil() == b.IsNil()
	}
	pair := [2]sliceVisit{{visit: visit{a.Pointer(), a.Type()}}, {visit: visit{b.Pointer(), b.Type()}}}
	if a.Kind() != reflect.Pointer {
		if pair[0].length, pair[1].length = a.Len(), b.Len(); a.Len() != b.Len() {
			return false
		}
	}
	if pair[0] == pair[1] {
		return true
	}
	if _, known := c.seen[pair]; known {
		return true // it is being compared, or was, and a difference would have ended it
	}
	c.seen[pair] = struct{}{}
	switch a.Kind() {
	case reflect.Pointer:
		return c.equal(a.Elem(), b.Elem(), depth-1)
	case reflect.Slice:
		return c.equalItems(a, b, depth)
	}
	for iter := a.MapRange(); iter.Next(); {
		other := b.MapIndex(iter.Key())
		if !other.IsValid() || !c.equal(iter.Value(), other, depth-1) {
			return false
		}
	}
	return true
}

func (c *comparer) equalItems(a, b reflect.Value, depth int) bool {
	for i := range a.Len() {
		if !c.equal(a.Index(i), b.Index(i), depth-1) {
			return false
		}
	}
	return true
}

// equalByMethod calls a type's method Equal, which time.Time and most decimals
// have: 1.50 and 1.5 are equal.
func equalByMethod(a, b reflect.Value) (equal bool) {
	if !a.IsValid() || !b.IsValid() || a.Type() != b.Type() {
		return false
	}
	method, ok := a.Type().MethodByName("Equal")
	if !ok || method.Type.NumIn() != 2 || method.Type.In(1) != a.Type() || method.Type.NumOut() != 1 || method.Type.Out(0).Kind() != reflect.Bool {
		return false
	}
	defer func() {
		if recover() != nil {
			equal = false
		}
	}()
	return method.Func.Call([]reflect.Value{a, b})[0].Bool()
}
