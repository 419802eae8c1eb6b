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

// in is the condition that an entry is in a span: it has the span's value, and
// an ID from one on and less than another. In SQLite, a comparison of rows leaves
// no other index to choose.
//
// In PostgreSQL the condition must begin and end at the right entries, and only
// the index (org_id, column, id) may give the order (column, id). An equality of
// two texts fails at the second: a column with one value needs no order, so the
// primary key gives the rest of it. The key then seems as good as the index if
// the planner expects one entry of each, as it does of an organization of average
// size among 1,500. It reads the whole history to find a value that is rare.
//
// So the text is compared with a name. That is another operator of the same index,
// and the planner does not take it for the equality that an ORDER BY is about. A
// name has 63 bytes at most. A longer value lies between itself and itself: the
// order is as safe, but PostgreSQL 14 to 17 read such a value's entries on beyond
// the end of the times, as far as their partition goes.
func (q spanQuery) in(s spanTerms) sq.Sqlizer {
	column := "e." + q.column
	all := sq.And{sq.Eq{"e.org_id": q.walk.Filter.Org}}
	if q.column == "request_id" {
		all = append(all, sq.Expr("e.request_id <> ''")) // as Filter.Where has it: the index is partial
	}
	switch {
	case q.d == audit.SQLite:
		row := "(" + column + ", e.id)"
		return append(all, sq.Expr(row+" >= (?, ?)", s.value, s.from), sq.Expr(row+" < (?, ?)", s.value, s.before))
	case s.longest <= maxName:
		all = append(all, sq.Expr(column+" = CAST(? AS name)", s.value))
	default:
		all = append(all, sq.Expr(column+" >= ?", s.value), sq.Expr(column+" <= ?", s.value))
	}
	return append(all, sq.Expr("e.id >= ?", s.from), sq.Expr("e.id < ?", s.before))
}

// maxName is how many bytes PostgreSQL's type name holds.
const maxName = 63

// spanTerms are the SQL terms for a span's value and its IDs.
type spanTerms struct {
	value, from, before sq.Sqlizer
	longest             int // the bytes of the longest value
}

// inSpan is the condition that an entry is in the span.
func (q spanQuery) inSpan(s span) sq.Sqlizer {
	return q.in(spanTerms{sq.Expr("?", s.value), sq.Expr("?", q.d.IDArg(s.from)), sq.Expr("?", q.d.IDArg(s.before)), len(s.value)})
}

// lateral takes the first entries of each span, and of those the first. Its text
// is the same however many spans there are.
func (q spanQuery) lateral(spans []span, columns, of, alias string) sq.Sqlizer {
	values, froms, befores := make([]string, len(spans)), make([]audit.ID, len(spans)), make([]audit.ID, len(spans))
	longest := 0
	for i, s := range spans {
		values[i], froms[i], befores[i] = s.value, s.from, s.before
		longest = max(longest, len(s.value))
	}
	first := sq.Select(of).From("audit_entries AS e").
		Where(q.in(spanTerms{sq.Expr(`s.value COLLATE "C"`), sq.Expr("s.from_id"), sq.Expr("s.before_id"), longest}))
	// Which partitions to leave out is asked before the spans are read.
	if from, before := walkRange(q.walk); from != leastID || before != greatestID {
		first = first.Where("e.id >= ? AND e.id < ?", q.d.IDArg(from), q.d.IDArg(before))
	}
	// Without an order the primary key would do, too.
	within, by := "e."+q.column, ""
	if !q.unordered {
		within, by = q.within.by("e."), "ORDER BY "+q.order.by(alias+".")+" "
	}
	first = first.OrderBy(within).Suffix(limit(depth(q.walk)))
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
