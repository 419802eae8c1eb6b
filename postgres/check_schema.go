package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// creator is a role that can make functions in the log's schema. PUBLIC has no
// name.
type creator struct {
	name string
	owns bool // the schema
}

// remedy takes the right away. The owner of a schema could grant it again.
func (c creator) remedy(entries table) string {
	if c.owns {
		return "ALTER SCHEMA " + quoteName(entries.Schema) + " OWNER TO " + grantee(entries.Owner)
	}
	return "REVOKE CREATE ON SCHEMA " + quoteName(entries.Schema) + " FROM " + grantee(c.name)
}

// creators returns the roles, other than the owner of the tables, that can make
// functions in the log's schema. Such a function can match a call better than
// PostgreSQL's own, and then runs with the rights of the log's owner. Superusers and
// members of the owner can do everything anyway. A schema of pg_database_owner
// belongs to the database's owner.
func creators(ctx context.Context, db querier, entries table) ([]creator, error) {
	rows, err := db.Query(ctx, `WITH creators AS (
			SELECT a.grantee AS oid, false AS owns FROM pg_namespace AS n, aclexplode(n.nspacl) AS a
			WHERE n.nspname = $2 AND a.privilege_type = 'CREATE'
			UNION
			SELECT nspowner, true FROM pg_namespace WHERE nspname = $2),
		actual AS (
			SELECT DISTINCT CASE WHEN r.rolname = 'pg_database_owner' THEN d.datdba ELSE c.oid END AS oid, c.owns
			FROM creators AS c LEFT JOIN pg_roles AS r USING (oid), pg_database AS d WHERE d.datname = current_database())
		SELECT coalesce(r.rolname::text, ''), bool_or(c.owns) FROM actual AS c LEFT JOIN pg_roles AS r USING (oid), pg_class AS e
		WHERE e.oid = $1 AND (c.oid = 0 OR r.oid <> e.relowner AND NOT r.rolsuper AND NOT pg_has_role(r.oid, e.relowner, 'MEMBER'))
		GROUP BY 1 ORDER BY 1`, entries.OID, entries.Schema)
	if err != nil {
		return nil, fmt.Errorf("looking at schema %q: %w", entries.Schema, err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c creator, err error) {
		return c, row.Scan(&c.name, &c.owns)
	})
}

// refuseCreators refuses a schema in which others can make functions.
func refuseCreators(ctx context.Context, db querier, entries table) error {
	roles, err := creators(ctx, db, entries)
	if err != nil || len(roles) == 0 {
		return err
	}
	var names, remedies []string
	for _, role := range roles {
		names, remedies = append(names, grantee(role.name)), append(remedies, role.remedy(entries))
	}
	return fmt.Errorf("functions in the log's schema %q, which would run with the rights of its owner, can be made by %s: %s",
		entries.Schema, strings.Join(names, ", "), strings.Join(remedies, "; "))
}

// checkSchema looks at what others may put into the log's schema, and what they
// have put there.
func checkSchema(ctx context.Context, db querier, entries table) ([]Finding, error) {
	roles, err := creators(ctx, db, entries)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, role := range roles {
		findings = append(findings, Finding{
			FindingPrivilege, "schema " + entries.Schema,
			grantee(role.name) + " can make functions in it, which would run with the rights of the log's owner",
			role.remedy(entries) + ", or put the tables into a schema that only the log uses", nil,
		})
	}
	// Only an object with the name of one of PostgreSQL's can take its place.
	// Extensions, which superusers install, do so on purpose.
	rows, err := db.Query(ctx, `SELECT 'FUNCTION ' || p.oid::regprocedure::text, pg_get_userbyid(p.proowner)
		FROM pg_class AS e JOIN pg_proc AS p ON p.pronamespace = e.relnamespace JOIN pg_roles AS r ON r.oid = p.proowner
		WHERE e.oid = $1 AND p.proname NOT LIKE 'audit\_%' AND NOT r.rolsuper
			AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
			AND EXISTS (SELECT FROM pg_proc AS own WHERE own.pronamespace = 'pg_catalog'::regnamespace AND own.proname = p.proname)
		UNION ALL
		SELECT 'OPERATOR ' || o.oid::regoperator::text, pg_get_userbyid(o.oprowner)
		FROM pg_class AS e JOIN pg_operator AS o ON o.oprnamespace = e.relnamespace JOIN pg_roles AS r ON r.oid = o.oprowner
		WHERE e.oid = $1 AND NOT r.rolsuper
			AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_operator'::regclass AND d.objid = o.oid AND d.deptype = 'e')
		ORDER BY 1`, entries.OID)
	if err != nil {
		return nil, err
	}
	var object, owner string
	_, err = pgx.ForEachRow(rows, []any{&object, &owner}, func() error {
		findings = append(findings, Finding{
			FindingPrivilege, "schema " + entries.Schema,
			fmt.Sprintf("%s of %s stands in it, and can run with the rights of the log's owner", object, grantee(owner)),
			"DROP " + object + ", or put the tables into a schema that only the log uses", nil,
		})
		return nil
	})
	if err != nil {
		return nil, err
	}
	defaults, err := checkDefaultPrivileges(ctx, db, entries)
	return append(findings, defaults...), err
}

// checkDefaultPrivileges looks for privileges that others will have on what the
// owner makes next: a partition, or the function of a watched table.
func checkDefaultPrivileges(ctx context.Context, db querier, entries table) ([]Finding, error) {
	rows, err := db.Query(ctx, `SELECT CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' ELSE 'FUNCTIONS' END, CASE WHEN d.defaclnamespace <> 0 THEN n.nspname ELSE '' END,
			CASE WHEN a.grantee = 0 THEN '' ELSE pg_get_userbyid(a.grantee) END, string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type)
		FROM pg_class AS e JOIN pg_namespace AS n ON n.oid = e.relnamespace
		JOIN pg_default_acl AS d ON d.defaclrole = e.relowner AND d.defaclnamespace IN (0, n.oid), aclexplode(d.defaclacl) AS a
		WHERE e.oid = $1 AND a.grantee <> e.relowner AND (d.defaclobjtype = 'r' OR d.defaclobjtype = 'f' AND a.grantee <> 0)
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, entries.OID)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	var objects, schema, role, privileges string
	_, err = pgx.ForEachRow(rows, []any{&objects, &schema, &role, &privileges}, func() error {
		in := ""
		if schema != "" {
			in = " IN SCHEMA " + quoteName(schema)
		}
		findings = append(findings, Finding{
			FindingPrivilege, entries.Name,
			fmt.Sprintf("by default privileges, %s will have %s on %s that %s makes", grantee(role), privileges, strings.ToLower(objects), grantee(entries.Owner)),
			fmt.Sprintf("ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE ALL ON %s FROM %s", grantee(entries.Owner), in, objects, grantee(role)), nil,
		})
		return nil
	})
	return findings, err
}
