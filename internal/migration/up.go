package migration

import (
	"context"
	"fmt"
	"io/fs"
)

// Database is one transaction on the database to migrate. It MUST keep every
// other migration of the same database waiting until it ends, and it MUST
// leave nothing behind if it is rolled back.
type Database interface {
	// Applied returns what the table audit_migrations records, by version. It
	// creates the table if there is none.
	Applied(ctx context.Context) ([]Applied, error)
	// Apply runs the migration's SQL and records it in audit_migrations.
	Apply(ctx context.Context, m Migration) error
}

// Applied is one row of audit_migrations.
type Applied struct {
	Version        int
	Name, Checksum string
}

// Up applies every migration of the file system that the database lacks. The
// caller commits if it returns nil, and rolls back otherwise.
func Up(ctx context.Context, db Database, fsys fs.FS) error {
	known, err := Read(fsys)
	if err != nil {
		return err
	}
	applied, err := db.Applied(ctx)
	if err != nil {
		return fmt.Errorf("reading table audit_migrations: %w", err)
	}
	pending, err := Pending(known, applied)
	if err != nil {
		return err
	}
	for _, m := range pending {
		if err := db.Apply(ctx, m); err != nil {
			return fmt.Errorf("applying %s: %w", m.Name, err)
		}
	}
	return nil
}

// Pending returns the known migrations that are not applied yet. Both are in
// order of their versions. It is an error if the two do not have one history.
func Pending(known []Migration, applied []Applied) ([]Migration, error) {
	for i, a := range applied {
		switch {
		case a.Version != i+1:
			return nil, fmt.Errorf("table audit_migrations has version %d where %d should be: it has been edited, so what the database holds is unknown", a.Version, i+1)
		case i >= len(known):
			return nil, fmt.Errorf("the database has migration %s, which this version of the library does not know: upgrade github.com/auditkeep/audit", a.Name)
		case a.Name != known[i].Name:
			return nil, fmt.Errorf("migration %s is recorded in the database as %s: restore its name", known[i].Name, a.Name)
		case a.Checksum != known[i].Checksum():
			return nil, fmt.Errorf("migration %s is not the file that was applied to the database (its SHA-256 is %s, then it was %s): restore it, and put what is new into its own migration", known[i].Name, known[i].Checksum(), a.Checksum)
		}
	}
	return known[len(applied):], nil
}
