package retention

import (
	"time"

	"github.com/auditkeep/audit/internal/stored"
)

// Hold keeps entries from expiring, whatever their age: for a lawsuit, an
// investigation, a tax audit. The Admin of a store places and releases it.
type Hold struct {
	// Name is the name by which the hold is released and reported, max 255 bytes.
	Name string
	// Org is the organization whose entries are kept. Defaults to all.
	Org string
	// From and Until are the times that are kept, From included and Until not,
	// cut to microseconds. Each defaults to an open end.
	From, Until time.Time
	// Reason says why, in max 4,096 bytes. It must be given.
	Reason string
}

// Validate returns an error that wraps [ErrInvalid] if the hold cannot
// be placed.
func (h Hold) Validate() error {
	for _, text := range []struct {
		field, value string
		max          int
		required     bool
	}{
		{"Hold.Name", h.Name, stored.Org, true},
		{"Hold.Org", h.Org, stored.Org, false},
		{"Hold.Reason", h.Reason, stored.Comment, true},
	} {
		if text.required && text.value == "" {
			return invalid(text.field, "", "empty", "give it, so that others know what it is for")
		}
		if problem := stored.Problem(text.value, text.max); problem != "" {
			return invalid(text.field, text.value, problem, "give a shorter, plain text")
		}
	}
	for _, end := range []struct {
		field string
		time  time.Time
	}{{"Hold.From", h.From}, {"Hold.Until", h.Until}} {
		if end.time.IsZero() {
			continue
		}
		if err := checkTime(end.field, end.time); err != nil {
			return err
		}
	}
	if !h.Until.IsZero() && !h.Until.After(h.From) {
		return invalid("Hold.Until", h.Until.Format(time.RFC3339), "not after Hold.From", "leave it zero, or give a later time")
	}
	return nil
}

// Touches reports whether the hold keeps an entry of the organization, or of any
// organization if org is empty, at a time in [from, until). A zero from or until
// is an open end.
func (h Hold) Touches(org string, from, until time.Time) bool {
	return (h.Org == "" || org == "" || h.Org == org) &&
		(h.From.IsZero() || until.IsZero() || h.From.Before(until)) &&
		(h.Until.IsZero() || h.Until.After(from))
}
