package audit

import "context"

const (
	// allChunk is how many entries All reads at a time: enough to keep the round
	// trip cheap, little enough to keep memory flat.
	allChunk = 2000
	// lookAhead is how many of them the caller has taken when the next ones are
	// asked for, so that the database works while the caller does.
	lookAhead = 100
)

// chunkReader reads a walk in chunks, one of them ahead.
type chunkReader struct {
	ctx    context.Context
	cancel context.CancelFunc
	list   func(context.Context, Walk) ([]Entry, error)
	walk   Walk // of the next chunk
	ahead  chan chunk
}

type chunk struct {
	entries []Entry
	err     error
}

// chunks returns a reader, which must be stopped.
func (l *Log) chunks(ctx context.Context, walk Walk) *chunkReader {
	ctx, cancel := context.WithCancel(ctx)
	return &chunkReader{ctx: ctx, cancel: cancel, list: l.store.List, walk: walk}
}

// prepare begins to read the next chunk.
func (r *chunkReader) prepare() {
	if r.ahead != nil {
		return
	}
	r.ahead = make(chan chunk, 1)
	go func(walk Walk, out chan<- chunk) {
		entries, err := r.list(r.ctx, walk)
		out <- chunk{entries, err}
	}(r.walk, r.ahead)
}

// next returns the next chunk; the one that is shorter than asked for is the
// last.
func (r *chunkReader) next() ([]Entry, error) {
	r.prepare()
	c := <-r.ahead
	r.ahead = nil
	if n := len(c.entries); c.err == nil && n > 0 {
		r.walk.After = CursorAt(c.entries[n-1], r.walk.Sort)
	}
	return c.entries, c.err
}

// stop ends what still runs, and waits for it: nothing reads on behind the
// caller's back.
func (r *chunkReader) stop() {
	r.cancel()
	if r.ahead != nil {
		<-r.ahead
		r.ahead = nil
	}
}
