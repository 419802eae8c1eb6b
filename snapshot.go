package audit

import (
	"math/big"
	"reflect"
)

// Snapshot returns a copy of x that shares nothing with it that could change
// in place, to keep as the before of an [Updated]: pointers, maps and lists
// are followed, a thousand deep. Unexported fields are copied as Go assigns
// them; an unexported struct that is embedded by pointer stays shared, which
// Updated then refuses.
func Snapshot[T any](x T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	c := copier{done: map[sliceVisit]reflect.Value{}, depth: maxBeyondDepth}
	c.copy(out, reflect.ValueOf(&x).Elem())
	copied, _ := out.Interface().(T) // a nil interface stays one
	return copied
}

// copier copies values. What was copied before is used again, so that cycles
// end and what was shared within x stays shared within the copy.
type copier struct {
	done  map[sliceVisit]reflect.Value
	depth int
}

// sliceVisit tells slices of one array apart by their length.
type sliceVisit struct {
	visit
	length int
}

// copy sets dst, which is settable, to a copy of src.
func (c *copier) copy(dst, src reflect.Value) {
	if c.depth == 0 {
		dst.Set(src)
		return
	}
	c.depth--
	defer func() { c.depth++ }()
	switch src.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		c.copyReference(dst, src)
	case reflect.Interface:
		if src.IsNil() {
			dst.SetZero()
			return
		}
		inner := reflect.New(src.Elem().Type()).Elem()
		c.copy(inner, src.Elem())
		dst.Set(inner)
	case reflect.Struct:
		dst.Set(src)
		for i := range src.NumField() {
			if dst.Field(i).CanSet() || isEmbeddedValue(src.Type().Field(i)) {
				c.copyField(dst.Field(i), src.Field(i))
			}
		}
	case reflect.Array:
		dst.Set(src)
		if holdsReferences(src.Type().Elem()) {
			for i := range src.Len() {
				c.copy(dst.Index(i), src.Index(i))
			}
		}
	default:
		dst.Set(src)
	}
}

// isEmbeddedValue reports whether the field is an unexported struct whose
// exported fields count as the outer struct's own.
func isEmbeddedValue(sf reflect.StructField) bool {
	return sf.Anonymous && !sf.IsExported() && sf.Type.Kind() == reflect.Struct
}

// copyField copies a field of a struct that was assigned already. Of an
// embedded unexported struct only the fields can be set, not the whole.
func (c *copier) copyField(dst, src reflect.Value) {
	if dst.CanSet() {
		c.copy(dst, src)
		return
	}
	for i := range src.NumField() {
		if dst.Field(i).CanSet() || isEmbeddedValue(src.Type().Field(i)) {
			c.copyField(dst.Field(i), src.Field(i))
		}
	}
}

func (c *copier) copyReference(dst, src reflect.Value) {
	if src.IsNil() {
		dst.SetZero()
		return
	}
	at := sliceVisit{visit: visit{src.Pointer(), src.Type()}}
	if src.Kind() == reflect.Slice {
		at.length = src.Len()
	}
	if copied, ok := c.done[at]; ok {
		dst.Set(copied)
		return
	}
	switch src.Kind() {
	case reflect.Pointer:
		made := reflect.New(src.Type().Elem()).Convert(src.Type())
		c.done[at] = made
		if !copyNumber(made, src) {
			c.copy(made.Elem(), src.Elem())
		}
		dst.Set(made)
	case reflect.Map:
		made := reflect.MakeMapWithSize(src.Type(), src.Len())
		c.done[at] = made
		for iter := src.MapRange(); iter.Next(); {
			value := reflect.New(src.Type().Elem()).Elem()
			c.copy(value, iter.Value())
			made.SetMapIndex(iter.Key(), value)
		}
		dst.Set(made)
	default:
		made := reflect.MakeSlice(src.Type(), src.Len(), src.Len())
		c.done[at] = made
		if holdsReferences(src.Type().Elem()) {
			for i := range src.Len() {
				c.copy(made.Index(i), src.Index(i))
			}
		} else {
			reflect.Copy(made, src)
		}
		dst.Set(made)
	}
}

// copyNumber copies the numbers of math/big, which change in place and hide
// their digits.
func copyNumber(dst, src reflect.Value) bool {
	if !src.CanInterface() {
		return false
	}
	switch from := src.Interface().(type) {
	case *big.Int:
		dst.Interface().(*big.Int).Set(from)
	case *big.Float:
		dst.Interface().(*big.Float).Copy(from)
	case *big.Rat:
		dst.Interface().(*big.Rat).Set(from)
	default:
		return false
	}
	return true
}

// holdsReferences reports whether assigning a value of the type may leave
// something shared.
func holdsReferences(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Struct, reflect.Array:
		return t.Size() > 0
	}
	return false
}
