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
