package postgres

import (
	"context"
	"slices"
	"strings"

	sq "github.com/Masterminds/squirrel"
	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// few looks for a walk's entries among those that have the value which the fewest
// are likely to have, of what the filter asks for: one record's or one user's are
// soon gone through, whatever else is asked of them and however they are sorted. Of
// 180,000 entries in 37 months, that took 2 to 10 ms.
var few = way{
	name: "few", isAttempt: true,
	suits: func(a *entrysql.Analysis) bool {
		return isShort(a) && len(a.Equalities)+len(a.Ranges) > 0
	},
	read: readAmong(fewEntries, amongRarest),
}

const (
	// fewEntries is how many entries [few] looks among: as many as take no longer to
	// go through than PostgreSQL takes to plan a search of some years of months.
	fewEntries = 2048
	// shortWalk is how many entries a walk may want for attempts to be worth it: what
	// reads on and on had better be planned well once.
	shortWalk = 256
)

// isShort reports whether a walk is worth an attempt with less than all entries.
func isShort(a *entrysql.Analysis) bool { return a.Walk.Limit <= shortWalk || isAboutFew(a) }

// isAboutFew reports whether a walk wants few entries however long it is: one
// record's, or one request's.
func isAboutFew(a *entrysql.Analysis) bool { return a.Asks("object_sort") || a.Asks("request_id") }

// amongRarest is a query for the entries that meet the condition which the fewest are
// likely to meet, one more than fewEntries if there are as many.
//
//	SELECT e.org_id, e.id, e.action, e.actor_email FROM unnest(…) AS s (value, from_id, before_id)
//	CROSS JOIN LATERAL (SELECT e.* FROM audit_entries AS e WHERE … ORDER BY e.actor_email LIMIT 2049) AS e LIMIT 2049
func amongRarest(a *entrysql.Analysis) sq.Sqlizer {
	if len(a.Ranges) > 0 && !isAboutFew(a) {
		return fromAddresses(a)
	}
	rarest := a.Equalities[0]
	return lateral{of: rarest, spans: a.SpansOf(rarest), columns: amongColumns(a), inner: "e.*", alias: "e", rows: fewEntries + 1}.query(a)
}

// fromAddresses is a query for the entries from ranges of addresses. In the order
// of addresses, no other index serves.
//
//	SELECT e.org_id, e.id, e.ip_key FROM unnest(CAST($1 AS text[]), CAST($2 AS text[])) AS r (least, greatest)
//	CROSS JOIN LATERAL (SELECT e.* FROM audit_entries AS e
//		WHERE e.org_id = $3 AND e.ip_key >= r.least COLLATE "C" AND e.ip_key <= r.greatest COLLATE "C" AND e.id >= $4 AND e.id < $5
//		ORDER BY e.ip_key LIMIT 2049) AS e LIMIT 2049
func fromAddresses(a *entrysql.Analysis) sq.Sqlizer {
	least, greatest := make([]string, len(a.Ranges)), make([]string, len(a.Ranges))
	for i, r := range a.Ranges {
		least[i], greatest[i] = r.Least, r.Greatest
	}
	where := append(a.Org(), sq.Expr(`e.ip_key >= r.least COLLATE "C" AND e.ip_key <= r.greatest COLLATE "C"`),
		sq.Expr("e.id >= ? AND e.id < ?", idArg(a.From), idArg(a.Before)))
	return sq.Expr("SELECT "+amongColumns(a)+" FROM unnest(CAST(? AS text[]), CAST(? AS text[])) AS r (least, greatest)"+
		" CROSS JOIN LATERAL (?) AS e "+entrysql.Limit(fewEntries+1),
		arrayLiteral(least), arrayLiteral(greatest), entrysql.Entries("e.*", where, "e.ip_key", fewEntries+1))
}

// readAmong is the read of a way that looks for a walk's entries among a few. It is
// done if there are no more of those than most.
func readAmong(most int, among func(*entrysql.Analysis) sq.Sqlizer) func(context.Context, *Store, *entrysql.Analysis) ([]audit.Entry, bool, error) {
	return func(ctx context.Context, s *Store, a *entrysql.Analysis) (entries []audit.Entry, done bool, err error) {
		q, err := amongQuery(a, among(a))
		if err != nil {
			return nil, false, err
		}
		found := 0
		var reader entrysql.Reader
		columns := strings.Count(entrysql.ReadColumns, ",") + 1
		scan := func(row pgx.CollectableRow) (e audit.Entry, err error) {
			last := make([]any, columns+1) // nil: not scanned
			last[columns] = &found
			if err := row.Scan(last...); err != nil || row.RawValues()[0] == nil { // only the number
				return e, err
			}
			return readEntry(&reader, row), nil
		}
		entries, err = collect(ctx, s, a.Walk.Filter.Org, scan, q)
		if err != nil {
			return nil, false, err
		}
		entries = slices.DeleteFunc(entries, func(e audit.Entry) bool { return e.Org == "" })
		return entries, found <= most, nil
	}
}

// amongQuery looks for a walk's entries among those of a query. Its rows are
// ReadColumns and the number of entries that it has looked among. If none is the
// walk's, it is one row that has only the number.
//
//	WITH few AS MATERIALIZED (…)
//	SELECT …, c.few FROM (SELECT count(*) AS few FROM few) AS c
//	LEFT JOIN LATERAL (SELECT e.org_id, e.id FROM few AS e WHERE … ORDER BY e.id DESC LIMIT 51 OFFSET $7) AS k ON TRUE
//	LEFT JOIN LATERAL (SELECT * FROM audit_entries AS e WHERE e.org_id = k.org_id AND e.id = k.id LIMIT 1) AS e ON TRUE
//	ORDER BY k.id DESC
func amongQuery(a *entrysql.Analysis, among sq.Sqlizer) (query, error) {
	page := sq.Select(a.Order.Keys("e.")).From("few AS e").Where(matching(a, planOnce)).
		OrderBy(a.Order.By("e.")).Suffix(entrysql.Limit(a.Walk.Limit)+" OFFSET ?", a.Walk.Offset)
	return newQuery(sq.Expr("WITH few AS MATERIALIZED (?)"+
		" SELECT "+entrysql.ReadColumns+", c.few FROM (SELECT count(*) AS few FROM few) AS c"+
		" LEFT JOIN LATERAL (?) AS k ON TRUE"+
		" LEFT JOIN LATERAL (SELECT * FROM audit_entries AS e WHERE e.org_id = k.org_id AND e.id = k.id LIMIT 1) AS e ON TRUE"+
		" ORDER BY "+a.Order.By("k."), among, page), planOnce)
}

// amongColumns are what a walk's entries are found, filtered and sorted by: no more,
// so that an index may have it all.
func amongColumns(a *entrysql.Analysis) string {
	columns := a.Order.Keys("e.")
	for _, column := range a.Columns {
		if !slices.Contains(a.Order.Columns, column) {
			columns += ", e." + column
		}
	}
	return columns
}
