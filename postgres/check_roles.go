package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// role is what a role that records can do, by any grant or membership.
type role struct {
	name               string
	super              bool   // it can do everything
	owner, schemaOwner bool   // it can act as the owner of the tables, or drop them as that of the schema
	privileges         string // those that it must not have, such as by pg_write_all_data
	powers             string // further ones that go past the protection
}

// recordingRoles are the roles that have INSERT, of the table or of columns.
const recordingRoles = `recording AS (
	SELECT a.grantee FROM pg_class AS c, aclexplode(c.relacl) AS a
	WHERE c.oid = $1 AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner AND a.grantee <> 0
	UNION
	SELECT a.grantee FROM pg_class AS c JOIN pg_attribute AS t ON t.attrelid = c.oid, aclexplode(t.attacl) AS a
	WHERE c.oid = $1 AND a.privilege_type = 'INSERT' AND a.grantee <> c.relowner AND a.grantee <> 0)`

// describeRoles is the select list of a role r, on the table $1. The privilege
// MAINTAIN came with PostgreSQL 17; before 16, CREATEROLE gives every role.
const describeRoles = ` r.rolname, r.rolsuper, pg_has_role(r.oid, c.relowner, 'MEMBER'), pg_has_role(r.oid, n.nspowner, 'MEMBER'),
	concat_ws(', ',
		CASE WHEN has_any_column_privilege(r.oid, c.oid, 'UPDATE') THEN 'UPDATE' END,
		CASE WHEN has_table_privilege(r.oid, c.oid, 'DELETE') THEN 'DELETE' END,
		CASE WHEN has_table_privilege(r.oid, c.oid, 'TRUNCATE') THEN 'TRUNCATE' END,
		CASE WHEN has_table_privilege(r.oid, c.oid, 'TRIGGER') THEN 'TRIGGER' END,
		CASE WHEN has_any_column_privilege(r.oid, c.oid, 'REFERENCES') THEN 'REFERENCES' END,
		(SELECT 'INSERT (' || string_agg(a.attname, ', ' ORDER BY a.attnum) || ')' FROM pg_attribute AS a
			WHERE a.attrelid = c.oid AND a.attname IN ('recorded_at', 'xact', 'erased') AND has_column_privilege(r.oid, c.oid, a.attnum, 'INSERT')),
		CASE WHEN current_setting('server_version_num')::int >= 170000
			THEN CASE WHEN has_table_privilege(r.oid, c.oid, CASE WHEN current_setting('server_version_num')::int >= 170000 THEN 'MAINTAIN' ELSE 'TRIGGER' END) THEN 'MAINTAIN' END END),
	concat_ws(' and ',
		CASE WHEN r.rolcreaterole AND current_setting('server_version_num')::int < 160000 THEN 'has CREATEROLE, by which it can make itself the tables'' owner' END,
		(SELECT 'is a member of ' || string_agg(p.rolname, ', ' ORDER BY p.rolname) FROM pg_roles AS p
			WHERE p.rolname IN ('pg_write_server_files', 'pg_execute_server_program') AND pg_has_role(r.oid, p.oid, 'MEMBER')),
		CASE WHEN c.relrowsecurity AND r.rolbypassrls THEN 'has BYPASSRLS, so that row-level security does not hold it' END,
		CASE WHEN c.relrowsecurity AND pg_has_role(r.oid, 'pg_read_all_data', 'USAGE') THEN 'is a member of pg_read_all_data, by which it reads partitions past row-level security' END)`

func scanRole(row pgx.Row, more ...any) (r role, err error) {
	err = row.Scan(append(more, &r.name, &r.super, &r.owner, &r.schemaOwner, &r.privileges, &r.powers)...)
	return r, err
}

// checkRoles looks at the roles that record, which are those with INSERT, and at
// what they can do by other roles.
func checkRoles(ctx context.Context, db querier, entries table) ([]Finding, error) {
	rows, err := db.Query(ctx, `WITH `+recordingRoles+`
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
	var findings []Finding
	some := false
	for rows.Next() {
		var direct bool
		r, err := scanRole(rows, &direct)
		if err != nil {
			return nil, err
		}
		some = true
		// A role that has both roles by membership is an administrator's, not the
		// application's.
		if !direct && (r.owner || r.schemaOwner) {
			continue
		}
		if problem := r.problem(); problem != "" {
			findings = append(findings, Finding{
				FindingPrivilege, entries.Name, fmt.Sprintf("role %s records, and %s", grantee(r.name), problem),
				"let the application connect as a role that owns nothing here and belongs to no such role, and call Admin.Protect", nil,
			})
		}
	}
	if !some && rows.Err() == nil {
		findings = append(findings, Finding{
			FindingRole, entries.Name, "only the owner can record, so the application connects as the owner",
			"let it connect as another role, and call Admin.Protect", nil,
		})
	}
	return findings, rows.Err()
}

// problem says why a role must not be the application's. It is empty if it may be.
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
	if r.powers != "" && !r.super {
		problems = append(problems, r.powers)
	}
	if r.super {
		problems = append(problems, "is a superuser")
	}
	return strings.Join(problems, " and ")
}
