package sqlite

import (
	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// ListQuery is the query that reads a walk's entries, and the name of its way.
func ListQuery(w audit.Walk) (way, query string, args []any, err error) {
	a, err := entrysql.Analyse(audit.SQLite, w)
	if err != nil {
		return "", "", nil, err
	}
	query, args, err = wayOf(a).query(a).ToSql()
	return wayOf(a).name, query, args, err
}

// HistogramQuery is the query for a histogram.
func HistogramQuery(f audit.Filter, bounds []audit.ID, limit int) (query string, args []any, err error) {
	capped, err := someOf(f, entrysql.HistogramColumns, limit+1)
	if err != nil {
		return "", nil, err
	}
	return entrysql.Histogram(bucketOf(bounds, 0), capped).ToSql()
}

// CountQuery is the query that counts.
func CountQuery(f audit.Filter, limit int) (query string, args []any, err error) {
	capped, err := someOf(f, "e.id", limit)
	if err != nil {
		return "", nil, err
	}
	return entrysql.Count(capped).ToSql()
}
