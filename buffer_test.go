package audit_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// awayStore is a database that can be away, or refuse.
type awayStore struct {
	*audittest.Store
	mu     sync.Mutex
	fail   func(ctx context.Context, entries []audit.Entry) error
	after  error // comes although the entries were written
	calls  int
	writes []int
}

var errAway = errors.New("the database is away")

func (s *awayStore) InsertDetached(ctx context.Context, entries []audit.Entry) error {
	s.mu.Lock()
	fail, after := s.fail, s.after
	s.calls++
	s.writes = append(s.writes, len(entries))
	s.mu.Unlock()
	if fail != nil {
		if err := fail(ctx, entries); err != nil {
			return err
		}
	}
	return errors.Join(s.Store.InsertDetached(ctx, entries), after)
}

func (s *awayStore) set(fail func(context.Context, []audit.Entry) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail = fail
}

func away(context.Context, []audit.Entry) error { return errAway }

type told struct {
	mu      sync.Mutex
	errs    []error
	dropped int
}

func newBuffer(t *testing.T, options audit.BufferOptions) (*audit.Buffer, *awayStore, *audit.Log, *told) {
	t.Helper()
	store, hooks := &awayStore{Store: audittest.NewStore()}, &told{}
	log, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	options.OnError = func(_ context.Context, err error) {
		hooks.mu.Lock()
		defer hooks.mu.Unlock()
		hooks.errs = append(hooks.errs, err)
	}
	options.OnDrop = func(_ context.Context, n int) {
		hooks.mu.Lock()
		defer hooks.mu.Unlock()
		hooks.dropped += n
	}
	buffer, err := audit.NewBuffer(log, options)
	require.NoError(t, err)
	return buffer, store, log, hooks
}

func fact(n int) audit.Event {
	return audit.Performed("login_failed", audit.Object{Type: "user", ID: fmt.Sprint(n)})
}

// written returns the objects' IDs of an organization, the oldest first, and
// the entries that report gaps.
func written(t *testing.T, log *audit.Log, org string) (ids []string, gaps []audit.Entry) {
	t.Helper()
	for e, err := range log.All(context.Background(), audit.Filter{Org: org}, audit.Sort{Dir: audit.Ascending}) {
		require.NoError(t, err)
		if e.Action == audit.ActionGap {
			gaps = append(gaps, e)
			continue
		}
		ids = append(ids, e.Object.ID)
	}
	return ids, gaps
}

// A synctest bubble fails if a goroutine is left, so each of these is a
// check for leaks too.

func TestBufferWritesSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		buffer, _, log, hooks := newBuffer(t, audit.BufferOptions{})
		ctx := audit.WithActor(t.Context(), audit.Actor{Email: "dana@acme.test"})
		require.NoError(t, buffer.RecordDetached(ctx, fact(1)), "before Start they gather")
		synctest.Wait()
		assert.Equal(t, 1, buffer.Stats().Waiting)
		require.NoError(t, buffer.Start(t.Context()))
		require.ErrorContains(t, buffer.Start(t.Context()), "called before")
		require.NoError(t, buffer.RecordDetached(ctx, fact(2), fact(3)))
		synctest.Wait()
		ids, gaps := written(t, log, "acme")
		assert.ElementsMatch(t, []string{"1", "2", "3"}, ids) // tests beside this one have another clock
		assert.Empty(t, gaps)
		assert.Equal(t, audit.BufferStats{Recorded: 3}, buffer.Stats())
		assert.Empty(t, hooks.errs)

		require.ErrorIs(t, buffer.RecordDetached(ctx, audit.Performed("", audit.Object{})), audit.ErrInvalidEvent)
		require.NoError(t, buffer.RecordDetached(ctx), "nothing")
		require.NoError(t, buffer.Shutdown(t.Context()))
		require.NoError(t, buffer.Shutdown(t.Context()), "again")
		require.ErrorIs(t, buffer.RecordDetached(ctx, fact(4)), audit.ErrBufferClosed)
		require.ErrorIs(t, buffer.Start(t.Context()), audit.ErrBufferClosed)
	})
}

// What happened is kept as it was at the call, and the pauses grow.
func TestBufferOutlivesAnAbsence(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		buffer, store, log, hooks := newBuffer(t, audit.BufferOptions{LeastWait: time.Second, MostWait: 8 * time.Second})
		store.set(away)
		require.NoError(t, buffer.Start(t.Context()))
		ctx, cancel := context.WithCancel(audit.WithOrg(audit.WithActor(t.Context(), audit.Actor{Email: "dana@acme.test"}), "globex"))
		at := time.Now()
		require.NoError(t, buffer.RecordDetached(ctx, fact(1)))
		cancel() // the request is over
		time.Sleep(time.Minute)
		synctest.Wait()
		store.mu.Lock()
		calls := store.calls
		store.mu.Unlock()
		assert.True(t, calls >= 9 && calls <= 18, "%d attempts in a minute: 1, 2, 4, 8, 8 … seconds, or half of it", calls)
		stats := buffer.Stats()
		assert.Equal(t, 1, stats.Waiting)
		assert.EqualValues(t, calls, stats.Failures)
		require.ErrorIs(t, stats.Err, errAway)
		assert.Len(t, hooks.errs, calls)

		store.set(nil)
		time.Sleep(9 * time.Second)
		entry, err := log.Page(t.Context(), audit.Query{Filter: audit.Filter{Org: "globex"}})
		require.NoError(t, err)
		require.Len(t, entry.Entries, 1)
		assert.WithinDuration(t, at, entry.Entries[0].OccurredAt, time.Millisecond)
		assert.Equal(t, "dana@acme.test", entry.Entries[0].Actor.Email)
		assert.NoError(t, buffer.Stats().Err)
		require.NoError(t, buffer.Shutdown(t.Context()))
	})
}

