package entrysql

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/stored"
)

// A span is a contiguous part of an index (org_id, column, id): the entries
// with one value whose IDs are from one on and less than another.
type span struct {
	value        string
	from, before audit.ID
}

// spansOf returns the spans that hold the entries of a walk, where its filter
// is but one, equality with one or more values of a column, and its order is
// that of the column or of time. They are in byte order, and begin and end at
// the walk's cursor.
func spansOf(w audit.Walk) (column string, spans []span, ok bool) {
	column, values, ok := soleEquality(w.Filter)
	if sortColumn := sortColumns[w.Sort.By]; !ok || sortColumn != "" && sortColumn != column {
		return "", nil, false
	}
	return column, spansWith(values, w, column), true
}

// spansWith returns the spans of a column's values that the walk's times and,
// where its order is that of time or of the column, its cursor leave.
func spansWith(values []string, w audit.Walk, column string) (spans []span) {
	values = slices.Clone(values)
	slices.Sort(values)
	from, before := idRange(w.Filter)
	for _, value := range slices.Compact(values) {
		s := span{value, from, before}
		if sortColumn := sortColumns[w.Sort.By]; !w.After.IsZero() && (sortColumn == "" || sortColumn == column) {
			s = s.beyond(w, column)
		}
		if s.from.Compare(s.before) < 0 {
			spans = append(spans, s)
		}
	}
	return spans
}

// beyond returns the part of the span that lies behind the walk's cursor.
func (s span) beyond(w audit.Walk, column string) span {
	descending := orderOf(w).descending
	order := 0 // of the whole span against the cursor
	if sortColumns[w.Sort.By] == column {
		order = strings.Compare(s.value, w.After.Key())
	}
	if descending {
		order = -order
	}
	switch at := w.After.ID(); {
	case order > 0:
	case order < 0:
		s.from, s.before = greatestID, leastID
	case descending && at.Compare(s.before) < 0:
		s.before = at
	case !descending && at.Compare(s.from) >= 0:
		s.from = followingID(at)
	}
	return s
}

// equality is a filter's condition that a column has one of some values.
type equality struct {
	column string
	values []string
}

// equalities are a filter's conditions of that kind, first those that the fewest
// entries are likely to match.
func equalities(f audit.Filter) (all []equality) {
	add := func(column string, values ...string) {
		if len(values) > 0 {
			all = append(all, equality{column, values})
		}
	}
	if f.RequestID != "" {
		add("request_id", stored.Key(f.RequestID, stored.RequestID))
	}
	var ids, addresses []string
	for _, id := range f.ObjectIDs {
		ids = append(ids, audit.Entry{Object: audit.Object{ID: id}}.SortKey(audit.ByObjectID))
	}
	add("object_sort", ids...)
	if !hasRange(f) {
		for _, ip := range f.IPs {
			addresses = append(addresses, audit.Entry{IP: ip.Addr()}.SortKey(audit.ByIPAddress))
		}
	}
	add("ip_key", addresses...)
	var emails []string
	for _, email := range f.ActorEmails {
		emails = append(emails, stored.Key(email, stored.Email))
	}
	add("actor_email", emails...)
	add("object_type", f.ObjectTypes...)
	add("action", toStrings(f.Actions)...)
	return all
}

// soleEquality returns the one condition that a filter has, times aside, if it
// is an equality.
func soleEquality(f audit.Filter) (column string, values []string, ok bool) {
	all := equalities(f)
	others := len(f.NotActions) + len(f.NotObjectTypes) + len(f.NotActorEmails) + len(f.NotIPs)
	others += len(f.ActorIDs) + len(f.ActorKinds) + len(f.Sources)
	if len(all) != 1 || others > 0 || !f.Parent.IsZero() || hasRange(f) {
		return "", nil, false
	}
	return all[0].column, all[0].values, true
}

// isUnfiltered reports whether a filter asks for no more than times.
func isUnfiltered(f audit.Filter) bool {
	return len(f.Actions)+len(f.ObjectTypes)+len(f.ActorEmails)+len(f.NotActions)+len(f.NotObjectTypes)+len(f.NotActorEmails)+len(f.NotIPs) == 0 &&
		len(f.ObjectIDs)+len(f.ActorIDs)+len(f.ActorKinds)+len(f.Sources)+len(f.IPs) == 0 && f.RequestID == "" && f.Parent.IsZero()
}

// hasRange reports whether a filter asks for a range of addresses.
func hasRange(f audit.Filter) bool {
	return slices.ContainsFunc(f.IPs, func(p netip.Prefix) bool { return !p.IsSingleIP() })
}

func toStrings(actions []audit.Action) []string {
	texts := make([]string, len(actions))
	for i, action := range actions {
		texts[i] = string(action)
	}
	return texts
}

// The ends of an open range. No entry has such an ID.
var leastID, greatestID = audit.ID{}, audit.ID(bytes.Repeat([]byte{0xff}, 16))

// idRange returns the IDs that a filter's times allow: those from one on and
// less than another.
func idRange(f audit.Filter) (from, before audit.ID) {
	from, before = leastID, greatestID
	if !f.From.IsZero() {
		from = firstIDNotBefore(f.From)
	}
	if !f.Until.IsZero() {
		before = firstIDNotBefore(f.Until)
	}
	if end := followingID(f.NotAfter); !f.NotAfter.IsZero() && end.Compare(before) < 0 {
		before = end
	}
	return from, before
}

// walkRange returns the IDs that a walk's times allow and, where its order is
// that of time, its cursor.
func walkRange(w audit.Walk) (from, before audit.ID) {
	s := span{}
	s.from, s.before = idRange(w.Filter)
	if !w.After.IsZero() && w.Sort.By == audit.ByTimestamp {
		s = s.beyond(w, "")
	}
	return s.from, s.before
}

// firstIDNotBefore returns the smallest ID at or after t.
func firstIDNotBefore(t time.Time) audit.ID {
	id := audit.FirstID(t)
	if id.Time().Before(t) {
		return audit.FirstID(t.Add(time.Microsecond))
	}
	return id
}

// precedingID returns the greatest ID less than an entry's.
func precedingID(id audit.ID) audit.ID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]--; id[i] != 0xff {
			break
		}
	}
	return id
}

// followingID returns the least ID greater than an entry's.
func followingID(id audit.ID) audit.ID {
	for i := len(id) - 1; i >= 0; i-- {
		if id[i]++; id[i] != 0 {
			break
		}
	}
	return id
}
