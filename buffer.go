package audit

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"
)

// Buffer keeps what [Log.RecordDetached] would record while the database is
// away, in memory and within bounds, and writes it later: a failed login is
// then neither lost nor held up by a restart of the database.
//
//	buffer, err := audit.NewBuffer(trail, audit.BufferOptions{})
//	if err != nil { … }
//	if err := buffer.Start(ctx); err != nil { … }
//	defer buffer.Shutdown(shutdownCtx)
//	…
//	err = buffer.RecordDetached(ctx, audit.Performed("login_failed", user))
//
// It is for facts without a business change only: what belongs to a change is
// recorded with it, by [Log.Record], or not at all. What waits in a Buffer is
// lost if the process is killed.
//
// If it is full, new entries are dropped and the caller gets [ErrBufferFull]. As
// soon as the database is back, an entry with the action [ActionGap] says in each
// organization how many are missing, and from when to when.
//
// A Buffer is safe for concurrent use.
type Buffer struct {
	log     *Log
	options BufferOptions

	mu     sync.Mutex
	queue  bufferQueue
	gaps   bufferGaps
	stats  BufferStats
	stop   context.CancelFunc // of the writer; nil if none was started
	ended  chan struct{}      // closed when the writer has ended
	closed bool
	added  chan struct{} // holds one where something new may wait
}

// BufferOptions adjusts a Buffer. The zero BufferOptions are useful.
type BufferOptions struct {
	// Entries is how many entries may wait. Defaults to 10,000.
	Entries int
	// Bytes is how much memory, roughly, they may take. Defaults to 16 MiB.
	Bytes int
	// Attempt is how long one attempt to write may take. Defaults to 10
	// seconds.
	Attempt time.Duration
	// LeastWait and MostWait bound the pause after an attempt that failed,
	// which doubles each time. Default to 100 milliseconds and 30 seconds.
	LeastWait, MostWait time.Duration
	// OnError is called for each attempt that failed. It must not call the
	// Buffer's Shutdown. Defaults to slog.ErrorContext.
	OnError func(context.Context, error)
	// OnDrop is called with the number of entries that were dropped, by a call that
	// found the buffer full or by a Shutdown that ran out of time. Defaults to
	// slog.ErrorContext.
	OnDrop func(ctx context.Context, entries int)
}

// BufferStats says how a Buffer does.
type BufferStats struct {
	// Waiting entries are not written yet, and take so many Bytes.
	Waiting, Bytes int
	// Recorded entries were written, gap entries not among them.
	Recorded int64
	// Dropped entries found no room, or were left when Shutdown ran out of
	// time.
	Dropped int64
	// Refused entries have an ID that another content had already taken.
	Refused int64
	// Failures is how many attempts to write have failed, and Err the error of
	// the last attempt, nil if that succeeded.
	Failures int64
	Err      error
}

// Errors of a [Buffer].
var (
	// ErrBufferFull is returned if a Buffer is full: the call's entries are dropped
	// and counted.
	ErrBufferFull = errors.New("audit: the buffer is full: the database has been away for too long")
	// ErrBufferClosed is returned after Shutdown.
	ErrBufferClosed = errors.New("audit: the buffer was shut down")
)

func (o BufferOptions) withDefaults() (BufferOptions, error) {
	for _, number := range []struct {
		name   string
		value  *int
		preset int
	}{{"Entries", &o.Entries, 10_000}, {"Bytes", &o.Bytes, 16 << 20}} {
		if *number.value < 0 {
			return o, fmt.Errorf("audit: BufferOptions.%s is %d: give 1 or more, or 0 for %d", number.name, *number.value, number.preset)
		}
		if *number.value == 0 {
			*number.value = number.preset
		}
	}
	for _, wait := range []struct {
		name   string
		value  *time.Duration
		preset time.Duration
	}{{"Attempt", &o.Attempt, 10 * time.Second}, {"LeastWait", &o.LeastWait, 100 * time.Millisecond}, {"MostWait", &o.MostWait, 30 * time.Second}} {
		if *wait.value < 0 {
			return o, fmt.Errorf("audit: BufferOptions.%s is %s: give a positive duration, or 0 for %s", wait.name, *wait.value, wait.preset)
		}
		if *wait.value == 0 {
			*wait.value = wait.preset
		}
	}
	if o.MostWait < o.LeastWait {
		return o, fmt.Errorf("audit: BufferOptions.MostWait is %s: give at least LeastWait, which is %s", o.MostWait, o.LeastWait)
	}
	if o.OnError == nil {
		o.OnError = func(ctx context.Context, err error) {
			slog.ErrorContext(ctx, "writing buffered audit entries", "error", err)
		}
	}
	if o.OnDrop == nil {
		o.OnDrop = func(ctx context.Context, entries int) {
			slog.ErrorContext(ctx, "dropping audit entries, since the buffer is full", "entries", entries)
		}
	}
	return o, nil
}

