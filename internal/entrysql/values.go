package entrysql

import (
	"fmt"
	"unicode/utf8"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// Values is the query for an organization's distinct values of a column, at most
// so many. Neither database skips from one value to the next by itself (SELECT
// DISTINCT reads every entry), so a recursive query does it: each step is one
// look-up in the index (org_id, column, id) for the least value greater than the
// one before.
//
//	WITH RECURSIVE found (value, number) AS (
//		SELECT (SELECT e.action FROM audit_entries AS e WHERE e.org_id = 'acme' AND e.action >= '' ORDER BY e.action LIMIT 1), 1
//		UNION ALL
//		SELECT (SELECT e.action … AND e.action > found.value …), found.number + 1 FROM found WHERE …
//	) SELECT value FROM found WHERE value IS NOT NULL ORDER BY value
func Values(org string, column audit.Column, prefix string, limit int) (sq.Sqlizer, error) {
	name, err := ValuesColumn(column)
	if err != nil {
		return nil, err
	}
	least := func(bound string, value ...any) sq.SelectBuilder {
		s := sq.Select(name).From("audit_entries AS e").
			Where(sq.Eq{"e.org_id": org}).Where(name+bound, value...)
		if end, bounded := prefixEnd(prefix); bounded {
			s = s.Where(sq.Lt{name: end})
		}
		return s.OrderBy(name).Suffix("LIMIT 1")
	}
	return sq.Expr("WITH RECURSIVE found (value, number) AS ("+
		"SELECT (?), 1"+
		" UNION ALL "+
		"SELECT (?), found.number + 1 FROM found WHERE found.value IS NOT NULL AND found.number < ?"+
		") SELECT value FROM found WHERE value IS NOT NULL ORDER BY value",
		least(" >= ?", prefix), least(" > found.value"), limit), nil
}

// ValuesColumn returns the column, under the alias e, whose values are listed.
func ValuesColumn(column audit.Column) (string, error) {
	name, ok := sortColumns[column]
	if !ok {
		return "", fmt.Errorf("no values are listed of column %q", column)
	}
	return "e." + name, nil
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
		if last++; last == 0xD800 { // surrogates are not characters
			last = 0xE000
		}
		return prefix + string(last), true
	}
	return "", false
}
