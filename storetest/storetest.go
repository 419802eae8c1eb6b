// Package storetest is the suite that every [audit.Store] passes: that of
// PostgreSQL, that of SQLite, the one in memory of package audittest, and any
// other. It checks what the comments of [audit.Store] and [audit.Tx] say. If
// they leave a question open, the suite decides.
//
//	func TestConformance(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) storetest.Backend { … })
//	}
package storetest

import (
	"context"
	"testing"

	"github.com/auditkeep/audit"
)

// Backend is a store and the host's way to the same database.
type Backend struct {
	// Store is empty, and its schema is in place.
	Store audit.Store
	// Begin begins a transaction as a host does. Reads of the store must be
	// possible while it is open.
	Begin func(ctx context.Context) (Transaction, error)
}

// Transaction is a host's transaction.
type Transaction struct {
	// Tx is the transaction as the store adapts it.
	Tx audit.Tx
	// Commit and Rollback end it. Rollback after an error of Tx must work.
	Commit, Rollback func(ctx context.Context) error
}

// Run runs the suite. It calls open for each of its tests, which run in
// parallel; each must get a Backend that shares no entry with the others, and
// that open cleans up with t.Cleanup.
func Run(t *testing.T, open func(t *testing.T) Backend) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, Backend)
	}{
		{"RoundTrip", testRoundTrip},
		{"Bounds", testBounds},
		{"Order", testOrder},
		{"Keyset", testKeyset},
		{"Offset", testOffset},
		{"Filters", testFilters},
		{"Random", testRandom},
		{"Count", testCount},
		{"Histogram", testHistogram},
		{"Values", testValues},
		{"Isolation", testIsolation},
		{"Transaction", testTransaction},
		{"Retry", testRetry},
		{"Conflict", testConflict},
		{"Many", testMany},
		{"Concurrency", testConcurrency},
		{"Cancelled", testCancelled},
		{"Log", testLog},
		{"LogKeys", testLogKeys},
		{"RecordedAt", testRecordedAt},
		{"LogPages", testLogPages},
		{"History", testHistory},
		{"AsOf", testAsOf},
		{"Revert", testRevert},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, open(t))
		})
	}
}
