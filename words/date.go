package words

import (
	"fmt"
	"strings"
	"time"
)

// Format writes a time in a layout of [Dates], with the language's months.
func (d *Dates) Format(t time.Time, layout string) string {
	if len(d.Months) != 12 {
		return t.Format(layout)
	}
	parts := strings.Split(layout, "Jan")
	for i := range parts {
		parts[i] = t.Format(parts[i])
	}
	return strings.Join(parts, d.Months[t.Month()-1])
}

// Bar writes the times of a bar of the chart, the first and the last, no longer
// than they have to be. The zone's abbreviation is added if it is not empty.
func (d *Dates) Bar(first, last time.Time, zone string) string {
	if zone != "" {
		zone = " " + zone
	}
	clock := d.Minute
	if first.Second() != 0 || last.Second() != 59 {
		clock = d.Second
	}
	day, lastDay := d.Format(first, d.Date), d.Format(last, d.Date)
	wholeDays := isMidnight(first) && isMidnight(last.Add(time.Microsecond))
	switch from, to := d.Format(first, clock), d.Format(last, clock); {
	case wholeDays && day == lastDay:
		return day
	case wholeDays:
		return fmt.Sprintf(d.Span, day, lastDay)
	case day == lastDay && from == to:
		return day + " " + from + zone
	case day == lastDay:
		return fmt.Sprintf(d.Span, day+" "+from, to) + zone
	default:
		return fmt.Sprintf(d.Span, day+" "+from, lastDay+" "+to) + zone
	}
}

// Axis writes the beginning of a bar that is as wide as a unit, from "second" to
// "year".
func (d *Dates) Axis(t time.Time, unit string) string {
	switch unit {
	case "second":
		return d.Format(t, d.Second)
	case "minute", "hour":
		if isMidnight(t) {
			return d.Format(t, d.DayMonth)
		}
		return d.Format(t, d.Minute)
	case "day", "week":
		return d.Format(t, d.DayMonth)
	case "month":
		return d.Format(t, d.Month)
	default:
		return d.Format(t, d.Year)
	}
}

func isMidnight(t time.Time) bool {
	hour, minute, second := t.Clock()
	return hour == 0 && minute == 0 && second == 0 && t.Nanosecond() == 0
}
