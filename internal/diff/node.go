package diff

import (
	"reflect"
	"slices"

	"github.com/auditkeep/audit/internal/jsontext"
)

// node is a value between Go and canonical JSON, taken apart so that two of them
// can be compared. Secrets are still in it: if one changed, that is recorded.
type node struct {
	kind   jsontext.Kind
	text   string   // of a bool, number, string, invalid JSON; the type's name if opaque
	hidden string   // of a string: a part that is compared and never written
	shown  bool     // of invalid JSON: its text may be kept
	keys   []string // of a map, in the order of items
	items  []*node  // of an array or map
	sorted bool     // the keys are in byte order
	secret bool     // its value is never written

	// source is the Go value. Values that are cut or opaque are compared by it, and
	// so are values that are recorded by a method and have a method Equal.
	source   reflect.Value
	byMethod bool
	comparer *comparer // of values that are cut, opaque or invalid JSON
}

// get returns the item under a key, or nil.
func (n *node) get(key string) *node {
	if i := slices.Index(n.keys, key); i >= 0 {
		return n.items[i]
	}
	return nil
}

// equal reports whether two nodes are the same value.
func (n *node) equal(other *node) bool {
	if n == nil || other == nil {
		return n == other
	}
	if n.kind == jsontext.KindCut { // the other side may be cut elsewhere, or not at all
		return n.comparer.compare(n.source, other.source)
	}
	if other.kind == jsontext.KindCut {
		return other.equal(n)
	}
	if n.kind == other.kind && n.comparer != nil && other.comparer != nil && n.text == other.text { // opaque or invalid JSON
		return n.comparer.compare(n.source, other.source)
	}
	return n.equalKind(other) || n.byMethod && other.byMethod && equalByMethod(n.source, other.source)
}

func (n *node) equalKind(other *node) bool {
	if n.kind != other.kind {
		return false
	}
	switch n.kind {
	case jsontext.KindArray:
		return slices.EqualFunc(n.items, other.items, (*node).equal)
	case jsontext.KindMap:
		return n.equalMap(other)
	default:
		return n.text == other.text && n.hidden == other.hidden
	}
}

func (n *node) equalMap(other *node) bool {
	if len(n.keys) != len(other.keys) {
		return false
	}
	index := other.index()
	for i, key := range n.keys {
		if j, ok := index[key]; !ok || !n.items[i].equal(other.items[j]) {
			return false
		}
	}
	return true
}

// index returns the position of each key.
func (n *node) index() map[string]int {
	index := make(map[string]int, len(n.keys))
	for i, key := range n.keys {
		index[key] = i
	}
	return index
}
