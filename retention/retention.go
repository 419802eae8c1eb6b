// Package retention says which entries of a log expire, and which are held. The
// Admin of a store obeys it, and is the only way in which entries ever go:
//
//	report, err := admin.Expire(ctx, trail, retention.Policy{Before: twoYearsAgo})
//	err = admin.Hold(ctx, trail, retention.Hold{Name: "lawsuit 7", Org: "acme", Reason: "evidence"})
//
// The log itself records what is removed and held, with the context's actor and in
// [audit.PlatformOrg]:
//   - Each transaction that removes entries records an entry of the
//     action "expire" on the object type "audit_month". Its metadata has the numbers.
//   - A hold that is placed or released is a create or destroy of the object type
//     "audit_hold".
package retention

import (
	"errors"
	"time"

	"github.com/auditkeep/audit"
)

// ErrInvalid is wrapped by every error about a [Policy] or a [Hold] that is not
// valid.
var ErrInvalid = errors.New("audit: invalid retention")

func invalid(field, value, problem, remedy string) error {
	return &audit.FieldError{Field: field, Value: value, Problem: problem, Remedy: remedy, Kind: ErrInvalid}
}

func checkTime(field string, t time.Time) error {
	if year := t.UTC().Year(); year < 1970 || year > 9999 {
		return invalid(field, t.UTC().Format(time.RFC3339), "outside the years 1970 to 9999", "give a time that entries can have")
	}
	return nil
}
