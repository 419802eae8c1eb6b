package migration_test

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/entrysql"
	"github.com/auditkeep/audit/internal/migration"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

func read(t *testing.T, files fs.FS) []migration.Migration {
	t.Helper()
	migrations, err := migration.Read(files)
	require.NoError(t, err)
	return migrations
}

// Both stores have the same migrations in the same order. These make the same
// columns and indexes, except for transaction numbers, months and capture by triggers,
// which only PostgreSQL has.
func TestStoresHaveOneSchema(t *testing.T) {
	t.Parallel()
	ofPostgres, ofSQLite := read(t, postgres.Migrations()), read(t, sqlite.Migrations())
	require.Len(t, ofSQLite, len(ofPostgres))

	column := regexp.MustCompile(`(?m)^\t([a-z_]+) +(?:text|uuid|timestamptz|jsonb|smallint|bigint|TEXT|BLOB|INTEGER)\b`)
	index := regexp.MustCompile(`(?m)^CREATE INDEX .*;$`)
	var columns, indexes [2][]string
	for i := range ofPostgres {
		assert.Equal(t, ofPostgres[i].Name, ofSQLite[i].Name)
		for store, m := range []migration.Migration{ofPostgres[i], ofSQLite[i]} {
			shared, _, _ := strings.Cut(m.SQL, "CREATE TABLE audit_months")
			shared, _, _ = strings.Cut(shared, "CREATE TYPE audit_capture_")
			for _, found := range column.FindAllStringSubmatch(shared, -1) {
				if found[1] != "xact" {
					columns[store] = append(columns[store], found[1])
				}
			}
			for _, found := range index.FindAllString(m.SQL, -1) {
				if !strings.Contains(found, "audit_entries_xact") {
					indexes[store] = append(indexes[store], found)
				}
			}
		}
	}
	assert.Equal(t, columns[0], columns[1], "columns")
	assert.Equal(t, indexes[0], indexes[1], "indexes")
	assert.Len(t, indexes[0], 9)
	var entries []string
	for _, found := range column.FindAllStringSubmatch(ofPostgres[0].SQL, -1) {
		entries = append(entries, found[1])
	}
	assert.ElementsMatch(t, append(entrysql.Columns[:], "recorded_at", "object_label", "xact", "erased"), entries)
}
