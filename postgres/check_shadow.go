package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// checkShadows looks for tables that a search_path can find in the log's place:
// temporary tables, which PostgreSQL looks at first, and tables that a role that
// records has made elsewhere.
func checkShadows(ctx context.Context, db querier, entries table) ([]Finding, error) {
	rows, err := db.Query(ctx, `WITH `+recordingRoles+`
		SELECT r.rolname, has_database_privilege(r.oid, d.oid, 'TEMP'), d.datname, d.datacl IS NULL OR EXISTS (SELECT FROM aclexplode(d.datacl) WHERE grantee = 0 AND privilege_type = 'TEMPORARY'),
			coalesce((SELECT min(c.oid::regclass::text) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
				WHERE c.relname = 'audit_entries' AND c.oid <> $1 AND c.relpersistence <> 't' AND (c.relowner = r.oid OR n.nspname = r.rolname)), '')
		FROM pg_roles AS r JOIN recording ON recording.grantee = r.oid, pg_database AS d
		WHERE d.datname = current_database() AND NOT r.rolsuper
		ORDER BY r.rolname`, entries.OID)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	var role, database, other string
	var temporary, public bool
	_, err = pgx.ForEachRow(rows, []any{&role, &temporary, &database, &public, &other}, func() error {
		if temporary {
			from := grantee(role)
			if public {
				from = "PUBLIC, " + from
			}
			findings = append(findings, Finding{
				FindingShadow, entries.Name, fmt.Sprintf("role %s records, and can make a temporary table audit_entries, which the search_path finds before the log", grantee(role)),
				fmt.Sprintf("name the log's schema by Store.WithSchema and Admin.WithSchema, or REVOKE TEMPORARY ON DATABASE %s FROM %s", quoteName(database), from), nil,
			})
		}
		if other != "" {
			findings = append(findings, Finding{
				FindingShadow, entries.Name, fmt.Sprintf("%s is of role %s, which records, and can stand before the log in its search_path", other, grantee(role)),
				"name the log's schema by Store.WithSchema and Admin.WithSchema, or drop it", nil,
			})
		}
		return nil
	})
	return findings, err
}
