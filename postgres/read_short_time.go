package postgres

import (
	"time"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// shortTime looks for a walk's entries among those of a short time, in the order of
// another column: the entries of a few minutes are soon sorted.
var shortTime = way{
	name: "short time", isAttempt: true,
	suits: func(a *entrysql.Analysis) bool {
		return a.Walk.Sort.By != audit.ByTimestamp && a.Walk.Limit <= shortWalk && len(a.Equalities)+len(a.Ranges) == 0 &&
			a.Before.Time().Sub(a.From.Time()) <= shortDuration
	},
	read: readAmong(shortTimeEntries, amongShortTime),
}

const (
	shortDuration = 25 * time.Hour // the longest day
	// shortTimeEntries is how many entries [shortTime] looks among: if there are more,
	// the order that is wanted soon gives a page of them.
	shortTimeEntries = 512
)

// amongShortTime is in the order of IDs, so that no index that has all columns
// seems better.
//
//	SELECT e.org_id, e.action, e.id FROM audit_entries AS e WHERE e.org_id = $1 AND e.id >= $2 AND e.id < $3 ORDER BY e.id LIMIT 513
func amongShortTime(a *entrysql.Analysis) sq.Sqlizer {
	return entrysql.Entries(amongColumns(a), a.InTime(a.Org()), "e.id", shortTimeEntries+1)
}
