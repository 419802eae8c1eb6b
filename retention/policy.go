package retention

import (
	"strconv"
	"time"

	"github.com/auditkeep/audit/internal/stored"
)

// Policy says which entries expire. Whole calendar months in UTC go, unless the
// policy is for one organization. A month that a [Hold] touches is kept whole.
type Policy struct {
	// Before is the time before which entries expire, cut to microseconds. It
	// must be given, and must not lie in the future.
	Before time.Time
	// Org limits the expiry to one organization, for example one that left or has
	// another period. Then its entries up to Before go, and months are rewritten
	// without them. Defaults to all organizations: months that end no later than Before
	// are dropped.
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

// Validate returns an error that wraps [ErrInvalid] if nothing can expire by the
// policy as of now, which is the database's present time.
func (p Policy) Validate(now time.Time) error {
	if p.Before.IsZero() {
		return invalid("Policy.Before", "", "not given", "give the time before which entries expire")
	}
	if err := checkTime("Policy.Before", p.Before); err != nil {
		return err
	}
	if p.Before.After(now) {
		return invalid("Policy.Before", p.Before.Format(time.RFC3339), "lies in the future", "give a past time; the database's clock shows "+now.UTC().Format(time.RFC3339))
	}
	if problem := stored.Problem(p.Org, stored.Org); problem != "" {
		return invalid("Policy.Org", p.Org, problem, "give the organization's stable key")
	}
	if p.Chunk < 0 || p.Chunk > maxChunk {
		return invalid("Policy.Chunk", strconv.Itoa(p.Chunk), "out of range", "give 1 to 1,000,000, or 0 for 10,000")
	}
	return nil
}
