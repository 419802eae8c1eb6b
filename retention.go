package audit

import (
	"errors"
	"strconv"
	"time"

	"github.com/auditkeep/audit/internal/stored"
)

// ErrInvalidRetention is wrapped by every error about which entries are to be
// kept or expired.
var ErrInvalidRetention = errors.New("audit: invalid retention")

// Retention says which entries expire. The Admin of a store removes them, the
// only way in which entries ever go. What is removed is told by the log itself:
// in the transaction that removes a month's entries, an entry of the action
// "expire" on the object type "audit_month" comes into [PlatformOrg], with the
// actor of the context and the numbers in its metadata.
//
// Entries go by calendar months in UTC, and a month that a [Hold] touches is
// kept whole.
type Retention struct {
	// Before is the time before which entries expire, cut to microseconds. It
	// must be given, and must not lie in the future.
	Before time.Time
	// Org is the one organization whose entries expire, those just before
	// Before too: it has left, or has a period of its own. That rewrites months
	// instead of dropping them. Defaults to all organizations, whose months
	// expire that end no later than Before.
	Org string
	// DryRun only reports what would expire and what would be kept.
	DryRun bool
	// Progress is called after each transaction with the number of entries that
	// are gone, and of all that will go, as counted at the start. Defaults to
	// nothing.
	Progress func(gone, total int64)
	// Chunk is how many entries SQLite removes in one transaction, while other
	// writers wait. PostgreSQL does not need it. Defaults to 10,000.
	Chunk int
}

// maxChunk bounds how long one transaction may keep other writers waiting.
const maxChunk = 1_000_000

// Validate returns an error that wraps [ErrInvalidRetention] if nothing can
// expire that way as of now, the database's present time.
func (r Retention) Validate(now time.Time) error {
	if r.Before.IsZero() {
		return invalidRetention("Retention.Before", "", "not given", "give the time before which entries expire")
	}
	if err := checkRetentionTime("Retention.Before", r.Before); err != nil {
		return err
	}
	if r.Before.After(now) {
		return invalidRetention("Retention.Before", r.Before.Format(time.RFC3339), "lies in the future", "give a past time; the database's clock shows "+now.UTC().Format(time.RFC3339))
	}
	if problem := textProblem(r.Org, stored.Org); problem != "" {
		return invalidRetention("Retention.Org", r.Org, problem, "give the organization's stable key")
	}
	if r.Chunk < 0 || r.Chunk > maxChunk {
		return invalidRetention("Retention.Chunk", strconv.Itoa(r.Chunk), "out of range", "give 1 to 1,000,000, or 0 for 10,000")
	}
	return nil
}

// Expiry tells what a [Retention] removed, or in a dry run would remove.
type Expiry struct {
	// Gone are the months whose entries went, oldest first.
	Gone []ExpiryMonth
	// Kept are those that hold entries older than Retention.Before and were
	// kept, each with the reason.
	Kept []ExpiryMonth
}

// Entries is the number of entries that went.
func (e Expiry) Entries() (n int64) {
	for _, month := range e.Gone {
		n += month.Entries
	}
	return n
}

// ExpiryMonth is a month's part in an [Expiry].
type ExpiryMonth struct {
	// Name is the month in UTC, "2026-11". On PostgreSQL it is the name of the
	// partition where that is no calendar month, such as the default partition.
	Name string
	// From and Until are the times it covers, Until not included. Zero means
	// that there is no such end.
	From, Until time.Time
	// Entries is how many of its entries are older than Retention.Before (of
	// Retention.Org, if given): counted, not estimated.
	Entries int64
	// Bytes is the size of the partition with its indexes: what a drop gives
	// back to the disk, or what is read and written anew for the sake of one
	// organization. On SQLite it is 0: the file does not shrink by itself, but
	// the space is used again.
	Bytes int64
	// Copied is how many other entries are written anew for the sake of one
	// organization. On SQLite it is 0.
	Copied int64
	// Kept says why the month was kept, and what to do. Empty where it went.
	Kept string
	// Holds are the names of the holds that keep it.
	Holds []string
}

func checkRetentionTime(field string, t time.Time) error {
	if year := t.UTC().Year(); year < 1970 || year > 9999 {
		return invalidRetention(field, t.UTC().Format(time.RFC3339), "outside the years 1970 to 9999", "give a time that entries can have")
	}
	return nil
}

func invalidRetention(field, value, problem, remedy string) error {
	return &FieldError{Field: field, Value: value, Problem: problem, Remedy: remedy, Kind: ErrInvalidRetention}
}
