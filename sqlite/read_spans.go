package sqlite

import (
	"strings"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit/internal/entrysql"
)

// bySpans reads a walk whose filter is one equality from the spans of that index.
// SQLite has no LATERAL, so each of several spans has its own query:
//
//	SELECT … FROM (SELECT * FROM (
//		SELECT * FROM (SELECT e.org_id, e.id FROM audit_entries AS e
//			WHERE e.org_id = ? AND (e.action, e.id) >= (?, ?) AND (e.action, e.id) < (?, ?) ORDER BY e.action DESC, e.id DESC LIMIT 51)
//		UNION ALL …) ORDER BY id DESC LIMIT 51) …
var bySpans = way{"by spans", func(a *entrysql.Analysis) sq.Sqlizer {
	of, spans, _ := a.Spans()
	keys, by := a.Order.Keys("e."), a.Order.Of(of.Column).By("e.")
	if len(spans) == 1 && a.Walk.Offset == 0 {
		return entrysql.Entries(entrysql.ReadColumns, inSpan(a, of, spans[0]), by, a.Walk.Limit)
	}
	if len(spans) == 1 {
		return fetch(entrysql.Entries(keys, inSpan(a, of, spans[0]), by, entrysql.Depth(a.Walk)), a)
	}
	parts, args := make([]string, len(spans)), make([]any, len(spans))
	for i, s := range spans {
		parts[i], args[i] = "SELECT * FROM (?)", entrysql.Entries(keys, inSpan(a, of, s), by, entrysql.Depth(a.Walk))
	}
	if len(parts) == 0 {
		parts, args = []string{"?"}, []any{sq.Select(keys).From("audit_entries AS e").Where("FALSE")}
	}
	return fetch(sq.Expr("SELECT * FROM ("+strings.Join(parts, " UNION ALL ")+") ORDER BY "+a.Order.By("")+" "+entrysql.Limit(entrysql.Depth(a.Walk)), args...), a)
}}

// maxSpans is for how many spans SQLite gets a query each, in one statement.
const maxSpans = 100

// inSpan is the condition that an entry is in a span. A comparison of rows leaves
// SQLite no other index to choose.
func inSpan(a *entrysql.Analysis, of entrysql.Equality, s entrysql.Span) sq.Sqlizer {
	where, row := a.Org(), "(e."+of.Column+", e.id)"
	if of.Partial != "" {
		where = append(where, sq.Expr(of.Partial))
	}
	return append(where, sq.Expr(row+" >= (?, ?)", s.Value, idArg(s.From)), sq.Expr(row+" < (?, ?)", s.Value, idArg(s.Before)))
}
