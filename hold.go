package audit

import (
	"time"

	"github.com/auditkeep/audit/internal/stored"
)

// Hold keeps entries from being expired, whatever their age: for a lawsuit, an
// investigation, a tax audit. The Admin of a store places and releases it, and
// each leaves an entry: a create or destroy of the object type "audit_hold" in
// [PlatformOrg].
type Hold struct {
	// Name is how it is released and reported, at most 255 bytes.
	Name string
	// Org is the organization whose entries it keeps. Defaults to all.
	Org string
	// From and Until are the times that it keeps, From included and Until not,
	// cut to microseconds. Each defaults to no such end.
	From, Until time.Time
	// Reason says why, at most 4,096 bytes. It must be given.
	Reason string
}

// Validate returns an error that wraps [ErrInvalidRetention] if the hold cannot
// be placed.
func (h Hold) Validate() error {
	for _, text := range []struct {
		field, value string
		most         int
		required     bool
	}{
		{"Hold.Name", h.Name, stored.Org, true},
		{"Hold.Org", h.Org, stored.Org, false},
		{"Hold.Reason", h.Reason, stored.Comment, true},
	} {
		if text.required && text.value == "" {
			return invalidRetention(text.field, "", "empty", "give it, so that others know what it is for")
		}
		if problem := textProblem(text.value, text.most); problem != "" {
			return invalidRetention(text.field, text.value, problem, "give a shorter, plain text")
		}
	}
	for _, end := range []struct {
		field string
		time  time.Time
	}{{"Hold.From", h.From}, {"Hold.Until", h.Until}} {
		if end.time.IsZero() {
			continue
		}
		if err := checkRetentionTime(end.field, end.time); err != nil {
			return err
		}
	}
	if !h.Until.IsZero() && !h.Until.After(h.From) {
		return invalidRetention("Hold.Until", h.Until.Format(time.RFC3339), "not after Hold.From", "leave it zero, or give a later time")
	}
	return nil
}

// Touches reports whether the hold keeps an entry of the organization, or of
// any if org is empty, at a time from from until just before until; where
// either is zero, that end is open.
func (h Hold) Touches(org string, from, until time.Time) bool {
	return (h.Org == "" || org == "" || h.Org == org) &&
		(h.From.IsZero() || until.IsZero() || h.From.Before(until)) &&
		(h.Until.IsZero() || h.Until.After(from))
}
