package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// checkSettings looks at what is set for roles and for the database when a
// connection begins: settings that switch triggers off, name another actor, keep
// capture silent, or find other tables.
func checkSettings(ctx context.Context, db querier, entries table, named bool) ([]Finding, error) {
	rows, err := db.Query(ctx, `WITH `+recordingRoles+`
		SELECT s.setdatabase <> 0, coalesce(r.rolname::text, ''), current_database(), setting,
			s.setrole IN (TABLE recording) OR EXISTS (SELECT FROM recording WHERE s.setrole <> 0 AND NOT r.rolsuper AND pg_has_role(s.setrole, grantee, 'USAGE'))
		FROM pg_db_role_setting AS s LEFT JOIN pg_roles AS r ON r.oid = s.setrole, unnest(s.setconfig) AS setting
		WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
		ORDER BY 1, 2, 4`, entries.OID)
	if err != nil {
		return nil, err
	}
	type set struct{ of, reset, name, value, role string }
	var all []set
	var inDatabase, records bool
	var role, database, setting string
	_, err = pgx.ForEachRow(rows, []any{&inDatabase, &role, &database, &setting, &records}, func() error {
		s := set{role: role}
		s.name, s.value, _ = strings.Cut(setting, "=")
		switch {
		case role != "" && inDatabase:
			s.of, s.reset = "role "+grantee(role)+" in this database", "ALTER ROLE "+grantee(role)+" IN DATABASE "+quoteName(database)
		case role != "":
			s.of, s.reset = "role "+grantee(role), "ALTER ROLE "+grantee(role)
		case !inDatabase:
			s.of, s.reset = "all roles", "ALTER ROLE ALL"
		default:
			s.of, s.reset = "this database", "ALTER DATABASE "+quoteName(database)
		}
		s.reset += " RESET " + s.name
		// The settings of a role that does not record concern another program.
		if records || role == "" || s.name == "session_replication_role" {
			all = append(all, s)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, s := range all {
		problem := ""
		switch strings.ToLower(s.name) {
		case "session_replication_role":
			if s.value != "origin" {
				problem = "triggers do not run, neither those that refuse changes nor those that capture"
			}
		case "row_security":
			if s.value != "on" {
				problem = "reads fail beside row-level security"
			}
		case "audit.skip":
			problem = "capture is silent about " + s.value
		case "audit.context":
			problem = "entries of triggers name the actor that it says"
		case "search_path":
			if named {
				continue
			}
			if problem, err = misleading(ctx, db, entries, s.role, s.value); err != nil {
				return nil, err
			}
		}
		if problem != "" {
			findings = append(findings, Finding{FindingSetting, entries.Name, fmt.Sprintf("%s is %q for %s: %s", s.name, s.value, s.of, problem), s.reset, nil})
		}
	}
	granted, err := checkParameters(ctx, db)
	return append(findings, granted...), err
}

// misleading says why a search_path does not find the log. It is empty if it does.
// The connection often replaces the search_path of the database, so for that one only
// a table that it finds counts.
func misleading(ctx context.Context, db querier, entries table, role, path string) (string, error) {
	schemas := splitPath(path)
	at := slices.Index(schemas, entries.Schema)
	before := schemas
	if at >= 0 {
		before = schemas[:at]
	}
	for i, schema := range before {
		if schema == "$user" {
			before[i] = role
		}
	}
	rows, err := db.Query(ctx, `SELECT n.nspname, EXISTS (SELECT FROM pg_class WHERE relnamespace = n.oid AND relname = 'audit_entries'),
			coalesce(has_schema_privilege(nullif($2::text, '')::name, n.oid, 'CREATE'), false)
		FROM pg_namespace AS n WHERE n.nspname = ANY ($1::text[]) ORDER BY array_position($1::text[], n.nspname::text)`, before, role)
	if err != nil {
		return "", err
	}
	problem := ""
	var schema string
	var exists, creates bool
	_, err = pgx.ForEachRow(rows, []any{&schema, &exists, &creates}, func() error {
		switch {
		case problem != "":
		case exists:
			problem = fmt.Sprintf("it finds audit_entries in schema %q, and not the log in %q", schema, entries.Schema)
		case creates:
			problem = fmt.Sprintf("the role can make a table audit_entries in schema %q, which it finds before the log in %q", schema, entries.Schema)
		}
		return nil
	})
	if err == nil && problem == "" && at < 0 && role != "" {
		problem = fmt.Sprintf("it does not find the log, which is in schema %q", entries.Schema)
	}
	return problem, err
}

// splitPath returns the schemas of a search_path.
func splitPath(path string) (schemas []string) {
	for part := range strings.SplitSeq(path, ",") {
		part = strings.TrimSpace(part)
		if quoted, ok := strings.CutPrefix(part, `"`); ok {
			part = strings.ReplaceAll(strings.TrimSuffix(quoted, `"`), `""`, `"`)
		} else {
			part = strings.ToLower(part)
		}
		schemas = append(schemas, part)
	}
	return schemas
}

// checkParameters looks for roles that may switch triggers off, as PostgreSQL can
// grant since version 15.
func checkParameters(ctx context.Context, db querier) ([]Finding, error) {
	var exists bool
	if err := db.QueryRow(ctx, "SELECT to_regclass('pg_catalog.pg_parameter_acl') IS NOT NULL").Scan(&exists); err != nil || !exists {
		return nil, err
	}
	rows, err := db.Query(ctx, `SELECT CASE WHEN a.grantee = 0 THEN '' ELSE pg_get_userbyid(a.grantee) END, string_agg(a.privilege_type, ', ')
		FROM pg_parameter_acl AS p, aclexplode(p.paracl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
		WHERE p.parname = 'session_replication_role' AND NOT coalesce(r.rolsuper, false)
		GROUP BY 1 ORDER BY 1`)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	var role, privileges string
	_, err = pgx.ForEachRow(rows, []any{&role, &privileges}, func() error {
		findings = append(findings, Finding{
			FindingPrivilege, "audit_entries", grantee(role) + " may set session_replication_role, and so switch triggers off",
			fmt.Sprintf("REVOKE %s ON PARAMETER session_replication_role FROM %s", privileges, grantee(role)), nil,
		})
		return nil
	})
	return findings, err
}
