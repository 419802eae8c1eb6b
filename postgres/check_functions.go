package postgres

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// migratedFunction is a function as a migration makes it.
type migratedFunction struct {
	name, file string
	// head is what stands between the name and the body, from the arguments on.
	head, body string
}

var functionPattern = regexp.MustCompile(`(?ms)^CREATE FUNCTION (\w+)(\(.*?) AS \$\$(.*?)^?\$\$;`)

// migratedFunctions returns the functions that the migrations make.
func migratedFunctions() ([]migratedFunction, error) {
	files, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		return nil, err
	}
	var all []migratedFunction
	for _, file := range files {
		text, err := migrationFiles.ReadFile("migrations/" + file.Name())
		if err != nil {
			return nil, err
		}
		for _, parts := range functionPattern.FindAllStringSubmatch(string(text), -1) {
			all = append(all, migratedFunction{parts[1], file.Name(), parts[2], parts[3]})
		}
	}
	return all, nil
}

// attributes are what the head says beside arguments and result, as
// checkFunctions reads them from the catalogue.
func (f migratedFunction) attributes() string {
	_, head, _ := strings.Cut(f.head, "LANGUAGE ")
	language, _, _ := strings.Cut(head, " ")
	attributes := []string{language}
	for _, word := range []string{"IMMUTABLE", "STABLE", "STRICT", "PARALLEL SAFE"} {
		if strings.Contains(head, word) {
			attributes = append(attributes, word)
		}
	}
	return strings.Join(attributes, " ")
}

// checkFunctions compares the log's functions with those of the migrations. One
// that returns instead of raising an error would let every change pass; one that
// captures would record something else, with the rights of the log's owner.
func checkFunctions(ctx context.Context, db querier, entries table) ([]Finding, error) {
	expected, err := migratedFunctions()
	if err != nil {
		return nil, err
	}
	rows, err := db.Query(ctx, `SELECT p.proname, pg_get_userbyid(p.proowner), p.prosrc, p.oid::regprocedure::text, p.proname LIKE 'audit\_capture\_of\_%',
			concat_ws(' ', l.lanname, CASE p.provolatile WHEN 'i' THEN 'IMMUTABLE' WHEN 's' THEN 'STABLE' END, CASE WHEN p.proisstrict THEN 'STRICT' END,
				CASE p.proparallel WHEN 's' THEN 'PARALLEL SAFE' WHEN 'r' THEN 'PARALLEL RESTRICTED' END, CASE WHEN p.prosecdef THEN 'SECURITY DEFINER' END,
				CASE WHEN p.proleakproof THEN 'LEAKPROOF' END, 'SET ' || array_to_string(p.proconfig, ', '))
		FROM pg_class AS e JOIN pg_proc AS p ON p.pronamespace = e.relnamespace AND p.proname LIKE 'audit\_%' JOIN pg_language AS l ON l.oid = p.prolang
		WHERE e.oid = $1 ORDER BY p.proname, p.oid`, entries.OID)
	if err != nil {
		return nil, err
	}
	type function struct {
		name, owner, body, signature string
		watched                      bool
		attributes                   string
	}
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (f function, err error) {
		err = row.Scan(&f.name, &f.owner, &f.body, &f.signature, &f.watched, &f.attributes)
		return f, err
	})
	if err != nil {
		return nil, err
	}
	var problems []Finding
	known := map[string]bool{}
	for _, want := range expected {
		known[want.name] = true
		kind := FindingCapture
		if want.name == refuseFunction {
			kind = FindingTrigger
		}
		problem := Finding{
			kind, entries.Name, fmt.Sprintf("the function %s is not that of migration %s", want.name, want.file), "call Admin.Protect",
			[]string{"CREATE OR REPLACE FUNCTION " + entries.sibling(want.name) + want.head + " AS $migrated$" + want.body + "$migrated$"},
		}
		var same, others []function
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
				problems = append(problems, Finding{
					kind, entries.Name, fmt.Sprintf("the function %s is not the library's, and could run in the place of one that is", f.signature),
					"DROP FUNCTION " + f.signature, nil,
				})
			}
			if len(same) == 0 {
				problems = append(problems, problem)
			}
		case len(others) == 1 && others[0].owner != entries.Owner:
			problem.Problem = fmt.Sprintf("the function %s belongs to %s, and audit_entries to %s", want.name, others[0].owner, entries.Owner)
			problem.Remedy = "ALTER FUNCTION " + others[0].signature + " OWNER TO " + grantee(entries.Owner)
			problem.repair = nil
			problems = append(problems, problem)
		default:
			problems = append(problems, problem)
		}
	}
	for _, f := range all {
		if !known[f.name] && !f.watched {
			problems = append(problems, Finding{
				FindingPrivilege, entries.Name, fmt.Sprintf("the function %s is not the library's", f.signature), "DROP FUNCTION " + f.signature, nil,
			})
		}
	}
	return problems, nil
}

// refuseFunction is the function of the triggers that refuse changes.
const refuseFunction = "audit_refuse_change"
