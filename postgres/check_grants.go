package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
)

// grant is a privilege that a role other than the owner has.
type grant struct {
	object, column, role, privilege string
	grantable                       bool
}

// databaseColumns are the columns of audit_entries that only the database and the
// owner fill. A role that records has no INSERT on them.
var databaseColumns = []string{"recorded_at", "xact", "erased"}

// grantedColumns are the columns of audit_entries that a role that records fills.
var grantedColumns = sync.OnceValue(func() []string {
	var columns []string
	for _, f := range expectedFacts()["audit_entries"] {
		if f.kind == "column" && !slices.Contains(databaseColumns, f.name) {
			columns = append(columns, f.name)
		}
	}
	return columns
})

// allowed reports whether a role other than the owner may have the privilege. A
// named role may record and read, on the log as a whole.
func (g grant) allowed(template string) bool {
	if g.role == "" || g.grantable {
		return false
	}
	switch template {
	case "audit_entries":
		return g.privilege == "SELECT" || g.privilege == "INSERT" && slices.Contains(grantedColumns(), g.column)
	case "audit_holds", "audit_months", "audit_migrations", "audit_capture_seen":
		return g.privilege == "SELECT"
	default:
		return false
	}
}

// checkGrants looks for privileges that a role other than the owner must not
// have on the log's tables, their columns and the log's functions.
func checkGrants(ctx context.Context, db querier, entries table) ([]Finding, error) {
	rows, err := db.Query(ctx, `WITH `+logTables+`, granted AS (
			SELECT t.template, t.relname::text AS object, 'TABLE' AS kind, t.nspname::text AS name, '' AS column_name, t.relowner AS owner, a.grantee, a.privilege_type, a.is_grantable
			FROM tables AS t, aclexplode(t.relacl) AS a WHERE t.relkind <> 'c'
			UNION ALL
			SELECT t.template, t.relname, 'TABLE', t.nspname, c.attname, t.relowner, a.grantee, a.privilege_type, a.is_grantable
			FROM tables AS t JOIN pg_attribute AS c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped, aclexplode(c.attacl) AS a
			UNION ALL
			SELECT 'function', 'function ' || p.proname, 'FUNCTION', p.oid::regprocedure::text, '', p.proowner, a.grantee, a.privilege_type, a.is_grantable
			FROM (SELECT DISTINCT log_namespace FROM tables) AS t JOIN pg_proc AS p ON p.pronamespace = t.log_namespace AND p.proname LIKE 'audit\_capture\_%',
				aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a)
		SELECT g.template, g.object, g.kind, g.name, g.column_name, CASE WHEN g.grantee = 0 THEN '' ELSE pg_get_userbyid(g.grantee) END, g.privilege_type, g.is_grantable
		FROM granted AS g WHERE g.grantee <> g.owner
		ORDER BY g.template <> 'audit_entries', g.object, 6, g.privilege_type, g.column_name`, entries.OID)
	if err != nil {
		return nil, err
	}
	type holder struct{ object, kind, name, role string }
	var order []holder
	wrong := map[holder][]string{}
	var template, kind, name string
	var g grant
	_, err = pgx.ForEachRow(rows, []any{&template, &g.object, &kind, &name, &g.column, &g.role, &g.privilege, &g.grantable}, func() error {
		if g.allowed(template) {
			return nil
		}
		by := holder{g.object, kind, name, g.role}
		if wrong[by] == nil {
			order = append(order, by)
		}
		privilege := g.privilege
		if g.column != "" {
			privilege += " (" + quoteName(g.column) + ")"
		}
		wrong[by] = append(wrong[by], privilege)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var findings []Finding
	for _, by := range order {
		on := by.name
		if by.kind == "TABLE" {
			on = table{Schema: by.name, Name: by.object}.sql()
		}
		privileges := strings.Join(slices.Compact(wrong[by]), ", ")
		revoke := fmt.Sprintf("REVOKE %s ON %s %s FROM %s CASCADE", privileges, by.kind, on, grantee(by.role))
		finding := Finding{FindingPrivilege, by.object, fmt.Sprintf("%s has %s", grantee(by.role), privileges), revoke, nil}
		switch {
		case by.kind == "FUNCTION":
			finding.Problem += ", which only the log's owner needs"
			finding.repair = []string{revoke}
		case by.object == entries.Name && slices.Contains(wrong[by], "INSERT"):
			finding.Problem += ": with INSERT on the whole table it can set " + strings.Join(databaseColumns, ", ")
			finding.Remedy = "call Admin.Protect for the role, which grants INSERT by column"
		}
		findings = append(findings, finding)
	}
	return findings, nil
}
