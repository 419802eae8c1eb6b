package audit

import (
	"errors"
	"fmt"
	"net/netip"
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
	// NotAfter leaves out entries newer than it, so that a walk through pages
	// stays put while entries arrive. Zero means no bound.
	NotAfter ID

	// An empty string in one of these lists means "none recorded".
	Actions     []Action
	ObjectTypes []string
	// ObjectIDs are exact. A numeric ID is a text too: "7" is not "07".
	ObjectIDs   []string
	ActorEmails []string
	// ActorIDs are exact: the host's keys of users, API keys, programs.
	ActorIDs   []string
	ActorKinds []ActorKind
	Sources    []Source

	// IPs are addresses (ranges of one) and ranges.
	IPs []netip.Prefix
	// RequestID is exact; empty means any.
	RequestID string
	// Parent is the object that entries' own objects belong to, exactly; the
	// zero Object means any.
	Parent Object

	// What is excluded, each like its positive counterpart.
	NotActions     []Action
	NotObjectTypes []string
	NotActorEmails []string
	NotIPs         []netip.Prefix
}

// MaxFilterValues bounds the alternatives within one field of a Filter.
const MaxFilterValues = 500

// Match reports whether the entry is one that the filter wants. It expects a
// valid filter and, unlike the reads, takes an empty Org at its word. For an
// unreadable entry (see Entry.Unreadable), it looks at what could be read.
func (f Filter) Match(e Entry) bool {
	switch {
	case e.Org != f.Org,
		!f.From.IsZero() && e.OccurredAt.Before(f.From),
		!f.Until.IsZero() && !e.OccurredAt.Before(f.Until),
		!f.NotAfter.IsZero() && e.ID.Compare(f.NotAfter) > 0:
		return false
	}
	for i := range conditions {
		if !conditions[i].match(&f, &e) {
			return false
		}
	}
	for i := range addressConditions {
		if !addressConditions[i].match(&f, &e) {
			return false
		}
	}
	return true
}

// Validate returns an error that wraps ErrInvalidFilter and names each field
// that is wrong (see [FieldErrors]), or ErrNoOrg.
func (f Filter) Validate() error {
	if f.Org == "" {
		return ErrNoOrg
	}
	var errs []error
	fail := func(field, value, problem, remedy string) {
		errs = append(errs, invalidFilter("Filter."+field, value, problem, remedy))
	}
	count := func(field string, values int) bool {
		if values > MaxFilterValues {
			fail(field, fmt.Sprintf("%d values", values), fmt.Sprintf("at most %d values can be combined", MaxFilterValues), "choose fewer")
		}
		return values <= MaxFilterValues
	}
	if problem := stored.Problem(f.Org, stored.Org); problem != "" {
		fail("Org", f.Org, problem, "no entry has such a value")
	}
	for i := range conditions {
		c := &conditions[i]
		wanted := c.wanted(&f)
		if !count(c.field, len(wanted)) || c.bytes == 0 {
			continue
		}
		for _, value := range wanted {
			if problem := stored.Problem(value, c.bytes); problem != "" {
				fail(c.field, value, problem, "no entry has such a value")
			}
		}
	}
	for i := range addressConditions {
		c := &addressConditions[i]
		if !count(c.field, len(c.wanted(&f))) {
			continue
		}
		for _, p := range c.wanted(&f) {
			if !p.IsValid() {
				fail(c.field, p.String(), "not an address or range", "give a prefix from netip.ParsePrefix")
			}
		}
	}
	if f.Parent.Type == "" && f.Parent.ID != "" {
		fail("Parent.Type", "", "a parent's ID without its type", "give both")
	}
	if !f.From.IsZero() && !f.Until.IsZero() && !f.From.Before(f.Until) {
		fail("From", f.From.UTC().Format(time.RFC3339), "the start is not before the end", "give a start before "+f.Until.UTC().Format(time.RFC3339))
	}
	for _, bound := range []struct {
		field string
		time  time.Time
	}{{"From", f.From}, {"Until", f.Until}} {
		// To the year 9999 inclusive, which is the last one that RFC 3339 writes.
		if t := bound.time.UTC(); !t.IsZero() && (t.Year() < 0 || ceilMicro(t).Add(-time.Microsecond).Year() > 9999 || bound.field == "From" && ceilMicro(t).Year() > 9999) {
			fail(bound.field, "", "outside the years 0 to 9999", "give a time within, or none")
		}
	}
	if !f.NotAfter.IsZero() {
		if err := f.NotAfter.validate(); err != nil {
			fail("NotAfter", f.NotAfter.String(), err.Error(), "use the ID of an entry")
		}
	}
	return errors.Join(errs...)
}
