package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
)

// A move takes the default partition out of the log and back. It comes back
// protected, however it was before, and so is the new month.
func TestMovingEntriesLeavesBothPartitionsProtected(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]string{
		"protected":                        "SELECT",
		"no trigger on TRUNCATE":           "DROP TRIGGER audit_entries_refuse_truncate ON audit_entries_default",
		"a disabled trigger on TRUNCATE":   "ALTER TABLE audit_entries_default DISABLE TRIGGER audit_entries_refuse_truncate",
		"a trigger on TRUNCATE that skips": "CREATE OR REPLACE TRIGGER audit_entries_refuse_truncate BEFORE TRUNCATE ON audit_entries_default WHEN (false) EXECUTE FUNCTION audit_refuse_change()",
		"a disabled row trigger":           "ALTER TABLE audit_entries_default DISABLE TRIGGER audit_entries_refuse_change",
		"writable by everybody":            "GRANT UPDATE, DELETE, TRUNCATE ON audit_entries_default TO PUBLIC",
		"writable by the application":      "GRANT INSERT, UPDATE, DELETE, TRUNCATE, TRIGGER ON audit_entries_default TO APP",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoles(t)
			admin, log := postgres.NewAdmin(r.owner), logOf(r.owner)
			require.NoError(t, admin.Protect(t.Context(), r.appName))
			recordAt(t, log, date(2026, time.January, 31), date(2026, time.February, 1))
			r.exec(t, r.owner, strings.ReplaceAll(before, "APP", r.appName))

			made, err := admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.February, 1))
			require.NoError(t, err)
			require.Len(t, made, 1)
			assert.Equal(t, 1, rowsIn(t, r.owner, "audit_entries_default"), "the other one stays")
			refuseChanges(t, r.owner, "audit_entries_default", made[0].Name, "audit_entries")
			noProblems(t, admin)
			_, err = r.app.Exec(t.Context(), "DELETE FROM audit_entries_default")
			require.ErrorContains(t, err, "permission denied")
		})
	}
}