// An attempt whose answer was lost is repeated under the same IDs.
func TestBufferWritesOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		buffer, store, log, _ := newBuffer(t, audit.BufferOptions{})
		store.after = errAway
		require.NoError(t, buffer.Start(t.Context()))
		for n := range 20 {
			require.NoError(t, buffer.RecordDetached(t.Context(), fact(n)))
		}
		time.Sleep(time.Second)
		store.mu.Lock()
		store.after = nil
		store.mu.Unlock()
		time.Sleep(time.Minute)
		ids, _ := written(t, log, "acme")
		assert.Len(t, ids, 20)
		require.NoError(t, buffer.Shutdown(t.Context()))
		assert.EqualValues(t, 20, buffer.Stats().Recorded)
	})
}

// What does not fit is counted exactly, in each organization, and reported as
// soon as writing works again.
func TestBufferReportsGaps(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		buffer, store, log, hooks := newBuffer(t, audit.BufferOptions{Entries: 10})
		store.set(away)
		require.NoError(t, buffer.Start(t.Context()))
		for n := range 10 {
			require.NoError(t, buffer.RecordDetached(t.Context(), fact(n)))
		}
		from := time.Now()
		for n := range 7 {
			time.Sleep(time.Second)
			require.ErrorIs(t, buffer.RecordDetached(t.Context(), fact(100+n)), audit.ErrBufferFull)
		}
		until := time.Now()
		globex := audit.WithOrg(t.Context(), "globex")
		require.ErrorIs(t, buffer.RecordDetached(globex, fact(200), fact(201), fact(202)), audit.ErrBufferFull)
		assert.Equal(t, 10, hooks.dropped)
		assert.EqualValues(t, 10, buffer.Stats().Dropped)

		store.set(nil)
		time.Sleep(time.Minute)
		ids, gaps := written(t, log, "acme")
		assert.Len(t, ids, 10)
		require.Len(t, gaps, 1)
		assert.Equal(t, "audit_gap", gaps[0].Object.Type)
		assert.Equal(t, audit.System("audit buffer"), gaps[0].Actor)
		assert.Contains(t, gaps[0].Comment, "7 entries from ")
		var detail struct {
			Dropped     int
			From, Until time.Time
		}
		require.NoError(t, gaps[0].Metadata.Decode(&detail))
		assert.Equal(t, 7, detail.Dropped)
		assert.WithinDuration(t, from.Add(time.Second), detail.From, time.Millisecond)
		assert.WithinDuration(t, until, detail.Until, time.Millisecond)
		ids, gaps = written(t, log, "globex")
		assert.Empty(t, ids)
		require.Len(t, gaps, 1)
		assert.Contains(t, gaps[0].Comment, "3 entries")
		require.NoError(t, buffer.RecordDetached(t.Context(), fact(300)), "there is room again")
		require.NoError(t, buffer.Shutdown(t.Context()))
	})
}

func TestBufferIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	buffer, _, _, _ := newBuffer(t, audit.BufferOptions{Bytes: 10_000})
	large := fact(1).WithComment(strings.Repeat("x", 4000))
	require.NoError(t, buffer.RecordDetached(t.Context(), large))
	require.NoError(t, buffer.RecordDetached(t.Context(), large))
	require.ErrorIs(t, buffer.RecordDetached(t.Context(), large), audit.ErrBufferFull)
	require.NoError(t, buffer.RecordDetached(t.Context(), fact(2)), "a small one finds room")
	assert.Less(t, buffer.Stats().Bytes, 10_000)
	require.NoError(t, buffer.Shutdown(t.Context()))
	assert.Zero(t, buffer.Stats().Bytes)
	assert.EqualValues(t, 3, buffer.Stats().Recorded)
}

// An entry that the database will never take, or whose ID is taken, keeps no
// other from being written.
func TestBufferGoesAroundABadEntry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		buffer, store, log, _ := newBuffer(t, audit.BufferOptions{})
		taken := fact(0).WithID(audit.NewID())
		require.NoError(t, log.RecordDetached(t.Context(), taken))
		store.set(func(_ context.Context, entries []audit.Entry) error {
			if slices.ContainsFunc(entries, func(e audit.Entry) bool { return e.Object.ID == "33" }) {
				return errors.New("no such partition")
			}
			return nil
		})
		for n := range 100 {
			require.NoError(t, buffer.RecordDetached(t.Context(), fact(n)))
			if n == 50 {
				require.NoError(t, buffer.RecordDetached(t.Context(), taken.WithComment("other")))
			}
		}
		require.NoError(t, buffer.Start(t.Context()))
		time.Sleep(10 * time.Minute)
		stats := buffer.Stats()
		assert.EqualValues(t, 99, stats.Recorded)
		assert.EqualValues(t, 1, stats.Refused)
		assert.Equal(t, 1, stats.Waiting)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorContains(t, buffer.Shutdown(ctx), "1 entries were dropped")
	})
}

