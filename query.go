package audit

import (
	"fmt"
)

// Query asks for one page of entries.
type Query struct {
	Filter Filter
	Sort   Sort
	// Limit is how many entries a page holds: 1 to MaxLimit. Defaults to 50.
	Limit int

	// Number is the page's number, from 1. The page must begin within the
	// first CountCap entries; beyond, walk by cursors. Defaults to 1.
	Number int
	// After and Before ask for the page that follows or precedes a cursor of
	// an earlier page in the same sort, and Last for the last page, filled
	// from the end. At most one of Number, After, Before and Last can be given.
	After, Before Cursor
	Last          bool
}

const (
	defaultLimit = 50
	// MaxLimit is the greatest Query.Limit.
	MaxLimit = 1000
	// CountCap is how far the page counts, and how deep numbered pages go.
	CountCap = 10_000
)

// Page is one page of entries.
type Page struct {
	Entries []Entry
	// Prev is the cursor to give as Query.Before for the page before, Next the
	// one to give as Query.After for the page after. They are zero if there
	// is none.
	Prev, Next Cursor
}

// walk validates the query and says which entries to ask the store for: one
// more than the page holds, to know whether another page follows.
func (q Query) walk() (Walk, error) {
	if err := q.Filter.Validate(); err != nil {
		return Walk{}, err
	}
	sort, err := q.Sort.Resolve()
	if err != nil {
		return Walk{}, err
	}
	if q.Limit == 0 {
		q.Limit = defaultLimit
	}
	if q.Limit < 0 || q.Limit > MaxLimit {
		return Walk{}, invalidFilter("Query.Limit", fmt.Sprint(q.Limit), fmt.Sprintf("a page holds 1 to %d entries", MaxLimit), "ask for fewer and walk on with the cursor")
	}
	w := Walk{Filter: q.Filter, Sort: sort, Limit: q.Limit + 1}
	given := 0
	if q.Number != 0 {
		given++
		if q.Number < 1 || (q.Number-1) > (CountCap-1)/q.Limit {
			return Walk{}, invalidFilter("Query.Number", fmt.Sprint(q.Number), fmt.Sprintf("numbered pages go from 1 to %d", (CountCap-1)/q.Limit+1), "walk further with After or Last, or narrow the filter")
		}
		w.Offset = (q.Number - 1) * q.Limit
	}
	if !q.After.IsZero() {
		given++
		w.After = q.After
	}
	if !q.Before.IsZero() {
		given++
		w.After, w.Backward = q.Before, true
	}
	if q.Last {
		given++
		w.Backward = true
	}
	if given > 1 {
		return Walk{}, invalidFilter("Query.Number", "", "more than one of page number, after, before and last is given", "give one")
	}
	if !w.After.IsZero() && w.After.sort != sort {
		return Walk{}, invalidFilter("Query.After", w.After.String(), "the cursor belongs to another sort", "start from the first page")
	}
	return w, nil
}
