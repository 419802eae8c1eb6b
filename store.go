package audit

import "context"

// Store keeps entries. Two come with the library, PostgreSQL and SQLite;
// storetest.Run is the suite that each must pass, and a third one too. The
// interface is not frozen before version 1.
//
// A Store MUST be safe for concurrent use. Filters that reach it are valid and
// name an organization; no result may hold another organization's entry.
// Entries come back equal to what was inserted, RecordedAt aside.
type Store interface {
	// InsertDetached inserts the entries in the store's own transaction, all or
	// none, under the rules of Tx.Insert.
	InsertDetached(ctx context.Context, entries []Entry) error

	// List returns the entries of a walk, in the walk's order: at most
	// walk.Limit. None is not an error. Entries appear when their transaction
	// commits: a late one appears at its own place in the order, not at the end.
	List(ctx context.Context, walk Walk) ([]Entry, error)

	// Count returns the number of entries that match, or limit if there are
	// at least that many: the work must not grow beyond limit entries.
	Count(ctx context.Context, filter Filter, limit int) (int, error)

	// Histogram counts the entries that match by bucket and action, ordered by
	// bucket and, within one, by action in byte order; combinations without an
	// entry are left out. The bounds, strictly ascending, part the IDs into
	// len(bounds)+1 buckets: bucket i begins with bounds[i-1] and ends before
	// bounds[i], the first and the last being open. If more than limit entries
	// match, it counts any limit+1 of them: the work must not grow beyond that.
	Histogram(ctx context.Context, filter Filter, bounds []ID, limit int) ([]HistogramBar, error)

	// Values returns the distinct values, in byte order and at most limit,
	// that the organization's entries have in a column and that begin with
	// prefix; the empty value (none recorded) is one of them. The columns are
	// ByAction, ByObjectType and ByActorEmail. The work must grow with the
	// number of values, not of entries.
	Values(ctx context.Context, org string, column Column, prefix string, limit int) ([]string, error)
}

// Tx is a host's own transaction, as a store adapts it (postgres.Store.Tx,
// sqlite.Store.Tx). It is used by one goroutine at a time, like the
// transaction itself, and never commits or rolls back.
type Tx interface {
	// Insert inserts the entries. An entry whose ID is already taken by an
	// entry of the same content (RecordedAt aside) is accepted and not
	// inserted again; with other content Insert returns an error that wraps
	// ErrConflict. After any error the host must roll back.
	Insert(ctx context.Context, entries []Entry) error
}

// FreshTx is a [Tx] that inserts entries more cheaply if the library has just made
// their IDs, so that none can be taken. [Log.Record] calls InsertFresh instead of
// Insert if no event has an ID from the host. A store need not have it.
type FreshTx interface {
	Tx
	// InsertFresh is Insert. If an ID is taken nevertheless, it may return any
	// error.
	InsertFresh(ctx context.Context, entries []Entry) error
}

// Walk says which entries a store's List returns, and in which order.
type Walk struct {
	Filter Filter
	Sort   Sort // resolved: no field is empty
	// After is the position that the walk starts behind; zero: at the start.
	After Cursor
	// Backward reverses the walk: it goes against Sort, from the end or from After.
	Backward bool
	// Offset entries are passed over first.
	Offset, Limit int
}
