package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// collect runs a query and reads all its rows.
//
// Settings for the planner travel in one batch with the query, and, if the store
// has an organization setting, so does that. A batch is one transaction and takes
// one round trip.
func collect[T any](ctx context.Context, s *Store, org string, read pgx.RowToFunc[T], q query) ([]T, error) {
	if s.pool == nil {
		return nil, errNoPool
	}
	q.SQL = s.qualified(q.SQL)
	var before pgx.Batch
	if s.orgSetting != "" {
		before.Queue(setOrgSQL, s.orgSetting, org)
	}
	before.Queue(s.settings(q.Planning))
	all, err := collectAfter(ctx, s, before, read, q)
	return all, unmigrated(err)
}

// settings returns the statement that says how a query is planned.
//
// Left to itself, PostgreSQL estimates an organization of average size. So it
// plans a page over 37 months again every time, for several milliseconds, and may
// keep for all values a plan that suits frequent ones. What the connection does
// not prepare is planned each time anyway, and for its values: a range of time
// then has few partitions to plan.
func (s *Store) settings(p planning) string {
	switch {
	case s.pool.prepares() && p == planOnce:
		return planOnceSQL
	case s.pool.prepares():
		return planEachSQL
	case p == planOnce:
		return inOrderSQL
	default:
		return uncompiledSQL
	}
}

const (
	// planOnceSQL makes PostgreSQL keep a statement's plan. The settings end with
	// the transaction.
	planOnceSQL = inOrderSQL + ", set_config('plan_cache_mode', 'force_generic_plan', true)"
	// planEachSQL makes it plan a prepared statement for the values at hand.
	planEachSQL = uncompiledSQL + ", set_config('plan_cache_mode', 'force_custom_plan', true)"
	// inOrderSQL makes it take the plan that the statement is written for: from an
	// index, in its order. By estimate it would rather sort the entries of an
	// organization of average size, and then sort those of the largest too.
	inOrderSQL = uncompiledSQL + `,
	set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true),
	set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
	set_config('max_parallel_workers_per_gather', '0', true)`
	// uncompiledSQL keeps it from compiling the plan: over 37 partitions that takes
	// a quarter of a second.
	uncompiledSQL = "SELECT set_config('jit', 'off', true)"
)

// collectAfter runs a query after other statements, whose results it passes
// over.
func collectAfter[T any](ctx context.Context, s *Store, batch pgx.Batch, read pgx.RowToFunc[T], q query) (all []T, err error) {
	first := batch.Len()
	batch.Queue(q.SQL, q.Args...)
	results := s.pool.SendBatch(ctx, &batch)
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	for range first {
		if _, err := results.Exec(); err != nil {
			return nil, err
		}
	}
	rows, err := results.Query()
	if err != nil {
		return nil, err
	}
	return pgx.AppendRows(make([]T, 0, q.Room), rows, read)
}
