package entrysql

import (
	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// HistogramColumns are the columns that [Histogram] needs of the query that it
// counts, and HistogramOrder is the order of the one index that has both.
const (
	HistogramColumns = "e.id, e.action"
	HistogramOrder   = "e.action, e.id"
)

// Histogram counts the rows of a query by bucket, which is an SQL term, and action.
// The query ends itself after some narrow rows, so the work is bounded and only the
// sums travel.
//
//	SELECT width_bucket(id, …) AS bucket, action, count(*) FROM (SELECT e.id, e.action … LIMIT 10001) AS capped
//	GROUP BY bucket, action ORDER BY bucket, action
func Histogram(bucket, capped sq.Sqlizer) sq.Sqlizer {
	return sq.Expr("SELECT ? AS bucket, action, count(*) FROM (?) AS capped GROUP BY bucket, action ORDER BY bucket, action", bucket, capped)
}

// ScanBar reads a bar from a row of [Histogram]. It takes the Scan method of
// the rows of pgx or database/sql.
func ScanBar(scan func(dest ...any) error) (bar audit.HistogramBar, err error) {
	var action Cell
	err = scan(&bar.Bucket, &action, &bar.Entries)
	bar.Action = audit.Action(action.Text)
	return bar, err
}
