package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// Protect repairs what it can: what it made, and what it took away.
func TestProtectRepairs(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r, _, _, fill := newTampered(t)
	admin := postgres.NewAdmin(r.owner).WithSchema(r.schema)
	for _, statement := range []string{
		"DROP TRIGGER audit_entries_refuse_change ON audit_entries",
		"ALTER TABLE NEXT DISABLE TRIGGER ALL",
		"CREATE OR REPLACE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN RETURN NEW; END'",
		"CREATE OR REPLACE FUNCTION audit_capture_read_context(given text) RETURNS audit_capture_context LANGUAGE sql SET search_path = public AS 'SELECT NULL::SCHEMA.audit_capture_context'",
		"GRANT INSERT ON audit_entries TO APP", "GRANT UPDATE (comment) ON audit_entries TO APP", "GRANT INSERT (recorded_at) ON MONTH TO PUBLIC",
		"GRANT DELETE ON audit_months TO APP", "GRANT EXECUTE ON FUNCTION audit_capture_cut(text, int) TO APP", "GRANT EXECUTE ON FUNCTION WATCHED() TO PUBLIC",
	} {
		r.exec(t, r.owner, fill.Replace(statement))
	}
	findings, err := admin.Check(ctx)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(findings), 10)
	require.NoError(t, admin.Protect(ctx, r.appName))
	findings, err = admin.Check(ctx)
	require.NoError(t, err)
	require.Empty(t, findings)
}

// A call that a role makes on the way to the owner's rights is refused before it
// is made: nobody but the owner has CREATE on the log's schema.
func TestProtectRefusesASchemaOfOthers(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r, host, third, _ := newTampered(t)
	admin := postgres.NewAdmin(r.owner)
	for _, role := range []string{r.appName, third, "PUBLIC"} {
		r.exec(t, r.super, "GRANT CREATE ON SCHEMA "+r.schema+" TO "+role)
		for name, err := range map[string]error{"Protect": admin.Protect(ctx, r.appName), "Watch": admin.Watch(ctx, postgres.WatchTable{Name: host + ".orders"})} {
			require.ErrorContains(t, err, "functions in the log's schema", "%s: %s", name, role)
			require.ErrorContains(t, err, "REVOKE CREATE ON SCHEMA", "%s: %s", name, role)
			require.ErrorContains(t, err, role, name)
		}
		r.exec(t, r.super, "REVOKE CREATE ON SCHEMA "+r.schema+" FROM "+role)
	}
	require.NoError(t, admin.Protect(ctx, r.appName))
	_, err := r.app.Exec(ctx, "CREATE FUNCTION "+r.schema+".json_build_object(text, text, text, text) RETURNS json LANGUAGE sql AS 'SELECT NULL::json'")
	require.ErrorContains(t, err, "permission denied for schema")
}

// The application's role cannot set recorded_at, xact or erased, in any statement.
func TestOnlyTheDatabaseFillsItsColumns(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r := newRoles(t)
	admin := postgres.NewAdmin(r.owner)
	// As Protect granted it once: calling it again is enough.
	r.exec(t, r.owner, "GRANT SELECT, INSERT ON audit_entries TO "+r.appName)
	require.NoError(t, admin.Protect(ctx, r.appName))
	const values = "'acme', '0190c8f2-7a00-7000-8000-000000000000', now(), 1"
	for _, statement := range []string{
		"INSERT INTO audit_entries (org_id, id, occurred_at, format, recorded_at) VALUES (" + values + ", '2020-01-01')",
		"INSERT INTO audit_entries (org_id, id, occurred_at, format, recorded_at) VALUES (" + values + ", DEFAULT)",
		"INSERT INTO audit_entries_default (org_id, id, occurred_at, format, recorded_at) VALUES (" + values + ", '2020-01-01')",
		"INSERT INTO audit_entries (org_id, id, occurred_at, format, xact) VALUES (" + values + ", 1)",
		"INSERT INTO audit_entries (org_id, id, occurred_at, format, xact) VALUES (" + values + ", DEFAULT)",
		"INSERT INTO audit_entries (org_id, id, occurred_at, format, erased) VALUES (" + values + ", 'actor')",
		"COPY audit_entries (org_id, id, occurred_at, format, erased) FROM STDIN",
		"INSERT INTO audit_entries SELECT * FROM audit_entries",
		"COPY audit_entries (org_id, id, occurred_at, format, recorded_at) FROM STDIN",
	} {
		err := pgx.BeginFunc(ctx, r.app, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, statement)
			return err
		})
		require.ErrorContains(t, err, "permission denied", statement)
	}
	store := postgres.New(r.app)
	require.NoError(t, store.Migrate(ctx))
	for _, recording := range recordings {
		within(t, r.app, func(tx pgx.Tx) {
			require.NoError(t, recording.do(ctx, store, newLog(t, store), r.app, tx), recording.name)
		})
	}
	page, err := newLog(t, store).Page(ctx, audit.Query{})
	require.NoError(t, err)
	for _, e := range page.Entries {
		assert.WithinDuration(t, time.Now(), e.RecordedAt, time.Minute)
	}
	// The owner moves entries, and keeps it.
	_, err = admin.MakePartitionsAhead(ctx, 1)
	require.NoError(t, err)
	noProblems(t, admin)
}
