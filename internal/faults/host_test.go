package faults

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// The ways in which a host on PostgreSQL records.
const (
	byRecord    = "Record"
	byRecordSQL = "Record by database/sql"
	byQueue     = "Queue in a transaction"
	byBatch     = "Queue without one"
	byCommit    = "Commit"
	byDetached  = "RecordDetached after the COMMIT" // which is wrong
)

var postgresWays = []string{byRecord, byRecordSQL, byQueue, byBatch, byCommit}

// host changes orders and records that, each host on its kind of connection.
type host struct {
	name  string
	pool  *pgxpool.Pool
	db    *sql.DB // on the same pool
	store *postgres.Store
	trail *audit.Log
	// settings come first in a transaction, between stands in its middle.
	settings pgx.TxOptions
	between  []string
}

// newHost returns a host on its own pool.
func newHost(ctx context.Context, name string, config *pgxpool.Config, now func() time.Time) (*host, error) {
	config.MaxConns = 3
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	h := &host{name: name, pool: pool, db: stdlib.OpenDBFromPool(pool), store: postgres.New(pool)}
	h.trail, err = audit.New(h.store, audit.Config{Org: "acme", Now: now})
	return h, err
}

func (h *host) close() {
	_ = h.db.Close()
	h.pool.Close()
}

const insertOrder = "INSERT INTO orders (id, note) VALUES ($1, $2) ON CONFLICT DO NOTHING"

// attempt does the operation once. It reports whether a COMMIT may have been
// sent, so that an error may have come after it.
func (h *host) attempt(ctx context.Context, o operation) (sent bool, err error) {
	switch o.way {
	case byRecordSQL:
		return h.attemptSQL(ctx, o)
	case byBatch:
		var batch pgx.Batch
		if err := h.queue(ctx, &batch, o); err != nil {
			return false, err
		}
		return true, h.pool.SendBatch(ctx, &batch).Close()
	}
	begin := h.pool.BeginTx
	if o.way == byCommit {
		begin = func(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
			return postgres.Begin(ctx, h.pool, options)
		}
	}
	tx, err := begin(ctx, h.settings)
	if err != nil {
		return false, err
	}
	defer rollback(ctx, tx.Rollback)
	if o.way == byQueue {
		var batch pgx.Batch
		if err := h.queue(ctx, &batch, o); err != nil {
			return false, err
		}
		if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
			return false, err
		}
		return true, tx.Commit(ctx)
	}
	for _, statement := range h.between[:len(h.between)/2] {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return false, err
		}
	}
	for i := range o.items {
		order := o.order(i)
		if _, err := tx.Exec(ctx, insertOrder, order.ID, order.Note); err != nil {
			return false, err
		}
	}
	if o.way == byRecord {
		if err := h.trail.Record(ctx, h.store.Tx(tx), o.events()...); err != nil {
			return false, err
		}
	}
	for _, statement := range h.between[len(h.between)/2:] {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return false, err
		}
	}
	if o.way == byCommit {
		return true, postgres.Commit(ctx, tx, h.trail, o.events()...)
	}
	if err := tx.Commit(ctx); err != nil || o.way != byDetached {
		return true, err
	}
	return true, h.trail.RecordDetached(ctx, o.events()...)
}

// queue puts the whole operation into a batch.
func (h *host) queue(ctx context.Context, batch *pgx.Batch, o operation) error {
	for _, statement := range h.between[:len(h.between)/2] {
		batch.Queue(statement)
	}
	for i := range o.items {
		order := o.order(i)
		batch.Queue(insertOrder, order.ID, order.Note)
	}
	if err := postgres.Queue(ctx, batch, h.trail, o.events()...); err != nil {
		return err
	}
	for _, statement := range h.between[len(h.between)/2:] {
		batch.Queue(statement)
	}
	return nil
}

func (h *host) attemptSQL(ctx context.Context, o operation) (sent bool, err error) {
	options := sql.TxOptions{}
	if h.settings.IsoLevel == pgx.RepeatableRead {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := h.db.BeginTx(ctx, &options)
	if err != nil {
		return false, err
	}
	defer rollback(ctx, func(context.Context) error { return tx.Rollback() })
	for _, statement := range h.between[:len(h.between)/2] {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return false, err
		}
	}
	for i := range o.items {
		order := o.order(i)
		if _, err := tx.ExecContext(ctx, insertOrder, order.ID, order.Note); err != nil {
			return false, err
		}
	}
	if err := h.trail.Record(ctx, h.store.SQLTx(tx), o.events()...); err != nil {
		return false, err
	}
	for _, statement := range h.between[len(h.between)/2:] {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return false, err
		}
	}
	return true, tx.Commit()
}

// rollback gives up what was not committed, also where the context has ended.
func rollback(ctx context.Context, do func(context.Context) error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 200*time.Millisecond)
	defer cancel()
	_ = do(ctx)
}

// attempter is a host on some database.
type attempter interface {
	attempt(ctx context.Context, o operation) (sent bool, err error)
}

// settle does the operation until its outcome is known, as a careful host
// would: it repeats what certainly did not happen, and with IDs made beforehand
// also what may have happened. Fault prepares each attempt.
func settle(h attempter, o operation, attempts int, fault func(context.Context, int) (context.Context, func())) (outcome, int, error) {
	maybe := false
	for n := 1; ; n++ {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		ctx, end := fault(ctx, n)
		sent, err := h.attempt(ctx, o)
		end()
		cancel()
		switch {
		case err == nil:
			return committed, n, nil
		case errors.Is(err, audit.ErrConflict) || errors.Is(err, audit.ErrInvalidEvent):
			return unknown, n, fmt.Errorf("%s by %s despite %s: %w", o.name, o.way, o.fault, err)
		case sent && !isRefusal(err):
			maybe = true
		}
		switch {
		case maybe && (o.given == nil || n == attempts):
			return unknown, n, nil
		case n == attempts:
			return failed, n, nil
		}
		time.Sleep(time.Duration(n) * 2 * time.Millisecond)
	}
}

// isRefusal reports whether the error says that nothing was committed.
func isRefusal(err error) bool {
	// Not pgconn.SafeToRetry: of a COMMIT whose answer was lost, pgx 5.12 may
	// say "conn closed", which that takes for a statement never sent.
	if errors.Is(err, pgx.ErrTxCommitRollback) {
		return true
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	// If a server ends a connection, nobody knows what it did before.
	return refused.Code[:2] != "57" && refused.Code[:2] != "08" || refused.Code == queryCanceled
}

// queryCanceled is what a statement timeout and a cancel request say.
const queryCanceled = "57014"
