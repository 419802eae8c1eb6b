package postgres_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

// The application's role can record and read, and nothing else, on the log and
// on every partition, however it was made.
func TestProtect(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	admin := postgres.NewAdmin(r.owner)
	// A trap: whatever the owner makes from now on is everybody's.
	r.exec(t, r.owner, "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC", "ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO "+r.appName)
	require.NoError(t, admin.Protect(t.Context(), r.appName))

	store := postgres.New(r.app)
	require.NoError(t, store.Migrate(t.Context()), "nothing is pending")
	log := newLog(t, store)
	recordAt(t, log, date(2026, time.January, 15), date(2026, time.February, 15), date(2026, time.March, 15))
	// One month that is moved into, one that is rewritten, one that is empty.
	_, err := admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.March, 1))
	require.NoError(t, err)
	_, err = admin.MakePartitionsAhead(t.Context(), 1)
	require.NoError(t, err)
	require.NoError(t, log.RecordDetached(audit.WithOrg(t.Context(), "leaving"), performed("x").WithTime(date(2026, time.February, 1))))
	done, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.March, 1), Org: "leaving"})
	require.NoError(t, err)
	assert.EqualValues(t, 1, done.Entries())
	r.exec(t, r.owner, "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM PUBLIC", "ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM "+r.appName)
	noProblems(t, admin)

	months, err := admin.Partitions(t.Context())
	require.NoError(t, err)
	tables := []string{"audit_entries"}
	for _, m := range months {
		tables = append(tables, m.Name)
	}
	require.Len(t, tables, 6)
	for _, table := range tables {
		for _, statement := range []string{
			"UPDATE x SET comment = 'forged'", "UPDATE x SET comment = comment WHERE false",
			"DELETE FROM x", "TRUNCATE x", "TRUNCATE x CASCADE",
			"INSERT INTO x (org_id, id, occurred_at, format) VALUES ('acme', '0190c8f2-7a00-7000-8000-000000000000', now(), 1) ON CONFLICT (org_id, id) DO UPDATE SET comment = 'forged'",
			"SELECT * FROM x FOR UPDATE", "SELECT * FROM x FOR SHARE",
			"LOCK TABLE x IN ACCESS EXCLUSIVE MODE", "LOCK TABLE x IN SHARE MODE",
			"DROP TABLE x", "DROP TABLE x CASCADE", "ALTER TABLE x RENAME TO y", "ALTER TABLE x ADD COLUMN y int", "ALTER TABLE x DROP COLUMN comment",
			"ALTER TABLE x DISABLE TRIGGER ALL", "ALTER TABLE x DISABLE TRIGGER audit_entries_refuse_truncate",
			"DROP TRIGGER audit_entries_refuse_truncate ON x", "DROP TRIGGER audit_entries_refuse_change ON x",
			"CREATE TRIGGER y BEFORE INSERT ON x FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
			"CREATE RULE y AS ON INSERT TO x DO INSTEAD NOTHING", "ALTER TABLE x OWNER TO CURRENT_USER",
			"ALTER TABLE x ENABLE ROW LEVEL SECURITY", "CREATE POLICY y ON x", "ALTER TABLE x SET UNLOGGED",
			"CREATE INDEX ON x (comment)", "COMMENT ON TABLE x IS 'y'", "CREATE STATISTICS y ON org_id, action FROM x",
			"ALTER TABLE audit_entries DETACH PARTITION audit_entries_default",
			"CREATE TABLE y PARTITION OF audit_entries FOR VALUES FROM (MINVALUE) TO ('00000000-0000-7000-8000-000000000000')",
			"CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
			"DROP FUNCTION audit_refuse_change() CASCADE", "SET session_replication_role = replica",
			"INSERT INTO audit_holds (name, reason) VALUES ('x', 'y')", "DELETE FROM audit_holds", "DELETE FROM audit_migrations",
		} {
			statement = strings.ReplaceAll(statement, " x", " "+table)
			err := pgx.BeginFunc(t.Context(), r.app, func(tx pgx.Tx) error { // LOCK wants one
				_, err := tx.Exec(t.Context(), statement)
				return err
			})
			var refused *pgconn.PgError
			if assert.ErrorAs(t, err, &refused, statement) {
				assert.Equal(t, "42501", refused.Code, "%s: %s", statement, refused.Message)
			}
		}
		if table != "audit_entries" {
			_, err = r.app.Exec(t.Context(), "SELECT * FROM "+table)
			assert.ErrorContains(t, err, "permission denied", "past a policy on the log")
		}
	}
	assert.Equal(t, 3, count(t, log, "acme"))

	// The owner is refused too, whether the table has entries or not.
	refuseChanges(t, r.owner, "audit_entries", "audit_entries_y2026m01", "audit_entries_y2026m02", "audit_entries_default")
	for _, table := range tables {
		_, err := r.owner.Exec(t.Context(), "TRUNCATE "+table)
		assert.ErrorContains(t, err, "audit entries are append-only", table)
	}
}

