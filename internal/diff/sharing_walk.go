package diff

import "reflect"

// walk collects the memory of a struct's field, and of what it leads to.
func (s *sharing) walk(f *field, v reflect.Value) {
	s.value(s.get(f, v), maxSharedDepth, 0)
	s.drain()
}

// get returns a field's value as field.get does. An embedded struct on the way
// counts as the field's memory if a pointer leads to it.
func (s *sharing) get(f *field, v reflect.Value) reflect.Value {
	if !f.embedded {
		return f.get(v)
	}
	for _, i := range f.index {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}
			}
			s.add(v.Pointer(), v.Type().Elem().Size())
			v = v.Elem()
		}
		v = v.Field(i)
	}
	return v
}

// drain walks through what was reached, the nearest first, as Snapshot does.
func (s *sharing) drain() {
	for i := 0; i < len(s.queue); i++ {
		next := s.queue[i]
		v := next.value
		switch v.Kind() {
		case reflect.Pointer:
			s.value(v.Elem(), next.depth, next.guard)
		case reflect.Map:
			for iter := v.MapRange(); iter.Next(); {
				s.value(iter.Value(), next.depth, next.guard)
			}
		case reflect.Slice:
			for i := range v.Len() {
				s.value(v.Index(i), next.depth, next.guard)
			}
		}
	}
	s.queue = s.queue[:0]
	if s.visits < maxSharedVisits {
		clear(s.seen)
	}
}

// value collects the memory that a value leads to. Behind a guarded field, memory
// of exported and unexported fields counts.
func (s *sharing) value(v reflect.Value, depth, guard int) {
	if !v.IsValid() || depth == 0 {
		return
	}
	s.guard = guard
	switch v.Kind() {
	case reflect.Interface:
		s.value(v.Elem(), depth-1, guard)
	case reflect.Pointer:
		s.pointer(v, depth, guard)
	case reflect.Map:
		if !v.IsNil() {
			s.add(v.Pointer(), 1)
			s.reach(v, v.Type().Elem(), 0, depth, guard)
		}
	case reflect.Slice:
		elem, n := v.Type().Elem(), v.Len()
		if s.capacity {
			n = v.Cap()
		}
		s.add(v.Pointer(), uintptr(n)*elem.Size())
		s.reach(v, elem, v.Len(), depth, guard)
	case reflect.Array:
		if s.leads(v.Type(), guard) {
			for i := range v.Len() {
				s.value(v.Index(i), depth-1, guard)
			}
		}
	case reflect.Struct:
		if guard == 0 {
			s.structure(v, depth)
			return
		}
		if s.leads(v.Type(), guard) {
			for i := range v.NumField() {
				s.value(v.Field(i), depth-1, guard)
			}
		}
	}
}

func (s *sharing) pointer(v reflect.Value, depth, guard int) {
	elem := v.Type().Elem()
	if v.IsNil() || isFixed(elem) || guard == 0 && !s.isRecorded(elem) {
		return
	}
	if guard != 0 && isMachinery(elem) {
		if s.machinery || s.guarded[guard-1].guard.tries() {
			s.add(v.Pointer(), elem.Size())
		}
		return
	}
	s.add(v.Pointer(), elem.Size())
	s.reach(v, elem, 0, depth, guard)
}

// leads reports whether values of a type lead to memory.
func (s *sharing) leads(t reflect.Type, guard int) bool {
	if guard == 0 {
		return reachOf(t).shares
	}
	return leadsOwn(t, true)
}

// reach queues a reference whose contents may lead to more memory.
func (s *sharing) reach(v reflect.Value, elem reflect.Type, length, depth, guard int) {
	if !s.leads(elem, guard) {
		return
	}
	at := sliceVisit{visit{v.Pointer(), v.Type()}, length}
	if guard != 0 {
		at.length = -1 - length // more of it counts
	}
	if _, known := s.seen[at]; known {
		return
	}
	s.seen[at] = struct{}{}
	s.visits++
	s.queue = append(s.queue, reached{v, depth - 1, guard})
}

// isRecorded reports whether anything is recorded of values of a type. Nothing is
// recorded of a struct such as sync.Mutex.
func (s *sharing) isRecorded(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || reachOf(t).hidden {
		return true
	}
	p, err := s.planner.nested(t)
	return err == nil && len(p.all) > 0
}

func (s *sharing) structure(v reflect.Value, depth int) {
	r := reachOf(v.Type())
	if !r.shares {
		return
	}
	if r.hidden {
		for _, i := range r.fields {
			s.value(v.Field(i), depth-1, 0)
		}
		if r.guard != nil {
			for _, i := range r.guard.fields {
				s.guarded = append(s.guarded, guardedField{r.guard, v, i})
				s.value(v.Field(i), depth-1, len(s.guarded))
			}
		}
		return
	}
	p, err := s.planner.nested(v.Type())
	if err != nil {
		return // the difference returns the error
	}
	for _, i := range p.sharing {
		s.value(s.get(&p.all[i], v), depth-1, 0)
	}
}
