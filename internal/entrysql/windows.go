package entrysql

import (
	"time"

	"github.com/auditkeep/audit"
)

// windowDays are how many days the windows of a walk reach from where it
// begins. The last one has the rest.
var windowDays = []int{31, 9 * 31}

// IsWindowed reports whether a walk is read in [Windows]: it goes in the order
// of time, and nothing tells how far it has to go for a page's entries, while
// each month that it may have to look into costs something.
func IsWindowed(w audit.Walk) bool {
	if w.Sort.By != audit.ByTimestamp || w.Offset > 0 || isUnfiltered(w.Filter) {
		return false
	}
	_, spans, ok := spansOf(w)
	return !ok || len(spans) > 1
}

// NeedsStart reports whether [Windows] needs to be told the time of the first
// entry: nothing else says where the walk begins.
func NeedsStart(w audit.Walk) bool {
	from, _ := walkRange(w)
	return !orderOf(w).descending && from == leastID
}

// Windows parts a walk by time, in its order, into walks that together have all
// its entries. What many entries match is found in the first, which touches a
// month or two; what few match takes all of them.
//
// A walk of the newest entries begins now, unless its range or its cursor says
// otherwise, and one of the oldest at start; see [NeedsStart].
func Windows(w audit.Walk, now, start time.Time) (windows []audit.Walk) {
	from, before := walkRange(w)
	rest := w
	if orderOf(w).descending {
		if before != greatestID {
			now = before.Time()
		}
		for _, days := range windowDays {
			edge := now.AddDate(0, 0, -days)
			if !edge.After(from.Time()) {
				break
			}
			window := rest
			window.Filter.From, rest.Filter.Until = edge, edge
			windows = append(windows, window)
		}
		return append(windows, rest)
	}
	if from != leastID {
		start = from.Time()
	}
	for _, days := range windowDays {
		edge := start.AddDate(0, 0, days)
		if !edge.Before(before.Time()) || edge.Year() > 9999 { // no filter takes a later one
			break
		}
		window := rest
		window.Filter.Until, rest.Filter.From = edge, edge
		windows = append(windows, window)
	}
	return append(windows, rest)
}
