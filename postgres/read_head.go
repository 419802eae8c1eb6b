package postgres

import (
	"context"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// head looks for a walk's entries among the first in the order of a column. If it
// finds as many as the walk wants, they are the walk's: a page is soon full of what
// many entries match. The order of time has [windowed] for that.
var head = way{
	name: "head", isAttempt: true,
	suits: func(a *entrysql.Analysis) bool { return isShort(a) && a.Walk.Offset == 0 },
	read: func(ctx context.Context, s *Store, a *entrysql.Analysis) (entries []audit.Entry, done bool, err error) {
		q, err := headQuery(a)
		if err != nil {
			return nil, false, err
		}
		entries, err = collect(ctx, s, a.Walk.Filter.Org, entryScanner(), q)
		return entries, len(entries) == a.Walk.Limit, err
	},
}

// headEntries is how many entries [head] looks among: a page is full by then of
// what one entry in three hundred matches.
const headEntries = 16384

// headQuery is, for example:
//
//	SELECT … FROM (SELECT e.* FROM audit_entries AS e WHERE e.org_id = $1 ORDER BY e.action, e.id LIMIT 16384) AS e
//	WHERE e.org_id = $2 AND e.source = $3 ORDER BY e.action, e.id LIMIT 51
func headQuery(a *entrysql.Analysis) (query, error) {
	by := a.Order.By("e.")
	first := entrysql.Entries("e.*", behindCursor(a, a.InTime(a.Org()), planOnce), by, headEntries)
	return newQuery(sq.Expr("SELECT "+entrysql.ReadColumns+" FROM (?) AS e WHERE ? ORDER BY "+by+" "+entrysql.Limit(a.Walk.Limit), first, matching(a, planOnce)), planOnce)
}
