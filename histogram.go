package audit

// HistogramBar is the part of a histogram's bucket that one action fills.
type HistogramBar struct {
	// Bucket counts from zero.
	Bucket int
	Action Action
	// Entries is how many there are, at least one.
	Entries int
}

// Histogram counts entries by time and action.
type Histogram struct {
	// Bars come by bucket, and within one by action in byte order. Buckets
	// without an entry have none.
	Bars []HistogramBar
	// Entries is the sum of all bars.
	Entries int
	// More says that more entries match than were to be counted. Then there
	// are no bars, and Entries is the limit.
	More bool
}
