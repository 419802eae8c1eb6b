package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auditkeep/audit"
)

// Admin does what an application's role must not be able to do: migrations,
// monthly partitions, retention, capture by triggers, and the protection of the
// tables. Its pool connects as the role that owns the tables. It is safe for
// concurrent use. If several processes do the same at once, they take turns.
//
//	admin := postgres.NewAdmin(ownersPool)
//	err := admin.Migrate(ctx)                 // at every deployment
//	err = admin.Protect(ctx, "app")           // once: INSERT and SELECT, nothing else
//	_, err = admin.MakePartitionsAhead(ctx, 3) // every day
//	_, err = admin.Expire(ctx, trail, retention.Policy{Before: twoYearsAgo})
//	findings, err := admin.Check(ctx)         // at start, and every day
//
// A statement that others would have to queue behind waits for its lock for max
// two seconds. Then the error wraps [ErrBusy], nothing has changed, and the
// call can be repeated later.
type Admin struct {
	pool        *connPool
	schema      string // see WithSchema; none: the search_path finds the tables
	lockTimeout time.Duration
}

// ErrBusy is wrapped by the errors of an [Admin] that did not get a lock in
// time. Another transaction holds audit_entries or a partition: a long read, a
// dump, or a host's transaction that does not end.
var ErrBusy = errors.New("another transaction holds the table: try again at a quieter moment")

// NewAdmin returns an Admin on the pool of the tables' owner. It sends nothing
// to the database.
func NewAdmin(pool *pgxpool.Pool) *Admin {
	return &Admin{pool: newConnPool(pool), lockTimeout: 2 * time.Second}
}

// Migrate is [Store.Migrate] on the owner's connection.
func (a *Admin) Migrate(ctx context.Context) error {
	if a.pool == nil {
		return errNoPool
	}
	return migrate(ctx, a.pool, a.schema, numberedFiles())
}

// find finds the tables.
func (a *Admin) find(ctx context.Context) (table, error) {
	if a.pool == nil {
		return table{}, errNoPool
	}
	return findTable(ctx, a.pool, a.schema)
}

// in returns the transaction for a store on the table that the Admin found.
func (a *Admin) in(tx pgx.Tx, entries table) audit.Tx {
	return New(a.pool.Pool).WithSchema(entries.Schema).Tx(tx)
}

// exclusively runs do in a transaction, in which no other Admin of the same
// table runs. do gets the table as the transaction finds it. Those who write or
// read entries wait only for the locks that do takes, and do waits for those no
// longer than the Admin's timeout.
func (a *Admin) exclusively(ctx context.Context, do func(pgx.Tx, table) error) error {
	if a.pool == nil {
		return errNoPool
	}
	// After the wait, the transaction must see what others did meanwhile, whatever
	// the database's default isolation is.
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite}
	return busy(pgx.BeginTxFunc(ctx, a.pool, options, func(tx pgx.Tx) error {
		entries, err := findTable(ctx, tx, a.schema)
		if err != nil {
			return err
		}
		// This mode conflicts with itself, and not with reads or writes. Only the
		// context limits the wait, since nobody queues behind it.
		if _, err := tx.Exec(ctx, "LOCK TABLE ONLY "+entries.sql()+" IN SHARE UPDATE EXCLUSIVE MODE"); err != nil {
			return fmt.Errorf("waiting for other administration of audit_entries: %w", err)
		}
		if _, err := tx.Exec(ctx, fmt.Sprintf("SET LOCAL lock_timeout = %d", a.lockTimeout.Milliseconds())); err != nil {
			return err
		}
		return do(tx, entries)
	}))
}

// busy adds ErrBusy to an error that says that a lock was not available.
func busy(err error) error {
	const lockNotAvailable, deadlockDetected = "55P03", "40P01"
	if isCode(err, lockNotAvailable) || isCode(err, deadlockDetected) {
		return fmt.Errorf("%w (%w)", ErrBusy, err)
	}
	return err
}

func isCode(err error, code string) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == code
}
