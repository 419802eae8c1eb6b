package postgres

import (
	"archive/zip"
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit/internal/migration"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// numberedFiles are the migrations as they are recorded, without the functions
// that some of them include.
func numberedFiles() fs.FS {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		panic(err) // only for an invalid name, and this one is constant
	}
	return files
}

// Migrations returns the numbered SQL files that [Store.Migrate] applies, for
// hosts that apply them with another tool. The files make their tables in the
// schema that search_path names first. A file that includes the library's
// functions has them as they are in this version.
func Migrations() fs.FS { return assembledFiles() }

// assembledFiles puts the files into an archive in memory, since that is an fs.FS.
var assembledFiles = sync.OnceValue(func() fs.FS {
	known, err := migration.Read(numberedFiles())
	if err != nil {
		panic(err) // a test reads every file
	}
	var archive bytes.Buffer
	w := zip.NewWriter(&archive)
	for _, m := range known {
		file, err := w.CreateHeader(&zip.FileHeader{Name: m.Name}) // not compressed
		if err == nil {
			_, err = io.WriteString(file, withFunctions(m.SQL))
		}
		if err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	files, err := zip.NewReader(bytes.NewReader(archive.Bytes()), int64(archive.Len()))
	if err != nil {
		panic(err)
	}
	return files
})

// Migrate brings the database to the schema that this version of the library
// needs. It applies everything that is pending in one transaction: migrations
// that were not applied, and functions that another version of the library made.
// Several processes may call it at once. It is never called implicitly.
//
// If the application's role is not the tables' owner, [Admin.Migrate] does the
// same on the owner's connection. Migrate on the application's connection then
// only checks that nothing is pending.
func (s *Store) Migrate(ctx context.Context) error {
	return migrate(ctx, s.pool, s.schema, numberedFiles())
}

func migrate(ctx context.Context, pool pool, schema string, files fs.FS) error {
	if pool == nil {
		return errNoPool
	}
	// After the wait for the lock, the transaction must see what others did
	// meanwhile, whatever the database's default isolation is.
	options := pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite}
	err := pgx.BeginTxFunc(ctx, pool, options, func(tx pgx.Tx) error {
		// An advisory lock, since there may not be a table to lock yet.
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", migrationLock); err != nil {
			return err
		}
		if err := pinSearchPath(ctx, tx, schema); err != nil {
			return err
		}
		if err := migration.Up(ctx, migrationTx{tx}, files); err != nil {
			return err
		}
		return replaceFunctions(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("migrating: %w", pooled(err))
	}
	return nil
}

// migrationLock is the number of the lock that migrating processes wait for. It is
// "auditkee" in ASCII, so that no other program picks it by chance.
const migrationLock int64 = 0x61756469746b6565

// migrationTx is a [migration.Database].
type migrationTx struct{ tx pgx.Tx }

func (m migrationTx) Applied(ctx context.Context) ([]migration.Applied, error) {
	// CREATE TABLE IF NOT EXISTS would need the right to create tables even if the
	// table exists.
	var exists bool
	if err := m.tx.QueryRow(ctx, `SELECT EXISTS (
		SELECT FROM pg_class WHERE oid = to_regclass('audit_migrations') AND relpersistence <> 't')`).Scan(&exists); err != nil {
		return nil, err
	}
	if !exists {
		_, err := m.tx.Exec(ctx, `CREATE TABLE audit_migrations (
			name       text PRIMARY KEY,
			version    integer UNIQUE, -- NULL for a function, which later versions replace
			checksum   text NOT NULL,
			applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
		)`)
		return nil, err
	}
	return readApplied(ctx, m.tx, "audit_migrations")
}

// readApplied reads which numbered migrations a table audit_migrations records.
func readApplied(ctx context.Context, db querier, table string) ([]migration.Applied, error) {
	rows, err := db.Query(ctx, "SELECT version, name, checksum FROM "+table+" WHERE version IS NOT NULL ORDER BY version")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowToStructByPos[migration.Applied])
}

func (m migrationTx) Apply(ctx context.Context, file migration.Migration) error {
	sql := withFunctions(file.SQL)
	// Without arguments, pgx sends a text of several statements as it is.
	if _, err := m.tx.Exec(ctx, sql); err != nil {
		return err
	}
	if sql != file.SQL {
		if err := recordFunctions(ctx, m.tx, functions()); err != nil {
			return err
		}
	}
	_, err := m.tx.Exec(ctx, "INSERT INTO audit_migrations (version, name, checksum) VALUES ($1, $2, $3)",
		file.Version, file.Name, file.Checksum())
	return err
}

// unmigrated adds the remedy to an error that says that the log's tables are
// missing, or hidden by a temporary one.
func unmigrated(err error) error {
	if err != nil && strings.Contains(err.Error(), hiddenByTemporary) {
		return fmt.Errorf("%s: drop it, or name the log's schema by Store.WithSchema (%w)", hiddenByTemporary, err)
	}
	var state interface{ SQLState() string }
	if errors.As(err, &state) && state.SQLState() == "42P01" && strings.Contains(err.Error(), `"audit_`) {
		return fmt.Errorf("%w; call Store.Migrate, or apply the files of Migrations, and see that the search_path finds the tables, or name their schema by WithSchema", err)
	}
	return pooled(err)
}
