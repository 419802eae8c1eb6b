package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/auditkeep/audit/internal/migration"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// Migrations returns the numbered SQL files that [Store.Migrate] applies, for
// hosts that apply them with another tool. Names and order are those of the
// PostgreSQL store.
func Migrations() fs.FS {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // only an invalid name, and this one is constant
	}
	return files
}

// Migrate brings the database to the schema that this version of the library
// needs. It applies everything that is pending in one transaction. Several
// processes may call it at once. It is never called implicitly.
func (s *Store) Migrate(ctx context.Context) error { return s.migrate(ctx, Migrations()) }

func (s *Store) migrate(ctx context.Context, files fs.FS) error {
	err := s.immediate(ctx, func(conn *sql.Conn) error {
		var encoding string
		if err := conn.QueryRowContext(ctx, "PRAGMA encoding").Scan(&encoding); err != nil {
			return err
		}
		if encoding != "UTF-8" {
			return fmt.Errorf("the database is in %s, where texts are not ordered as in UTF-8: make it with SQLite's default encoding", encoding)
		}
		return migration.Up(ctx, migrationConn{conn}, files)
	})
	if err != nil {
		return fmt.Errorf("migrating: %w", err)
	}
	return nil
}

// migrationConn is a [migration.Database].
type migrationConn struct{ conn *sql.Conn }

func (m migrationConn) Applied(ctx context.Context) ([]migration.Applied, error) {
	_, err := m.conn.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS audit_migrations (
		version    INTEGER PRIMARY KEY,
		name       TEXT NOT NULL,
		checksum   TEXT NOT NULL,
		applied_at INTEGER NOT NULL DEFAULT (CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000)
	) STRICT`)
	if err != nil {
		return nil, err
	}
	rows, err := m.conn.QueryContext(ctx, "SELECT version, name, checksum FROM audit_migrations ORDER BY version")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var applied []migration.Applied
	for rows.Next() {
		var a migration.Applied
		if err := rows.Scan(&a.Version, &a.Name, &a.Checksum); err != nil {
			return nil, err
		}
		applied = append(applied, a)
	}
	return applied, rows.Err()
}

func (m migrationConn) Apply(ctx context.Context, file migration.Migration) error {
	// Without arguments, the drivers run a text of several statements.
	if _, err := m.conn.ExecContext(ctx, file.SQL); err != nil {
		return err
	}
	_, err := m.conn.ExecContext(ctx, "INSERT INTO audit_migrations (version, name, checksum) VALUES (?, ?, ?)",
		file.Version, file.Name, file.Checksum())
	return err
}

// unmigrated adds to an error what to do where the log's tables are missing.
func unmigrated(err error) error {
	if strings.Contains(err.Error(), "no such table: audit_") {
		return fmt.Errorf("%w; call Store.Migrate, or apply the files of Migrations", err)
	}
	return err
}
