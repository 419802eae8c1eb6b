package diff

import "sync"

// draft holds changes while they are collected. All their texts lie in one buffer,
// one after the other. Drafts are pooled, so that an event allocates only what its
// changes keep.
type draft struct {
	buf     []byte
	idEnd   int // the length of the object's ID, if it is at the start of buf
	changes []draftChange
}

// draftChange is one change. The text of its old value begins at the end of the
// change before. An absent value has an empty text.
type draftChange struct {
	field          string
	oldEnd, newEnd int
}

var drafts = sync.Pool{New: func() any { return new(draft) }}

// maxDraftBytes is the max size of a buffer that is used again. A larger one is
// freed after its event.
const maxDraftBytes = 64 << 10

func newDraft() *draft { return drafts.Get().(*draft) }

// release gives the draft back to the pool.
func (d *draft) release() {
	if cap(d.buf) > maxDraftBytes || cap(d.changes) > maxDraftBytes/64 {
		return
	}
	d.buf, d.idEnd, d.changes = d.buf[:0], 0, d.changes[:0]
	drafts.Put(d)
}
