package diff

import (
	"encoding/hex"
	"reflect"
	"slices"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
)

// encoder appends nodes as canonical JSON. It keeps at most limit bytes, and only
// counts the bytes after them.
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

// encode returns the node's JSON, or a mark if it is longer than limit bytes.
func (n *node) encode(limit int) string { return string(n.append(nil, limit)) }

// append appends what encode returns, and nothing for a nil node.
func (n *node) append(buf []byte, limit int) []byte {
	switch {
	case n == nil:
		return buf
	case n.secret:
		return append(buf, jsontext.Redacted...)
	case n.kind == jsontext.KindString:
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
	case jsontext.KindNull:
		e.buf = append(e.buf, "null"...)
	case jsontext.KindBool:
		e.buf = append(e.buf, n.text...)
	case jsontext.KindNumber:
		e.buf = append(e.buf, n.text...) // canonical since it was made
	case jsontext.KindString:
		e.buf = jsontext.AppendText(e.buf, n.text)
	case jsontext.KindArray:
		e.buf = append(e.buf, '[')
		for i, item := range n.items {
			if i > 0 {
				e.buf = append(e.buf, ',')
			}
			e.node(item)
		}
		e.buf = append(e.buf, ']')
	case jsontext.KindMap:
		e.object(n)
	case jsontext.KindCut:
		unit, size := cutSize(n.source)
		e.buf = jsontext.AppendCut(e.buf, unit, size, "", 0)
	case jsontext.KindCycle:
		e.buf = append(e.buf, jsontext.Cycle...)
	case jsontext.KindInvalidJSON:
		e.buf = jsontext.AppendInvalid(e.buf, n.text, n.keptInvalid())
	case jsontext.KindOpaque:
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

// keptInvalid returns how much is kept of invalid JSON.
func (n *node) keptInvalid() jsontext.InvalidJSON {
	switch {
	case n.comparer != nil:
		return jsontext.InvalidNothing
	case !n.shown:
		return jsontext.InvalidSize
	}
	return jsontext.InvalidText
}

// cutSize returns how large a value is that was not taken apart.
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
