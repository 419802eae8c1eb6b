package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// checkFunctions compares the log's functions with those of this version. A changed
// function that refuses would let every change pass. A changed function that
// captures would record something else, with the rights of the log's owner.
func checkFunctions(ctx context.Context, db querier, entries table) ([]Finding, error) {
	rows, err := db.Query(ctx, `SELECT p.proname, pg_get_userbyid(p.proowner), p.prosrc, p.oid::regprocedure::text, p.proname LIKE 'audit\_capture\_of\_%',
			concat_ws(' ', l.lanname, CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' END, CASE WHEN p.proisstrict THEN 'STRICT' END,
				CASE p.proparallel WHEN 's' THEN 'PARALLEL SAFE' WHEN 'r' THEN 'PARALLEL RESTRICTED' END, CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
				CASE WHEN p.proleakproof THEN 'LEAKPROOF' END, 'SET ' || array_to_string(p.proconfig, ', '))
		FROM pg_class AS e JOIN pg_proc AS p ON p.pronamespace = e.relnamespace AND p.proname LIKE 'audit\_%' JOIN pg_language AS l ON l.oid = p.prolang
		WHERE e.oid = $1 ORDER BY p.proname, p.oid`, entries.OID)
	if err != nil {
		return nil, err
	}
	type existing struct {
		name, owner, body, signature string
		watched                      bool
		attributes                   string
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f existing, err error) {
		err = row.Scan(&f.name, &f.owner, &f.body, &f.signature, &f.watched, &f.attributes)
		return f, err
	})
	if err != nil {
		return nil, err
	}
	var findings []Finding
	known := map[string]bool{}
	for _, want := range functions() {
		known[want.name] = true
		kind := FindingCapture
		if want.name == refuseFunction {
			kind = FindingTrigger
		}
		finding := Finding{
			kind, entries.Name, fmt.Sprintf("the function %s differs from the library's %s", want.name, want.file), "call Admin.Protect",
			[]string{"CREATE OR REPLACE FUNCTION " + entries.sibling(want.name) + want.head + " AS $migrated$" + want.body + "$migrated$"},
		}
		var same, others []existing
		for _, f := range all {
			switch {
			case f.name != want.name:
			case f.body == want.body && f.attributes == want.attributes() && f.owner == entries.Owner:
				same = append(same, f)
			default:
				others = append(others, f)
			}
		}
		switch {
		case len(same) == 1 && len(others) == 0:
		case len(same)+len(others) > 1:
			for _, f := range append(others, same...) {
				if len(same) > 0 && f == same[0] {
					continue
				}
				findings = append(findings, Finding{
					kind, entries.Name, fmt.Sprintf("the function %s is not the library's, and could run in the place of one that is", f.signature),
					"DROP FUNCTION " + f.signature, nil,
				})
			}
			if len(same) == 0 {
				findings = append(findings, finding)
			}
		case len(others) == 1 && others[0].owner != entries.Owner:
			finding.Problem = fmt.Sprintf("the function %s belongs to %s, and audit_entries to %s", want.name, others[0].owner, entries.Owner)
			finding.Remedy = "ALTER FUNCTION " + others[0].signature + " OWNER TO " + grantee(entries.Owner)
			finding.repair = nil
			findings = append(findings, finding)
		default:
			findings = append(findings, finding)
		}
	}
	for _, f := range all {
		if !known[f.name] && !f.watched {
			findings = append(findings, Finding{
				FindingPrivilege, entries.Name, fmt.Sprintf("the function %s is not the library's", f.signature), "DROP FUNCTION " + f.signature, nil,
			})
		}
	}
	return findings, nil
}

// refuseFunction is the function of the triggers that refuse changes.
const refuseFunction = "audit_refuse_change"
