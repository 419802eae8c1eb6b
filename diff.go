package audit

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/auditkeep/audit/internal/jsontext"
)

// side is one side of an event, with the pointers around it taken off.
type side struct {
	value reflect.Value
	tree  *node // where the value is a map or JSON, taken apart
}

// diff returns the object of an event, its parent and the changes, these in the
// room given where they fit.
func (l *Log) diff(e *Event, room Changes) (object, parent Object, changes Changes, err error) {
	if !e.before.IsValid() && !e.after.IsValid() {
		return e.object, e.parent, nil, nil
	}
	d := differ{
		planner: l.planner, limits: l.config.Limits, left: l.config.Limits.Bytes, draft: newDraft(),
		oneSided: !e.before.IsValid() || !e.after.IsValid(),
	}
	defer d.draft.release()
	if err := d.planRecord(e); err != nil {
		return Object{}, Object{}, nil, err
	}
	if d.notCompared = d.shared(e.before, e.after); d.notCompared != nil && l.config.Shared != SharedMarked {
		return Object{}, Object{}, nil, d.notCompared.refuse(d.plan)
	}
	some := e.before
	if d.notCompared.has(omittedField) {
		some = e.after // before is what after is, or only the rest of it
	}
	before, err := d.side("before", some)
	if err != nil {
		return Object{}, Object{}, nil, err
	}
	after, err := d.side("after", e.after)
	if err != nil {
		return Object{}, Object{}, nil, err
	}
	if before.value.IsValid() && after.value.IsValid() && before.value.Type() != after.value.Type() {
		return Object{}, Object{}, nil, invalidEvent("after", after.value.Type().String(), "of another type than before, which is a "+before.value.Type().String(), "give two values of one type")
	}
	if object, err = d.object(e.object, before, after); err != nil {
		return Object{}, Object{}, nil, err
	}
	if parent, err = d.parent(e.parent, before.value, after.value); err != nil {
		return Object{}, Object{}, nil, err
	}
	if d.plan == nil {
		d.compareMaps(before.tree, after.tree)
	} else if err := d.compareFields(before.value, after.value); err != nil {
		return Object{}, Object{}, nil, err
	}
	id, changes := d.finish(room)
	if id != "" {
		object.ID = id
	}
	return object, parent, changes, nil
}

// differ collects the changes of one event.
type differ struct {
	planner  *planner
	limits   Limits
	plan     *plan // of structs
	oneSided bool  // a create or destroy: all of the other side is absent
	// foreignID: the host named the object by another ID than its record has,
	// so that the record's own is a field like any other.
	foreignID   bool
	notCompared *sharedFields // fields in which the two sides share memory
	draft       *draft
	left        int // how many more bytes of JSON the changes may take
	omitted     int // how many changes found no more room
}

// planRecord looks up the plan of the event's records where their type says
// that they are structs.
func (d *differ) planRecord(e *Event) (err error) {
	some := e.before
	if !some.IsValid() {
		some = e.after
	}
	t := some.Type()
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	for steps := 0; t.Kind() == reflect.Interface && steps <= d.limits.Depth; steps++ {
		for some.Kind() == reflect.Pointer && !some.IsNil() {
			some = some.Elem()
		}
		if some.Kind() != reflect.Interface || some.IsNil() {
			return nil // side says so
		}
		some = some.Elem()
		for t = some.Type(); t.Kind() == reflect.Pointer; {
			t = t.Elem()
		}
	}
	if t.Kind() == reflect.Struct && t != timeType {
		d.plan, err = d.planner.plan(t)
	}
	return err
}

