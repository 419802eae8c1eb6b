package pgtest_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
)

func TestClientDumpsAndRestores(t *testing.T) {
	t.Parallel()
	dump, restore := pgtest.Client(t, "pg_dump"), pgtest.Client(t, "pg_restore")
	pool := pgtest.New(t)
	var schema string
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT current_schema()").Scan(&schema))
	_, err := pool.Exec(t.Context(), "CREATE TABLE keys AS SELECT 'billing' AS name")
	require.NoError(t, err)

	server, file := "--dbname="+os.Getenv(pgtest.URLVariable), filepath.Join(t.TempDir(), "dump")
	output, err := exec.Command(dump, server, "--schema="+schema, "--format=custom", "--file="+file).CombinedOutput()
	require.NoError(t, err, string(output))
	_, err = pool.Exec(t.Context(), "DROP TABLE keys")
	require.NoError(t, err)
	output, err = exec.Command(restore, server, "--table=keys", file).CombinedOutput()
	require.NoError(t, err, string(output))

	var name string
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT name FROM keys").Scan(&name))
	assert.Equal(t, "billing", name)
}

func TestClientIsMissingOrTooOld(t *testing.T) {
	_ = pgtest.URL(t) // without a server, there is nothing to ask
	folder := t.TempDir()
	t.Setenv(pgtest.ClientVariable, folder)
	t.Setenv(pgtest.RequireVariable, "1")
	client := func(t testing.TB) { pgtest.Client(t, "pg_dump") }
	assert.Contains(t, ending(t, client), "failed: no pg_dump: install PostgreSQL's client, or set AUDIT_TEST_PG_DUMP_BIN")
	require.NoError(t, os.WriteFile(filepath.Join(folder, "pg_dump"), []byte("#!/bin/sh\necho 'pg_dump (PostgreSQL) 13.1 (Debian)'\n"), 0o700))
	assert.Contains(t, ending(t, client), "skipped: pg_dump 13 is older than the server")
}
