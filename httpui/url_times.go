package httpui

import (
	"errors"
	"net/url"
	"strings"
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

const timeRemedy = "write it as 2006-01-02T15:04, 2006-01-02T15:04:05 or in RFC 3339"

// parseTime reads a time and says how long the unit is that it names last: a
// minute, a second, or a microsecond if it has a fraction.
func parseTime(text string, zone *time.Location, pick choice) (time.Time, time.Duration, error) {
	for _, local := range []struct {
		layout string
		unit   time.Duration
	}{{"2006-01-02T15:04", time.Minute}, {"2006-01-02T15:04:05", time.Second}} {
		if len(text) != len(local.layout) {
			continue
		}
		if wall, err := time.Parse(local.layout, text); err == nil {
			return resolveLocal(wall, zone, pick), local.unit, nil
		}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || !isRFC3339(text, t) {
		return time.Time{}, 0, errors.New("not a time")
	}
	if strings.Contains(text, ".") {
		return t.Truncate(time.Microsecond).UTC(), time.Microsecond, nil
	}
	return t.UTC(), time.Second, nil
}

// isRFC3339 reports whether a text is the RFC 3339 form of the time that
// time.Parse found in it, which also takes "T1:30" and a comma before the
// fraction. The zone may be written in any way.
func isRFC3339(text string, t time.Time) bool {
	const seconds = "2006-01-02T15:04:05"
	if len(text) <= len(seconds) || text[:len(seconds)] != t.Format(seconds) {
		return false
	}
	zone := strings.TrimLeft(strings.TrimPrefix(text[len(seconds):], "."), "0123456789")
	if year := t.UTC().Year(); year < 0 || year > 9999 {
		return false
	}
	return !strings.HasPrefix(text[len(seconds):], ",") && (zone == "Z" || len(zone) == len("+05:30"))
}

// choice says which of the two instants a clock shows twice is meant.
type choice bool

const (
	earlier choice = false
	later   choice = true
)

// resolveLocal returns the instant, in UTC, at which a clock in the zone shows
// the wall time (which is given in UTC). If the clock shows it twice, pick
// decides; if it jumps over it, the next instant there is.
func resolveLocal(wall time.Time, zone *time.Location, pick choice) time.Time {
	offsetAt := func(t time.Time) time.Duration {
		_, seconds := t.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	// No zone is further from UTC than a day, so these two surround any change.
	before, after := offsetAt(wall.Add(-24*time.Hour)), offsetAt(wall.Add(24*time.Hour))
	first, second := wall.Add(-before), wall.Add(-after)
	if second.Before(first) {
		first, second = second, first
	}
	shows := func(t time.Time) bool { return t.Add(offsetAt(t)).Equal(wall) }
	switch {
	case pick == later && shows(second):
		return second
	case shows(first):
		return first
	case shows(second):
		return second
	}
	// The clock jumped over it: the jump is where the later guess's zone begins.
	jump, _ := second.In(zone).ZoneBounds()
	return jump.UTC()
}
