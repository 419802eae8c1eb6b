package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// replaceFunctions makes those functions anew whose recorded digest is not this
// version's. It runs after the numbered migrations, which refuse a database of a
// newer version.
func replaceFunctions(ctx context.Context, tx pgx.Tx) error {
	recorded, err := readRecordedFunctions(ctx, tx, "audit_migrations")
	if err != nil {
		return fmt.Errorf("reading table audit_migrations: %w", err)
	}
	var changed []function
	for _, f := range functions() {
		if recorded[f.file] != f.digest() {
			changed = append(changed, f)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	// The functions stand beside the tables, whatever schema comes first by now.
	if _, err := tx.Exec(ctx, `SELECT pg_catalog.set_config('search_path', quote_ident(n.nspname) || ', pg_temp', true)
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE c.oid = 'audit_migrations'::regclass`); err != nil {
		return fmt.Errorf("setting the search_path: %w", err)
	}
	for _, f := range changed {
		if _, err := tx.Exec(ctx, f.sql); err != nil {
			return fmt.Errorf("applying %s: %w", f.file, err)
		}
	}
	return recordFunctions(ctx, tx, changed)
}

// readRecordedFunctions returns the digests that a table audit_migrations records
// of functions, by file.
func readRecordedFunctions(ctx context.Context, db querier, table string) (map[string]string, error) {
	rows, err := db.Query(ctx, "SELECT name, checksum FROM "+table+" WHERE version IS NULL")
	if err != nil {
		return nil, err
	}
	recorded := map[string]string{}
	var file, digest string
	_, err = pgx.ForEachRow(rows, []any{&file, &digest}, func() error {
		recorded[file] = digest
		return nil
	})
	return recorded, err
}

func recordFunctions(ctx context.Context, tx pgx.Tx, made []function) error {
	values := make([]string, len(made))
	for i, f := range made {
		values[i] = "('" + f.file + "', '" + f.digest() + "')"
	}
	_, err := tx.Exec(ctx, "INSERT INTO audit_migrations (name, checksum) VALUES "+strings.Join(values, ", ")+
		" ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = excluded.applied_at")
	if err != nil {
		return fmt.Errorf("recording functions: %w", err)
	}
	return nil
}
