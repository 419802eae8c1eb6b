package main

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// sent is a query that the library sent.
type sent struct {
	sql  string
	args []any
}

// sentFor returns the query that the library reads a page with.
func (l *pgLog) sentFor(ctx context.Context, q audit.Query) (sent, error) {
	config := l.pool.Config()
	config.MaxConns = 1
	var last lastSent
	config.ConnConfig.Tracer = &last
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return sent{}, fmt.Errorf("opening PostgreSQL: %w", err)
	}
	defer pool.Close()
	if _, err := postgres.New(pool).List(ctx, audit.Walk{Filter: q.Filter, Sort: q.Sort, Limit: 51}); err != nil {
		return sent{}, err
	}
	return last.sent, nil
}

// lastSent is a [pgx.BatchTracer] that keeps the last query of a batch.
type lastSent struct{ sent }

func (*lastSent) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}
func (*lastSent) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (*lastSent) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (l *lastSent) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	l.sent = sent{data.SQL, data.Args}
}
func (*lastSent) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}
