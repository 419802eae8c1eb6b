package entrysql

import sq "github.com/Masterminds/squirrel"

// Count counts the rows of a query, which ends itself when it has enough.
//
//	SELECT count(*) FROM (SELECT e.id FROM audit_entries AS e WHERE … LIMIT 10001) AS capped
func Count(capped sq.Sqlizer) sq.Sqlizer {
	return sq.Expr("SELECT count(*) FROM (?) AS capped", capped)
}
