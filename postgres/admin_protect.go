package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Protect grants the application's role what recording and reading need: SELECT on
// audit_entries, and INSERT on its columns except recorded_at, xact and erased. It
// revokes everything else from the role and from PUBLIC, on every partition too. It
// also restores triggers that are missing or disabled, and functions that are not
// the library's. It can be called again at any time, and for several roles.
// docs/roles.md has the same as SQL.
//
// Protect refuses the tables' owner, a superuser, and a member of the owner or of
// the schema's owner. It also refuses a role that has more by way of other roles,
// and a schema in which others than the owner can make functions. After an error
// nothing has changed. Privileges of other roles stay as they are; [Admin.Check]
// names them.
func (a *Admin) Protect(ctx context.Context, role string) error {
	err := a.exclusively(ctx, func(tx pgx.Tx, entries table) error {
		before, err := describeRole(ctx, tx, entries, role)
		if err != nil {
			return err
		}
		if before.privileges = ""; before.problem() != "" {
			return fmt.Errorf("it %s: create another role for the application, which owns nothing here", before.problem())
		}
		if err := refuseCreators(ctx, tx, entries); err != nil {
			return err
		}
		if err := restore(ctx, tx, entries); err != nil {
			return err
		}
		if err := grantOnly(ctx, tx, entries, role); err != nil {
			return err
		}
		after, err := describeRole(ctx, tx, entries, role)
		if err != nil {
			return err
		}
		if after.powers != "" {
			return fmt.Errorf("it %s: take that away first", after.powers)
		}
		if after.privileges != "" {
			return fmt.Errorf("it still has %s, by a grant of somebody else's or by another role such as pg_write_all_data: revoke that first", after.privileges)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("protecting the log from role %q: %w", role, err)
	}
	return nil
}

func describeRole(ctx context.Context, tx pgx.Tx, entries table, name string) (r role, err error) {
	r, err = scanRole(tx.QueryRow(ctx, "SELECT"+describeRoles+" FROM pg_roles AS r, pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace"+
		" WHERE c.oid = $1 AND r.rolname = $2", entries.OID, name))
	if errors.Is(err, pgx.ErrNoRows) {
		return r, errors.New("there is no such role: CREATE ROLE it first")
	}
	return r, err
}

// grantOnly gives a role what the store needs and nothing else.
func grantOnly(ctx context.Context, tx pgx.Tx, entries table, role string) error {
	partitions, err := partitionsOf(ctx, tx, entries)
	if err != nil {
		return err
	}
	tables, migrations, err := tablesBeside(ctx, tx, entries)
	if err != nil {
		return err
	}
	for _, p := range append(partitions, partition{table: entries}) {
		tables = append(tables, p.sql())
	}
	var statements []string
	for _, name := range tables {
		// Those of columns go with them.
		statements = append(statements, "REVOKE ALL ON "+name+" FROM PUBLIC, "+grantee(role))
	}
	statements = append(statements,
		"GRANT SELECT ON "+entries.sql()+" TO "+grantee(role),
		// By column: the database fills the others itself.
		"GRANT INSERT ("+strings.Join(grantedColumns(), ", ")+") ON "+entries.sql()+" TO "+grantee(role))
	if migrations != "" { // so that Store.Migrate can see that nothing is pending
		statements = append(statements, "GRANT SELECT ON "+migrations+" TO "+grantee(role))
	}
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	const usable = "SELECT has_schema_privilege($1, $2, 'USAGE')"
	var usage bool
	if err := tx.QueryRow(ctx, usable, role, entries.Schema).Scan(&usage); err != nil || usage {
		return err
	}
	// The tables' owner need not be the schema's, and then PostgreSQL may only
	// warn and grant nothing.
	grant := "GRANT USAGE ON SCHEMA " + pgx.Identifier{entries.Schema}.Sanitize() + " TO " + grantee(role)
	_, err = tx.Exec(ctx, grant)
	if err == nil {
		err = tx.QueryRow(ctx, usable, role, entries.Schema).Scan(&usage)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", grant, err)
	}
	if !usage {
		return fmt.Errorf("the tables' owner may not grant the use of their schema: let its owner %s", grant)
	}
	return nil
}

// tablesBeside returns the log's tables beside audit_entries, and which of them
// lists the migrations: a host that migrates with another tool has none.
func tablesBeside(ctx context.Context, tx pgx.Tx, entries table) (tables []string, migrations string, err error) {
	for _, name := range besideEntries {
		var exists bool
		if err := tx.QueryRow(ctx, "SELECT to_regclass($1) IS NOT NULL", entries.sibling(name)).Scan(&exists); err != nil {
			return nil, "", err
		}
		if exists {
			tables = append(tables, entries.sibling(name))
		}
		if exists && name == "audit_migrations" {
			migrations = entries.sibling(name)
		}
	}
	return tables, migrations, nil
}

// restore makes the triggers again that refuse changes, and the library's functions,
// and revokes EXECUTE on these.
func restore(ctx context.Context, tx pgx.Tx, entries table) error {
	if err := pinSearchPath(ctx, tx, entries.Schema); err != nil {
		return err
	}
	for _, part := range []func(context.Context, querier, table) ([]Finding, error){checkFunctions, checkCatalogue, checkGrants} {
		findings, err := part(ctx, tx, entries)
		if err != nil {
			return err
		}
		for _, finding := range findings {
			for _, statement := range finding.repair {
				if _, err := tx.Exec(ctx, statement); err != nil {
					return fmt.Errorf("restoring the protection of %s: %w", finding.Table, err)
				}
			}
		}
	}
	return nil
}

// restoreChangeTrigger makes the row trigger of the whole log again, or enables
// a partition's: those are clones, and cannot be made or dropped one by one.
func restoreChangeTrigger(entries, t table) []string {
	const name = "audit_entries_refuse_change"
	if t.Name == entries.Name && t.Schema == entries.Schema {
		return []string{
			"DROP TRIGGER IF EXISTS " + name + " ON " + t.sql(),
			"CREATE TRIGGER " + name + " BEFORE UPDATE OR DELETE ON " + t.sql() + " FOR EACH ROW EXECUTE FUNCTION " + entries.sibling(refuseFunction) + "()",
		}
	}
	return []string{"ALTER TABLE " + t.sql() + " ENABLE TRIGGER " + name}
}

func restoreTruncateTrigger(entries, t table) []string {
	const name = "audit_entries_refuse_truncate"
	return []string{
		"DROP TRIGGER IF EXISTS " + name + " ON " + t.sql(),
		"CREATE TRIGGER " + name + " BEFORE TRUNCATE ON " + t.sql() + " FOR EACH STATEMENT EXECUTE FUNCTION " + entries.sibling(refuseFunction) + "()",
	}
}
