package entrysql

import (
	"strings"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// listSpans lists entries that lie in spans of one index: at most so many of
// each, merged. Whatever a planner supposes of the values, there is no other
// way to run it: the conditions compare rows, and not the column alone, so that
// no other index gives the order (a rare value would make a database that
// trusts to the primary key read everything); and a list of values is not an
// IN, whose entries would all have to be sorted.
func listSpans(d audit.Dialect, w audit.Walk, column string, spans []span) (Statement, error) {
	q := spanQueryOf(d, w, column)
	if len(spans) == 1 && w.Offset == 0 {
		return newStatement(d, entries(ReadColumns, q.in(spans[0]), q.within.by("e."), w.Limit), PlanOnce)
	}
	if len(spans) == 1 {
		return newStatement(d, fetch(d, entries(q.keys, q.in(spans[0]), q.within.by("e."), depth(w)), w), PlanOnce)
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

// in is the condition that an entry is in the span. The comparisons leave their
// ends out: given one that includes its end, PostgreSQL looks for where to begin
// by the conditions on the ID alone, if there are such, and passes over the rest.
func (q spanQuery) in(s span) sq.Sqlizer {
	row := "(e." + q.column + ", e.id)"
	return q.and(
		sq.Expr(row+" > (?, ?)", s.value, q.d.IDArg(s.after)),
		sq.Expr(row+" < (?, ?)", s.value, q.d.IDArg(s.before)),
	)
}

// and adds what holds for every span.
func (q spanQuery) and(conditions ...sq.Sqlizer) sq.Sqlizer {
	all := append(sq.And{sq.Eq{"e.org_id": q.walk.Filter.Org}}, conditions...)
	if q.column == "request_id" {
		all = append(all, sq.Expr("e.request_id <> ''")) // as Filter.Where has it: the index is partial
	}
	if q.d == audit.SQLite {
		return all
	}
	// Partitions are chosen by the ID alone. In SQLite, this would only suggest
	// the primary key.
	after, before := idRange(q.walk.Filter)
	if c := q.walk.After; !c.IsZero() && len(q.order.columns) == 1 {
		if s := (span{after: after, before: before}).beyond(q.walk, q.column); s.after.Compare(s.before) < 0 {
			after, before = s.after, s.before
		}
	}
	if after != leastID {
		all = append(all, sq.Expr("e.id > ?", q.d.IDArg(after)))
	}
	// Two bounds are taken to leave little, so that, where the order does not
	// forbid it, the primary key would seem the better index.
	if before != greatestID && (after == leastID || !q.unordered) {
		all = append(all, sq.Expr("e.id < ?", q.d.IDArg(before)))
	}
	return all
}

// lateral takes the first entries of each span, and of those the first. Its text
// is the same however many spans there are.
func (q spanQuery) lateral(spans []span, columns, of, alias string) sq.Sqlizer {
	values, afters, befores := make([]string, len(spans)), make([]audit.ID, len(spans)), make([]audit.ID, len(spans))
	for i, s := range spans {
		values[i], afters[i], befores[i] = s.value, s.after, s.before
	}
	row := "(e." + q.column + ", e.id)"
	first := sq.Select(of).From("audit_entries AS e").Where(q.and(
		sq.Expr(row+` > (s.value COLLATE "C", s.after)`),
		sq.Expr(row+` < (s.value COLLATE "C", s.before)`),
	)).Suffix(limit(depth(q.walk)))
	by := ""
	if !q.unordered {
		first, by = first.OrderBy(q.within.by("e.")), "ORDER BY "+q.order.by(alias+".")+" "
	}
	return sq.Expr("SELECT "+columns+" FROM unnest(CAST(? AS text[]), CAST(? AS uuid[]), CAST(? AS uuid[])) AS s (value, after, before)"+
		" CROSS JOIN LATERAL (?) AS "+alias+" "+by+limit(depth(q.walk)),
		textArray(values), idArray(afters), idArray(befores), first)
}

// union takes the first keys of each span, in SQLite, which has no LATERAL.
func (q spanQuery) union(spans []span) sq.Sqlizer {
	parts, args := make([]string, len(spans)), make([]any, len(spans))
	for i, s := range spans {
		parts[i], args[i] = "SELECT * FROM (?)", entries(q.keys, q.in(s), q.within.by("e."), depth(q.walk))
	}
	if len(parts) == 0 {
		parts, args = []string{"?"}, []any{sq.Select(q.keys).From("audit_entries AS e").Where("FALSE")}
	}
	return sq.Expr("SELECT * FROM ("+strings.Join(parts, " UNION ALL ")+") ORDER BY "+q.order.by("")+" "+limit(depth(q.walk)), args...)
}
