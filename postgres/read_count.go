package postgres

import (
	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// countQuery counts the entries that match, no further than limit: the limit is
// inside, so that PostgreSQL stops there.
func countQuery(f audit.Filter, limit int) (query, error) {
	capped, planning, err := someOf(f, "e.id", "", limit)
	if err != nil {
		return query{}, err
	}
	return newQuery(entrysql.Count(capped), planning)
}

// histogramQuery counts at most limit+1 of the entries that match by bucket and
// action.
func histogramQuery(f audit.Filter, bounds []audit.ID, limit int) (query, error) {
	capped, planning, err := someOf(f, entrysql.HistogramColumns, entrysql.HistogramOrder, limit+1)
	if err != nil {
		return query{}, err
	}
	bucket := sq.Expr("0")
	if len(bounds) > 0 {
		bucket = sq.Expr("width_bucket(id, CAST(? AS uuid[]))", idArrayLiteral(bounds))
	}
	return newQuery(entrysql.Histogram(bucket, capped), planning)
}

// someOf is a query for at most so many of the entries that match, in no order. One
// filter is read from its own index; without any, the order given may keep the query
// to an index.
func someOf(f audit.Filter, columns, unfilteredBy string, limit int) (sq.Sqlizer, planning, error) {
	a, err := entrysql.Analyse(audit.PostgreSQL, audit.Walk{Filter: f, Sort: audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}, Limit: limit})
	if err != nil {
		return nil, planEach, err
	}
	if of, spans, ok := a.Spans(); ok {
		return lateral{of: of, spans: spans, columns: columns, inner: "e.*", alias: "e", rows: limit}.query(a), planOnce, nil
	}
	some, planning := sq.Select(columns).From("audit_entries AS e").Where(matching(a, planEach)), planEach
	if a.IsUnfiltered() && a.From == entrysql.LeastID { // a range has few partitions, which are soon planned
		planning = planOnce
		if unfilteredBy != "" {
			some = some.OrderBy(unfilteredBy)
		}
	}
	return some.Suffix(entrysql.Limit(limit)), planning, nil
}
