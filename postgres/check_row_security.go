package postgres

import (
	"context"
	"regexp"

	"github.com/jackc/pgx/v5"
)

// orgPolicy is the condition of the policy in docs/roles.md, as PostgreSQL spells
// it, with a setting of any name.
var orgPolicy = regexp.MustCompile(`^\(org_id = current_setting\('[^']+'::text(, true)?\)\)$`)

// checkRowSecurity looks at row-level security, which can hide entries and refuse
// them. The policy of docs/roles.md is not a finding.
func checkRowSecurity(ctx context.Context, db querier, entries table) ([]Finding, error) {
	rows, err := db.Query(ctx, `WITH `+logTables+`, `+recordingRoles+`
		SELECT t.template, t.nspname, t.relname, t.relrowsecurity, t.relforcerowsecurity, coalesce(p.polname::text, ''), coalesce(p.polpermissive, true), coalesce(p.polcmd::text, ''),
			coalesce(pg_get_expr(p.polqual, t.oid), ''), coalesce(pg_get_expr(p.polwithcheck, t.oid), ''),
			ARRAY(SELECT r.rolname::text FROM pg_roles AS r JOIN recording ON recording.grantee = r.oid
				WHERE t.template = 'audit_entries' AND t.relrowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
				AND NOT EXISTS (SELECT FROM pg_policy AS own, unnest(own.polroles) AS named WHERE own.polrelid = t.oid AND own.polpermissive AND (named = 0 OR pg_has_role(r.oid, named, 'USAGE')))
				ORDER BY 1)
		FROM tables AS t LEFT JOIN pg_policy AS p ON p.polrelid = t.oid
		WHERE t.relrowsecurity OR t.relforcerowsecurity OR p.oid IS NOT NULL
		ORDER BY t.template <> 'audit_entries', t.relname, p.polname`, entries.OID)
	if err != nil {
		return nil, err
	}
	var findings []Finding
	add := func(t table, problem, remedy string) {
		findings = append(findings, Finding{FindingPolicy, t.Name, problem, remedy, nil})
	}
	var t table
	var template, policy, command, using, check string
	var enabled, forced, permissive bool
	var uncovered []string
	last := ""
	_, err = pgx.ForEachRow(rows, []any{&template, &t.Schema, &t.Name, &enabled, &forced, &policy, &permissive, &command, &using, &check, &uncovered}, func() error {
		if first := last != t.Name; first {
			last = t.Name
			if forced {
				add(t, "row-level security holds its owner too, so that retention removes entries that it cannot see", "ALTER TABLE "+t.sql()+" NO FORCE ROW LEVEL SECURITY")
			}
			switch {
			case !enabled && policy != "":
				add(t, "it has policies, but row-level security is disabled", "ALTER TABLE "+t.sql()+" ENABLE ROW LEVEL SECURITY")
			case enabled && template != "audit_entries":
				add(t, "row-level security is enabled, which is for audit_entries", "ALTER TABLE "+t.sql()+" DISABLE ROW LEVEL SECURITY")
			}
			for _, role := range uncovered {
				add(t, "row-level security refuses every entry of role "+grantee(role)+", which records: no policy is for it", "make the policy of docs/roles.md for it")
			}
		}
		if policy == "" || template == "audit_entries" && permissive && isOrgPolicy(command, using, check) {
			return nil
		}
		kind := "policy "
		if !permissive {
			kind = "restrictive policy "
		}
		add(t, "the "+kind+quoteName(policy)+" is not that of docs/roles.md, and can hide, show or refuse entries: USING "+using+" WITH CHECK "+check,
			"DROP POLICY "+quoteName(policy)+" ON "+t.sql())
		return nil
	})
	return findings, err
}

// isOrgPolicy reports whether a policy for reading (r), inserting (a) or everything
// (*) has only the condition on the organization.
func isOrgPolicy(command, using, check string) bool {
	switch command {
	case "r":
		return orgPolicy.MatchString(using)
	case "a":
		return orgPolicy.MatchString(check)
	default:
		return orgPolicy.MatchString(using) && (check == "" || orgPolicy.MatchString(check))
	}
}
