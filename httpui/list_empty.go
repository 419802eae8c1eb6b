package httpui

import (
	"context"
	"fmt"
	"net/url"

	"github.com/auditkeep/audit"
)

// emptyState says why there is nothing to show, and what would help.
type emptyState struct {
	Title, Help string
	Links       []Link
}

func (rd *reader) emptyState(ctx context.Context, v view, chips []chip) (*emptyState, error) {
	s := rd.words
	newest, err := rd.trail.Newest(ctx)
	if err != nil {
		return nil, err
	}
	if newest.IsZero() {
		return &emptyState{Title: s.Empty.Ever, Help: s.Empty.EverHelp}, nil
	}
	inRange := 0
	if len(chips) > 0 {
		only := audit.Filter{Org: v.filter.Org, From: v.filter.From, Until: v.filter.Until, NotAfter: v.filter.NotAfter}
		if inRange, err = rd.trail.Count(ctx, only, 1); err != nil {
			return nil, err
		}
	}
	if inRange == 0 {
		empty := &emptyState{Title: s.Empty.Range, Help: s.Empty.RangeHelp}
		for _, name := range widerRanges(rangeName(v.params)) {
			empty.Links = append(empty.Links, Link{s.Ranges[name], v.withRange(url.Values{"range": {name}})})
		}
		return empty, nil
	}
	empty := &emptyState{Title: s.Empty.Filters, Help: s.Empty.FiltersHelp}
	for _, c := range chips {
		empty.Links = append(empty.Links, Link{fmt.Sprintf(s.Empty.Without, c.Text(s)), c.URL})
	}
	return empty, nil
}

// widerRanges are the ranges of days beyond a given one.
func widerRanges(name string) []string {
	wider := []string{"7d", "30d", "90d", "all"}
	for i, candidate := range wider {
		if candidate == name {
			return wider[i+1:]
		}
	}
	return wider
}
