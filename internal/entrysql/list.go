package entrysql

import (
	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// List returns the statement that reads a walk's entries.
func List(d audit.Dialect, w audit.Walk) (Statement, error) {
	statement, err := list(d, w)
	statement.Most = min(w.Limit, mostRoom)
	return statement, err
}

// mostRoom is for how many entries room is made at once.
const mostRoom = 4096

func list(d audit.Dialect, w audit.Walk) (Statement, error) {
	where, err := w.Filter.Where(d, "e")
	if err != nil {
		return Statement{}, err
	}
	order := orderOf(w)
	if column, spans, ok := spansOf(w); ok && (d == audit.PostgreSQL || len(spans) <= mostUnited) {
		return listSpans(d, w, column, spans)
	}
	planning := PlanEach
	if isUnfiltered(w.Filter) {
		planning = PlanOnce
	}
	if isUnfiltered(w.Filter) && sortsRange(d, w) {
		where = unindexedRange(d, w.Filter)
	}
	matching := sq.And{where}
	if !w.After.IsZero() {
		matching = append(matching, order.beyond(d, w.After, planning))
	}
	if d == audit.PostgreSQL && w.Sort.By != audit.ByTimestamp && !isUnfiltered(w.Filter) {
		keys := entries(order.keys("e."), matching, order.by("e."), max(pessimism, depth(w)))
		return newStatement(d, fetch(d, sq.Expr("WITH sorted AS MATERIALIZED (?) SELECT * FROM sorted", keys), w), planning)
	}
	if w.Offset == 0 && !sortsRange(d, w) {
		return newStatement(d, entries(ReadColumns, matching, order.by("e."), w.Limit), planning)
	}
	return newStatement(d, fetch(d, entries(order.keys("e."), matching, order.by("e."), depth(w)), w), planning)
}

// pessimism is how many entries PostgreSQL is told to be wanted at least, where it
// has to choose between sorting what matches and looking for it in the order of
// another column. It expects matches to be spread evenly over that order. Those
// of one action all have like changes, and may all come last, so that it would
// read everything else first: for seconds, where sorting takes a fraction of one.
// A query of its own is planned without a look at how much of it is
// taken, but what is not taken is not read.
const pessimism = 50_000

// entries is a query for the first rows that match.
func entries(columns string, matching sq.Sqlizer, by string, n int) sq.SelectBuilder {
	return sq.Select(columns).From("audit_entries AS e").Where(matching).OrderBy(by).Suffix(limit(n))
}

// depth is how many rows a query for keys reads at most.
func depth(w audit.Walk) int {
	if w.Offset == 0 {
		return w.Limit
	}
	return upTo(w.Offset + w.Limit)
}

// fetch reads the entries of a walk by their keys. What is passed over is read
// from the index alone: only the rows that are wanted are fetched.
func fetch(d audit.Dialect, keys sq.Sqlizer, w audit.Walk) sq.Sqlizer {
	by := orderOf(w).by("k.")
	if d == audit.SQLite {
		return sq.Expr("SELECT "+ReadColumns+" FROM (SELECT * FROM (?) "+limit(w.Limit)+" OFFSET ?) AS k"+
			" JOIN audit_entries AS e ON e.org_id = k.org_id AND e.id = k.id ORDER BY "+by, keys, w.Offset)
	}
	// A join could become a hash of the whole table; LATERAL with a LIMIT is one
	// look-up for each key, in the one partition that its ID belongs to.
	return sq.Expr("SELECT "+ReadColumns+" FROM (SELECT * FROM (?) AS all_keys "+limit(w.Limit)+" OFFSET ?) AS k"+
		" CROSS JOIN LATERAL (SELECT * FROM audit_entries AS e WHERE e.org_id = k.org_id AND e.id = k.id LIMIT 1) AS e ORDER BY "+by, keys, w.Offset)
}

// sortsRange reports whether the database would read every entry in a range of
// time, only to sort them by another column. SQLite would: it knows no
// histogram, takes every range to be short, and so prefers it to the index
// that gives the order. A query for keys alone it rather answers from that
// index.
func sortsRange(d audit.Dialect, w audit.Walk) bool {
	f := w.Filter
	return d == audit.SQLite && w.Sort.By != audit.ByTimestamp &&
		(!f.From.IsZero() || !f.Until.IsZero() || !f.NotAfter.IsZero())
}

// unindexedRange is the condition that an entry is of an organization and a
// range of time, in which the unary plus keeps SQLite from searching by ID.
func unindexedRange(d audit.Dialect, f audit.Filter) sq.Sqlizer {
	from, before := idRange(f)
	return sq.And{
		sq.Eq{"e.org_id": f.Org},
		sq.Expr("+e.id >= ?", d.IDArg(from)),
		sq.Expr("+e.id < ?", d.IDArg(before)),
	}
}
