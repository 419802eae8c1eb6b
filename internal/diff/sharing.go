package diff

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/auditkeep/audit/internal/jsontext"
)

const sharedRemedy = "load the record a second time, or keep before with audit.Snapshot before you change the record; " +
	"tag a field that is never changed in place `audit:\",immutable\"`"

// sharedFields are the recorded fields in which two sides share memory.
type sharedFields struct {
	whole bool // the record itself is one
	names map[string]bool
}

// has reports whether a field is among them.
func (s *sharedFields) has(name string) bool { return s != nil && (s.whole || s.names[name]) }

// maxNamedFields is how many fields an error names.
const maxNamedFields = 20

// refuse returns a Problem that names the fields.
func (s *sharedFields) refuse(p *plan) error {
	if s.whole {
		return &Problem{Field: "before", Text: "shares its memory with after, so it was overwritten by what changed after", Remedy: sharedRemedy, Shared: true}
	}
	names := slices.Sorted(maps.Keys(s.names))
	if p != nil {
		names = names[:0]
		for _, f := range p.all {
			if s.names[f.name] {
				names = append(names, f.name)
			}
		}
	}
	more := ""
	if n := len(names) - maxNamedFields; n > 0 {
		names, more = names[:maxNamedFields], fmt.Sprintf(" and %d more", n)
	}
	text := "before and after share its memory, so a change within it is on both sides and would be lost"
	if len(names) > 1 {
		text = "before and after share their memory, so a change within it is on both sides and would be lost"
	}
	return &Problem{Field: strings.Join(names, ", ") + more, Text: text, Remedy: sharedRemedy, Shared: true}
}

// shared returns the recorded fields in which the sides of an update share
// memory that a program can write through, or nil. The plan names the recorded
// fields of structs; of maps, every key counts that is not ignored.
func (d *differ) shared(before, after reflect.Value) *sharedFields {
	if !before.IsValid() || !after.IsValid() {
		return nil
	}
	if d.plan != nil && len(d.plan.sharing) == 0 && before.Type() == after.Type() {
		a, b := before, after // a quick look, since only the pointers in front of the records can be shared
		for a.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil() && a.Pointer() != b.Pointer() {
			a, b = a.Elem(), b.Elem()
		}
		if a.Kind() == reflect.Struct {
			return nil
		}
	}
	s := sharings.Get().(*sharing)
	defer s.release()
	s.planner, s.depth = d.planner, d.limits.Depth
	s.record(d.plan, before, &s.before, false)
	s.record(d.plan, after, &s.after, true)
	return s.result(d.plan)
}

// sharing collects the memory of both sides.
type sharing struct {
	planner       *planner
	depth         int // how many pointers may lie in front of a record
	before, after []region
	names         []string // of a map's keys
	byName        map[string]int
	guarded       []guardedField // that regions name

	// The walk through one side has:
	regions  *[]region
	field    int  // whose memory it is
	capacity bool // lists reach as far as an append may write
	// machinery says that pointers to locks and functions behind unexported fields
	// count as memory. What they lead to is never read.
	machinery bool
	guard     int // of the memory that is added
	queue     []reached
	seen      map[sliceVisit]struct{}
	visits    int
}

// region is memory that belongs to a field.
type region struct {
	start, end uintptr
	field      int
	guard      int // 1 + the index of the guarded field that leads to it, or 0
}

// guardedField is an unexported field of a struct, whose type says whether its
// memory is written in place.
type guardedField struct {
	guard *guard
	of    reflect.Value
	field int
}

// wholeRecord stands for the memory of the record itself, which has all fields.
const wholeRecord = -1

// reached is a reference whose contents are not walked through yet.
type reached struct {
	value reflect.Value
	depth int
	guard int
}

const (
	// maxSharedDepth is less than the depth that Snapshot copies, and more than the
	// depth that is recorded.
	maxSharedDepth = 300
	// maxSharedVisits bounds how often memory is walked through again for another
	// field that leads to it. After that, it counts only for the first field.
	maxSharedVisits = 1_000_000
)

var sharings = sync.Pool{New: func() any { return &sharing{byName: map[string]int{}, seen: map[sliceVisit]struct{}{}} }}

