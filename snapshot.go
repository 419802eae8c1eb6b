package audit

import "reflect"

// Snapshot returns a copy of x to keep as the before of an [Updated]. The copy
// shares no memory with x that a program can write through: pointers, maps,
// lists and bytes are copied, however deeply they lie, up to a thousand levels.
//
// Some memory stays shared, and Updated does not object: fields with the tag
// audit:",immutable", the keys of maps, time zones, and what lies behind
// unexported fields, which are copied as Go assigns them. Unexported structs
// that are embedded, by pointer too, count as exported.
func Snapshot[T any](x T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	out.Set(reflect.ValueOf(&x).Elem())
	c := copier{done: map[sliceVisit]reflect.Value{}}
	c.detach(out, maxBeyondDepth)
	for len(c.queue) > 0 {
		next := c.queue[0]
		c.queue = c.queue[1:]
		next()
	}
	copied, _ := out.Interface().(T) // a nil interface stays one
	return copied
}

// copier gives values memory of their own. What was copied before is used
// again, so that cycles end and what was shared within x stays shared within
// the copy. References are made at once and filled in the order in which they
// were reached, so that a copy is cut off only where its shortest way from the
// top is too long.
type copier struct {
	done  map[sliceVisit]reflect.Value
	queue []func()
}

// sliceVisit tells slices of one array apart by their length.
type sliceVisit struct {
	visit
	length int
}

// detach replaces in v, which was assigned from another value, all memory that
// the two share.
func (c *copier) detach(v reflect.Value, depth int) {
	if depth == 0 || !reachOf(v.Type()).shares {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		c.detachReference(v, depth)
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		inner := reflect.New(v.Elem().Type()).Elem()
		inner.Set(v.Elem())
		c.detach(inner, depth-1)
		v.Set(inner)
	case reflect.Struct:
		for _, i := range reachOf(v.Type()).fields {
			c.detach(settable(v.Field(i)), depth-1)
		}
	case reflect.Array:
		for i := range v.Len() {
			c.detach(v.Index(i), depth-1)
		}
	}
}

// settable returns a field that can be set, although it may not be exported.
func settable(v reflect.Value) reflect.Value {
	if v.CanSet() {
		return v
	}
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

func (c *copier) detachReference(v reflect.Value, depth int) {
	if v.IsNil() || v.Kind() == reflect.Pointer && isFixed(v.Type().Elem()) {
		return
	}
	at := sliceVisit{visit: visit{v.Pointer(), v.Type()}}
	if v.Kind() == reflect.Slice {
		at.length = v.Len()
	}
	if copied, ok := c.done[at]; ok {
		v.Set(copied)
		return
	}
	original := reflect.New(v.Type()).Elem() // v is about to be another
	original.Set(v)
	var made reflect.Value
	switch v.Kind() {
	case reflect.Pointer:
		made = reflect.New(v.Type().Elem()).Convert(v.Type())
		made.Elem().Set(original.Elem())
		c.queue = append(c.queue, func() { c.detach(made.Elem(), depth-1) })
	case reflect.Map:
		made = reflect.MakeMapWithSize(v.Type(), v.Len())
		c.queue = append(c.queue, func() {
			for iter := original.MapRange(); iter.Next(); {
				value := reflect.New(original.Type().Elem()).Elem()
				value.Set(iter.Value())
				c.detach(value, depth-1)
				made.SetMapIndex(iter.Key(), value)
			}
		})
	default:
		made = reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(made, original)
		if reachOf(v.Type().Elem()).shares {
			c.queue = append(c.queue, func() {
				for i := range made.Len() {
					c.detach(made.Index(i), depth-1)
				}
			})
		}
	}
	c.done[at] = made
	v.Set(made)
}
