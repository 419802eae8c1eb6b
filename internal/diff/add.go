package diff

import (
	"reflect"

	"github.com/auditkeep/audit/internal/jsontext"
)

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
