package entrysql

import (
	"strings"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// listSpans lists entries that lie in spans of one index: at most so many of
// each, merged. Whatever a planner supposes of the values, there is no better
// way to run it than from that index; and a list of values is not an IN, whose
// entries would all have to be sorted.
func listSpans(d audit.Dialect, w audit.Walk, column string, spans []span) (Statement, error) {
	q := spanQueryOf(d, w, column)
	if len(spans) == 1 && w.Offset == 0 {
		return newStatement(d, entries(ReadColumns, q.inSpan(spans[0]), q.within.by("e."), w.Limit), PlanOnce)
	}
	if len(spans) == 1 {
		return newStatement(d, fetch(d, entries(q.keys, q.inSpan(spans[0]), q.within.by("e."), depth(w)), w), PlanOnce)
	}
	if d == audit.SQLite {
		return newStatement(d, fetch(d, q.union(spans), w), PlanOnce)
	}
	if rows := len(spans) * w.Limit; w.Offset == 0 && rows <= mostWhole {
		return newStatement(d, q.lateral(spans, ReadColumns, "e.*", "e"), PlanOnce)
	}
	return newStatement(d, fetch(d, q.lateral(spans, "k.*", q.keys, "k"), w), PlanOnce)
}

// mostWhole is how many entries are read whole to choose a page from them. Of
// more, the keys are read first.
const mostWhole = 1024

// mostUnited is how many spans SQLite gets a query each for, in one statement.
const mostUnited = 100

// spanQuery is a query for the keys of entries in spans.
type spanQuery struct {
	d      audit.Dialect
	walk   audit.Walk
	column string
	order  order  // of the walk
	within order  // of a span
	keys   string // the columns to select
	// unordered says that any entries will do, as long as they are so many.
	unordered bool
}

func spanQueryOf(d audit.Dialect, w audit.Walk, column string) spanQuery {
	q := spanQuery{d: d, walk: w, column: column, order: orderOf(w)}
	q.within = order{columns: []string{column, "id"}, descending: q.order.descending}
	q.keys = q.order.keys("e.")
	return q
}

// in is the condition that an entry is in a span: has its value, and an ID from
// one on and less than another. In SQLite, a comparison of rows leaves no other
// index to choose.
//
// PostgreSQL needs equality to begin and to end at the right entries; by a
// comparison of rows it does not end before the value does. But with equality
// alone the primary key gives the order too, and where one value was all there
// was when the table was last analyzed, it seems as good, and reads everything
// in search of another. So rows are compared as well, with the ends of all IDs:
// that excludes nothing, but is supposed to leave a ninth, for this index alone.
func (q spanQuery) in(value, from, before sq.Sqlizer) sq.Sqlizer {
	row := "(e." + q.column + ", e.id)"
	all := sq.And{sq.Eq{"e.org_id": q.walk.Filter.Org}}
	if q.column == "request_id" {
		all = append(all, sq.Expr("e.request_id <> ''")) // as Filter.Where has it: the index is partial
	}
	if q.d == audit.SQLite {
		return append(all, sq.Expr(row+" >= (?, ?)", value, from), sq.Expr(row+" < (?, ?)", value, before))
	}
	return append(all,
		sq.Expr("e."+q.column+" = ?", value), sq.Expr("e.id >= ?", from), sq.Expr("e.id < ?", before),
		sq.Expr(row+" >= (?, '"+leastID.String()+"')", value), sq.Expr(row+" < (?, '"+greatestID.String()+"')", value))
}

// inSpan is the condition that an entry is in the span.
func (q spanQuery) inSpan(s span) sq.Sqlizer {
	return q.in(sq.Expr("?", s.value), sq.Expr("?", q.d.IDArg(s.from)), sq.Expr("?", q.d.IDArg(s.before)))
}

// lateral takes the first entries of each span, and of those the first. Its text
// is the same however many spans there are.
func (q spanQuery) lateral(spans []span, columns, of, alias string) sq.Sqlizer {
	values, froms, befores := make([]string, len(spans)), make([]audit.ID, len(spans)), make([]audit.ID, len(spans))
	for i, s := range spans {
		values[i], froms[i], befores[i] = s.value, s.from, s.before
	}
	first := sq.Select(of).From("audit_entries AS e").
		Where(q.in(sq.Expr(`s.value COLLATE "C"`), sq.Expr("s.from_id"), sq.Expr("s.before_id")))
	// Which partitions to leave out is asked before the spans are read.
	if from, before := walkRange(q.walk); from != leastID || before != greatestID {
		first = first.Where("e.id >= ? AND e.id < ?", q.d.IDArg(from), q.d.IDArg(before))
	}
	first = first.Suffix(limit(depth(q.walk)))
	by := ""
	if !q.unordered {
		first, by = first.OrderBy(q.within.by("e.")), "ORDER BY "+q.order.by(alias+".")+" "
	}
	return sq.Expr("SELECT "+columns+" FROM unnest(CAST(? AS text[]), CAST(? AS uuid[]), CAST(? AS uuid[])) AS s (value, from_id, before_id)"+
		" CROSS JOIN LATERAL (?) AS "+alias+" "+by+limit(depth(q.walk)),
		textArray(values), idArray(froms), idArray(befores), first)
}

// union takes the first keys of each span, in SQLite, which has no LATERAL.
func (q spanQuery) union(spans []span) sq.Sqlizer {
	parts, args := make([]string, len(spans)), make([]any, len(spans))
	for i, s := range spans {
		parts[i], args[i] = "SELECT * FROM (?)", entries(q.keys, q.inSpan(s), q.within.by("e."), depth(q.walk))
	}
	if len(parts) == 0 {
		parts, args = []string{"?"}, []any{sq.Select(q.keys).From("audit_entries AS e").Where("FALSE")}
	}
	return sq.Expr("SELECT * FROM ("+strings.Join(parts, " UNION ALL ")+") ORDER BY "+q.order.by("")+" "+limit(depth(q.walk)), args...)
}
