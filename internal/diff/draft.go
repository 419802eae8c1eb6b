package diff

import "sync"

// draft holds changes while they are collected: all their texts lie in one
// buffer, one after the other. It is used again for other events, so that an
// event costs no memory but what its changes keep.
type draft struct {
	buf     []byte
	idEnd   int // where the object's ID ends, which may be in front of them
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
	d.buf, d.idEnd, d.changes = d.buf[:0], 0, d.changes[:0]
	drafts.Put(d)
}
