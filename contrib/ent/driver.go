package auditent

import (
	"context"
	stdsql "database/sql"
	"errors"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// Wrap returns a driver for clients whose mutations are recorded outside of
// transactions too: the hook begins one for each, and commits it with the entry.
//
//	drv, err := sql.Open(dialect.Postgres, url) // entgo.io/ent/dialect/sql
//	…
//	client := ent.NewClient(ent.Driver(auditent.Wrap(drv)))
//	client.Use(hook)
//
// In all else it is the given driver. A client that is open already can be given
// to [Use] instead.
func Wrap(drv dialect.Driver) dialect.Driver {
	if w, ok := drv.(*wrapped); ok {
		return w
	}
	return &wrapped{drv}
}

type wrapped struct{ dialect.Driver }

// begun is the hook's own transaction, in the context of its mutation.
type begun struct {
	driver *wrapped
	tx     *recordingTx
	outer  *begun
}

type begunKey struct{}

// current returns the transaction that the hook has begun on the driver for the
// mutation that the context belongs to, or nil.
func (w *wrapped) current(ctx context.Context) *recordingTx {
	b, _ := ctx.Value(begunKey{}).(*begun)
	for ; b != nil; b = b.outer {
		if b.driver == w && b.tx.live() {
			return b.tx
		}
	}
	return nil
}

// begin prepares a transaction for a mutation.
func (w *wrapped) begin(ctx context.Context) (context.Context, *recordingTx) {
	b := &begun{driver: w, tx: newRecordingTx(nil, w.Dialect())}
	b.tx.start = func() (dialect.Tx, error) { return w.Driver.Tx(ctx) }
	b.outer, _ = ctx.Value(begunKey{}).(*begun)
	return context.WithValue(ctx, begunKey{}, b), b.tx
}

// Exec implements [dialect.ExecQuerier].
func (w *wrapped) Exec(ctx context.Context, query string, args, v any) error {
	if tx := w.current(ctx); tx != nil {
		return tx.Exec(ctx, query, args, v)
	}
	return w.Driver.Exec(ctx, query, args, v)
}

// Query implements [dialect.ExecQuerier].
func (w *wrapped) Query(ctx context.Context, query string, args, v any) error {
	if tx := w.current(ctx); tx != nil && (tx.begun() || !isSelect(query)) {
		return tx.Query(ctx, query, args, v)
	}
	return w.Driver.Query(ctx, query, args, v)
}

// ExecContext is for the methods of sql/execquery.
func (w *wrapped) ExecContext(ctx context.Context, query string, args ...any) (stdsql.Result, error) {
	if tx := w.current(ctx); tx != nil {
		return tx.ExecContext(ctx, query, args...)
	}
	return execContext(ctx, w.Driver, query, args)
}

// QueryContext is for the methods of sql/execquery.
func (w *wrapped) QueryContext(ctx context.Context, query string, args ...any) (*stdsql.Rows, error) {
	if tx := w.current(ctx); tx != nil && (tx.begun() || !isSelect(query)) {
		return tx.QueryContext(ctx, query, args...)
	}
	return queryContext(ctx, w.Driver, query, args)
}

// Tx implements [dialect.Driver]. Within a transaction of the hook's it is a
// savepoint.
func (w *wrapped) Tx(ctx context.Context) (dialect.Tx, error) {
	if tx := w.current(ctx); tx != nil {
		return tx.savepoint(ctx)
	}
	tx, err := w.Driver.Tx(ctx)
	if err != nil {
		return nil, err
	}
	return newRecordingTx(tx, w.Dialect()), nil
}

// BeginTx is for the client's BeginTx.
func (w *wrapped) BeginTx(ctx context.Context, o *stdsql.TxOptions) (dialect.Tx, error) {
	if w.current(ctx) != nil {
		return w.Tx(ctx)
	}
	b, ok := w.Driver.(interface {
		BeginTx(context.Context, *stdsql.TxOptions) (dialect.Tx, error)
	})
	if !ok {
		return nil, errors.New("auditent: the driver has no BeginTx: use Tx")
	}
	tx, err := b.BeginTx(ctx, o)
	if err != nil {
		return nil, err
	}
	return newRecordingTx(tx, w.Dialect()), nil
}

// Driver returns a driver for a client within the host's own transaction,
// begun with package database/sql. The name is the dialect's.
//
//	tx, err := db.BeginTx(ctx, nil)
//	…
//	client := ent.NewClient(ent.Driver(auditent.Driver(dialect.SQLite, tx)))
//	client.Use(hook)
//
// The transaction is the host's to end: roll it back after any error.
func Driver(name string, tx *stdsql.Tx) dialect.Driver {
	drv := sql.NewDriver(name, sql.Conn{ExecQuerier: tx})
	return &onTx{newRecordingTx(onConn{drv, tx}, drv.Dialect())}
}

// onConn is a transaction that somebody else ends.
type onConn struct {
	*sql.Driver
	tx *stdsql.Tx
}

// Commit implements [dialect.Tx].
func (onConn) Commit() error { return nil }

// Rollback implements [dialect.Tx].
func (onConn) Rollback() error { return nil }

type onTx struct{ *recordingTx }

// Dialect implements [dialect.Driver].
func (d *onTx) Dialect() string { return d.dialectName }

// Tx implements [dialect.Driver]. What ent does in a transaction is in one.
func (d *onTx) Tx(context.Context) (dialect.Tx, error) { return nestedTx{d.recordingTx}, nil }

// BeginTx keeps a client's BeginTx from beginning another transaction.
func (*onTx) BeginTx(context.Context, *stdsql.TxOptions) (dialect.Tx, error) {
	return nil, errors.New("auditent: the client is in a transaction already")
}

// Close implements [dialect.Driver]: the transaction is the host's.
func (*onTx) Close() error { return nil }

// nestedTx is what ent begins within a host's transaction.
type nestedTx struct{ *recordingTx }

// Commit implements [dialect.Tx].
func (nestedTx) Commit() error { return nil }

// Rollback implements [dialect.Tx].
func (nestedTx) Rollback() error { return nil }
