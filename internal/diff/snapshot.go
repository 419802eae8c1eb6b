package diff

import "reflect"

// Snapshot returns a copy of x that shares no memory with x that a program can
// write through. See the function of this name in the root package.
func Snapshot[T any](x T) T {
	out := reflect.New(reflect.TypeFor[T]()).Elem()
	out.Set(reflect.ValueOf(&x).Elem())
	c := copier{done: map[sliceVisit]reflect.Value{}, whole: map[sliceVisit]bool{}}
	c.detach(out, maxValueDepth, false)
	for len(c.queue) > 0 {
		next := c.queue[0]
		c.queue = c.queue[1:]
		next()
	}
	copied, _ := out.Interface().(T) // a nil interface stays one
	return copied
}

// copier gives values new memory. It copies each memory once, so that cycles end
// and what was shared within x is shared within the copy. It makes references at
// once and fills them in the order in which it reached them. So a copy ends only
// behind references whose shortest way from x is too long.
type copier struct {
	done  map[sliceVisit]reflect.Value
	whole map[sliceVisit]bool // copies of which unexported memory is copied too
	queue []func()
}

// sliceVisit distinguishes slices of one array by their length.
type sliceVisit struct {
	visit
	length int
}

// detach replaces all memory that v shares with the value that it was assigned
// from. Behind a guarded field it replaces unexported memory too.
func (c *copier) detach(v reflect.Value, depth int, guarded bool) {
	if depth == 0 || !c.leads(v.Type(), guarded) {
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice:
		c.detachReference(v, depth, guarded)
	case reflect.Interface:
		if v.IsNil() {
			return
		}
		inner := reflect.New(v.Elem().Type()).Elem()
		inner.Set(v.Elem())
		c.detach(inner, depth-1, guarded)
		v.Set(inner)
	case reflect.Struct:
		c.detachFields(v, depth-1, guarded)
	case reflect.Array:
		for i := range v.Len() {
			c.detach(v.Index(i), depth-1, guarded)
		}
	}
}

// leads reports whether values of a type lead to memory that is copied.
func (c *copier) leads(t reflect.Type, guarded bool) bool {
	if guarded {
		return leadsOwn(t, false)
	}
	return reachOf(t).shares
}

func (c *copier) detachFields(v reflect.Value, depth int, guarded bool) {
	if guarded {
		for i := range v.NumField() {
			c.detach(settable(v.Field(i)), depth, true)
		}
		return
	}
	r := reachOf(v.Type())
	if r.guard != nil {
		for _, i := range r.guard.fields {
			f := settable(v.Field(i))
			if isEmpty(f) || !r.guard.writes(v, i) {
				continue
			}
			if fresh, ok := r.guard.reread(v, i); ok {
				v.Set(fresh)
				return
			}
			c.detach(f, depth, true)
		}
	}
	for _, i := range r.fields {
		c.detach(settable(v.Field(i)), depth, false)
	}
}

// isEmpty reports whether a field leads nowhere in this value.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Interface:
		return v.IsNil()
	case reflect.Slice:
		return v.Cap() == 0
	}
	return false
}

// settable returns a field that can be set, although it may not be exported.
func settable(v reflect.Value) reflect.Value {
	if v.CanSet() {
		return v
	}
	return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
}

func (c *copier) detachReference(v reflect.Value, depth int, guarded bool) {
	if v.IsNil() || v.Kind() == reflect.Pointer && (isFixed(v.Type().Elem()) || guarded && isMachinery(v.Type().Elem())) {
		return
	}
	made, known := c.done[visitOf(v)]
	original := reflect.New(v.Type()).Elem() // v is about to be another
	original.Set(v)
	if !known {
		made = shallow(original)
		c.done[visitOf(v)] = made
		c.done[visitOf(made)] = made // it is met again if more of it is copied
	}
	v.Set(made)
	at := visitOf(made)
	if known && (!guarded || c.whole[at]) {
		return
	}
	c.whole[at] = guarded
	if known {
		original = made
	}
	if !c.leads(v.Type().Elem(), guarded) && (known || v.Kind() != reflect.Map) {
		return
	}
	c.queue = append(c.queue, func() { c.fill(made, original, depth-1, guarded) })
}

// visitOf returns what distinguishes a reference from others.
func visitOf(v reflect.Value) sliceVisit {
	at := sliceVisit{visit: visit{v.Pointer(), v.Type()}}
	if v.Kind() == reflect.Slice {
		at.length = v.Len()
	}
	return at
}

// shallow returns a copy of what a reference leads to. A map is filled later.
func shallow(original reflect.Value) reflect.Value {
	switch original.Kind() {
	case reflect.Pointer:
		made := reflect.New(original.Type().Elem())
		made.Elem().Set(original.Elem())
		return made.Convert(original.Type())
	case reflect.Map:
		return reflect.MakeMapWithSize(original.Type(), original.Len())
	default:
		made := reflect.MakeSlice(original.Type(), original.Len(), original.Len())
		reflect.Copy(made, original)
		return made
	}
}

// fill gives new memory to what a copy leads to. A map's values come from the
// original, or from the copy if it is filled a second time.
func (c *copier) fill(made, original reflect.Value, depth int, guarded bool) {
	switch made.Kind() {
	case reflect.Pointer:
		c.detach(made.Elem(), depth, guarded)
	case reflect.Slice:
		for i := range made.Len() {
			c.detach(made.Index(i), depth, guarded)
		}
	case reflect.Map:
		again := original.UnsafePointer() == made.UnsafePointer()
		for iter := original.MapRange(); iter.Next(); {
			if again && !made.MapIndex(iter.Key()).IsValid() {
				continue // NaN, which would be added once more
			}
			value := reflect.New(original.Type().Elem()).Elem()
			value.Set(iter.Value())
			c.detach(value, depth, guarded)
			made.SetMapIndex(iter.Key(), value)
		}
	}
}
