package audit

import "sync"

// draft holds changes while they are collected: all their texts lie in one
// buffer, one after the other. It is used again for other events, so that an
// event costs no memory but what its changes keep.
type draft struct {
	buf     []byte
	changes []draftChange
}

// draftChange is one change: the text of its old value begins where that of
// the change before ended, and an absent value has none.
type draftChange struct {
	field          string
	oldEnd, newEnd int
}

var drafts = sync.Pool{New: func() any { return new(draft) }}

// maxDraftBytes is how large a buffer may be to be used again: more is kept
// only as long as the one large event is at work.
const maxDraftBytes = 64 << 10

func newDraft() *draft { return drafts.Get().(*draft) }

// release gives the draft back.
func (d *draft) release() {
	if cap(d.buf) > maxDraftBytes || cap(d.changes) > maxDraftBytes/64 {
		return
	}
	clear(d.changes) // names of fields may be a host's data
	d.buf, d.changes = d.buf[:0], d.changes[:0]
	drafts.Put(d)
}

// finish returns the changes, their values cut out of one text.
func (d *draft) finish() Changes {
	if len(d.changes) == 0 {
		return nil
	}
	text, start := string(d.buf), 0
	changes := make(Changes, len(d.changes))
	for i, c := range d.changes {
		changes[i] = Change{Field: c.field, Old: Value{json: text[start:c.oldEnd]}, New: Value{json: text[c.oldEnd:c.newEnd]}}
		start = c.newEnd
	}
	return changes
}