// release clears the memory and gives it back for the next event.
func (s *sharing) release() {
	if cap(s.before)+cap(s.after)+cap(s.queue)+len(s.seen)+len(s.names)+len(s.guarded) > 4096 {
		return
	}
	clear(s.queue[:cap(s.queue)])
	clear(s.names)
	clear(s.guarded)
	clear(s.byName)
	clear(s.seen)
	*s = sharing{before: s.before[:0], after: s.after[:0], names: s.names[:0], guarded: s.guarded[:0], queue: s.queue[:0], byName: s.byName, seen: s.seen}
	sharings.Put(s)
}

// record collects the memory of one side.
func (s *sharing) record(p *plan, v reflect.Value, regions *[]region, capacity bool) {
	s.regions, s.capacity, s.field, s.visits = regions, capacity, wholeRecord, 0
	for steps := 0; v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface; steps++ {
		if v.IsNil() || steps == s.depth {
			return // side returns the error
		}
		if v.Kind() == reflect.Pointer {
			s.add(v.Pointer(), v.Type().Elem().Size())
		}
		v = v.Elem()
	}
	switch {
	case p != nil && v.Kind() == reflect.Struct && p.of == v.Type():
		for _, i := range p.sharing {
			s.field = i
			s.walk(&p.all[i], v)
		}
	case p == nil && v.Kind() == reflect.Map && !v.IsNil():
		s.add(v.Pointer(), 1)
		if !reachOf(v.Type().Elem()).shares {
			return
		}
		in := newInspector(s.planner, Limits{Depth: 4, Nodes: 16, Bytes: jsontext.MaxPath})
		for iter := v.MapRange(); iter.Next(); {
			key, err := in.key(iter.Key())
			if err != nil || s.planner.ignores(key.Text) {
				continue
			}
			s.field = s.key(key.Text)
			s.value(iter.Value(), maxSharedDepth, 0)
			s.drain()
		}
	case v.Kind() == reflect.Slice:
		s.add(v.Pointer(), uintptr(v.Len())*v.Type().Elem().Size())
	}
}

// key returns the number of a map's key.
func (s *sharing) key(name string) int {
	i, known := s.byName[name]
	if !known {
		i = len(s.names)
		s.byName[name] = i
		s.names = append(s.names, name)
	}
	return i
}

func (s *sharing) add(at, size uintptr) {
	if size > 0 {
		*s.regions = append(*s.regions, region{at, at + size, s.field, s.guard})
	}
}

// result returns the fields whose memory the other side has too.
func (s *sharing) result(p *plan) *sharedFields {
	if len(s.before) == 0 || len(s.after) == 0 || !overlaps(s.before, s.after, nil) {
		return nil
	}
	var found *sharedFields
	note := func(r region) {
		if r.guard != 0 && !s.guarded[r.guard-1].writes() {
			return
		}
		if found == nil {
			found = &sharedFields{names: map[string]bool{}}
		}
		switch {
		case r.field == wholeRecord:
			found.whole = true
		case p != nil:
			found.names[p.all[r.field].name] = true
		default:
			found.names[jsontext.JoinPath("", s.names[r.field])] = true
		}
	}
	overlaps(s.before, s.after, note)
	overlaps(s.after, s.before, note)
	return found
}

func (f guardedField) writes() bool { return f.guard.writes(f.of, f.field) }

// overlaps reports whether a region overlaps one of the others. It calls note, if
// it is not nil, with each that does. It sorts both lists.
func overlaps(regions, others []region, note func(region)) bool {
	slices.SortFunc(others, func(a, b region) int { return cmp.Compare(a.start, b.start) })
	slices.SortFunc(regions, func(a, b region) int { return cmp.Compare(a.start, b.start) })
	next, end := 0, uintptr(0) // end is the furthest end of the others that begin before the region
	for _, r := range regions {
		for next < len(others) && others[next].start <= r.start {
			end = max(end, others[next].end)
			next++
		}
		if end <= r.start && (next == len(others) || others[next].start >= r.end) {
			continue
		}
		if note == nil {
			return true
		}
		note(r)
	}
	return false
}
