package postgres_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
)

func noProblems(t *testing.T, admin *postgres.Admin) {
	t.Helper()
	findings, err := admin.Check(t.Context())
	require.NoError(t, err)
	for _, problem := range findings {
		// Everybody may make temporary tables in the tests' database.
		if problem.Kind != postgres.FindingRole && problem.Kind != postgres.FindingShadow && !strings.Contains(problem.Problem, "partition for the month") {
			assert.Fail(t, problem.String())
		}
	}
}

// Each protection is taken away by itself, and Check names that one.
func TestCheck(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	admin := postgres.NewAdmin(r.owner).WithSchema(r.schema)
	findings, err := admin.Check(t.Context())
	require.NoError(t, err)
	require.Len(t, findings, 3, "a role, and two months")
	assert.Equal(t, postgres.FindingRole, findings[0].Kind)
	assert.Contains(t, findings[0].String(), "audit_entries: only the owner can record, so the application connects as the owner; let it connect as another role, and call Admin.Protect")
	require.NoError(t, admin.Protect(t.Context(), r.appName))
	made, err := admin.MakePartitionsAhead(t.Context(), 1)
	require.NoError(t, err)
	findings, err = admin.Check(t.Context())
	require.NoError(t, err)
	require.Empty(t, findings)

	month := made[0].Name
	for _, test := range []struct {
		name, break_, kind, want string
		protect                  bool // Protect repairs it
		repair                   string
	}{
		{"the row trigger", "DROP TRIGGER audit_entries_refuse_change ON audit_entries", "trigger", "audit_entries: no enabled trigger refuses UPDATE and DELETE", true, ""},
		{"a disabled row trigger", "ALTER TABLE audit_entries DISABLE TRIGGER audit_entries_refuse_change", "trigger", "audit_entries: no enabled trigger refuses UPDATE", true, ""},
		{"a month's row trigger", "ALTER TABLE MONTH DISABLE TRIGGER audit_entries_refuse_change", "trigger", month + ": no enabled trigger refuses UPDATE", true, ""},
		{"a row trigger that replicas have", "ALTER TABLE MONTH ENABLE REPLICA TRIGGER audit_entries_refuse_change", "trigger", month + ": no enabled trigger", true, ""},
		{"the trigger on TRUNCATE", "DROP TRIGGER audit_entries_refuse_truncate ON audit_entries", "trigger", "audit_entries: no enabled trigger refuses TRUNCATE", true, ""},
		{"a month's trigger on TRUNCATE", "DROP TRIGGER audit_entries_refuse_truncate ON MONTH", "trigger", month + ": no enabled trigger refuses TRUNCATE", true, ""},
		{"a disabled trigger on TRUNCATE", "ALTER TABLE audit_entries_default DISABLE TRIGGER audit_entries_refuse_truncate", "trigger", "audit_entries_default: no enabled trigger refuses TRUNCATE", true, ""},
		{"another trigger of that name", "CREATE OR REPLACE TRIGGER audit_entries_refuse_truncate AFTER TRUNCATE ON MONTH EXECUTE FUNCTION audit_refuse_change()", "trigger", month + ": no enabled trigger refuses TRUNCATE", true, ""},
		{"another function", "CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'", "trigger", "the function audit_refuse_change differs from the library's functions/audit_refuse_change.sql", true, ""},
		{"UPDATE for the application", "GRANT UPDATE ON audit_entries TO APP", "privilege", "audit_entries: \"APP\" has UPDATE; REVOKE UPDATE ON", true, ""},
		{"UPDATE of a column", "GRANT UPDATE (comment) ON audit_entries TO APP", "privilege", "has UPDATE", true, ""},
		{"DELETE on a month", "GRANT DELETE ON MONTH TO APP", "privilege", month + ": \"APP\" has DELETE", true, ""},
		{"TRUNCATE for everybody", "GRANT TRUNCATE, TRIGGER ON MONTH TO PUBLIC", "privilege", month + ": PUBLIC has TRIGGER, TRUNCATE", true, ""},
		{"UPDATE for another role", "GRANT UPDATE ON audit_entries TO pg_monitor", "privilege", `audit_entries: "pg_monitor" has UPDATE`, false, "REVOKE UPDATE ON audit_entries FROM pg_monitor"},
		{"holds", "GRANT DELETE ON audit_holds TO APP", "privilege", "audit_holds: \"APP\" has DELETE", true, ""},
		{"a role that writes everything", "SUPER GRANT pg_write_all_data TO APP", "privilege", "role \"APP\" records, and has UPDATE, DELETE", false, "SUPER REVOKE pg_write_all_data FROM APP"},
		{"the owner's member", "SUPER GRANT OWNER TO APP", "privilege", "role \"APP\" records, and can act as the tables' owner", false, "SUPER REVOKE OWNER FROM APP"},
		{"a superuser", "SUPER ALTER ROLE APP SUPERUSER", "privilege", "role \"APP\" records, and is a superuser", false, "SUPER ALTER ROLE APP NOSUPERUSER"},
		{"another owner", "SUPER ALTER TABLE MONTH OWNER TO SOMEBODY", "role", month + ": it belongs to " + r.superName + ", and audit_entries to ", false, "SUPER ALTER TABLE MONTH OWNER TO OWNER"},
		{"an index", "DROP INDEX audit_entries_action", "index", "audit_entries: index audit_entries_action is missing; create it again", false, "CREATE INDEX audit_entries_action ON audit_entries (org_id, action, id)"},
		{"an invalid index", "DROP INDEX audit_entries_parent;; CREATE INDEX audit_entries_parent ON ONLY audit_entries (org_id, parent_type, parent_id, id) WHERE parent_type <> ''", "index", month + ": its part of index audit_entries_parent is missing or not valid", false, "DROP INDEX audit_entries_parent;; CREATE INDEX audit_entries_parent ON audit_entries (org_id, parent_type, parent_id, id) WHERE parent_type <> ''"},
		{"the constraint", "ALTER TABLE audit_entries DROP CONSTRAINT audit_entries_id_holds_microseconds", "constraint", "audit_entries: the constraint audit_entries_id_holds_microseconds is missing; add it again, as in migration 0001_entries.sql", false, "ALTER TABLE audit_entries ADD CONSTRAINT audit_entries_id_holds_microseconds CHECK (substr(id::text, 15, 4) COLLATE \"C\" BETWEEN '7000' AND '73e7' AND substr(id::text, 20, 1) COLLATE \"C\" BETWEEN '8' AND 'b')"},
		{"an unlogged month", "ALTER TABLE MONTH SET UNLOGGED", "partition", month + ": it is UNLOGGED", false, "ALTER TABLE MONTH SET LOGGED"},
		{"the default partition", "ALTER TABLE audit_entries DETACH PARTITION audit_entries_default", "partition", "audit_entries: there is no default partition", false, "ALTER TABLE audit_entries ATTACH PARTITION audit_entries_default DEFAULT"},
		{"the present month", "DROP TABLE MONTH", "partition", "there is no partition for the month " + made[0].From.Format("2006-01") + "; call Admin.MakePartitionsAhead every day", false, "MAKE"},
		{"the application's role", "REVOKE ALL ON audit_entries FROM APP", "role", "only the owner can record", true, ""},
	} {
		fill := strings.NewReplacer("MONTH", month, "APP", r.appName, "SOMEBODY", r.superName, "OWNER TO OWNER", "OWNER TO "+r.ownerName, "GRANT OWNER", "GRANT "+r.ownerName, "REVOKE OWNER", "REVOKE "+r.ownerName, "SUPER ", "")
		run := func(statements string) {
			pool := r.owner
			if strings.HasPrefix(statements, "SUPER ") {
				pool = r.super
			}
			r.exec(t, pool, strings.Split(fill.Replace(statements), ";; ")...)
		}
		run(test.break_)
		findings, err := admin.Check(t.Context())
		require.NoError(t, err, test.name)
		require.NotEmpty(t, findings, test.name)
		var all []string
		for _, problem := range findings {
			assert.Equal(t, test.kind, string(problem.Kind), "%s: %s", test.name, problem)
			all = append(all, problem.String())
		}
		assert.Contains(t, strings.Join(all, "\n"), strings.ReplaceAll(test.want, "APP", r.appName), test.name)

		switch {
		case test.protect:
			require.NoError(t, admin.Protect(t.Context(), r.appName), test.name)
		case test.repair == "MAKE":
			_, err := admin.MakePartitionsAhead(t.Context(), 1)
			require.NoError(t, err)
		default:
			run(test.repair)
		}
		findings, err = admin.Check(t.Context())
		require.NoError(t, err)
		require.Empty(t, findings, "%s, repaired", test.name)
	}
	refuseChanges(t, r.owner)
}

func TestCheckInEveryMode(t *testing.T) {
	t.Parallel()
	for _, mode := range queryModes {
		_, pool := newStore(t, inMode(mode))
		findings, err := postgres.NewAdmin(pool).Check(t.Context())
		require.NoError(t, err, mode.String())
		assert.Len(t, findings, 3, mode.String())
	}
}
