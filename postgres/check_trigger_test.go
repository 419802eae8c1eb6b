package postgres_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
)

// A trigger that is there, enabled and of the right name, and yet lets
// something pass, is as good as none: Check names it, Protect replaces it.
func TestCheckFindsTriggersThatRefuseLess(t *testing.T) {
	t.Parallel()
	const change, truncate = "no enabled trigger refuses UPDATE and DELETE", "no enabled trigger refuses TRUNCATE"
	for name, test := range map[string]struct{ less, want, passes string }{
		"WHEN, for rows":             {"CREATE OR REPLACE TRIGGER audit_entries_refuse_change BEFORE UPDATE OR DELETE ON audit_entries FOR EACH ROW WHEN (OLD.org_id = 'other') EXECUTE FUNCTION audit_refuse_change()", change, "UPDATE audit_entries SET comment = 'forged'"},
		"a list of columns":          {"CREATE OR REPLACE TRIGGER audit_entries_refuse_change BEFORE UPDATE OF id OR DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()", change, "UPDATE audit_entries SET comment = 'forged'"},
		"UPDATE alone":               {"CREATE OR REPLACE TRIGGER audit_entries_refuse_change BEFORE UPDATE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()", change, "DELETE FROM audit_entries"},
		"DELETE alone":               {"CREATE OR REPLACE TRIGGER audit_entries_refuse_change BEFORE DELETE ON audit_entries FOR EACH ROW EXECUTE FUNCTION audit_refuse_change()", change, "UPDATE audit_entries SET comment = 'forged'"},
		"WHEN, for TRUNCATE":         {"CREATE OR REPLACE TRIGGER audit_entries_refuse_truncate BEFORE TRUNCATE ON audit_entries WHEN (false) EXECUTE FUNCTION audit_refuse_change()", truncate, "SELECT"},
		"WHEN, for TRUNCATE of some": {"CREATE OR REPLACE TRIGGER audit_entries_refuse_truncate BEFORE TRUNCATE ON audit_entries_default WHEN (current_user = 'nobody') EXECUTE FUNCTION audit_refuse_change()", truncate, "TRUNCATE audit_entries_default"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRoles(t)
			admin, log := postgres.NewAdmin(r.owner), logOf(r.owner)
			require.NoError(t, admin.Protect(t.Context(), r.appName))
			noProblems(t, admin)
			require.NoError(t, log.RecordDetached(t.Context(), performed("kept")))
			r.exec(t, r.owner, test.less)
			tx, err := r.owner.Begin(t.Context())
			require.NoError(t, err)
			_, err = tx.Exec(t.Context(), test.passes)
			assert.NoError(t, err, "this is what it lets pass")
			require.NoError(t, tx.Rollback(t.Context()))

			findings, err := admin.Check(t.Context())
			require.NoError(t, err)
			var found []string
			for _, problem := range findings {
				found = append(found, problem.String())
			}
			assert.Contains(t, strings.Join(found, "\n"), test.want)
			require.NoError(t, admin.Protect(t.Context(), r.appName))
			noProblems(t, admin)
			refuseChanges(t, r.owner, "audit_entries", "audit_entries_default")
		})
	}
}

// A trigger of a watched table that does not fire for every statement misses
// changes.
func TestCheckFindsCaptureTriggersThatSkip(t *testing.T) {
	t.Parallel()
	for _, trigger := range []string{
		"audit_capture_insert AFTER INSERT ON api_keys REFERENCING NEW TABLE AS new_rows",
		"audit_capture_update AFTER UPDATE ON api_keys REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
		"audit_capture_delete AFTER DELETE ON api_keys REFERENCING OLD TABLE AS old_rows",
		"audit_capture_truncate AFTER TRUNCATE ON api_keys",
	} {
		name, _, _ := strings.Cut(trigger, " ")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
			assert.Empty(t, w.findings(t))
			var function string
			require.NoError(t, w.pool.QueryRow(t.Context(), "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'audit_capture_of_%'").Scan(&function))
			w.exec(t, "CREATE OR REPLACE TRIGGER "+trigger+" FOR EACH STATEMENT WHEN (current_user = 'nobody') EXECUTE FUNCTION "+function+"()")
			assert.Contains(t, strings.Join(w.findings(t), "\n"), "missing or disabled: "+name)
			require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "api_keys"}))
			assert.Empty(t, w.findings(t))
		})
	}
}
