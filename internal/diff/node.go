package diff

import (
	"reflect"
	"slices"

	"github.com/auditkeep/audit/internal/jsontext"
)

// node is a value on its way from Go to canonical JSON: taken apart far enough
// to be compared, with secrets still in it, since a secret that changed is
// recorded as changed.
type node struct {
	kind   jsontext.Kind
	text   string   // of Bool, Number, String, InvalidJSON and Opaque
	hidden string   // of a String: what it leaves out of its value
	shown  bool     // of an InvalidJSON: its text may be kept
	keys   []string // of Map, beside items
	items  []*node  // of Array and Map
	sorted bool     // the keys are in byte order
	secret bool     // its value is never written

	// source is the Go value: a Cut is compared by it, and so are a struct that
	// is Opaque and a value that is recorded by a method of its own and has a
	// method Equal too.
	source   reflect.Value
	byMethod bool
	rest     *beyond // of a Cut, and of a struct that is Opaque or InvalidJSON
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
		return n.rest.compare(n.source, other.source)
	}
	if other.kind == jsontext.KindCut {
		return other.equal(n)
	}
	if n.kind == other.kind && n.rest != nil && other.rest != nil && n.text == other.text { // Opaque, InvalidJSON
		return n.rest.compare(n.source, other.source)
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

// index returns where each key is.
func (n *node) index() map[string]int {
	index := make(map[string]int, len(n.keys))
	for i, key := range n.keys {
		index[key] = i
	}
	return index
}
