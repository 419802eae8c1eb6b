package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit/internal/entrysql"
)

// collect runs a query and reads all its rows.
//
// Where the pool prepares statements, it says when they are planned. PostgreSQL
// itself would choose by what it estimates, and estimates an organization of
// average size: so it plans a page over 37 months again every time, for several
// milliseconds, and may keep for all values a plan that suits frequent ones.
//
// Where the store tells the database of the organization, that travels along
// too. What travels with the query is one transaction with it, and takes no
// round trip of its own.
func collect[T any](ctx context.Context, s *Store, org string, read pgx.RowToFunc[T], statement entrysql.Statement) ([]T, error) {
	if s.pool == nil {
		return nil, errNoPool
	}
	statement.SQL = s.qualified(statement.SQL)
	var before pgx.Batch
	if s.orgSetting != "" {
		before.Queue(setOrgSQL, s.orgSetting, org)
	}
	if s.prepares {
		before.Queue(planning[statement.Planning])
	}
	if before.Len() > 0 {
		all, err := collectAfter(ctx, s, before, read, statement)
		return all, unmigrated(err)
	}
	rows, err := s.pool.Query(ctx, statement.SQL, statement.Args...)
	if err != nil {
		return nil, unmigrated(err)
	}
	all, err := pgx.AppendRows(make([]T, 0, statement.Most), rows, read)
	return all, unmigrated(err)
}

var planning = map[entrysql.Planning]string{entrysql.PlanOnce: planOnce, entrysql.PlanEach: planEach}

// planOnce makes PostgreSQL keep a statement's plan, and take for it the one
// that the statement is written for: from an index, in its order. By estimate
// it would rather sort the entries of an organization of average size, and then
// sort those of the largest too. The settings last until the transaction ends.
const planOnce = `SELECT set_config('plan_cache_mode', 'force_generic_plan', true),
	set_config('enable_sort', 'off', true), set_config('enable_incremental_sort', 'off', true),
	set_config('enable_seqscan', 'off', true), set_config('enable_bitmapscan', 'off', true),
	set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true)`

// planEach makes it plan a prepared statement for the values at hand, and not
// compile the plan: over 37 partitions that takes a quarter of a second.
const planEach = `SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true)`

// collectAfter runs a query after other statements, whose results it passes
// over.
func collectAfter[T any](ctx context.Context, s *Store, batch pgx.Batch, read pgx.RowToFunc[T], statement entrysql.Statement) (all []T, err error) {
	first := batch.Len()
	batch.Queue(statement.SQL, statement.Args...)
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
	return pgx.AppendRows(make([]T, 0, statement.Most), rows, read)
}
