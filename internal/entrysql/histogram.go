package entrysql

import (
	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// Histogram returns the statement that counts the entries that match by bucket
// and action. The inner query ends at most+1 narrow rows, so the work is
// bounded, and only the sums travel.
func Histogram(d audit.Dialect, f audit.Filter, bounds []audit.ID, most int) (Statement, error) {
	// The one index that has both columns.
	capped, planning, err := someOf(d, f, "e.id, e.action", "e.action, e.id", most+1)
	if err != nil {
		return Statement{}, err
	}
	return newStatement(d, sq.Expr("SELECT ? AS bucket, action, count(*) FROM (?) AS capped GROUP BY bucket, action ORDER BY bucket, action",
		bucketOf(d, bounds), capped), planning)
}

// bucketOf returns the number of bounds that are not after an entry's ID.
func bucketOf(d audit.Dialect, bounds []audit.ID) sq.Sqlizer {
	if len(bounds) == 0 {
		return sq.Expr("0")
	}
	if d == audit.PostgreSQL {
		return sq.Expr("width_bucket(id, CAST(? AS uuid[]))", idArray(bounds))
	}
	return halves(d, bounds, 0)
}

// halves finds the bucket by binary search: an entry is compared with few of
// the bounds, and the expression is nowhere near as deep as SQLite allows.
func halves(d audit.Dialect, bounds []audit.ID, bucket int) sq.Sqlizer {
	if len(bounds) == 0 {
		return sq.Expr("?", bucket)
	}
	middle := len(bounds) / 2
	return sq.Expr("CASE WHEN id < ? THEN ? ELSE ? END", d.IDArg(bounds[middle]),
		halves(d, bounds[:middle], bucket), halves(d, bounds[middle+1:], bucket+middle+1))
}

// ScanBar reads a bar from a row of [Histogram]. It takes the Scan method of
// the rows of pgx or database/sql.
func ScanBar(scan func(dest ...any) error) (bar audit.HistogramBar, err error) {
	var action Cell
	err = scan(&bar.Bucket, &action, &bar.Entries)
	bar.Action = audit.Action(action.Text)
	return bar, err
}
