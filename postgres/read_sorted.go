package postgres

import (
	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit/internal/entrysql"
)

// sorted reads a walk with any filter in the order of a column.
var sorted = way{name: "sorted", suits: always, read: oneQuery(sortedQuery)}

// sortedLeast is how many entries the query wants for PostgreSQL at least, since it
// has to choose between sorting what matches and looking for it in the order of the
// column. It expects matches to be spread evenly over that order. Those of one action
// all have like changes, and may all come last, so that it would read everything else
// first: for seconds, though sorting takes a fraction of one. A nested query is
// planned without a look at how much of it is taken, but what is not taken is not read.
const sortedLeast = 50_000

// sortedQuery is, for example:
//
//	SELECT … FROM (SELECT * FROM (
//		WITH sorted AS MATERIALIZED (SELECT e.org_id, e.action, e.id FROM audit_entries AS e
//			WHERE e.org_id = $1 AND e.source = $2 ORDER BY e.action, e.id LIMIT 50000)
//		SELECT * FROM sorted) AS all_keys LIMIT 51 OFFSET $3) AS k CROSS JOIN LATERAL …
func sortedQuery(a *entrysql.Analysis) (query, error) {
	keys := entrysql.Entries(a.Order.Keys("e."), matching(a, planEach), a.Order.By("e."), max(sortedLeast, entrysql.Depth(a.Walk)))
	return newQuery(fetch(sq.Expr("WITH sorted AS MATERIALIZED (?) SELECT * FROM sorted", keys), a), planEach)
}
