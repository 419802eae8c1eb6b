package postgres

import (
	"context"
	"fmt"

	"github.com/auditkeep/audit/internal/migration"
)

// checkMigrations compares this version's files with those that the database records
// as applied. current reports whether the numbered ones are the same: only then is
// the catalogue what this version makes. A host that migrates with another tool
// has no table audit_migrations, and a role without SELECT cannot read it. Then the
// database counts as current.
func checkMigrations(ctx context.Context, db querier, entries table) (findings []Finding, current bool, err error) {
	migrations, err := migration.Read(numberedFiles())
	if err != nil {
		return nil, false, err
	}
	name := entries.sibling("audit_migrations")
	var readable bool
	err = db.QueryRow(ctx, "SELECT coalesce(has_table_privilege(to_regclass($1), 'SELECT'), false)", name).Scan(&readable)
	if err != nil || !readable {
		return nil, true, err
	}
	applied, err := readApplied(ctx, db, name)
	if err != nil {
		return nil, false, err
	}
	recorded, err := readRecordedFunctions(ctx, db, name)
	if err != nil {
		return nil, false, err
	}
	add := func(problem, remedy string) {
		findings = append(findings, Finding{FindingMigration, "audit_migrations", problem, remedy, nil})
	}
	current = true
	byVersion := map[int]migration.Applied{}
	for _, a := range applied {
		byVersion[a.Version] = a
		if a.Version > len(migrations) || a.Version < 1 {
			add(fmt.Sprintf("migration %s was applied, which this version of the library does not know", a.Name), "upgrade the program that calls Admin.Check")
			current = false
		}
	}
	for _, m := range migrations {
		switch a, ok := byVersion[m.Version]; {
		case !ok:
			add(fmt.Sprintf("migration %s is not applied", m.Name), "call Admin.Migrate")
			current = false
		case a.Name != m.Name || a.Checksum != m.Checksum():
			add(fmt.Sprintf("it says that migration %s is another file than this version's", m.Name), "find out who changed it, and restore name and checksum")
		}
	}
	for _, f := range functions() {
		if current && recorded[f.file] != f.digest() {
			add(fmt.Sprintf("the function %s is recorded as that of another version", f.name), "call Admin.Migrate")
		}
	}
	return findings, current, nil
}
