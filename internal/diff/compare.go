package diff

import (
	"reflect"
	"slices"

	"github.com/auditkeep/audit/internal/jsontext"
)

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
			if start, oldEnd, limit := d.beginUncompared(); limit > 0 {
				d.note(f.name, start, oldEnd, f.append(d.draft.buf, now, limit))
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

// of returns the field of a side, or an invalid Value if the side is missing.
func (f *field) of(v reflect.Value) reflect.Value {
	if !v.IsValid() {
		return v
	}
	return f.get(v)
}

// inspect takes the field's value apart. It returns nil for an invalid Value.
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
		return nil, invalid(f.name, "", problem, "mend the method, or leave the field out with the tag `audit:\"-\"`")
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
	if d.notCompared.has(Omitted) && !compared { // one map, which may have lost its keys
		d.addUncompared(Omitted, nil)
	}
}

// compareNodes adds the difference of two values under a path; nil is absent. If
// both sides have a map, or the event has only one side, each path within is a
// change. A map that comes or goes in an update is one change: changes of its
// paths could not say whether it was absent, null or empty.
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

// flattens reports whether a value is recorded by the paths within it.
func (d *differ) flattens(path string, n *node) bool {
	if n == nil {
		return d.oneSided
	}
	if n.kind != jsontext.KindMap || n.secret || d.oneSided && len(n.keys) == 0 {
		return false
	}
	return !slices.ContainsFunc(n.keys, func(key string) bool { return len(jsontext.JoinPath(path, key)) > jsontext.MaxPath })
}

// eachKey visits the keys of two maps: those of the new one in its order, then
// those that only the old one has. Sorted maps are visited in order.
func eachKey(old, now *node, visit func(key string, old, now *node)) {
	if old == nil {
		old = &node{kind: jsontext.KindMap, sorted: true}
	}
	if now == nil {
		now = &node{kind: jsontext.KindMap, sorted: true}
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
