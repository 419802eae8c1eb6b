package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// connPool is the host's pool, through which the library sends its own statements,
// outside transactions.
//
// In the mode describe exec, pgx prepares a statement in one round trip and
// executes it in another. A pooler in transaction mode may answer the second
// one by another server connection, which then executes what another client
// has prepared there. So these statements go in the mode exec: one round trip,
// and its results are the same.
type connPool struct {
	*pgxpool.Pool
	// mode is that of statements, nil for the pool's own.
	mode     []any
	prepared bool
}

func (p *connPool) prepares() bool { return p.prepared }

// newConnPool returns nil for nil.
func newConnPool(pool *pgxpool.Pool) *connPool {
	if pool == nil {
		return nil
	}
	mode := pool.Config().ConnConfig.DefaultQueryExecMode
	p := &connPool{Pool: pool, prepared: mode == pgx.QueryExecModeCacheStatement}
	if mode == pgx.QueryExecModeDescribeExec {
		p.mode = []any{pgx.QueryExecModeExec}
	}
	return p
}

func (p *connPool) args(args []any) []any {
	if p.mode == nil {
		return args
	}
	return append(p.mode[:1:1], args...)
}

// Exec is pgxpool's, in the pool's mode.
func (p *connPool) Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error) {
	return p.Pool.Exec(ctx, query, p.args(args)...)
}

// Query is pgxpool's, in the pool's mode.
func (p *connPool) Query(ctx context.Context, query string, args ...any) (pgx.Rows, error) {
	return p.Pool.Query(ctx, query, p.args(args)...)
}

// QueryRow is pgxpool's, in the pool's mode.
func (p *connPool) QueryRow(ctx context.Context, query string, args ...any) pgx.Row {
	return p.Pool.QueryRow(ctx, query, p.args(args)...)
}

// pooled adds to an error what to do if a pooler gave a prepared statement to
// another server connection than the one that prepared it.
func pooled(err error) error {
	const invalidStatementName, duplicateStatement = "26000", "42P05"
	var state interface{ SQLState() string }
	if errors.As(err, &state) && (state.SQLState() == invalidStatementName || state.SQLState() == duplicateStatement) {
		return fmt.Errorf("%w; a pooler between here and PostgreSQL does not keep prepared statements: set default_query_exec_mode=exec in the pool's URL, or give pgbouncer (1.21 or later) max_prepared_statements", err)
	}
	return err
}
