package diff

import (
	"reflect"

	"github.com/auditkeep/audit/internal/jsontext"
)

// minValueBytes is what a value may take even if the event has fewer bytes left, so
// that a large value does not cause small ones after it to be cut.
const minValueBytes = 64

// add adds a change, cut to the bytes that are left.
func (d *differ) add(path string, old, now *node) {
	if d.left <= 0 {
		d.omitted++
		return
	}
	start := len(d.draft.buf)
	buf := old.append(d.draft.buf, max(d.left, minValueBytes))
	oldEnd := len(buf)
	buf = now.append(buf, max(d.left-(oldEnd-start), minValueBytes))
	d.note(path, start, oldEnd, buf)
}

// addDirect adds a change of a direct field.
func (d *differ) addDirect(f *field, old, now reflect.Value) {
	if d.left <= 0 {
		d.omitted++
		return
	}
	start := len(d.draft.buf)
	buf := f.append(d.draft.buf, old, max(d.left, minValueBytes))
	oldEnd := len(buf)
	buf = f.append(buf, now, max(d.left-(oldEnd-start), minValueBytes))
	d.note(f.name, start, oldEnd, buf)
}

// addUncompared adds a change of a field in which the two sides share memory. Its
// value before is not known.
func (d *differ) addUncompared(path string, now *node) {
	if start, oldEnd, limit := d.beginUncompared(); limit > 0 {
		d.note(path, start, oldEnd, now.append(d.draft.buf, limit))
	}
}

// beginUncompared writes the mark in place of the old value. It returns how many
// bytes the new value may take, and 0 if the event is full.
func (d *differ) beginUncompared() (start, oldEnd, limit int) {
	if d.left <= 0 {
		d.omitted++
		return 0, 0, 0
	}
	start = len(d.draft.buf)
	d.draft.buf = append(d.draft.buf, jsontext.Shared...)
	return start, len(d.draft.buf), max(d.left-len(jsontext.Shared), minValueBytes)
}

// append appends a direct field's value, and nothing for a missing one.
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

// note adds a change. Its old value is buf[start:oldEnd], its new one buf[oldEnd:].
func (d *differ) note(path string, start, oldEnd int, buf []byte) {
	field := jsontext.BoundPath(path)
	d.left -= len(field) + len(buf) - start + len(`{"field":"","new":,"old":},`)
	d.draft.buf = buf
	d.draft.changes = append(d.draft.changes, draftChange{field, oldEnd, len(buf)})
}
