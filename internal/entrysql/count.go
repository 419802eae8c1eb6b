package entrysql

import (
	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// Count returns the statement that counts the entries that match, no further
// than limit: the limit is inside, so that the database stops there.
func Count(d audit.Dialect, f audit.Filter, limit int) (query string, args []any, err error) {
	where, err := f.Where(d, "e")
	if err != nil {
		return "", nil, err
	}
	capped := sq.Select("1").From("audit_entries AS e").Where(where).Suffix("LIMIT ?", limit)
	return toSQL(d, sq.Select("count(*)").FromSelect(capped, "capped"))
}