// Shutdown writes what waits for as long as it may, and says what it could not.
func TestBufferShutdown(t *testing.T) {
	t.Parallel()
	for name, started := range map[string]bool{"started": true, "never started": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				buffer, store, log, _ := newBuffer(t, audit.BufferOptions{})
				store.set(away)
				if started {
					require.NoError(t, buffer.Start(t.Context()))
				}
				for n := range 1200 {
					require.NoError(t, buffer.RecordDetached(t.Context(), fact(n)))
				}
				time.AfterFunc(5*time.Second, func() { store.set(nil) })
				require.NoError(t, buffer.Shutdown(t.Context()))
				ids, _ := written(t, log, "acme")
				assert.Len(t, ids, 1200)

				buffer, store, _, hooks := newBuffer(t, audit.BufferOptions{Entries: 3})
				store.set(away)
				if started {
					require.NoError(t, buffer.Start(t.Context()))
				}
				require.NoError(t, buffer.RecordDetached(t.Context(), fact(1), fact(2)))
				require.ErrorIs(t, buffer.RecordDetached(t.Context(), fact(3), fact(4)), audit.ErrBufferFull)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				err := buffer.Shutdown(ctx)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				assert.ErrorContains(t, err, "2 entries were dropped, and no entry reports the 2 dropped before")
				assert.Equal(t, 4, hooks.dropped)
				assert.Equal(t, audit.BufferStats{Dropped: 4, Failures: buffer.Stats().Failures, Err: buffer.Stats().Err}, buffer.Stats())
			})
		})
	}
}

// The writer that ends with its context loses nothing: Shutdown goes on.
func TestBufferContextEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		buffer, store, log, _ := newBuffer(t, audit.BufferOptions{})
		hanging := func(ctx context.Context, _ []audit.Entry) error { <-ctx.Done(); return ctx.Err() }
		store.set(hanging)
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, buffer.Start(ctx))
		require.NoError(t, buffer.RecordDetached(t.Context(), fact(1)))
		time.Sleep(time.Minute) // an attempt ends by itself
		assert.Positive(t, buffer.Stats().Failures)
		cancel()
		synctest.Wait()
		store.set(nil)
		require.NoError(t, buffer.Shutdown(t.Context()))
		ids, _ := written(t, log, "acme")
		assert.Equal(t, []string{"1"}, ids)
	})
}

func TestBufferFromManyAtOnce(t *testing.T) {
	t.Parallel()
	buffer, store, log, _ := newBuffer(t, audit.BufferOptions{LeastWait: time.Microsecond, MostWait: time.Millisecond})
	n := 0
	store.set(func(context.Context, []audit.Entry) error {
		store.mu.Lock()
		defer store.mu.Unlock()
		if n++; n%3 > 0 {
			return errAway
		}
		return nil
	})
	require.NoError(t, buffer.Start(t.Context()))
	var group sync.WaitGroup
	for g := range 8 {
		group.Go(func() {
			for i := range 100 {
				assert.NoError(t, buffer.RecordDetached(audit.WithOrg(t.Context(), fmt.Sprint("org", g%2)), fact(g*1000+i)))
				_ = buffer.Stats()
			}
		})
	}
	group.Wait()
	require.NoError(t, buffer.Shutdown(t.Context()))
	for _, org := range []string{"org0", "org1"} {
		ids, _ := written(t, log, org)
		assert.Len(t, ids, 400)
	}
}

func TestBufferOptions(t *testing.T) {
	t.Parallel()
	_, err := audit.NewBuffer(nil, audit.BufferOptions{})
	require.ErrorContains(t, err, "log is nil")
	log, _ := audittest.New(t)
	for want, options := range map[string]audit.BufferOptions{
		"BufferOptions.Entries is -1":   {Entries: -1},
		"BufferOptions.Bytes is -1":     {Bytes: -1},
		"BufferOptions.Attempt is -1ns": {Attempt: -1},
		"BufferOptions.LeastWait is -1": {LeastWait: -1},
		"BufferOptions.MostWait is 1ms": {MostWait: time.Millisecond},
	} {
		_, err := audit.NewBuffer(log, options)
		assert.ErrorContains(t, err, want)
	}
	buffer, err := audit.NewBuffer(log, audit.BufferOptions{Entries: 1})
	require.NoError(t, err)
	require.NoError(t, buffer.RecordDetached(t.Context(), fact(1)))
	require.ErrorIs(t, buffer.RecordDetached(t.Context(), fact(2)), audit.ErrBufferFull, "and the default says so")
}