// The owner needs no more than to own: no superuser is needed for anything.
func TestAdminAsOwner(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	admin := postgres.NewAdmin(r.owner)
	require.NoError(t, admin.Protect(t.Context(), r.appName))
	log := newLog(t, postgres.New(r.app))
	recordAt(t, log, date(2026, time.January, 15), date(2026, time.February, 15))
	_, err := admin.MakePartitions(t.Context(), date(2026, time.January, 1), date(2026, time.March, 1))
	require.NoError(t, err)
	require.NoError(t, admin.Hold(t.Context(), log, retention.Hold{Name: "h", Until: date(2026, time.February, 1), Reason: "r"}))
	done, err := admin.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.March, 1)})
	require.NoError(t, err)
	require.Len(t, done.Gone, 1)
	assert.Equal(t, "2026-02", done.Gone[0].Name)
	require.NoError(t, admin.Release(t.Context(), log, "h"))

	// What somebody else makes in the owner's place is the owner's.
	_, err = postgres.NewAdmin(r.super).MakePartitionsAhead(t.Context(), 1)
	require.NoError(t, err)
	noProblems(t, admin)

	// And the application can do none of it.
	other := postgres.NewAdmin(r.app)
	_, err = other.MakePartitionsAhead(t.Context(), 2)
	assert.ErrorContains(t, err, "permission denied for table audit_entries")
	_, err = other.Expire(t.Context(), log, retention.Policy{Before: date(2026, time.March, 1)})
	assert.ErrorContains(t, err, "permission denied")
	assert.ErrorContains(t, other.Protect(t.Context(), r.appName), "permission denied")
	noProblems(t, other)
}

func TestProtectRefuses(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	admin := postgres.NewAdmin(r.owner)
	require.ErrorContains(t, admin.Protect(t.Context(), "nobody"), `protecting the log from role "nobody": there is no such role`)
	require.ErrorContains(t, admin.Protect(t.Context(), r.ownerName), "it can act as the tables' owner: create another role for the application")
	require.ErrorContains(t, admin.Protect(t.Context(), r.superName), "it is a superuser")
	r.exec(t, r.super, "GRANT "+r.ownerName+" TO "+r.appName)
	require.ErrorContains(t, admin.Protect(t.Context(), r.appName), "it can act as the tables' owner")
	r.exec(t, r.super, "REVOKE "+r.ownerName+" FROM "+r.appName, "GRANT pg_write_all_data TO "+r.appName)
	require.ErrorContains(t, admin.Protect(t.Context(), r.appName), "it still has UPDATE, DELETE")
	r.exec(t, r.super, "REVOKE pg_write_all_data FROM "+r.appName, "REVOKE GRANT OPTION FOR USAGE ON SCHEMA "+r.schema+" FROM "+r.ownerName)
	require.ErrorContains(t, admin.Protect(t.Context(), r.appName), `let its owner GRANT USAGE ON SCHEMA "`+r.schema)
	var granted bool
	require.NoError(t, r.super.QueryRow(t.Context(), "SELECT relacl IS NOT NULL FROM pg_class WHERE oid = 'audit_entries'::regclass").Scan(&granted))
	assert.False(t, granted, "nothing has changed")
}

// After the SQL of the documentation, Check finds nothing.
func TestRolesDocument(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	text, err := os.ReadFile("../docs/roles.md")
	require.NoError(t, err)
	snippets := strings.Split(string(text), "```sql\n")
	require.Len(t, snippets, 8)
	_, err = postgres.NewAdmin(r.owner).MakePartitionsAhead(t.Context(), 1)
	require.NoError(t, err)
	r.exec(t, r.owner, "DROP TRIGGER audit_entries_refuse_truncate ON audit_entries_default")
	here := strings.NewReplacer("audit.", r.schema+".", "SCHEMA audit ", "SCHEMA "+r.schema+" ", " app;", " "+r.appName+";")
	for _, snippet := range []string{snippets[2], snippets[4]} {
		sql, _, _ := strings.Cut(snippet, "```")
		r.exec(t, r.owner, here.Replace(sql))
	}
	noProblems(t, postgres.NewAdmin(r.owner))
	recordAt(t, newLog(t, postgres.New(r.app)), date(2026, time.January, 15))
}
