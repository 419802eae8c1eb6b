package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit/internal/migration"
)

// checkMigrations compares what the database says has been applied with this
// version's files. It is current if nothing else is: only then is the catalogue
// what this version makes. A host that migrates with a tool of its own has no
// such table, and a role without SELECT cannot be asked.
func checkMigrations(ctx context.Context, db querier, entries table) (problems []Finding, current bool, err error) {
	migrations, err := migration.Read(Migrations())
	if err != nil {
		return nil, false, err
	}
	name := entries.sibling("audit_migrations")
	var readable bool
	err = db.QueryRow(ctx, "SELECT coalesce(has_table_privilege(to_regclass($1), 'SELECT'), false)", name).Scan(&readable)
	if err != nil || !readable {
		return nil, true, err
	}
	rows, err := db.Query(ctx, "SELECT version, name, checksum FROM "+name+" ORDER BY version")
	if err != nil {
		return nil, false, err
	}
	applied, err := pgx.CollectRows(rows, pgx.RowToStructByPos[migration.Applied])
	if err != nil {
		return nil, false, err
	}
	add := func(problem, remedy string) {
		problems = append(problems, Finding{FindingMigration, "audit_migrations", problem, remedy, nil})
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
	return problems, current, nil
}
