package entrysql

import (
	"strconv"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// Entries is a query for the first rows that match.
func Entries(columns string, matching sq.Sqlizer, by string, n int) sq.SelectBuilder {
	return sq.Select(columns).From("audit_entries AS e").Where(matching).OrderBy(by).Suffix(Limit(n))
}

// Limit returns a LIMIT clause. Its number is written out: of a parameter,
// PostgreSQL supposes that it means a tenth of all rows, and reads and sorts
// them.
func Limit(n int) string { return "LIMIT " + strconv.Itoa(n) }

// Depth is how many rows a query for a walk's keys reads at most. It is rounded up
// if there is an offset, so that the pages of a list share few statements.
func Depth(w audit.Walk) int {
	if w.Offset == 0 {
		return w.Limit
	}
	n := w.Offset + w.Limit
	const step = 1024
	if n > step {
		return (n + step - 1) / step * step
	}
	rounded := 64
	for rounded < n {
		rounded *= 4
	}
	return rounded
}

// Room is for how many entries a read of a walk makes room at once.
func Room(w audit.Walk) int { return min(w.Limit, 4096) }
