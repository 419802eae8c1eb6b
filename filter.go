package audit

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/auditkeep/audit/internal/stored"
)

// Filter says which entries a reader wants. It is plain data: the zero Filter
// (with an organization) matches everything. Values within one field are
// alternatives; the fields all have to hold. IDs and emails are sought in the
// form in which they are stored, so the whole of one that was cut finds its
// entries (see [Entry.Whole]).
//
// [Filter.Match] is what a Filter means; every store must agree with it.
type Filter struct {
	// Org is the organization. Defaults to that of the context, then to
	// Config.Org; without any of them every read fails with ErrNoOrg.
	Org string

	// From is the first instant wanted, Until the first no longer wanted;
	// either may be zero: unbounded.
	From, Until time.Time
	// AsOf leaves out entries newer than it, so that a walk through pages
	// stays put while entries arrive. Zero means no bound.
	AsOf ID

	// An empty string among Actions, ObjectTypes or Users means "none recorded".
	Actions     []Action
	ObjectTypes []string
	Users       []string // emails

	// RecordID is an object's ID, exactly; empty means any.
	RecordID string
	// IP is an address (a range of one) or a range; the zero Prefix means any.
	IP netip.Prefix
	// RequestID is exact; empty means any.
	RequestID string
	// Parent is the object that entries' own objects belong to, exactly; the
	// zero Object means any.
	Parent Object

	// What is excluded, each like its positive counterpart.
	NotActions     []Action
	NotObjectTypes []string
	NotUsers       []string
	NotIPs         []netip.Prefix
}

// MaxFilterValues bounds the alternatives within one field of a Filter.
const MaxFilterValues = 500

// Match reports whether the entry is one that the filter wants. It expects a
// valid filter and, unlike the reads, takes an empty Org at its word. Of an
// unreadable entry (see Entry.Unreadable) it looks at what could be read.
func (f Filter) Match(e Entry) bool {
	switch {
	case e.Org != f.Org,
		!f.From.IsZero() && e.OccurredAt.Before(f.From),
		!f.Until.IsZero() && !e.OccurredAt.Before(f.Until),
		!f.AsOf.IsZero() && e.ID.Compare(f.AsOf) > 0,
		len(f.Actions) > 0 && !slices.Contains(f.Actions, e.Action),
		len(f.ObjectTypes) > 0 && !slices.Contains(f.ObjectTypes, e.Object.Type),
		len(f.Users) > 0 && !slices.Contains(keys(f.Users, stored.Email), e.Actor.Email),
		f.RecordID != "" && e.Object.ID != stored.Key(f.RecordID, stored.ObjectID),
		f.IP.IsValid() && !containsIP(f.IP, e.IP),
		f.RequestID != "" && e.RequestID != stored.Key(f.RequestID, stored.RequestID),
		!f.Parent.IsZero() && e.Parent != storedObject(f.Parent),
		slices.Contains(f.NotActions, e.Action),
		slices.Contains(f.NotObjectTypes, e.Object.Type),
		slices.Contains(keys(f.NotUsers, stored.Email), e.Actor.Email):
		return false
	}
	return !slices.ContainsFunc(f.NotIPs, func(p netip.Prefix) bool { return containsIP(p, e.IP) })
}

func containsIP(p netip.Prefix, ip netip.Addr) bool {
	return ip.IsValid() && plainPrefix(p).Contains(plainIP(ip))
}

// Validate returns an error that wraps ErrInvalidFilter and names each field
// that is wrong (see [FieldErrors]), or ErrNoOrg.
func (f Filter) Validate() error {
	if f.Org == "" {
		return ErrNoOrg
	}
	var errs []error
	count := func(field string, values int) bool {
		if values > MaxFilterValues {
			errs = append(errs, invalidFilter(field, fmt.Sprintf("%d values", values), fmt.Sprintf("at most %d values can be combined", MaxFilterValues), "choose fewer"))
		}
		return values <= MaxFilterValues
	}
	// IDs and emails may be of any length: they are sought in the form in which
	// they are stored.
	check := func(field string, most int, values ...string) {
		if !count(field, len(values)) {
			return
		}
		for _, value := range values {
			if problem := textProblem(value, most); problem != "" {
				errs = append(errs, invalidFilter(field, value, problem, "no entry has such a value"))
			}
		}
	}
	check("org", stored.Org, f.Org)
	check("action", stored.Action, toStrings(f.Actions)...)
	check("object_type", stored.ObjectType, f.ObjectTypes...)
	count("user", len(f.Users))
	check("parent_type", stored.ObjectType, f.Parent.Type)
	if f.Parent.Type == "" && f.Parent.ID != "" {
		errs = append(errs, invalidFilter("parent_type", "", "a parent's ID without its type", "give both"))
	}
	check("not_action", stored.Action, toStrings(f.NotActions)...)
	check("not_object_type", stored.ObjectType, f.NotObjectTypes...)
	count("not_user", len(f.NotUsers))
	if !f.From.IsZero() && !f.Until.IsZero() && !f.From.Before(f.Until) {
		errs = append(errs, invalidFilter("from", f.From.UTC().Format(time.RFC3339), "the start is not before the end", "give a start before "+f.Until.UTC().Format(time.RFC3339)))
	}
	for _, bound := range []struct {
		field string
		time  time.Time
	}{{"from", f.From}, {"to", f.Until}} {
		// To the year 9999 inclusive, which is the last one that RFC 3339 writes.
		if t := bound.time.UTC(); !t.IsZero() && (t.Year() < 0 || ceilMicro(t).Add(-time.Microsecond).Year() > 9999 || bound.field == "from" && ceilMicro(t).Year() > 9999) {
			errs = append(errs, invalidFilter(bound.field, "", "outside the years 0 to 9999", "give a time within, or none"))
		}
	}
	if f.IP != (netip.Prefix{}) && !f.IP.IsValid() {
		errs = append(errs, invalidFilter("ip", f.IP.String(), "not an address or range", ipRemedy))
	}
	count("not_ip", len(f.NotIPs))
	for _, p := range f.NotIPs {
		if !p.IsValid() {
			errs = append(errs, invalidFilter("not_ip", p.String(), "not an address or range", ipRemedy))
		}
	}
	if !f.AsOf.IsZero() {
		if err := f.AsOf.validate(); err != nil {
			errs = append(errs, invalidFilter("asof", f.AsOf.String(), err.Error(), "use the ID of an entry"))
		}
	}
	return errors.Join(errs...)
}

// keys returns texts in the form in which entries are looked up by them, the
// same list if that is how they are.
func keys(values []string, most int) []string {
	for i, value := range values {
		if !stored.Fits(value, most) {
			values = slices.Clone(values)
			for j := i; j < len(values); j++ {
				values[j] = stored.Key(values[j], most)
			}
			break
		}
	}
	return values
}

// storedObject returns the object with its ID in the form in which it is stored.
func storedObject(o Object) Object {
	o.ID = stored.Key(o.ID, stored.ObjectID)
	return o
}

func toStrings[S ~string](values []S) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
