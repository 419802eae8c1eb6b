package diff

import "github.com/auditkeep/audit/internal/jsontext"

// Omitted is the field that stands for the changes that an event left out, since
// it was full.
const Omitted = "…"

// Result has the changes of an event. All its texts are parts of one string, so
// that an event costs one allocation.
type Result struct {
	Object, Parent Object
	text           string
	draft          *draft
}

// Len returns the number of changes.
func (r *Result) Len() int { return len(r.draft.changes) }

// Change returns a change: a field's path, and its values in canonical JSON, ""
// for an absent one.
func (r *Result) Change(i int) (field, before, after string) {
	start, c := r.draft.idEnd, &r.draft.changes[i]
	if i > 0 {
		start = r.draft.changes[i-1].newEnd
	}
	return c.field, r.text[start:c.oldEnd], r.text[c.oldEnd:c.newEnd]
}

// Release gives back what the Engine uses again. The texts stay valid; Len and
// Change must not be called any more.
func (r *Result) Release() { r.draft.release() }

// result returns what the draft holds.
func (d *differ) result(object, parent Object) Result {
	if d.omitted > 0 {
		start := len(d.draft.buf)
		d.note(Omitted, start, start, jsontext.AppendCut(d.draft.buf, "items", d.omitted, "", 0))
	}
	text := string(d.draft.buf)
	if d.draft.idEnd > 0 {
		object.ID = text[:d.draft.idEnd]
	}
	return Result{Object: object, Parent: parent, text: text, draft: d.draft}
}
