package entrysql

import (
	"slices"
	"strings"

	"github.com/auditkeep/audit"
)

// Span is a contiguous part of an index (org_id, column, id): the entries with one
// value whose IDs are from one on and less than another.
type Span struct {
	Value        string
	From, Before audit.ID
}

// SpansOf returns the spans of an equality's values that the walk's times leave,
// and its cursor if the order is that of time or of the column. They are in byte
// order.
func (a *Analysis) SpansOf(e Equality) (spans []Span) {
	for _, value := range slices.Compact(slices.Sorted(slices.Values(e.Values))) {
		s := Span{value, a.From, a.Before}
		if !a.Walk.After.IsZero() && sortColumns[a.Walk.Sort.By] == e.Column {
			s = s.behind(a.Walk.After, strings.Compare(value, a.Walk.After.Key()), a.Order.Descending)
		}
		if s.From.Compare(s.Before) < 0 {
			spans = append(spans, s)
		}
	}
	return spans
}

// behind returns the part of the span that lies behind a cursor, whose value the
// span's is compared with.
func (s Span) behind(c audit.Cursor, compared int, descending bool) Span {
	if descending {
		compared = -compared
	}
	switch at := c.ID(); {
	case compared > 0:
	case compared < 0:
		s.From, s.Before = GreatestID, LeastID
	case descending && at.Compare(s.Before) < 0:
		s.Before = at
	case !descending && at.Compare(s.From) >= 0:
		s.From = FollowingID(at)
	}
	return s
}
