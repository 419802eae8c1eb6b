// Package timebuckets divides a range of time into the bars of a chart: seconds to
// millennia, which begin at the marks of a calendar and a clock in one zone.
package timebuckets

import "time"

// Buckets divides a range of time into buckets that begin at the marks of a
// calendar and a clock in one zone.
type Buckets struct {
	width width
	// starts are the first instants of the buckets, end that after the last.
	// The first bucket may begin before the range, the last end after it.
	starts []time.Time
	end    time.Time
}

// width is how wide a bucket is: so many of a unit.
type width struct {
	n    int
	unit unit
}

// unit is a unit of time, and the key of its words.
type unit string

const (
	second unit = "second"
	minute unit = "minute"
	hour   unit = "hour"
	day    unit = "day"
	week   unit = "week"
	month  unit = "month"
	year   unit = "year"
)

// widths are the widths to choose from: parts of the next greater unit, so that
// their marks are the same in every one of those.
var widths = []width{
	{1, second},
	{2, second},
	{5, second},
	{15, second},
	{30, second},
	{1, minute},
	{2, minute},
	{5, minute},
	{15, minute},
	{30, minute},
	{1, hour},
	{3, hour},
	{6, hour},
	{12, hour},
	{1, day},
	{1, week},
	{1, month},
	{3, month},
	{1, year},
	{10, year},
	{100, year},
	{1000, year},
}

// hourly is the longest width, in seconds, that goes by the length of time.
const hourly = 60 * 60

// seconds is how long a width is, give or take what months and clocks differ.
// Ten thousand years would be too long for a Duration.
func (w width) seconds() int64 {
	const aDay = 24 * 60 * 60
	lengths := map[unit]int64{second: 1, minute: 60, hour: 60 * 60, day: aDay, week: 7 * aDay, month: 30 * aDay, year: 365 * aDay}
	return int64(w.n) * lengths[w.unit]
}

// Max is the largest number of buckets, if no clock changes: so many bars can be
// distinguished and clicked.
const Max = 40

// Of divides the range from the first instant to that after the last into at most
// Max buckets.
func Of(from, until time.Time, zone *time.Location) Buckets {
	span := until.Unix() - from.Unix()
	chosen := widths[len(widths)-1]
	for _, w := range widths {
		if span <= Max*w.seconds() {
			chosen = w
			break
		}
	}
	b := Buckets{width: chosen}
	marks := chosen.marks(from.In(zone))
	for t := marks(); ; {
		b.starts = append(b.starts, t)
		if t = marks(); !t.Before(until) {
			b.end = t
			return b
		}
	}
}

// marks returns the marks of the width one after the other, from the last one
// that is not after t.
func (w width) marks(t time.Time) func() time.Time {
	if w.seconds() <= hourly {
		return w.clockMarks(t)
	}
	return w.calendarMarks(t)
}

// clockMarks go by the length of time. When the clocks change, a bucket ends:
// an hour that they show twice is two buckets.
func (w width) clockMarks(t time.Time) func() time.Time {
	length := w.seconds()
	sinceMark := func(t time.Time) time.Duration {
		_, offset := t.Zone()
		seconds := (t.Unix() + int64(offset)) % length
		return time.Duration((seconds+length)%length)*time.Second + time.Duration(t.Nanosecond())
	}
	next := t.Add(-sinceMark(t))
	if start, _ := t.ZoneBounds(); next.Before(start) && !start.After(t) {
		next = start
	}
	return func() time.Time {
		mark := next
		next = mark.Add(time.Duration(length)*time.Second - sinceMark(mark))
		// ZoneBounds can return an end that is over: on the last days of a leap year
		// after 2037, when zones go by a rule. A mark that does not advance would
		// never end.
		if _, end := mark.ZoneBounds(); end.After(mark) && end.Before(next) {
			next = end
		}
		return mark
	}
}

// calendarMarks go by what the clocks show: a day is from midnight to midnight,
// however many hours that is.
func (w width) calendarMarks(t time.Time) func() time.Time {
	wall := w.lastMark(t)
	mark := FirstShowing(wall, t.Location())
	return func() time.Time {
		given := mark
		for !mark.After(given) {
			wall = w.nextMark(wall)
			mark = FirstShowing(wall, t.Location())
		}
		return given
	}
}

// lastMark returns the last mark that clocks showed before t, or at it. Like
// all wall times here, it is given in UTC.
func (w width) lastMark(t time.Time) time.Time {
	y, m, d := t.Date()
	wall := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, time.UTC) }
	switch w.unit {
	case hour:
		return wall(y, m, d, t.Hour()-t.Hour()%w.n)
	case week: // from Monday on, as ISO 8601 has it
		return wall(y, m, d-(int(t.Weekday())+6)%7, 0)
	case month:
		return wall(y, m-(m-1)%time.Month(w.n), 1, 0)
	case year:
		return wall(y-y%w.n, time.January, 1, 0)
	default:
		return wall(y, m, d, 0)
	}
}

func (w width) nextMark(wall time.Time) time.Time {
	switch w.unit {
	case hour:
		return wall.Add(time.Duration(w.n) * time.Hour)
	case week:
		return wall.AddDate(0, 0, 7*w.n)
	case month:
		return wall.AddDate(0, w.n, 0)
	case year:
		return wall.AddDate(w.n, 0, 0)
	default:
		return wall.AddDate(0, 0, w.n)
	}
}

// FirstShowing returns the first instant at which a clock in the zone shows a
// wall time. If the clock jumps over it, that is the instant of the jump.
func FirstShowing(wall time.Time, zone *time.Location) time.Time {
	offsetAt := func(t time.Time) time.Duration {
		_, seconds := t.In(zone).Zone()
		return time.Duration(seconds) * time.Second
	}
	// No zone is further from UTC than a day, so these two surround any change.
	before, after := offsetAt(wall.Add(-24*time.Hour)), offsetAt(wall.Add(24*time.Hour))
	t := wall.Add(-before).In(zone)
	if offsetAt(t) == before {
		return t
	}
	changed, _ := t.ZoneBounds()
	if t = wall.Add(-after).In(zone); t.Before(changed) {
		return changed
	}
	return t
}

// Len is the number of buckets.
func (b Buckets) Len() int { return len(b.starts) }

// Width is how long each bucket is: n times a unit, "second" to "year".
func (b Buckets) Width() (n int, unit string) { return b.width.n, string(b.width.unit) }

// Bounds are the starts of all buckets except the first.
func (b Buckets) Bounds() []time.Time { return b.starts[1:] }

// Bucket returns the first instant of a bucket and that after its last. The first
// bucket may begin before the range, and the last one may end after it.
func (b Buckets) Bucket(i int) (from, until time.Time) {
	if i == len(b.starts)-1 {
		return b.starts[i], b.end
	}
	return b.starts[i], b.starts[i+1]
}
