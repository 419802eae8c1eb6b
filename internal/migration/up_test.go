package migration_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/migration"
)

// database is a Database in memory.
type database struct {
	applied []migration.Applied
	fail    error
}

func (d *database) Applied(context.Context) ([]migration.Applied, error) { return d.applied, nil }

func (d *database) Apply(_ context.Context, m migration.Migration) error {
	if d.fail != nil {
		return d.fail
	}
	d.applied = append(d.applied, migration.Applied{Version: m.Version, Name: m.Name, Checksum: m.Checksum()})
	return nil
}

func TestUp(t *testing.T) {
	t.Parallel()
	var db database
	one, two := files("0001_entries.sql"), files("0001_entries.sql", "0002_append_only.sql")

	require.NoError(t, migration.Up(t.Context(), &db, one))
	require.Len(t, db.applied, 1)
	require.NoError(t, migration.Up(t.Context(), &db, two), "only what is new")
	require.Len(t, db.applied, 2)
	require.NoError(t, migration.Up(t.Context(), &db, two), "again")
	require.Len(t, db.applied, 2)

	err := migration.Up(t.Context(), &db, one)
	assert.ErrorContains(t, err, "0002_append_only.sql")
	assert.ErrorContains(t, err, "upgrade github.com/auditkeep/audit")
}

func TestUpNamesTheFile(t *testing.T) {
	t.Parallel()
	broken := errors.New("syntax error")
	err := migration.Up(t.Context(), &database{fail: broken}, files("0001_entries.sql"))
	require.ErrorIs(t, err, broken)
	assert.EqualError(t, err, "applying 0001_entries.sql: syntax error")
}

func TestPendingRefusesAnotherHistory(t *testing.T) {
	t.Parallel()
	known, err := migration.Read(files("0001_entries.sql", "0002_append_only.sql"))
	require.NoError(t, err)
	changed, err := migration.Read(fstest.MapFS{"0001_entries.sql": {Data: []byte("-- edited")}})
	require.NoError(t, err)
	record := func(version int, m migration.Migration) migration.Applied {
		return migration.Applied{Version: version, Name: m.Name, Checksum: m.Checksum()}
	}
	for _, test := range []struct {
		name, want string
		applied    []migration.Applied
	}{
		{"a changed file", "migration 0001_entries.sql is not the file that was applied", []migration.Applied{record(1, changed[0])}},
		{"a renamed file", "0001_entries.sql is recorded in the database as 0002_append_only.sql", []migration.Applied{record(1, known[1])}},
		{"a missing row", "version 2 where 1 should be", []migration.Applied{record(2, known[1])}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := migration.Pending(known, test.applied)
			assert.ErrorContains(t, err, test.want)
		})
	}
}