// side takes the pointers off one side of an event and says what is wrong with
// it, if anything.
func (d *differ) side(name string, v reflect.Value) (side, error) {
	if !v.IsValid() {
		return side{}, nil
	}
	for steps := 0; v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface; steps++ {
		if v.IsNil() {
			return side{}, invalidEvent(name, "", "nil", "give the record's values; for a record that came or went use Created or Destroyed")
		}
		if steps == d.limits.Depth {
			return side{}, invalidEvent(name, "", "a pointer behind so many others", "give the record itself")
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Struct && v.Type() != timeType {
		return side{value: v}, nil
	}
	in := newInspector(d.planner, d.limits)
	switch {
	case v.Kind() == reflect.Map:
		if v.IsNil() {
			return side{}, invalidEvent(name, "", "a nil map", "give the record's values")
		}
		tree, err := in.keys(v, false)
		if err != nil {
			return side{}, invalidEvent(name, "", err.Error(), "mend the value's methods")
		}
		return side{value: v, tree: tree}, nil
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		if v.Len() > in.json {
			return side{}, invalidEvent(name, "", fmt.Sprintf("%d bytes of JSON, at most %d are read", v.Len(), in.json), "raise Config.Limits.Bytes, or record what matters of it")
		}
		decoded, err := jsontext.Decode(v.Bytes())
		if err != nil {
			return side{}, invalidEvent(name, "", "not JSON: "+err.Error(), "give a JSON object")
		}
		object, ok := decoded.(map[string]any)
		if !ok {
			return side{}, invalidEvent(name, "", "JSON, but not an object", "give a JSON object")
		}
		tree, err := in.keys(reflect.ValueOf(object), false)
		return side{value: v, tree: tree}, err
	}
	return side{}, invalidEvent(name, "", "a "+v.Type().String(), "give a struct, a map or a JSON object")
}

// compareFields collects the changes from one struct to the other.
func (d *differ) compareFields(before, after reflect.Value) error {
	fields := d.plan.fields
	if !d.oneSided || d.foreignID {
		fields = d.plan.all
	}
	var inBefore, inAfter *inspector
	for i := range fields {
		f := &fields[i]
		old, now := f.of(before), f.of(after)
		shared := d.notCompared != nil && d.notCompared.has(f.name) && !(d.notCompared.whole && i < len(fields)-len(d.plan.fields))
		if f.direct != notDirect && shared {
			if start, oldEnd, room := d.beginUncompared(); room > 0 {
				d.note(f.name, start, oldEnd, f.append(d.draft.buf, now, room))
			}
			continue
		}
		if f.direct != notDirect {
			if !f.same(old, now) {
				d.addDirect(f, old, now)
			}
			continue
		}
		if inBefore == nil {
			inBefore, inAfter = newInspector(d.planner, d.limits), newInspector(d.planner, d.limits)
		}
		newNode, err := f.inspect(inAfter, now)
		if err != nil {
			return err
		}
		if shared {
			d.addUncompared(f.name, newNode)
			continue
		}
		oldNode, err := f.inspect(inBefore, old)
		if err != nil {
			return err
		}
		d.compareNodes(f.name, oldNode, newNode)
	}
	return nil
}

// of returns the field of a side, or an invalid Value where there is none.
func (f *field) of(v reflect.Value) reflect.Value {
	if !v.IsValid() {
		return v
	}
	return f.get(v)
}

// inspect takes the field's value apart; an invalid one gives nil.
func (f *field) inspect(in *inspector, v reflect.Value) (*node, error) {
	if !v.IsValid() {
		return nil, nil
	}
	n, err := in.node(v, f.plain)
	if err != nil {
		problem := err.Error()
		if f.secret {
			problem = errSecretMethod.Error() // its own message could hold the secret
		}
		return nil, invalidEvent(f.name, "", problem, "mend the method, or leave the field out with the tag `audit:\"-\"`")
	}
	n.secret = n.secret || f.secret
	return n, nil
}

// compareMaps compares two objects at the top level, either of which may be
// missing. Names at this level may be ignored.
func (d *differ) compareMaps(old, now *node) {
	compared := false
	eachKey(old, now, func(key string, o, n *node) {
		path := jsontext.JoinPath("", key)
		switch {
		case d.planner.ignores(key):
		case d.notCompared.has(path) && !(d.notCompared.whole && key == mapIDKey):
			compared = true
			d.addUncompared(path, n)
		case key == mapIDKey && (d.oneSided && !d.foreignID || o.equal(n)):
		default:
			d.compareNodes(path, o, n)
		}
	})
	if d.notCompared.has(omittedField) && !compared { // one map, which may have lost its keys
		d.addUncompared(omittedField, nil)
	}
}

// compareNodes notes the difference of two values under a path; nil is absent.
// Where both sides have an object, or the event has only one side, the
// difference is told by the paths within. An object that comes or goes in an
// update is one change, since its paths could not say whether it was absent,
// null or empty.
func (d *differ) compareNodes(path string, old, now *node) {
	if old.equal(now) {
		return
	}
	if !d.flattens(path, old) || !d.flattens(path, now) {
		d.add(path, old, now)
		return
	}
	eachKey(old, now, func(key string, o, n *node) { d.compareNodes(jsontext.JoinPath(path, key), o, n) })
}

// flattens reports whether a value is told by the paths within it.
func (d *differ) flattens(path string, n *node) bool {
	if n == nil {
		return d.oneSided
	}
	if n.kind != KindMap || n.secret || d.oneSided && len(n.keys) == 0 {
		return false
	}
	return !slices.ContainsFunc(n.keys, func(key string) bool { return len(jsontext.JoinPath(path, key)) > jsontext.MaxPath })
}

// eachKey visits the keys of two Maps, in the new one's order and then those
// only the old one has. Sorted maps are visited in order.
func eachKey(old, now *node, visit func(key string, old, now *node)) {
	if old == nil {
		old = &node{kind: KindMap, sorted: true}
	}
	if now == nil {
		now = &node{kind: KindMap, sorted: true}
	}
	if old.sorted && now.sorted {
		i, j := 0, 0
		for i < len(old.keys) || j < len(now.keys) {
			switch {
			case j == len(now.keys) || i < len(old.keys) && old.keys[i] < now.keys[j]:
				visit(old.keys[i], old.items[i], nil)
				i++
			case i == len(old.keys) || now.keys[j] < old.keys[i]:
				visit(now.keys[j], nil, now.items[j])
				j++
			default:
				visit(now.keys[j], old.items[i], now.items[j])
				i, j = i+1, j+1
			}
		}
		return
	}
	oldIndex, nowIndex := old.index(), now.index()
	for j, key := range now.keys {
		if i, ok := oldIndex[key]; ok {
			visit(key, old.items[i], now.items[j])
		} else {
			visit(key, nil, now.items[j])
		}
	}
	for i, key := range old.keys {
		if _, ok := nowIndex[key]; !ok {
			visit(key, old.items[i], nil)
		}
	}
}

// leastValue is what a value may take even where the event has hardly any room
// left, so that small values are not cut in favour of a large one before them.
const leastValue = 64

// add notes a change, cut to the room that is left.
func (d *differ) add(path string, old, now *node) {
	if d.left <= 0 {
		d.omitted++
		return
	}
	start := len(d.draft.buf)
	buf := old.append(d.draft.buf, max(d.left, leastValue))
	oldEnd := len(buf)
	buf = now.append(buf, max(d.left-(oldEnd-start), leastValue))
	d.note(path, start, oldEnd, buf)
}

// addDirect does the same for the values of a direct field.
func (d *differ) addDirect(f *field, old, now reflect.Value) {
	if d.left <= 0 {
		d.omitted++
		return
	}
	start := len(d.draft.buf)
	buf := f.append(d.draft.buf, old, max(d.left, leastValue))
	oldEnd := len(buf)
	buf = f.append(buf, now, max(d.left-(oldEnd-start), leastValue))
	d.note(f.name, start, oldEnd, buf)
}

// addUncompared notes a field in which the two sides share memory: what it was
// before is not known.
func (d *differ) addUncompared(path string, now *node) {
	if start, oldEnd, room := d.beginUncompared(); room > 0 {
		d.note(path, start, oldEnd, now.append(d.draft.buf, room))
	}
}

// beginUncompared writes the mark in place of the old value, and returns how
// much room the new one has; none if the event is full.
func (d *differ) beginUncompared() (start, oldEnd, room int) {
	if d.left <= 0 {
		d.omitted++
		return 0, 0, 0
	}
	start = len(d.draft.buf)
	d.draft.buf = append(d.draft.buf, jsontext.Shared...)
	return start, len(d.draft.buf), max(d.left-len(jsontext.Shared), leastValue)
}

// append appends a direct field's value, which may be missing.
func (f *field) append(buf []byte, v reflect.Value, limit int) []byte {
	switch {
	case !v.IsValid():
		return buf
	case f.secret:
		return append(buf, jsontext.Redacted...)
	default:
		return f.direct.append(buf, v, limit)
	}
}

// note keeps a change whose values' texts are in buf, from start and oldEnd on.
func (d *differ) note(path string, start, oldEnd int, buf []byte) {
	field := jsontext.BoundPath(path)
	d.left -= len(field) + len(buf) - start + len(`{"field":"","new":,"old":},`)
	d.draft.buf = buf
	d.draft.changes = append(d.draft.changes, draftChange{field, oldEnd, len(buf)})
}

// omittedField stands for the changes that an event had no room for.
const omittedField = "…"

// finish returns what the draft does.
func (d *differ) finish(room Changes) (id string, changes Changes) {
	if d.omitted > 0 {
		start := len(d.draft.buf)
		d.note(omittedField, start, start, jsontext.AppendCut(d.draft.buf, "items", d.omitted, "", 0))
	}
	return d.draft.finish(room)
}
