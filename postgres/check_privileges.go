package postgres

import (
	"context"
	"fmt"
	"strings"
)

// checkGrants looks for privileges that a role other than the owner must not
// have on the log's tables, those of columns too.
func checkGrants(ctx context.Context, db querier, entries table) ([]Problem, error) {
	rows, err := db.Query(ctx, `WITH tables AS (
			SELECT c.oid, c.relname, n.nspname, c.relowner, c.relacl,
				CASE WHEN c.relname IN ('audit_holds', 'audit_migrations') THEN '{INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER}'::text[]
				ELSE '{UPDATE,DELETE,TRUNCATE,TRIGGER}' END AS forbidden
			FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
			WHERE c.oid = $1 OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = $1)
				OR n.nspname = $2 AND c.relname IN ('audit_holds', 'audit_migrations')),
		granted AS (
			SELECT t.oid, a.grantee, a.privilege_type FROM tables AS t, aclexplode(t.relacl) AS a
			UNION
			SELECT t.oid, a.grantee, a.privilege_type FROM tables AS t
			JOIN pg_attribute AS column_of ON column_of.attrelid = t.oid AND NOT column_of.attisdropped, aclexplode(column_of.attacl) AS a)
		SELECT t.relname, t.nspname, CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type)
		FROM tables AS t JOIN granted AS g USING (oid)
		WHERE g.grantee <> t.relowner AND g.privilege_type = ANY (t.forbidden)
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, entries.OID, entries.Schema)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var problems []Problem
	for rows.Next() {
		var t table
		var role, privileges string
		if err := rows.Scan(&t.Name, &t.Schema, &role, &privileges); err != nil {
			return nil, err
		}
		problems = append(problems, Problem{
			ProblemPrivilege, t.Name, fmt.Sprintf("%s has %s", grantee(role), privileges),
			fmt.Sprintf("REVOKE %s ON %s FROM %s", privileges, t.sql(), grantee(role)), nil,
		})
	}
	return problems, rows.Err()
}

// role is what a role that records can do, however it came by it.
type role struct {
	name               string
	direct             bool   // it has INSERT itself, and not by way of another role
	super              bool   // it can do everything
	owner, schemaOwner bool   // it can act as the owner of the tables, or drop them as that of the schema
	privileges         string // those that it must not have, such as by pg_write_all_data
}

// describeRoles is the select list of a role r, on the table $1.
const describeRoles = ` r.rolname, r.rolsuper, pg_has_role(r.oid, c.relowner, 'MEMBER'), pg_has_role(r.oid, n.nspowner, 'MEMBER'),
	concat_ws(', ',
		CASE WHEN has_any_column_privilege(r.oid, c.oid, 'UPDATE') THEN 'UPDATE' END,
		CASE WHEN has_table_privilege(r.oid, c.oid, 'DELETE') THEN 'DELETE' END,
		CASE WHEN has_table_privilege(r.oid, c.oid, 'TRUNCATE') THEN 'TRUNCATE' END,
		CASE WHEN has_table_privilege(r.oid, c.oid, 'TRIGGER') THEN 'TRIGGER' END)`

// checkRoles looks at the roles that record, which are those with INSERT, and
// at what they can do by way of other roles.
func checkRoles(ctx context.Context, db querier, entries table) ([]Problem, error) {
	rows, err := db.Query(ctx, `WITH recording AS (
			SELECT DISTINCT a.grantee FROM pg_class AS c, aclexplode(c.relacl) AS a
			WHERE c.oid = $1 AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner AND a.grantee <> 0)
		SELECT r.oid IN (TABLE recording),`+describeRoles+`
		FROM pg_roles AS r, pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.oid = $1 AND r.oid <> c.relowner
			AND (r.oid IN (TABLE recording)
				OR NOT r.rolsuper AND EXISTS (SELECT FROM recording WHERE pg_has_role(r.oid, grantee, 'USAGE')))
		ORDER BY r.rolname`, entries.OID)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var problems []Problem
	some := false
	for rows.Next() {
		var r role
		if err := rows.Scan(&r.direct, &r.name, &r.super, &r.owner, &r.schemaOwner, &r.privileges); err != nil {
			return nil, err
		}
		some = true
		// Whoever has both roles by membership is an administrator, not the
		// application.
		if !r.direct && (r.owner || r.schemaOwner) {
			continue
		}
		if problem := r.problem(); problem != "" {
			problems = append(problems, Problem{
				ProblemPrivilege, entries.Name, fmt.Sprintf("role %s records, and %s", grantee(r.name), problem),
				"let the application connect as a role that owns nothing here and belongs to no such role, and call Admin.Protect", nil,
			})
		}
	}
	if !some && rows.Err() == nil {
		problems = append(problems, Problem{
			ProblemRole, entries.Name, "only the owner can record, so the application connects as the owner",
			"let it connect as a role of its own, and call Admin.Protect", nil,
		})
	}
	return problems, rows.Err()
}

// problem says why a role must not be the application's, or nothing.
func (r role) problem() string {
	var problems []string
	if r.privileges != "" && !r.super && !r.owner {
		problems = append(problems, "has "+r.privileges)
	}
	if r.owner && !r.super {
		problems = append(problems, "can act as the tables' owner")
	}
	if r.schemaOwner && !r.super {
		problems = append(problems, "can drop the tables as their schema's owner")
	}
	if r.super {
		problems = append(problems, "is a superuser")
	}
	return strings.Join(problems, " and ")
}
