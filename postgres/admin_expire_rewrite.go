package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/retention"
)

// rewrite replaces a partition by one without the entries that expire. What
// stays is copied into a new table and counted; only then is the old one
// dropped. No entry is ever deleted from a table that is protected.
func (a *Admin) rewrite(ctx context.Context, tx pgx.Tx, entries table, p partition, policy retention.Policy, m retention.Month) error {
	rewritten := p.Name + "_new"
	if err := createLike(ctx, tx, entries, rewritten, "INCLUDING ALL"); err != nil {
		return err
	}
	// With its range as a constraint, the table is attached without a scan.
	var constraint string
	if err := tx.QueryRow(ctx, "SELECT pg_get_partition_constraintdef($1)", p.OID).Scan(&constraint); err != nil {
		return err
	}
	const name = "audit_entries_range"
	if _, err := tx.Exec(ctx, "ALTER TABLE "+entries.sibling(rewritten)+" ADD CONSTRAINT "+name+" CHECK ("+constraint+")"); err != nil {
		return fmt.Errorf("rewriting partition %s: %w", p.Name, err)
	}
	columns, err := columnsOf(ctx, tx, entries)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, "INSERT INTO "+entries.sibling(rewritten)+" ("+columns+") SELECT "+columns+" FROM "+p.sql()+
		" WHERE NOT (org_id = $1 AND id < $2::text::uuid)", policy.Org, audit.FirstID(policy.Before).String())
	if err != nil {
		return fmt.Errorf("copying entries of partition %s: %w", p.Name, err)
	}
	if tag.RowsAffected() != m.Copied {
		return fmt.Errorf("copying entries of partition %s: %d were copied, but %d are to stay", p.Name, tag.RowsAffected(), m.Copied)
	}
	if err := a.dropPartition(ctx, tx, entries, p); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "ALTER TABLE "+entries.sibling(rewritten)+" RENAME TO "+pgx.Identifier{p.Name}.Sanitize()); err != nil {
		return fmt.Errorf("naming partition %s: %w", p.Name, err)
	}
	if err := attach(ctx, tx, entries, p.Name, p.bound); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "ALTER TABLE "+entries.sibling(p.Name)+" DROP CONSTRAINT "+name); err != nil {
		return fmt.Errorf("attaching partition %s: %w", p.Name, err)
	}
	return nil
}
