package export

import (
	"strconv"
	"time"
)

// excelDays returns a time as Excel counts it, in days, and whether Excel can.
// Excel's calendar has a 29 February 1900, so it is right from March on. Excel
// keeps 15 digits, which are enough for milliseconds until the year 4637.
//
// A time is cut to milliseconds, since there is no format for more. Excel
// rounds what it shows, and could end up in the next day; LibreOffice cuts it.
// A tenth of a millisecond more shows the same in both.
func excelDays(at time.Time) (float64, bool) {
	const (
		millisPerDay = 24 * 60 * 60 * 1000
		daysTo1970   = 25_569
		march1900    = 61
		sevenDigits  = 1_000_000
	)
	_, offset := at.Zone()
	millis := at.UnixMilli() + int64(offset)*1000
	days := daysTo1970 + (float64(millis)+0.1)/millisPerDay
	return days, march1900 <= days && days < sevenDigits
}

// excelNumber returns an ID as a number, and whether Excel keeps and shows it as
// it is written. Excel does so for whole numbers of at most 15 digits.
func excelNumber(id string) (int64, bool) {
	const most = 999_999_999_999_999
	if len(id) > len("-999999999999999") {
		return 0, false
	}
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < -most || n > most || strconv.FormatInt(n, 10) != id {
		return 0, false
	}
	return n, true
}
