// Package audittest is for the tests of programs that record with package
// audit: a log in memory, and assertions about what was recorded.
//
//	log, store := audittest.New(t)
//	tx := store.Begin()
//	… // the code under test, given log and tx
//	require.NoError(t, tx.Commit(ctx))
//	audittest.RequireRecorded(t, log, audittest.Want{Action: audit.ActionUpdate, Type: "api_key", ID: "42"})
//
// The assertions work with a log on a real database just as well.
package audittest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/auditkeep/audit"
)

// Org is the default organization of the log that [New] returns.
const Org = "test"

// New returns a log in memory, and its store. For a log with your own Config,
// pass [NewStore] to [audit.New].
func New(t testing.TB) (*audit.Log, *Store) {
	t.Helper()
	store := NewStore()
	log, err := audit.New(store, audit.Config{Org: Org})
	if err != nil {
		t.Fatalf("audittest: %v", err)
	}
	return log, store
}

// Store is an [audit.Store] in memory. It is simple and slow: every read goes
// through all entries.
type Store struct {
	mu      sync.Mutex
	entries map[key]audit.Entry
}

var _ audit.Store = (*Store)(nil)

type key struct {
	org string
	id  audit.ID
}

func keyOf(e audit.Entry) key { return key{e.Org, e.ID} }

// NewStore returns an empty store.
func NewStore() *Store { return &Store{entries: map[key]audit.Entry{}} }

// InsertDetached implements [audit.Store].
func (s *Store) InsertDetached(ctx context.Context, entries []audit.Entry) error {
	tx := s.Begin()
	if err := tx.Insert(ctx, entries); err != nil {
		return err
	}
	return tx.Commit(ctx)
}

// List implements [audit.Store].
func (s *Store) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	matching, err := s.matching(ctx, walk.Filter)
	if err != nil {
		return nil, err
	}
	sign := 1
	if walk.Backward {
		sign = -1
	}
	slices.SortFunc(matching, func(a, b audit.Entry) int { return sign * walk.Sort.Compare(a, b) })
	if !walk.After.IsZero() {
		matching = slices.DeleteFunc(matching, func(e audit.Entry) bool {
			return sign*compareToCursor(e, walk.After, walk.Sort) <= 0
		})
	}
	matching = matching[min(walk.Offset, len(matching)):]
	return matching[:min(walk.Limit, len(matching))], nil
}

// compareToCursor returns -1, 0 or +1 as the entry comes before, at or after
// the cursor.
func compareToCursor(e audit.Entry, c audit.Cursor, s audit.Sort) int {
	order := cmp.Or(strings.Compare(e.SortKey(s.By), c.Key()), e.ID.Compare(c.ID()))
	if s.Dir == audit.Descending {
		return -order
	}
	return order
}

// Count implements [audit.Store].
func (s *Store) Count(ctx context.Context, filter audit.Filter, limit int) (int, error) {
	matching, err := s.matching(ctx, filter)
	return min(len(matching), limit), err
}

// Histogram implements [audit.Store].
func (s *Store) Histogram(ctx context.Context, filter audit.Filter, bounds []audit.ID, limit int) ([]audit.HistogramBar, error) {
	matching, err := s.matching(ctx, filter)
	if err != nil {
		return nil, err
	}
	counts := map[audit.HistogramBar]int{}
	for _, e := range matching[:min(limit+1, len(matching))] {
		bucket, starts := slices.BinarySearchFunc(bounds, e.ID, audit.ID.Compare)
		if starts {
			bucket++
		}
		counts[audit.HistogramBar{Bucket: bucket, Action: e.Action}]++
	}
	var bars []audit.HistogramBar
	for bar, n := range counts {
		bar.Entries = n
		bars = append(bars, bar)
	}
	slices.SortFunc(bars, func(a, b audit.HistogramBar) int {
		return cmp.Or(cmp.Compare(a.Bucket, b.Bucket), cmp.Compare(a.Action, b.Action))
	})
	return bars, nil
}

// Values implements [audit.Store].
func (s *Store) Values(ctx context.Context, org string, column audit.Column, prefix string, limit int) ([]string, error) {
	matching, err := s.matching(ctx, audit.Filter{Org: org})
	if err != nil {
		return nil, err
	}
	var values []string
	for _, e := range matching {
		if value := e.SortKey(column); strings.HasPrefix(value, prefix) {
			values = append(values, value)
		}
	}
	slices.Sort(values)
	values = slices.Compact(values)
	return values[:min(limit, len(values))], nil
}

func (s *Store) matching(ctx context.Context, f audit.Filter) ([]audit.Entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reading entries: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var matching []audit.Entry
	for _, e := range s.entries {
		if f.Match(e) {
			e.Changes = slices.Clone(e.Changes) // the caller's own, as from a database
			matching = append(matching, e)
		}
	}
	return matching, nil
}

// now is the store's own clock, cut as databases cut it.
func now() time.Time { return time.Now().UTC().Truncate(time.Microsecond) }
