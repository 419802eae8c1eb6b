package audit

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// maxBufferBatch is how many entries one attempt writes.
const maxBufferBatch = 500

// write writes what waits until ctx ends, or, once no more entries are taken,
// until nothing waits.
func (b *Buffer) write(ctx context.Context) {
	batch, wait, behind := maxBufferBatch, b.options.LeastWait, false
	for ctx.Err() == nil {
		entries, isGap, closed := b.next(batch, behind)
		if len(entries) == 0 {
			if closed {
				return
			}
			select {
			case <-b.added:
			case <-ctx.Done():
			}
			continue
		}
		err := b.attempt(ctx, entries)
		if ctx.Err() != nil && err != nil {
			return // it goes on in Shutdown
		}
		retry := b.settle(entries, isGap, err)
		if behind = err != nil; !behind {
			batch, wait = min(batch*2, maxBufferBatch), b.options.LeastWait
			continue
		}
		b.options.OnError(ctx, err)
		// Smaller and smaller, and then one after the other: so that what the
		// database will never take keeps nothing else from being written.
		batch = max(batch/2, 1)
		if !retry {
			continue
		}
		pause := time.NewTimer(wait/2 + rand.N(wait/2+1))
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
		pause.Stop()
		wait = min(wait*2, b.options.MostWait)
	}
}

// next returns what to write: a gap, once writing works again, else the oldest
// of what waits.
func (b *Buffer) next(batch int, behind bool) (entries []Entry, isGap, closed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !behind || b.queue.len() == 0 {
		if gap, ok := b.gaps.next(b.newID); ok {
			return []Entry{gap}, true, b.closed
		}
	}
	return b.queue.next(batch), false, b.closed
}

func (b *Buffer) newID() ID { return b.log.ids.next(b.log.config.Now()) }

func (b *Buffer) attempt(ctx context.Context, entries []Entry) error {
	ctx, cancel := context.WithTimeout(WithOrg(ctx, entries[0].Org), b.options.Attempt)
	defer cancel()
	if err := b.log.store.InsertDetached(ctx, entries); err != nil {
		return fmt.Errorf("writing buffered entries: %w", err)
	}
	return nil
}

// settle takes what was written out of the queue, and reports whether to pause
// before the next attempt.
func (b *Buffer) settle(entries []Entry, isGap bool, err error) (retry bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stats.Err = err; err != nil {
		b.stats.Failures++
	}
	switch {
	case isGap && err == nil:
		b.gaps.told()
	case isGap:
		return true
	case err == nil:
		b.queue.remove(len(entries))
		b.stats.Recorded += int64(len(entries))
	case errors.Is(err, ErrConflict) && len(entries) == 1:
		b.queue.remove(1)
		b.stats.Refused++
	case errors.Is(err, ErrConflict):
		// In smaller parts, at once: it is about one of them.
	default:
		b.queue.rotate(len(entries))
		return true
	}
	return false
}
