package audit

import (
	"encoding/hex"
	"reflect"
	"slices"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
)

// node is a value on its way from Go to canonical JSON: taken apart far enough
// to be compared, with secrets still in it, since a secret that changed is
// recorded as changed.
type node struct {
	kind   ValueKind
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
	if n.kind == KindCut { // the other side may be cut elsewhere, or not at all
		return n.rest.compare(n.source, other.source)
	}
	if other.kind == KindCut {
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
	case KindArray:
		return slices.EqualFunc(n.items, other.items, (*node).equal)
	case KindMap:
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

// encoder appends nodes as canonical JSON and keeps no more than limit bytes of
// them. Beyond, it only counts.
type encoder struct {
	buf     []byte
	start   int // where in buf its own begins
	limit   int
	dropped int
}

func (e *encoder) over() bool { return e.dropped > 0 }

func (e *encoder) flush() {
	if size := len(e.buf) - e.start; e.over() || size > e.limit {
		e.dropped += size
		e.buf = e.buf[:e.start]
	}
}

// encode returns the node's JSON, cut to a mark where it is longer than limit bytes.
func (n *node) encode(limit int) Value { return Value{json: string(n.append(nil, limit))} }

// append appends what encode returns; nothing for a nil node.
func (n *node) append(buf []byte, limit int) []byte {
	switch {
	case n == nil:
		return buf
	case n.secret:
		return append(buf, jsontext.Redacted...)
	case n.kind == KindString:
		return jsontext.AppendBounded(buf, n.text, limit)
	}
	e := encoder{buf: buf, start: len(buf), limit: limit}
	e.node(n)
	if e.over() {
		return jsontext.AppendCut(e.buf, "bytes", e.dropped, "", limit)
	}
	return e.buf
}

func (e *encoder) node(n *node) {
	if n.secret {
		e.buf = append(e.buf, jsontext.Redacted...)
		e.flush()
		return
	}
	switch n.kind {
	case KindNull:
		e.buf = append(e.buf, "null"...)
	case KindBool:
		e.buf = append(e.buf, n.text...)
	case KindNumber:
		e.buf = append(e.buf, n.text...) // canonical since it was made
	case KindString:
		e.buf = jsontext.AppendText(e.buf, n.text)
	case KindArray:
		e.buf = append(e.buf, '[')
		for i, item := range n.items {
			if i > 0 {
				e.buf = append(e.buf, ',')
			}
			e.node(item)
		}
		e.buf = append(e.buf, ']')
	case KindMap:
		e.object(n)
	case KindCut:
		unit, size := cutSize(n.source)
		e.buf = jsontext.AppendCut(e.buf, unit, size, "", 0)
	case KindCycle:
		e.buf = append(e.buf, jsontext.Cycle...)
	case KindInvalidJSON:
		e.buf = jsontext.AppendInvalid(e.buf, n.text, n.keptInvalid())
	case KindOpaque:
		e.buf = jsontext.AppendOpaque(e.buf, n.text)
	}
	e.flush()
}

func (e *encoder) object(n *node) {
	order, keys, sorted := make([]int, len(n.keys)), n.keys, n.sorted
	for i := range order {
		order[i] = i
		if key := jsontext.EscapeKey(n.keys[i]); key != n.keys[i] {
			if sorted = false; &keys[0] == &n.keys[0] {
				keys = slices.Clone(keys)
			}
			keys[i] = key
		}
	}
	if !sorted {
		slices.SortFunc(order, func(i, j int) int { return strings.Compare(keys[i], keys[j]) })
	}
	e.buf = append(e.buf, '{')
	for i, at := range order {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		e.buf = jsontext.AppendString(e.buf, keys[at])
		e.buf = append(e.buf, ':')
		e.node(n.items[at])
	}
	e.buf = append(e.buf, '}')
}

// keptInvalid says what is kept of an InvalidJSON.
func (n *node) keptInvalid() jsontext.InvalidJSON {
	switch {
	case n.rest != nil:
		return jsontext.InvalidNothing
	case !n.shown:
		return jsontext.InvalidSize
	}
	return jsontext.InvalidText
}

// cutSize says how much a value holds that was not taken apart.
func cutSize(v reflect.Value) (unit string, size int) {
	switch v.Kind() {
	case reflect.Slice, reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return "bytes", v.Len()
		}
		return "items", v.Len()
	case reflect.Map:
		return "items", v.Len()
	case reflect.String:
		return "bytes", v.Len()
	}
	return "", 0
}

// bytesText returns bytes the way PostgreSQL shows bytea.
func bytesText(b []byte) string { return `\x` + hex.EncodeToString(b) }
