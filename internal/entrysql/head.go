package entrysql

import (
	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// mostHead is how many entries [Head] looks among: a page is full by then of
// what one entry in three hundred matches.
const mostHead = 16384

// Head returns a statement for PostgreSQL that looks for a walk's entries among
// the first in the order of a column. If it finds as many as the walk wants,
// they are the walk's: where many entries match, a page is soon full. The order
// of time has [Windows] for that.
func Head(w audit.Walk) (statement Statement, ok bool, err error) {
	if !needsSearch(w) || w.Sort.By == audit.ByTimestamp || w.Offset > 0 {
		return Statement{}, false, nil
	}
	order := orderOf(w)
	matching, err := matches(w, order)
	if err != nil {
		return Statement{}, false, err
	}
	all := w
	all.Filter = withinTimes(w.Filter)
	within, err := matches(all, order)
	if err != nil {
		return Statement{}, false, err
	}
	head := entries("e.*", within, order.by("e."), mostHead)
	statement, err = newStatement(audit.PostgreSQL, sq.Expr("SELECT "+ReadColumns+" FROM (?) AS e WHERE ? ORDER BY "+order.by("e.")+" "+limit(w.Limit), head, matching), PlanOnce)
	return statement, true, err
}
