package audit

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/auditkeep/audit/internal/stored"
)

// Page returns one page of entries.
func (l *Log) Page(ctx context.Context, q Query) (Page, error) {
	if err := l.fillOrg(ctx, &q.Filter); err != nil {
		return Page{}, err
	}
	walk, err := q.walk()
	if err != nil {
		return Page{}, err
	}
	entries, err := l.store.List(ctx, walk)
	if err != nil {
		return Page{}, err
	}
	more := len(entries) == walk.Limit
	if more {
		entries = entries[:walk.Limit-1]
	}
	page := Page{Entries: entries}
	if len(entries) == 0 {
		return page, nil
	}
	before, after := walk.Offset > 0 || !walk.After.IsZero(), more
	if walk.Backward {
		slices.Reverse(entries)
		before, after = after, before
	}
	if before {
		page.Prev = CursorAt(entries[0], walk.Sort)
	}
	if after {
		page.Next = CursorAt(entries[len(entries)-1], walk.Sort)
	}
	return page, nil
}

// All streams every entry that matches, in order, in bounded memory and
// without holding a connection while the caller works. What is newer than the
// newest entry at the start is left out. After an error the stream ends.
func (l *Log) All(ctx context.Context, f Filter, s Sort) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := l.all(ctx, f, s, yield); err != nil {
			yield(Entry{}, err)
		}
	}
}

func (l *Log) all(ctx context.Context, f Filter, s Sort, yield func(Entry, error) bool) error {
	if err := l.fillOrg(ctx, &f); err != nil {
		return err
	}
	walk, err := Query{Filter: f, Sort: s, Limit: MaxLimit}.walk()
	if err != nil {
		return err
	}
	if f.NotAfter.IsZero() {
		if walk.Filter.NotAfter, err = l.In(f.Org).Newest(ctx); err != nil || walk.Filter.NotAfter.IsZero() {
			return err
		}
	}
	walk.Limit = allChunk
	chunks := l.chunks(ctx, walk)
	defer chunks.stop()
	var last Cursor
	for {
		entries, err := chunks.next()
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			// A walk that does not get ahead would never end.
			if first := CursorAt(entries[0], walk.Sort); !last.IsZero() && first.compare(last) <= 0 {
				return fmt.Errorf("listing entries: entry %s came after entry %s, which is not before it by %s: its row was not written by this library", first.id, last.id, walk.Sort.By)
			}
			last = CursorAt(entries[len(entries)-1], walk.Sort)
		}
		for i, entry := range entries {
			if i == lookAhead && len(entries) == walk.Limit {
				chunks.prepare() // somebody who takes so many takes more
			}
			if !yield(entry, nil) {
				return nil
			}
		}
		if len(entries) < walk.Limit {
			return nil
		}
	}
}

// Newest returns the ID of the organization's newest entry, for Filter.NotAfter;
// the zero ID if there is none.
func (l *Log) Newest(ctx context.Context) (ID, error) {
	var f Filter
	if err := l.fillOrg(ctx, &f); err != nil {
		return ID{}, err
	}
	entries, err := l.store.List(ctx, Walk{Filter: f, Sort: Sort{By: ByTimestamp, Dir: Descending}, Limit: 1})
	if err != nil || len(entries) == 0 {
		return ID{}, err
	}
	return entries[0].ID, nil
}

// Entry returns one entry, or ErrNotFound, whether it is missing or another
// organization's.
func (l *Log) Entry(ctx context.Context, id ID) (Entry, error) {
	f := Filter{NotAfter: id}
	if err := l.fillOrg(ctx, &f); err != nil {
		return Entry{}, err
	}
	if id.IsZero() || id.validate() != nil {
		return Entry{}, ErrNotFound
	}
	// The newest entry as of id is the one with that ID, if it exists.
	f.From = id.Time()
	entries, err := l.store.List(ctx, Walk{Filter: f, Sort: Sort{By: ByTimestamp, Dir: Descending}, Limit: 1})
	if err != nil {
		return Entry{}, err
	}
	if len(entries) == 0 || entries[0].ID != id {
		return Entry{}, ErrNotFound
	}
	return entries[0], nil
}

