package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// NewSQL is [New] for a host whose connections are those of database/sql, so that
// it needs no second pool: GORM's db.DB(), or what sqlx, bun and ent were opened
// with. They must be pgx's, from its package stdlib: sql.Open("pgx", …),
// stdlib.OpenDB, stdlib.OpenDBFromPool, GORM's driver. With another driver, such
// as lib/pq, each read returns an error that says so; open the database by pgx
// instead, or give [New] its own pool. NewSQL does not touch the database.
//
// Entries are recorded by the host's own transaction; see [Store.SQLTx]. A read
// takes one connection, also while the host has a transaction.
func NewSQL(db *sql.DB) *Store {
	s := New(nil)
	if db != nil {
		s.pool = &sqlPool{db: db}
	}
	return s
}

// pool is what a store needs of the host's connections.
type pool interface {
	querier
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
	SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults
	Begin(ctx context.Context) (pgx.Tx, error)
	BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
	// prepares reports whether the connections prepare statements, as far as that
	// is known.
	prepares() bool
}

// sqlPool is a pool of database/sql, whose connections are pgx's.
type sqlPool struct {
	db       *sql.DB
	prepared atomic.Bool
}

func (p *sqlPool) prepares() bool { return p.prepared.Load() }

// sqlConn is a connection that is taken out of the pool until it is released.
type sqlConn struct {
	*pgx.Conn
	mode    []any // as in connPool
	release func()
}

// acquire takes a connection out of the pool. Only its holder uses a sql.Conn, so
// what pgx has to do with it can outlast the call of Raw.
func (p *sqlPool) acquire(ctx context.Context) (sqlConn, error) {
	held, err := p.db.Conn(ctx)
	if err != nil {
		return sqlConn{}, err
	}
	var c sqlConn
	err = held.Raw(func(driver any) error {
		of, ok := driver.(interface{ Conn() *pgx.Conn })
		if !ok {
			return fmt.Errorf("postgres: the database given to NewSQL has connections of the type %T, and not pgx's: open it with pgx's package stdlib, or call postgres.New with a *pgxpool.Pool", driver)
		}
		c.Conn = of.Conn()
		return nil
	})
	if err != nil {
		return sqlConn{}, errors.Join(err, held.Close())
	}
	mode := c.Config().DefaultQueryExecMode
	p.prepared.Store(mode == pgx.QueryExecModeCacheStatement)
	if mode == pgx.QueryExecModeDescribeExec {
		c.mode = []any{pgx.QueryExecModeExec}
	}
	c.release = sync.OnceFunc(func() {
		if !c.IsClosed() && c.PgConn().TxStatus() != 'I' {
			_ = c.Close(context.WithoutCancel(ctx)) // nobody else may come to be in its transaction
		}
		_ = held.Close() // a broken one is not taken again
	})
	return c, nil
}

func (c sqlConn) args(args []any) []any {
	if c.mode == nil {
		return args
	}
	return append(c.mode[:1:1], args...)
}

// Exec implements pool.
func (p *sqlPool) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	c, err := p.acquire(ctx)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	defer c.release()
	return c.Conn.Exec(ctx, query, c.args(args)...)
}

// Query implements pool. The connection is released when the rows are closed.
func (p *sqlPool) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	c, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := c.Conn.Query(ctx, query, c.args(args)...)
	if err != nil {
		c.release()
		return nil, err
	}
	return sqlRows{rows, c.release}, nil
}

type sqlRows struct {
	pgx.Rows
	release func()
}

func (r sqlRows) Close() { r.Rows.Close(); r.release() }

// QueryRow implements pool. The connection is released when the row is scanned.
func (p *sqlPool) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	rows, err := p.Query(ctx, query, args...)
	return sqlRow{rows, err}
}

type sqlRow struct {
	rows pgx.Rows
	err  error
}

func (r sqlRow) Scan(to ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return pgx.ErrNoRows
	}
	if err := r.rows.Scan(to...); err != nil {
		return err
	}
	r.rows.Close()
	return r.rows.Err()
}

// SendBatch implements pool. The connection is released when the results are
// closed.
func (p *sqlPool) SendBatch(ctx context.Context, batch *pgx.Batch) pgx.BatchResults {
	c, err := p.acquire(ctx)
	if err != nil {
		return failedBatch{err}
	}
	return sqlBatch{c.Conn.SendBatch(ctx, batch), c.release}
}

type sqlBatch struct {
	pgx.BatchResults
	release func()
}

func (b sqlBatch) Close() error {
	defer b.release()
	return b.BatchResults.Close()
}

// failedBatch are the results of a batch that was not sent.
type failedBatch struct{ err error }

func (b failedBatch) Exec() (pgconn.CommandTag, error) { return pgconn.CommandTag{}, b.err }
func (b failedBatch) Query() (pgx.Rows, error)         { return nil, b.err }
func (b failedBatch) QueryRow() pgx.Row                { return sqlRow{err: b.err} }
func (b failedBatch) Tx() pgx.Tx                       { return nil }
func (b failedBatch) Close() error                     { return b.err }

// Begin implements pool.
func (p *sqlPool) Begin(ctx context.Context) (pgx.Tx, error) {
	return p.BeginTx(ctx, pgx.TxOptions{})
}

// BeginTx implements pool. The connection is released when the transaction ends.
func (p *sqlPool) BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error) {
	c, err := p.acquire(ctx)
	if err != nil {
		return nil, err
	}
	tx, err := c.Conn.BeginTx(ctx, options)
	if err != nil {
		c.release()
		return nil, err
	}
	return sqlPoolTx{tx, c.release}, nil
}

type sqlPoolTx struct {
	pgx.Tx
	release func()
}

func (t sqlPoolTx) Commit(ctx context.Context) error {
	defer t.release()
	return t.Tx.Commit(ctx)
}

func (t sqlPoolTx) Rollback(ctx context.Context) error {
	defer t.release()
	return t.Tx.Rollback(ctx)
}
