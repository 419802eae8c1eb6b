package audit

import (
	"iter"

	"github.com/auditkeep/audit/internal/jsontext"
)

// within has, for each path that fields lie within, the next longer paths on
// the way to them: "a" has "a.b", and "a.b" has "a.b.c". So the fields within
// one path are found without a look at all the others.
type within map[string]map[string]struct{}

func (w within) has(path string) bool { return len(w[path]) > 0 }

// add notes a field.
func (w within) add(field string) {
	for path, parent := field, jsontext.ParentPath(field); parent != ""; path, parent = parent, jsontext.ParentPath(parent) {
		if _, ok := w[parent][path]; ok {
			return
		}
		if w[parent] == nil {
			w[parent] = map[string]struct{}{}
		}
		w[parent][path] = struct{}{}
	}
}

// remove forgets a field, and the paths that led only to it.
func (w within) remove(field string) {
	for path, parent := field, jsontext.ParentPath(field); parent != ""; path, parent = parent, jsontext.ParentPath(parent) {
		delete(w[parent], path)
		if len(w[parent]) > 0 {
			return
		}
		delete(w, parent)
	}
}

// all yields the fields within a path.
func (w within) all(path string) iter.Seq[string] {
	return func(yield func(string) bool) { w.walk(path, yield) }
}

func (w within) walk(path string, yield func(string) bool) bool {
	for inner := range w[path] {
		if w.has(inner) {
			if !w.walk(inner, yield) {
				return false
			}
		} else if !yield(inner) {
			return false
		}
	}
	return true
}

func (w within) clone() within {
	if w == nil {
		return nil
	}
	out := make(within, len(w))
	for path, inner := range w {
		out[path] = make(map[string]struct{}, len(inner))
		for name := range inner {
			out[path][name] = struct{}{}
		}
	}
	return out
}

// pathValue is a value and the path that it has.
type pathValue struct {
	path  string
	value Value
}

// splitObject returns what an object at a path holds, by the paths of its keys.
// It reports false for a value that stays whole, by the rule that recording has:
// an object without keys, and one with a key whose path is too long for a
// change.
func splitObject(path string, v Value) (keys []pathValue, ok bool) {
	if v.Kind() != KindMap || len(path) >= jsontext.MaxPath {
		return nil, false
	}
	p := jsontext.Scan(v.json)
	if !p.Take('{') || p.Take('}') {
		return nil, false
	}
	for {
		name, ok := p.Key()
		if !ok || !p.Take(':') {
			return nil, false
		}
		inner, ok := p.Raw()
		if !ok {
			return nil, false
		}
		key := jsontext.JoinPath(path, name)
		if len(key) > jsontext.MaxPath {
			return nil, false
		}
		keys = append(keys, pathValue{key, Value{json: inner}}) // part of a canonical value
		if p.Take('}') {
			return keys, true
		}
		if !p.Take(',') {
			return nil, false
		}
	}
}