// Count returns how many entries match, counting no further than limit.
func (l *Log) Count(ctx context.Context, f Filter, limit int) (int, error) {
	if err := l.fillOrg(ctx, &f); err != nil {
		return 0, err
	}
	if err := f.Validate(); err != nil {
		return 0, err
	}
	if limit < 1 {
		return 0, invalidFilter("limit", fmt.Sprint(limit), "the least limit is 1", "say how far to count")
	}
	return l.store.Count(ctx, f, limit)
}

// MaxValues is the most values that one call of [Log.Values] returns.
const MaxValues = 10_000

// Values returns every distinct value that the organization's entries have under
// ByAction, ByObjectType or ByActorEmail (emails), in byte order: those that
// begin with prefix, at most limit of them. The empty value means "none
// recorded".
func (l *Log) Values(ctx context.Context, column Column, prefix string, limit int) ([]string, error) {
	var f Filter
	if err := l.fillOrg(ctx, &f); err != nil {
		return nil, err
	}
	if column != ByAction && column != ByObjectType && column != ByActorEmail {
		return nil, invalidFilter("column", string(column), "its values are not listed", fmt.Sprintf("use one of %q", []Column{ByAction, ByObjectType, ByActorEmail}))
	}
	if problem := stored.Problem(prefix, stored.Email); problem != "" {
		return nil, invalidFilter("prefix", prefix, problem, "shorten it")
	}
	if limit < 1 || limit > MaxValues {
		return nil, invalidFilter("limit", fmt.Sprint(limit), fmt.Sprintf("the limit is 1 to %d", MaxValues), "ask for fewer and use a longer prefix")
	}
	return l.store.Values(ctx, f.Org, column, prefix, limit)
}

// MaxBounds is the most bounds that one call of [Log.Histogram] takes.
const MaxBounds = 200

// Histogram counts the entries that match by time and action. n bounds, in
// ascending order, make n+1 buckets: before the first, between each two, and from
// the last on. So every entry that matches is in exactly one bar. It counts no
// further than limit.
func (l *Log) Histogram(ctx context.Context, f Filter, bounds []time.Time, limit int) (Histogram, error) {
	if err := l.fillOrg(ctx, &f); err != nil {
		return Histogram{}, err
	}
	if err := f.Validate(); err != nil {
		return Histogram{}, err
	}
	if limit < 1 {
		return Histogram{}, invalidFilter("limit", fmt.Sprint(limit), "the least limit is 1", "say how far to count")
	}
	ids, err := boundIDs(bounds)
	if err != nil {
		return Histogram{}, err
	}
	bars, err := l.store.Histogram(ctx, f, ids, limit)
	if err != nil {
		return Histogram{}, err
	}
	h := Histogram{Bars: bars}
	for _, bar := range bars {
		h.Entries += bar.Entries
	}
	if h.Entries > limit {
		h = Histogram{Entries: limit, More: true}
	}
	return h, nil
}

// boundIDs returns the first ID of each bucket but the first one.
func boundIDs(bounds []time.Time) ([]ID, error) {
	if len(bounds) > MaxBounds {
		return nil, invalidFilter("bounds", fmt.Sprintf("%d bounds", len(bounds)), fmt.Sprintf("at most %d are taken", MaxBounds), "count in wider buckets")
	}
	ids := make([]ID, len(bounds))
	for i, t := range bounds {
		ids[i] = firstIDNotBefore(t)
		if i > 0 && ids[i].Compare(ids[i-1]) <= 0 {
			return nil, invalidFilter("bounds", t.UTC().Format(time.RFC3339Nano), "not after the bound before it", "give them in ascending order, a microsecond apart or more, from 1970 on")
		}
	}
	return ids, nil
}
