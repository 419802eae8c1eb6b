package postgres

import (
	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// spans reads a walk whose filter is one equality, with one or more values, from the
// spans of that index: at most so many entries of each, merged. Whatever a planner
// supposes of the values, there is no better way to run it. A list of values is not
// an IN, whose entries would all have to be sorted. Of 180,000 entries in 37 months, a
// page took up to 3.4 ms and 413 blocks: of one object or several, of addresses, and
// of an API key without an email, whether it is frequent, long gone or never was there.
var spans = way{name: "spans", suits: always, read: oneQuery(spansQuery)}

// wholeRows is how many entries are read whole to choose a page from them. Of more,
// the keys are read first.
const wholeRows = 1024

// spansQuery is, for one value:
//
//	SELECT … FROM audit_entries AS e WHERE e.org_id = $1 AND e.action = CAST($2 AS name) AND e.id >= $3 AND e.id < $4
//	ORDER BY e.action DESC, e.id DESC LIMIT 51
//
// and for several:
//
//	SELECT … FROM unnest(CAST($1 AS text[]), CAST($2 AS uuid[]), CAST($3 AS uuid[])) AS s (value, from_id, before_id)
//	CROSS JOIN LATERAL (SELECT e.* FROM audit_entries AS e
//		WHERE e.org_id = $4 AND e.action = CAST(s.value COLLATE "C" AS name) AND e.id >= s.from_id AND e.id < s.before_id
//		ORDER BY e.action DESC, e.id DESC LIMIT 51) AS e
//	ORDER BY e.id DESC LIMIT 51
func spansQuery(a *entrysql.Analysis) (query, error) {
	of, spans, _ := a.Spans()
	keys := a.Order.Keys("e.")
	if len(spans) == 1 {
		where, by := inSpan(a, of, spans[0]), a.Order.Of(of.Column).By("e.")
		if a.Walk.Offset == 0 {
			return newQuery(entrysql.Entries(entrysql.ReadColumns, where, by, a.Walk.Limit), planOnce)
		}
		return newQuery(fetch(entrysql.Entries(keys, where, by, entrysql.Depth(a.Walk)), a), planOnce)
	}
	q := lateral{of: of, spans: spans, columns: entrysql.ReadColumns, inner: "e.*", alias: "e", rows: entrysql.Depth(a.Walk), ordered: true}
	if a.Walk.Offset == 0 && len(spans)*a.Walk.Limit <= wholeRows {
		return newQuery(q.query(a), planOnce)
	}
	q.columns, q.inner, q.alias = "k.*", keys, "k"
	return newQuery(fetch(q.query(a), a), planOnce)
}

// lateral takes the first entries of each span, and of those the first. Its text is
// the same however many spans there are.
type lateral struct {
	of             entrysql.Equality
	spans          []entrysql.Span
	columns, inner string // what to select, of all and of a span
	alias          string // of a span's entries
	rows           int
	ordered        bool // else any entries will do, as long as they are so many
}

func (q lateral) query(a *entrysql.Analysis) sq.Sqlizer {
	values, froms, befores := make([]string, len(q.spans)), make([]audit.ID, len(q.spans)), make([]audit.ID, len(q.spans))
	longest := 0
	for i, s := range q.spans {
		values[i], froms[i], befores[i] = s.Value, s.From, s.Before
		longest = max(longest, len(s.Value))
	}
	where := inIndex(a, q.of, sq.Expr(`s.value COLLATE "C"`), longest)
	where = append(where, sq.Expr("e.id >= s.from_id"), sq.Expr("e.id < s.before_id"))
	// Which partitions to leave out is asked before the spans are read.
	if a.IsInTime() {
		where = append(where, sq.Expr("e.id >= ? AND e.id < ?", idArg(a.From), idArg(a.Before)))
	}
	// Without an order the primary key would do, too.
	within, by := "e."+q.of.Column, ""
	if q.ordered {
		within, by = a.Order.Of(q.of.Column).By("e."), "ORDER BY "+a.Order.By(q.alias+".")+" "
	}
	return sq.Expr("SELECT "+q.columns+" FROM unnest(CAST(? AS text[]), CAST(? AS uuid[]), CAST(? AS uuid[])) AS s (value, from_id, before_id)"+
		" CROSS JOIN LATERAL (?) AS "+q.alias+" "+by+entrysql.Limit(q.rows),
		arrayLiteral(values), idArrayLiteral(froms), idArrayLiteral(befores), entrysql.Entries(q.inner, where, within, q.rows))
}

// inSpan is the condition that an entry is in the span.
func inSpan(a *entrysql.Analysis, of entrysql.Equality, s entrysql.Span) sq.Sqlizer {
	return append(inIndex(a, of, sq.Expr("?", s.Value), len(s.Value)),
		sq.Expr("e.id >= ?", idArg(s.From)), sq.Expr("e.id < ?", idArg(s.Before)))
}

// nameBytes is how many bytes PostgreSQL's type name holds.
const nameBytes = 63

// inIndex is the condition that an entry has a value in a column, written so that
// only the index (org_id, column, id) gives the order (column, id).
//
// An equality of two texts would not do: a column with one value needs no order, so
// the primary key gives the rest of it. The key then seems as good as the index if
// the planner expects one entry of each, as it does of an organization of average
// size among 1,500. It reads the whole history to find a value that is rare.
//
// So the text is compared with a name. That is another operator of the same index,
// and the planner does not take it for the equality that an ORDER BY is about. A
// name has 63 bytes at most. A longer value lies between itself and itself: the
// order is as safe, but PostgreSQL 14 to 17 read such a value's entries on beyond
// the end of the times, as far as their partition goes.
func inIndex(a *entrysql.Analysis, of entrysql.Equality, value sq.Sqlizer, longest int) sq.And {
	where, column := a.Org(), "e."+of.Column
	if of.Partial != "" {
		where = append(where, sq.Expr(of.Partial))
	}
	if longest <= nameBytes {
		return append(where, sq.Expr(column+" = CAST(? AS name)", value))
	}
	return append(where, sq.Expr(column+" >= ?", value), sq.Expr(column+" <= ?", value))
}
