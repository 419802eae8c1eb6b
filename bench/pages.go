package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// floorName is what pages are held against.
const floorName = "50 rows by primary key"

// measurePages holds every shape of page against the fetch of 50 rows by their
// keys in the largest log, and against itself in the smaller ones.
func measurePages(ctx context.Context, b *bench) error {
	sizes := []int{b.scale.large, b.scale.small}
	if b.scale.middle > 0 {
		sizes = append(sizes, b.scale.middle)
	}
	for _, size := range sizes { // before the clock runs
		if _, err := b.log(ctx, size); err != nil {
			return err
		}
	}
	for _, r := range timeRanges() {
		if err := b.measureRange(ctx, r, sizes); err != nil {
			return err
		}
	}
	return nil
}

func nameAt(name string, size int) string { return fmt.Sprintf("%s @%d", name, size) }

func (b *bench) measureRange(ctx context.Context, r timeRange, sizes []int) error {
	var candidates []candidate
	rows := map[string]int{} // on each page
	for _, size := range sizes {
		l, err := b.log(ctx, size)
		if err != nil {
			return err
		}
		s, err := sampleOf(ctx, l.trail, r)
		if err != nil {
			return err
		}
		for _, shape := range shapes() {
			query := shape.query(s)
			page, err := l.trail.Page(ctx, query)
			if err != nil {
				return fmt.Errorf("running %q: %w", shape.name, err)
			}
			rows[nameAt(shape.name, size)] = len(page.Entries)
			candidates = append(candidates, candidate{name: nameAt(shape.name, size), do: func(ctx context.Context) error {
				_, err := l.trail.Page(ctx, query)
				return err
			}})
		}
		if size == b.scale.large {
			more, err := l.floors(ctx, s)
			if err != nil {
				return err
			}
			candidates = append(candidates, more...)
		}
	}
	result, err := b.race(ctx, 2, candidates...)
	if err != nil {
		return err
	}
	b.tellPages(r, sizes, result, rows)
	b.judgePages(r, result, rows)
	return nil
}

func (b *bench) tellPages(r timeRange, sizes []int, result outcome, rows map[string]int) {
	header := []string{"page", "ms", "× " + floorName}
	for _, size := range sizes[1:] {
		header = append(header, fmt.Sprintf("× the same of %s", count(size)))
	}
	t := b.report.table(fmt.Sprintf("Pages of 50 from %s entries, over %s", count(b.scale.large), r.name), header...)
	t.row(floorName, result.time(floorName).times(1e-6), "1")
	for _, shape := range shapes() {
		large := nameAt(shape.name, b.scale.large)
		cells := []any{shape.name, result.time(large).times(1e-6), result.ratio(large, floorName)}
		for _, size := range sizes[1:] {
			cell := "–"
			if small := nameAt(shape.name, size); rows[large] == rows[small] {
				cell = result.ratio(large, small).String()
			}
			cells = append(cells, cell)
		}
		t.row(cells...)
	}
	for _, shape := range rawShapes() {
		raw := rawName(shape)
		t.row(raw, result.time(raw).times(1e-6), result.ratio(raw, floorName))
	}
}

// worst is the greatest of some ratios, by the median.
type worst struct {
	spread
	name string
	of   int
}

func (w *worst) add(name string, s spread) {
	if w.of == 0 || s.Median > w.Median {
		w.spread, w.name = s, name
	}
	w.of++
}

func (w *worst) note() string {
	if w.of == 1 {
		return ""
	}
	return fmt.Sprintf("the worst of %d: %s", w.of, w.name)
}

func (b *bench) judgePages(r timeRange, result outcome, rows map[string]int) {
	var pages, numbered, last, growth, overhead worst
	first := nameAt(firstPage, b.scale.large)
	for _, shape := range shapes() {
		large := nameAt(shape.name, b.scale.large)
		switch shape.class {
		case deepPage:
			numbered.add(shape.name, result.ratio(large, first))
		case lastPage:
			last.add(shape.name, result.ratio(large, first))
			pages.add(shape.name, result.ratio(large, floorName))
		default:
			pages.add(shape.name, result.ratio(large, floorName))
		}
		// A page that a small log cannot fill says nothing about growth.
		if small := nameAt(shape.name, b.scale.small); rows[large] == rows[small] {
			growth.add(shape.name, result.ratio(large, small))
		}
	}
	for _, shape := range rawShapes() {
		overhead.add(shape, result.ratio(nameAt(shape, b.scale.large), rawName(shape)))
	}
	over := ", over " + r.name
	for _, held := range []struct {
		goal
		worst
	}{
		{goal{ID: "C1", What: "any one filter, sort or step" + over, Of: floorName, Limit: 3}, pages},
		{goal{ID: "C1", What: "the library" + over, Of: "its own SQL, read bare", Limit: 1.1}, overhead},
		{goal{ID: "C2", What: "page 200" + over, Of: "the first page", Limit: 6}, numbered},
		{goal{ID: "C2", What: "the last page" + over, Of: "the first page", Limit: 1.5}, last},
		{goal{ID: "C4", What: "pages of " + count(b.scale.large) + over, Of: "the same of " + count(b.scale.small), Limit: 1.5}, growth},
	} {
		b.report.measured(held.goal, held.spread, held.note())
	}
}

// rawShapes are the shapes whose SQL is also run without the library.
func rawShapes() []string { return []string{firstPage, "filter: object type", "sort: id asc"} }

func rawName(shape string) string { return "only its SQL: " + shape }

// floors are what the pages are held against.
func (l *pgLog) floors(ctx context.Context, s sample) ([]candidate, error) {
	page, err := l.trail.Page(ctx, audit.Query{Filter: s.base})
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(page.Entries))
	for i := range page.Entries {
		ids[i] = page.Entries[i].ID.String()
	}
	byKey := "SELECT " + entrysql.ReadColumns + " FROM audit_entries AS e WHERE e.org_id = $1 AND e.id = ANY($2::uuid[])"
	out := []candidate{{name: floorName, do: func(ctx context.Context) error { return readRaw(ctx, l.pool, byKey, largestOrg, ids) }}}
	for _, shape := range shapes() {
		if !slices.Contains(rawShapes(), shape.name) {
			continue
		}
		sent, err := l.sentFor(ctx, shape.query(s))
		if err != nil {
			return nil, err
		}
		out = append(out, candidate{name: rawName(shape.name), do: func(ctx context.Context) error { return readRaw(ctx, l.pool, sent.sql, sent.args...) }})
	}
	return out, nil
}

// rawRow is a row as a host would read it by itself.
type rawRow struct {
	id             [16]byte
	occurred, recd time.Time
	texts          [19]string
	metadata       *string
	format         int
}

// readRaw reads rows of entrysql.ReadColumns and makes nothing of them.
func readRaw(ctx context.Context, pool *pgxpool.Pool, query string, args ...any) error {
	rows, err := pool.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r rawRow, err error) {
		t := &r.texts
		return r, row.Scan(&t[0], &r.id, &r.occurred, &t[1], &t[2], &t[3], &t[4], &t[5], &t[6], &t[7], &t[8], &t[9],
			&t[10], &t[11], &t[12], &t[13], &t[14], &t[15], &t[16], &t[17], &t[18], &r.metadata, &r.format, &r.recd)
	})
	return err
}
