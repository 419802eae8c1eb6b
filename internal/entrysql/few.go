package entrysql

import (
	"time"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

const (
	// mostFew is how many entries [Few] looks among: as many as take no longer to
	// go through than PostgreSQL takes to plan a search of some years of months.
	mostFew = 2048
	// mostNear is how many it looks among where they have but a short time in
	// common, a day at most: where there are more, the order that is wanted soon
	// gives a page of them.
	mostNear  = 512
	shortTime = 25 * time.Hour
)

// mostOfAttempt is how many entries a walk may take for Few and [Head] to be
// worth it: what reads on and on had better be planned well once. One record's
// entries, and one request's, are few however many are wanted.
const mostOfAttempt = 256

// needsSearch reports whether a walk in PostgreSQL is worth an attempt with less
// than all entries: no index has what it wants in its order.
func needsSearch(w audit.Walk) bool {
	_, _, ok := spansOf(w)
	return !ok && !isUnfiltered(w.Filter) &&
		(w.Limit <= mostOfAttempt || len(w.Filter.ObjectIDs) > 0 || w.Filter.RequestID != "")
}

// Few returns a statement for PostgreSQL that looks for a walk's entries among
// those that have the value which the fewest are likely to have, of what the
// filter asks for: one record's or one user's are soon gone through, whatever
// else is asked of them and however they are sorted. So are those of a few
// minutes, in whichever order.
//
// Its rows are ReadColumns and the number of entries that it has looked among;
// where none is the walk's, it is one row that has the number alone. The entries
// are the walk's only if there are no more of them than most, which is zero
// where there is nothing to try.
func Few(w audit.Walk) (statement Statement, most int, err error) {
	few, most, err := rarest(w)
	if most == 0 || err != nil {
		return Statement{}, 0, err
	}
	order := orderOf(w)
	matching, err := matches(w, order)
	if err != nil {
		return Statement{}, 0, err
	}
	page := sq.Select(order.keys("e.")).From("few AS e").Where(matching).
		OrderBy(order.by("e.")).Suffix(limit(w.Limit)+" OFFSET ?", w.Offset)
	statement, err = newStatement(audit.PostgreSQL, sq.Expr("WITH few AS MATERIALIZED (?)"+
		" SELECT "+ReadColumns+", c.few FROM (SELECT count(*) AS few FROM few) AS c"+
		" LEFT JOIN LATERAL (?) AS k ON TRUE"+
		" LEFT JOIN LATERAL (SELECT * FROM audit_entries AS e WHERE e.org_id = k.org_id AND e.id = k.id LIMIT 1) AS e ON TRUE"+
		" ORDER BY "+order.by("k."), few, page), PlanOnce)
	return statement, most, err
}

// matches is the condition that an entry is the walk's.
func matches(w audit.Walk, o order) (sq.Sqlizer, error) {
	where, err := w.Filter.Where(audit.PostgreSQL, "e")
	if err != nil || w.After.IsZero() {
		return where, err
	}
	return sq.And{where, o.beyond(audit.PostgreSQL, w.After, PlanOnce)}, nil
}

// rarest is a query for the entries that match the condition of a walk which the
// fewest are likely to match, one more than most if there are as many.
func rarest(w audit.Walk) (few sq.Sqlizer, most int, err error) {
	columns, f, all, searched := fewColumns(w), w.Filter, equalities(w.Filter), needsSearch(w)
	from, before := idRange(f)
	near := w.Sort.By != audit.ByTimestamp && w.Limit <= mostOfAttempt && before.Time().Sub(from.Time()) <= shortTime
	w.Limit, w.Offset = mostFew+1, 0
	switch {
	case searched && hasRange(f) && f.RequestID == "" && len(f.ObjectIDs) == 0:
		few, err = addresses(w, columns)
		return few, mostFew, err
	case searched && len(all) > 0:
		q := spanQueryOf(audit.PostgreSQL, w, all[0].column)
		q.unordered = true
		return q.lateral(spansWith(all[0].values, w, q.column), columns, "e.*", "e"), mostFew, nil
	case near && len(all) == 0:
		// In their own order, so that no index that has all columns seems better.
		where, err := withinTimes(f).Where(audit.PostgreSQL, "e")
		return entries(columns, where, "e.id", mostNear+1), mostNear, err
	default:
		return nil, 0, nil
	}
}

// withinTimes is a filter's organization and its times, and no other condition.
func withinTimes(f audit.Filter) audit.Filter {
	return audit.Filter{Org: f.Org, From: f.From, Until: f.Until, NotAfter: f.NotAfter}
}

// addresses is a query for the entries from a range of addresses. In the order
// of addresses, no other index serves.
func addresses(w audit.Walk, columns string) (sq.Sqlizer, error) {
	where, err := audit.Filter{Org: w.Filter.Org, IPs: w.Filter.IPs}.Where(audit.PostgreSQL, "e")
	if err != nil {
		return nil, err
	}
	from, before := walkRange(w)
	return sq.Select(columns).From("audit_entries AS e").Where(sq.And{
		where,
		sq.Expr("e.id >= ? AND e.id < ?", audit.PostgreSQL.IDArg(from), audit.PostgreSQL.IDArg(before)),
	}).OrderBy("e.ip_key").Suffix(limit(w.Limit)), nil
}

// fewColumns are what a walk's entries are found, filtered and sorted by: no
// more, so that an index may have it all.
func fewColumns(w audit.Walk) string {
	f := w.Filter
	columns := orderOf(w).keys("e.")
	for _, c := range []struct {
		name string
		used bool
	}{
		{"action", len(f.Actions)+len(f.NotActions) > 0},
		{"object_type", len(f.ObjectTypes)+len(f.NotObjectTypes) > 0},
		{"object_sort", len(f.ObjectIDs) > 0},
		{"parent_type", !f.Parent.IsZero()},
		{"parent_id", !f.Parent.IsZero()},
		{"actor_email", len(f.ActorEmails)+len(f.NotActorEmails) > 0},
		{"ip_key", len(f.IPs)+len(f.NotIPs) > 0},
		{"actor_id", len(f.ActorIDs) > 0},
		{"actor_kind", len(f.ActorKinds) > 0},
		{"source", len(f.Sources) > 0},
		{"request_id", f.RequestID != ""},
	} {
		if c.used && c.name != sortColumns[w.Sort.By] {
			columns += ", e." + c.name
		}
	}
	return columns
}
