package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// truncateTrigger is the name of the trigger that refuses TRUNCATE.
const truncateTrigger = "audit_entries_refuse_truncate"

// protectPartition gives a partition what PostgreSQL does not give it: the
// trigger that refuses TRUNCATE, and no privileges. Reads and writes of the
// whole log need privileges on that alone, but ALTER DEFAULT PRIVILEGES may have
// granted some on the new table.
func protectPartition(ctx context.Context, tx pgx.Tx, entries table, name string) error {
	// Made anew, so that it is enabled and what it should be.
	for _, statement := range []string{
		"DROP TRIGGER IF EXISTS " + truncateTrigger + " ON " + entries.sibling(name),
		"CREATE TRIGGER " + truncateTrigger + " BEFORE TRUNCATE ON " + entries.sibling(name) +
			" FOR EACH STATEMENT EXECUTE FUNCTION " + entries.sibling("audit_refuse_change") + "()",
	} {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("protecting partition %s: %w", name, err)
		}
	}
	rows, err := tx.Query(ctx, `SELECT DISTINCT CASE WHEN a.grantee = 0 THEN '' ELSE pg_get_userbyid(a.grantee) END
		FROM pg_class AS c, aclexplode(c.relacl) AS a
		WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner`, entries.sibling(name))
	if err != nil {
		return fmt.Errorf("protecting partition %s: %w", name, err)
	}
	grantees, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return fmt.Errorf("protecting partition %s: %w", name, err)
	}
	for _, grantee := range grantees {
		if err := revokeAll(ctx, tx, entries.sibling(name), grantee); err != nil {
			return fmt.Errorf("protecting partition %s: %w", name, err)
		}
	}
	return nil
}

// revokeAll takes every privilege on a table from a role, or from PUBLIC if the
// role is empty.
func revokeAll(ctx context.Context, tx pgx.Tx, table, role string) error {
	_, err := tx.Exec(ctx, "REVOKE ALL ON "+table+" FROM "+grantee(role))
	return err
}

func grantee(role string) string {
	if role == "" {
		return "PUBLIC"
	}
	return pgx.Identifier{role}.Sanitize()
}
