package httpui

import (
	"net/url"
	"time"
)

// timeParams writes a range of time as the URL's from and to, which include
// what they name: as clocks in the zone show it where that says it exactly,
// else in UTC.
func timeParams(from, until time.Time, zone *time.Location) url.Values {
	params := url.Values{"from": {instantParam(from)}, "to": {instantParam(lastInstant(until))}}
	if isMinute(from, zone) {
		params.Set("from", from.In(zone).Format(localMinute))
	}
	if last := until.Add(-time.Minute); isMinute(last, zone) {
		params.Set("to", last.In(zone).Format(localMinute))
	}
	return params
}

const localMinute = "2006-01-02T15:04"

// instantParam names one microsecond.
func instantParam(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// isMinute reports whether a clock in the zone shows a whole minute at t, and
// shows it only once.
func isMinute(t time.Time, zone *time.Location) bool {
	t = t.In(zone)
	return t.Second() == 0 && t.Nanosecond() == 0 && !shownTwice(t)
}

// shownTwice reports whether the clocks of t's zone show its wall time twice,
// since they are put back within hours of it.
func shownTwice(t time.Time) bool {
	offset := func(t time.Time) time.Duration {
		_, seconds := t.Zone()
		return time.Duration(seconds) * time.Second
	}
	start, end := t.ZoneBounds()
	if !start.IsZero() {
		if back := offset(start.Add(-1)) - offset(t); t.Before(start.Add(back)) {
			return true
		}
	}
	if !end.IsZero() {
		if back := offset(t) - offset(end); !t.Before(end.Add(-back)) {
			return true
		}
	}
	return false
}
