package entrysql

import (
	"fmt"
	"unicode/utf8"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// Values returns the statement that reads an organization's distinct values of
// a column. Neither database skips from one value to the next by itself
// (SELECT DISTINCT reads every entry), so a recursive query does it: each step
// is one look-up in the index (org_id, column, id) for the least value greater
// than the one before.
func Values(d audit.Dialect, org string, column audit.Column, prefix string, most int) (Statement, error) {
	name, ok := sortColumns[column]
	name = "e." + name
	if !ok {
		return Statement{}, fmt.Errorf("no values are listed of column %q", column)
	}
	least := func(bound string, value ...any) sq.SelectBuilder {
		s := sq.Select(name).From("audit_entries AS e").
			Where(sq.Eq{"e.org_id": org}).Where(name+bound, value...)
		if end, bounded := prefixEnd(prefix); bounded {
			s = s.Where(sq.Lt{name: end})
		}
		return s.OrderBy(name).Suffix("LIMIT 1")
	}
	return newStatement(d, sq.Expr("WITH RECURSIVE found (value, number) AS ("+
		"SELECT (?), 1"+
		" UNION ALL "+
		"SELECT (?), found.number + 1 FROM found WHERE found.value IS NOT NULL AND found.number < ?"+
		") SELECT value FROM found WHERE value IS NOT NULL ORDER BY value",
		least(" >= ?", prefix), least(" > found.value"), most), PlanOnce)
}

// RecentValues returns the statement that reads, on PostgreSQL, the values of a
// column among an organization's newest entries, those from an ID on and at
// most so many, and how many entries have each.
func RecentValues(org string, column audit.Column, since audit.ID, most int) (Statement, error) {
	name, ok := sortColumns[column]
	if !ok {
		return Statement{}, fmt.Errorf("no values are listed of column %q", column)
	}
	newest := sq.Select("e."+name+" AS value").From("audit_entries AS e").
		Where(sq.Eq{"e.org_id": org}).Where("e.id >= ?", audit.PostgreSQL.IDArg(since)).
		OrderBy("e.id DESC").Suffix(limit(most))
	return newStatement(audit.PostgreSQL, sq.Expr("SELECT value, count(*) FROM (?) AS newest GROUP BY value", newest), PlanOnce)
}

// prefixEnd returns the least text that is greater, byte by byte, than every
// text that begins with prefix; there is none if nothing can follow. The text
// must be UTF-8 itself, so the last character is what counts up.
func prefixEnd(prefix string) (end string, bounded bool) {
	for prefix != "" {
		last, size := utf8.DecodeLastRuneInString(prefix)
		prefix = prefix[:len(prefix)-size]
		if last == utf8.MaxRune {
			continue
		}
		if last++; last == 0xD800 { // surrogates are no characters
			last = 0xE000
		}
		return prefix + string(last), true
	}
	return "", false
}
