package httpui

import (
	"fmt"
	"time"
)

// englishBarTime names the times of a bar, the last one included, no longer
// than they are to be understood.
func englishBarTime(first, last time.Time) string {
	const date = "2 Jan 2006"
	zone := ""
	if shownTwice(first) || shownTwice(last) {
		zone = " " + first.Format("MST")
	}
	clock := "15:04"
	if first.Second() != 0 || last.Second() != 59 {
		clock = "15:04:05"
	}
	wholeDays := isMidnight(first) && isMidnight(last.Add(time.Microsecond))
	sameDay := first.Format(date) == last.Format(date)
	switch from, to := first.Format(clock), last.Format(clock); {
	case wholeDays && sameDay:
		return first.Format(date)
	case wholeDays:
		return first.Format(date) + " – " + last.Format(date)
	case sameDay && from == to:
		return first.Format(date) + " " + from + zone
	case sameDay:
		return first.Format(date) + " " + from + " – " + to + zone
	default:
		return first.Format(date) + " " + from + " – " + last.Format(date) + " " + to + zone
	}
}

// englishAxisTime names the beginning of a bucket of so many of a unit.
func englishAxisTime(t time.Time, unit string) string {
	switch unit {
	case "second":
		return t.Format("15:04:05")
	case "minute", "hour":
		if isMidnight(t) {
			return t.Format("2 Jan")
		}
		return t.Format("15:04")
	case "day", "week":
		return t.Format("2 Jan")
	case "month":
		return t.Format("Jan 2006")
	default:
		return t.Format("2006")
	}
}

func englishChartCaption(n int, unit string, most int) string {
	per := unit
	if n > 1 {
		per = fmt.Sprintf("%s %ss", groupThousands(n), unit)
	}
	return fmt.Sprintf("Entries per %s, at most %s", per, groupThousands(most))
}
