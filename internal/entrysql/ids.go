package entrysql

import (
	"bytes"
	"time"

	"github.com/auditkeep/audit"
)

// The ends of an open range. No entry has such an ID.
var LeastID, GreatestID = audit.ID{}, audit.ID(bytes.Repeat([]byte{0xff}, 16))

// idRange returns the IDs that a walk's times and, in the order of time, its cursor
// leave: those from one on and less than another.
func idRange(w audit.Walk) (from, before audit.ID) {
	from, before = LeastID, GreatestID
	if !w.Filter.From.IsZero() {
		from = firstIDNotBefore(w.Filter.From)
	}
	if !w.Filter.Until.IsZero() {
		before = firstIDNotBefore(w.Filter.Until)
	}
	if end := FollowingID(w.Filter.NotAfter); !w.Filter.NotAfter.IsZero() && end.Compare(before) < 0 {
		before = end
	}
	if !w.After.IsZero() && w.Sort.By == audit.ByTimestamp {
		s := Span{"", from, before}.behind(w.After, 0, orderOf(w).Descending)
		from, before = s.From, s.Before
	}
	return from, before
}

// firstIDNotBefore returns the smallest ID at or after t.
func firstIDNotBefore(t time.Time) audit.ID {
	id := audit.FirstID(t)
	if id.Time().Before(t) {
		return audit.FirstID(t.Add(time.Microsecond))
	}
	return id
}

// PrecedingID returns the greatest ID less than an entry's.
func PrecedingID(id audit.ID) audit.ID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]--; id[i] != 0xff {
			break
		}
	}
	return id
}

// FollowingID returns the least ID greater than an entry's.
func FollowingID(id audit.ID) audit.ID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			break
		}
	}
	return id
}
