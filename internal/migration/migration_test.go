package migration_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/migration"
)

func files(names ...string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, name := range names {
		fsys[name] = &fstest.MapFile{Data: []byte("-- " + name)}
	}
	return fsys
}

func TestRead(t *testing.T) {
	t.Parallel()
	migrations, err := migration.Read(files("0002_append_only.sql", "0001_entries.sql"))
	require.NoError(t, err)
	require.Equal(t, []migration.Migration{
		{Version: 1, Name: "0001_entries.sql", SQL: "-- 0001_entries.sql"},
		{Version: 2, Name: "0002_append_only.sql", SQL: "-- 0002_append_only.sql"},
	}, migrations)
	assert.Len(t, migrations[0].Checksum(), 64)
	assert.NotEqual(t, migrations[0].Checksum(), migrations[1].Checksum())
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		files      []string
	}{
		{"nothing", "there are none", nil},
		{"a gap", "0003_more.sql is where version 0002 should be", []string{"0001_entries.sql", "0003_more.sql"}},
		{"a version twice", "0001_other.sql is where version 0002 should be", []string{"0001_entries.sql", "0001_other.sql"}},
		{"another file", `"README.md"`, []string{"0001_entries.sql", "README.md"}},
		{"a folder", `"old"`, []string{"old/0001_entries.sql"}},
		{"version zero", "versions begin with 0001", []string{"0000_entries.sql"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := migration.Read(files(test.files...))
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func FuzzParseName(f *testing.F) {
	for _, seed := range []string{
		"0001_entries.sql", "0002_append_only.sql", "9999_x1.sql", "1_entries.sql", "0001_entries.sql.sql",
		"0001_Entries.sql", "0001__entries.sql", "0001_entries_.sql", "0001_entries.SQL", "+001_entries.sql", "٠٠٠١_entries.sql", "0001_entries.sql\n", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		version, err := migration.ParseName(name)
		if err != nil {
			return
		}
		_, rest, _ := strings.Cut(name, "_")
		assert.Equal(t, name, fmt.Sprintf("%04d_%s", version, rest), "writing what was parsed gives the name back")
		assert.Positive(t, version)
	})
}
