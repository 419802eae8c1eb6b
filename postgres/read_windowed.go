package postgres

import (
	"context"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// windowed reads a walk in the order of time part by part: nothing shows how far it
// has to go for a page's entries, while each month that it may have to look into
// costs something. What many entries match is found in the first window, which
// touches a month or two; what few match takes all windows.
//
// Of 180,000 entries in 37 months, a page of one source or kind of actor that is
// frequent took 2 ms and 13 blocks. One that is rare, or does not occur, has no index
// and took 120 to 210 ms, since all of the organization's entries are read. So did an
// actor's ID that is asked for without the email; with an empty email it has an index.
var windowed = way{
	name: "windowed",
	suits: func(a *entrysql.Analysis) bool {
		_, spans, ok := a.Spans()
		return a.ByTime() && a.Walk.Offset == 0 && (!ok || len(spans) > 1)
	},
	read: func(ctx context.Context, s *Store, a *entrysql.Analysis) (all []audit.Entry, done bool, err error) {
		readWindow := byTime.read
		if a.IsInSpans() {
			readWindow = spans.read
		}
		start, err := s.startOf(ctx, a)
		if err != nil {
			return nil, false, err
		}
		for _, window := range windowsOf(a, time.Now(), start) {
			window.Walk.Limit -= len(all)
			entries, _, err := readWindow(ctx, s, window)
			if err != nil {
				return nil, false, err
			}
			if all = append(all, entries...); len(all) == a.Walk.Limit {
				break
			}
		}
		return all, true, nil
	},
}

// windowDays are how many days the windows of a walk reach from its begin. The last
// one has the rest.
var windowDays = []int{31, 9 * 31}

// startOf returns when the organization's first entry occurred, if a walk begins
// there: nothing else says where.
func (s *Store) startOf(ctx context.Context, a *entrysql.Analysis) (start time.Time, err error) {
	if a.Order.Descending || a.From != entrysql.LeastID {
		return start, nil
	}
	oldest, err := entrysql.Analyse(audit.PostgreSQL, audit.Walk{
		Filter: audit.Filter{Org: a.Walk.Filter.Org},
		Sort:   audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}, Limit: 1,
	})
	if err != nil {
		return start, err
	}
	first, _, err := inOrder.read(ctx, s, oldest)
	if err != nil || len(first) == 0 {
		return start, err
	}
	return first[0].OccurredAt, nil
}

// windowsOf parts a walk by time, in its order. A walk of the newest entries begins
// now, unless its range or its cursor says otherwise, and one of the oldest at start.
func windowsOf(a *entrysql.Analysis, now, start time.Time) (windows []*entrysql.Analysis) {
	from, before := a.From, a.Before
	if a.Order.Descending {
		if before != entrysql.GreatestID {
			now = before.Time()
		}
		for _, days := range windowDays {
			edge := audit.FirstID(now.AddDate(0, 0, -days))
			if edge.Compare(from) <= 0 || edge.Compare(before) >= 0 {
				break
			}
			windows = append(windows, a.Within(edge, before))
			before = edge
		}
		return append(windows, a.Within(from, before))
	}
	if from != entrysql.LeastID {
		start = from.Time()
	}
	for _, days := range windowDays {
		edge := audit.FirstID(start.AddDate(0, 0, days))
		if edge.Compare(before) >= 0 || edge.Compare(from) <= 0 {
			break
		}
		windows = append(windows, a.Within(from, edge))
		from = edge
	}
	return append(windows, a.Within(from, before))
}
