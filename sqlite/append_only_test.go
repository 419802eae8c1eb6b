package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// Nothing alters or removes an entry, whatever the connection's settings.
func TestAppendOnly(t *testing.T) {
	t.Parallel()
	const (
		columns = "org_id, id, occurred_at, comment, format"
		own     = "SELECT org_id, id, 0, 'forged', 1 FROM audit_entries"
		another = "SELECT org_id, x'0190c8f27a0073e78000000000000000', 0, 'forged', 1 FROM audit_entries"
	)
	for _, recursive := range []string{"OFF", "ON"} {
		store, db := newStore(t, recommended+"&_pragma=recursive_triggers("+recursive+")")
		log := newLog(t, store)
		require.NoError(t, log.RecordDetached(t.Context(), performed("kept")))

		for _, statement := range []string{
			"UPDATE audit_entries SET comment = 'forged'",
			"UPDATE audit_entries SET rowid = rowid + 1",
			"UPDATE OR REPLACE audit_entries SET comment = 'forged'",
			"UPDATE OR IGNORE audit_entries SET comment = 'forged'",
			"DELETE FROM audit_entries",
			"DELETE FROM audit_entries WHERE org_id = 'acme'",
			"INSERT INTO audit_entries (" + columns + ") " + own,
			"INSERT OR REPLACE INTO audit_entries (" + columns + ") " + own,
			"REPLACE INTO audit_entries (" + columns + ") " + own,
			"INSERT OR IGNORE INTO audit_entries (" + columns + ") " + own,
			"INSERT INTO audit_entries (" + columns + ") " + own + " WHERE true ON CONFLICT (org_id, id) DO UPDATE SET comment = 'forged'",
			// Another entry over the first one's rowid would remove that too.
			"REPLACE INTO audit_entries (rowid, " + columns + ") SELECT rowid, * FROM (" + another + ") JOIN (SELECT rowid FROM audit_entries)",
			"REPLACE INTO audit_entries (rowid, " + columns + ") SELECT 1, * FROM (" + another + ")",
		} {
			_, err := db.ExecContext(t.Context(), statement)
			assert.Error(t, err, statement)
		}
		page, err := log.Page(t.Context(), audit.Query{})
		require.NoError(t, err)
		require.Len(t, page.Entries, 1)
		assert.Equal(t, audit.Action("kept"), page.Entries[0].Action)
		assert.Empty(t, page.Entries[0].Comment)
		require.NoError(t, log.RecordDetached(t.Context(), performed("later")))
	}
}

// The message says what is wrong.
func TestAppendOnlyMessages(t *testing.T) {
	t.Parallel()
	store, db := newStore(t, recommended)
	require.NoError(t, newLog(t, store).RecordDetached(t.Context(), performed("kept")))
	for statement, want := range map[string]string{
		"UPDATE audit_entries SET comment = ''":                   "audit entries are append-only: UPDATE is refused",
		"DELETE FROM audit_entries":                               "audit entries are append-only: DELETE is refused",
		"REPLACE INTO audit_entries SELECT * FROM audit_entries":  "audit entries are append-only: an INSERT over an existing entry is refused",
		"INSERT INTO audit_entries (rowid, format) VALUES (1, 1)": "audit entries are append-only: an INSERT over an existing entry is refused",
	} {
		_, err := db.ExecContext(t.Context(), statement)
		assert.ErrorContains(t, err, want, statement)
	}
}

// Rows that come in past the library keep to its rules.
func TestChecks(t *testing.T) {
	t.Parallel()
	_, db := newStore(t, recommended)
	for _, test := range []struct{ name, values, want string }{
		{"fine", "'acme', x'0190c8f27a0073e78000000000000000', 0, '', '[]', NULL, 1", ""},
		{"a random UUID", "'acme', x'0190c8f27a0041238000000000000000', 0, '', '[]', NULL, 1", "audit_entries_id_holds_microseconds"},
		{"another UUIDv7", "'acme', x'0190c8f27a0073e88000000000000000', 0, '', '[]', NULL, 1", "audit_entries_id_holds_microseconds"},
		{"another variant", "'acme', x'0190c8f27a007000c000000000000000', 0, '', '[]', NULL, 1", "audit_entries_id_holds_microseconds"},
		{"an ID as text", "'acme', '0190c8f2-7a00-7000-8000-000000000000', 0, '', '[]', NULL, 1", "cannot store TEXT value in BLOB column"},
		{"no organization", "'', x'0190c8f27a0070008000000000000000', 0, '', '[]', NULL, 1", "org_id"},
		{"too long a text, in bytes", "'acme', x'0190c8f27a0070008000000000000000', 0, printf('%.*c', 2049, 'é'), '[]', NULL, 1", "comment"},
		{"no JSON", "'acme', x'0190c8f27a0070008000000000000000', 0, '', '[', NULL, 1", "json_valid(changes)"},
		{"no JSON either", "'acme', x'0190c8f27a0070008000000000000000', 0, '', '[]', '', 1", "json_valid(metadata)"},
	} {
		_, err := db.ExecContext(t.Context(), "INSERT INTO audit_entries (org_id, id, occurred_at, comment, changes, metadata, format) VALUES ("+test.values+")")
		if test.want == "" {
			require.NoError(t, err, test.name)
			continue
		}
		assert.ErrorContains(t, err, test.want, test.name)
	}
}
