package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/auditkeep/audit/httpui"
)

// days are the bounds of a chart's bars.
func days(r timeRange) []time.Time {
	from, step := r.from, 24*time.Hour
	if from.IsZero() {
		from, step = dataStart, 31*24*time.Hour
	}
	var bounds []time.Time
	for at := from; at.Before(dataEnd); at = at.Add(step) {
		bounds = append(bounds, at)
	}
	return append(bounds, dataEnd)
}

// measureWholePage asks the page's handler for a page, all that belongs to it
// included, from the largest log and from the smallest.
func measureWholePage(ctx context.Context, b *bench) error {
	var candidates []candidate
	urls := []struct{ name, url string }{
		{"as it opens", "/?range=30d&per_page=50"},
		{"over all time", "/?range=all&per_page=50"},
		{"filtered by type and action", "/?range=all&per_page=50&object_type=type_07&action=update"},
		{"sorted by user", "/?range=30d&per_page=50&sort=performed_by"},
	}
	for _, size := range []int{b.scale.large, b.scale.small} {
		l, err := b.log(ctx, size)
		if err != nil {
			return err
		}
		handler, err := l.handler()
		if err != nil {
			return err
		}
		for _, u := range urls {
			candidates = append(candidates, candidate{name: nameAt(u.name, size), do: func(ctx context.Context) error {
				return get(ctx, handler, u.url)
			}})
		}
	}
	result, err := b.race(ctx, 1, candidates...)
	if err != nil {
		return err
	}
	t := b.report.table(fmt.Sprintf("The whole page of 50: queries, count, dropdowns, chart, HTML; %s entries", count(b.scale.large)),
		"page", "ms", "× of "+count(b.scale.small))
	for _, u := range urls {
		large, small := nameAt(u.name, b.scale.large), nameAt(u.name, b.scale.small)
		t.row(u.name, result.time(large).times(1e-6), result.ratio(large, small))
	}
	for _, u := range urls[:2] {
		b.report.measured(goal{ID: "F1", What: "the whole page, " + u.name, Of: "the same of " + count(b.scale.small), Limit: 1.5},
			result.ratio(nameAt(u.name, b.scale.large), nameAt(u.name, b.scale.small)), "")
	}
	return nil
}

func (l *pgLog) handler() (http.Handler, error) {
	return httpui.New(l.trail, httpui.Options{
		Authorize: func(*http.Request) bool { return true },
		Now:       func() time.Time { return dataEnd },
	})
}

func get(ctx context.Context, handler http.Handler, url string) error {
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(ctx, http.MethodGet, url, nil))
	if recorder.Code != http.StatusOK {
		return fmt.Errorf("getting %s: status %d", url, recorder.Code)
	}
	return nil
}
