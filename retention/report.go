package retention

import "time"

// Report says which months a call of Expire removed, or would remove in a dry run.
type Report struct {
	// Gone are the months whose entries were removed, oldest first.
	Gone []Month
	// Kept are the months that hold entries older than Policy.Before and were
	// kept, each with the reason.
	Kept []Month
}

// Entries returns how many entries were removed.
func (r Report) Entries() (n int64) {
	for _, month := range r.Gone {
		n += month.Entries
	}
	return n
}

// Month is one month's part in a [Report].
type Month struct {
	// Name is the month in UTC, "2026-11". On PostgreSQL it is the name of the
	// partition if that is not a calendar month, such as the default partition.
	Name string
	// From and Until are the times it covers, Until not included. Zero means an
	// open end.
	From, Until time.Time
	// Entries is how many of its entries are older than Policy.Before (and are of
	// Policy.Org, if given). They are counted, not estimated.
	Entries int64
	// Bytes is the size of the partition with its indexes: the space that a drop
	// gives back to the disk, or that is rewritten for the sake of one
	// organization. On SQLite it is 0: the file does not shrink by itself, but the
	// space is used again.
	Bytes int64
	// Copied is how many other entries are rewritten for the sake of one
	// organization. On SQLite it is 0.
	Copied int64
	// Kept says why the month was kept, and what to do. It is empty if the month's
	// entries were removed.
	Kept string
	// Holds are the names of the holds that keep the month.
	Holds []string
}
