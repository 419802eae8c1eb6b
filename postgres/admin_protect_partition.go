package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// protectPartition gives a partition what PostgreSQL does not give it: the trigger
// that refuses TRUNCATE, and no privileges. Reads and writes of the whole log need
// privileges only on audit_entries, but ALTER DEFAULT PRIVILEGES may have granted
// some on the new table.
func protectPartition(ctx context.Context, tx pgx.Tx, entries table, name string) error {
	// The trigger is made anew, so that it is enabled and the library's.
	for _, statement := range restoreTruncateTrigger(entries, table{Schema: entries.Schema, Name: name}) {
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
	for _, role := range grantees {
		if _, err := tx.Exec(ctx, "REVOKE ALL ON "+entries.sibling(name)+" FROM "+grantee(role)); err != nil {
			return fmt.Errorf("protecting partition %s: %w", name, err)
		}
	}
	return nil
}

// grantee names a role, or PUBLIC if it is empty.
func grantee(role string) string {
	if role == "" {
		return "PUBLIC"
	}
	return pgx.Identifier{role}.Sanitize()
}

// quoteName is a name as statements spell it.
func quoteName(name string) string { return pgx.Identifier{name}.Sanitize() }