// NewBuffer returns a buffer in front of the log. It starts no goroutine:
// until [Buffer.Start], entries only gather.
func NewBuffer(log *Log, options BufferOptions) (*Buffer, error) {
	if log == nil {
		return nil, errors.New("audit: NewBuffer: log is nil: give the one from audit.New")
	}
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Buffer{log: log, options: options, added: make(chan struct{}, 1)}, nil
}

// Start starts the one goroutine that writes what waits. It ends with ctx, or
// with [Buffer.Shutdown].
func (b *Buffer) Start(ctx context.Context) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed:
		return ErrBufferClosed
	case b.stop != nil:
		return errors.New("audit: Buffer.Start was called before")
	}
	ctx, b.stop = context.WithCancel(ctx)
	b.ended = make(chan struct{})
	go func() {
		defer close(b.ended)
		b.write(ctx)
	}()
	return nil
}

// RecordDetached takes the events as entries that will be written soon; it
// never waits for the database. Organization, actor, request and time are those
// of the call. Errors are those of [Log.Prepare], and [ErrBufferFull] and
// [ErrBufferClosed]; then none of the call's events is taken.
func (b *Buffer) RecordDetached(ctx context.Context, events ...Event) error {
	entries, err := b.log.Prepare(ctx, events...)
	if err != nil || len(entries) == 0 {
		return err
	}
	size := 0
	for i := range entries {
		size += sizeOf(&entries[i])
	}
	b.mu.Lock()
	switch {
	case b.closed:
		err = ErrBufferClosed
	case b.queue.len()+len(entries) > b.options.Entries || b.queue.bytes+size > b.options.Bytes:
		err = ErrBufferFull
		b.gaps.add(entries)
		b.stats.Dropped += int64(len(entries))
	default:
		b.queue.push(entries, size)
	}
	b.mu.Unlock()
	if err == nil || errors.Is(err, ErrBufferFull) {
		select {
		case b.added <- struct{}{}:
		default: // the writer knows already
		}
	}
	if errors.Is(err, ErrBufferFull) {
		b.options.OnDrop(ctx, len(entries))
	}
	return err
}

// Stats returns how the buffer does at the moment.
func (b *Buffer) Stats() BufferStats {
	b.mu.Lock()
	defer b.mu.Unlock()
	stats := b.stats
	stats.Waiting, stats.Bytes = b.queue.len(), b.queue.bytes
	return stats
}

// Shutdown takes no more entries and writes those that wait, until ctx ends.
// Those it could not write then are dropped, and the error says how many. It
// waits for the goroutine of [Buffer.Start] to end. Call it after the host has
// stopped to serve.
func (b *Buffer) Shutdown(ctx context.Context) error {
	b.mu.Lock()
	already, stop, ended := b.closed, b.stop, b.ended
	b.closed = true
	b.mu.Unlock()
	if stop != nil {
		stop() // what it is writing is written again, under the same IDs
		<-ended
	}
	if already {
		return nil
	}
	b.write(ctx)
	b.mu.Lock()
	left := b.queue.len()
	gaps, missing := b.gaps.pending()
	b.stats.Dropped += int64(left)
	b.queue = bufferQueue{}
	b.mu.Unlock()
	if left > 0 {
		b.options.OnDrop(ctx, left)
	}
	if left > 0 || gaps > 0 {
		return fmt.Errorf("shutting down the buffer: %d entries were dropped, and no entry reports the %d dropped before: %w", left, missing, context.Cause(ctx))
	}
	return nil
}
