package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auditkeep/audit"
)

// Begin starts a transaction that [Commit] can end together with its entries in
// one round trip. It is used like one that the pool began. If options have a
// CommitQuery, Commit needs two round trips.
func Begin(ctx context.Context, pool *pgxpool.Pool, options pgx.TxOptions) (pgx.Tx, error) {
	if pool == nil {
		return nil, errNoPool
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("beginning a transaction: %w", err)
	}
	tx, err := conn.BeginTx(ctx, options)
	if err != nil {
		conn.Release()
		return nil, fmt.Errorf("beginning a transaction: %w", err)
	}
	return &openTx{Tx: tx, conn: conn, ownCommit: options.CommitQuery != ""}, nil
}

// Commit records the events and commits the transaction. One that [Begin]
// started gets both in one round trip, so that recording adds none; any other
// pgx transaction gets its entries first, and then its own Commit.
//
//	tx, err := postgres.Begin(ctx, pool, pgx.TxOptions{})
//	if err != nil { … }
//	defer tx.Rollback(ctx) // does nothing once Commit was called
//	… // the change itself
//	return postgres.Commit(ctx, tx, trail, audit.Updated(before, after))
//
// The transaction is over when Commit returns, like after its own Commit. If it
// returns an error, the transaction was rolled back, unless the connection broke
// before the answer to the COMMIT came. Errors are those of [audit.Log.Record], of
// the database, and [pgx.ErrTxCommitRollback] if a statement before had failed.
func Commit(ctx context.Context, tx pgx.Tx, trail *audit.Log, events ...audit.Event) error {
	if isNil(tx) {
		return errors.New("postgres: no transaction is given: begin one with postgres.Begin")
	}
	err := commit(ctx, tx, trail, events)
	if err != nil {
		_ = tx.Rollback(ctx) // the error that led here says more
	}
	return err
}

func commit(ctx context.Context, tx pgx.Tx, trail *audit.Log, events []audit.Event) error {
	var batch pgx.Batch
	if err := Queue(ctx, &batch, trail, events...); err != nil {
		return err
	}
	open, ok := tx.(*openTx)
	if ok = ok && !open.ownCommit && batch.Len() > 0; ok {
		batch.Queue("commit").Exec(func(tag pgconn.CommandTag) error {
			if tag.String() == "ROLLBACK" {
				return pgx.ErrTxCommitRollback
			}
			return nil
		})
	}
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return fmt.Errorf("committing with entries: %w", err)
	}
	if ok {
		open.close()
		return nil
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	return nil
}

// openTx is a transaction that gives its connection back once a batch has committed
// it. pgx's own would hold the connection until it asked the server once more.
type openTx struct {
	pgx.Tx
	conn      *pgxpool.Conn // nil once the transaction is over
	ownCommit bool          // it ends by another statement than COMMIT
}

// Commit implements [pgx.Tx].
func (t *openTx) Commit(ctx context.Context) error {
	defer t.close()
	return t.Tx.Commit(ctx)
}

// Rollback implements [pgx.Tx].
func (t *openTx) Rollback(ctx context.Context) error {
	defer t.close()
	return t.Tx.Rollback(ctx)
}

// close gives the connection back, and keeps it from being used here again.
func (t *openTx) close() {
	if t.conn != nil {
		t.conn.Release()
		t.conn, t.Tx = nil, closedTx
	}
}

// closedTx is a transaction of pgx whose methods return [pgx.ErrTxClosed].
var closedTx = func() pgx.Tx {
	var batch pgx.Batch
	batch.BeginTx(pgx.TxOptions{})
	return pgx.FailedBatchResults(&batch, pgx.ErrTxClosed).Tx()
}()
