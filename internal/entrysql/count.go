package entrysql

import (
	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// Count returns the statement that counts the entries that match, no further
// than limit: the limit is inside, so that the database stops there.
func Count(d audit.Dialect, f audit.Filter, most int) (Statement, error) {
	capped, planning, err := someOf(d, f, "e.id", "", most)
	if err != nil {
		return Statement{}, err
	}
	return newStatement(d, sq.Expr("SELECT count(*) FROM (?) AS capped", capped), planning)
}

// someOf is a query for at most so many of the entries that match, in no
// order. One filter is read from its own index; without any, the order given
// may keep the query to an index.
func someOf(d audit.Dialect, f audit.Filter, columns, unfilteredBy string, most int) (sq.Sqlizer, Planning, error) {
	where, err := f.Where(d, "e")
	if err != nil {
		return nil, PlanEach, err
	}
	some := sq.Select(columns).From("audit_entries AS e").Where(where)
	if d == audit.SQLite {
		return some.Suffix(limit(most)), PlanEach, nil
	}
	w := audit.Walk{Filter: f, Sort: audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}, Limit: most}
	if column, spans, ok := spansOf(w); ok {
		q := spanQueryOf(d, w, column)
		q.unordered = true
		return q.lateral(spans, "e.*", columns, "e"), PlanOnce, nil
	}
	planning := PlanEach
	if isUnfiltered(f) && f.From.IsZero() { // a range has few partitions, which are soon planned
		planning = PlanOnce
		if unfilteredBy != "" {
			some = some.OrderBy(unfilteredBy)
		}
	}
	return some.Suffix(limit(most)), planning, nil
}
