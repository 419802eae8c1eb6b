package postgres_test

import (
	"bytes"
	"context"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

// newTampered returns a log as docs/roles.md has it, with months, a hold and a
// watched table, of which Check has nothing to say but that temporary tables can
// be made.
func newTampered(t *testing.T) (r roles, host, third string, fill *strings.Replacer) {
	t.Helper()
	ctx := t.Context()
	r = newRoles(t)
	host, third = r.schema+"_host", "audit_third_"+r.schema[5:]
	r.exec(t, r.super, "CREATE SCHEMA "+host, "GRANT ALL ON SCHEMA "+host+" TO "+r.ownerName, "CREATE ROLE "+third)
	t.Cleanup(func() {
		_, err := r.owner.Exec(context.WithoutCancel(ctx), "REVOKE ALL ON SCHEMA "+r.schema+" FROM "+third)
		require.NoError(t, err)
		for _, statement := range []string{"DROP SCHEMA " + host + " CASCADE", "DROP OWNED BY " + third, "DROP ROLE " + third} {
			_, err := r.super.Exec(context.WithoutCancel(ctx), statement)
			require.NoError(t, err)
		}
	})
	r.exec(t, r.owner, "CREATE TABLE "+host+".orders (id int PRIMARY KEY, total numeric)")
	admin := postgres.NewAdmin(r.owner)
	require.NoError(t, admin.Protect(ctx, r.appName))
	made, err := admin.MakePartitionsAhead(ctx, 4)
	require.NoError(t, err)
	_, err = admin.MakePartitions(ctx, date(2025, time.January, 1), date(2025, time.April, 1))
	require.NoError(t, err)
	require.NoError(t, admin.Watch(ctx, postgres.WatchTable{Name: host + ".orders", Type: "order", Org: "acme"}))
	var function, database string
	require.NoError(t, r.super.QueryRow(ctx, "SELECT tgfoid::regproc::text, current_database() FROM pg_trigger WHERE tgrelid = to_regclass($1) LIMIT 1", host+".orders").Scan(&function, &database))
	fill = strings.NewReplacer("DATABASE DATABASE", "DATABASE "+database, "GRANT OWNER", "GRANT "+r.ownerName, "SCHEMA SCHEMA", "SCHEMA "+r.schema, "SCHEMA HOST", "SCHEMA "+host,
		"SCHEMA.", r.schema+".", ", SCHEMA", ", "+r.schema, "schema SCHEMA", "schema "+r.schema, `"SCHEMA"`, `"`+r.schema+`"`, "HOST", host, "THIRD", third, "APP", r.appName, "WATCHED", function,
		"MONTH", made[0].Name, "NEXT", made[1].Name, "LATER", made[3].Name, "SUBSCRIBED", "sub_"+r.schema, "WRAPPER WRAPPER", "WRAPPER fdw_"+r.schema, "SERVER WRAPPER", "SERVER fdw_"+r.schema, "SUPER ", "")
	return r, host, third, fill
}

// Each tampering is found, and named.
func TestCheckFindsTamperings(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r, _, _, fill := newTampered(t)
	var version int
	require.NoError(t, r.super.QueryRow(ctx, "SELECT current_setting('server_version_num')::int / 10000").Scan(&version))
	admin := postgres.NewAdmin(r.owner)
	findings, err := admin.Check(ctx)
	require.NoError(t, err)
	require.Len(t, findings, 1)
	assert.Equal(t, postgres.FindingShadow, findings[0].Kind)
	assert.Contains(t, findings[0].String(), "can make a temporary table audit_entries, which the search_path finds before the log; name the log's schema by Store.WithSchema and Admin.WithSchema, or REVOKE TEMPORARY ON DATABASE")
	known := findings[0]
	findings, err = admin.WithSchema(r.schema).Check(ctx)
	require.NoError(t, err)
	require.Empty(t, findings)

	for _, test := range tamperings {
		if version < test.since || test.before != 0 && version >= test.before {
			continue
		}
		t.Run(test.name, func(t *testing.T) {
			tx, err := r.super.Begin(ctx)
			require.NoError(t, err)
			defer func() { _ = tx.Rollback(ctx) }()
			for statement := range strings.SplitSeq(test.do, ";; ") {
				role := r.ownerName
				if strings.HasPrefix(statement, "SUPER ") {
					role = "none"
				}
				_, err := tx.Exec(ctx, "SET LOCAL ROLE "+role)
				require.NoError(t, err)
				_, err = tx.Exec(ctx, fill.Replace(statement))
				require.NoError(t, err, fill.Replace(statement))
			}
			_, err = tx.Exec(ctx, "SET LOCAL ROLE "+r.ownerName)
			require.NoError(t, err)
			findings, err := admin.CheckIn(ctx, tx)
			require.NoError(t, err)
			found, all := false, []string{}
			for _, p := range findings {
				if p.String() != known.String() {
					all = append(all, string(p.Kind)+" "+p.String())
				}
				found = found || p.Kind == test.kind && strings.Contains(p.String(), fill.Replace(test.want)) && p.Remedy != ""
			}
			assert.True(t, found, "want %s %q, of\n%s", test.kind, fill.Replace(test.want), strings.Join(all, "\n"))
			assert.LessOrEqual(t, len(all), 30)
		})
	}
	findings, err = admin.WithSchema(r.schema).Check(ctx)
	require.NoError(t, err)
	require.Empty(t, findings, "everything is undone")
}

// What the library and docs/roles.md do themselves is nothing to find.
func TestCheckIsSilentAboutALogInUse(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	r, host, third, _ := newTampered(t)
	admin := postgres.NewAdmin(r.owner).WithSchema(r.schema)
	silent := func(after string) {
		t.Helper()
		for _, who := range []*postgres.Admin{admin, postgres.NewAdmin(r.app).WithSchema(r.schema), postgres.NewAdmin(r.super).WithSchema(r.schema)} {
			findings, err := who.Check(ctx)
			require.NoError(t, err, after)
			assert.Empty(t, findings, after)
		}
	}
	silent("made")
	log := newLog(t, postgres.New(r.owner).WithSchema(r.schema))
	recordAt(t, log, date(2024, time.May, 15), date(2025, time.February, 15))
	_, err := admin.MakePartitions(ctx, date(2024, time.May, 1), date(2024, time.June, 1))
	require.NoError(t, err)
	silent("entries moved into a month far from the others")
	require.NoError(t, admin.Hold(ctx, log, retention.Hold{Name: "h", Until: date(2025, time.January, 1), Reason: "r"}))
	_, err = admin.Expire(ctx, log, retention.Policy{Before: date(2025, time.March, 1)})
	require.NoError(t, err)
	silent("months removed between others")
	require.NoError(t, admin.Release(ctx, log, "h"))
	_, err = admin.Expire(ctx, log, retention.Policy{Before: date(2025, time.January, 1), Org: "acme"})
	require.NoError(t, err)
	silent("a month rewritten")
	require.NoError(t, admin.Protect(ctx, third))
	silent("two applications")
	r.exec(t, r.owner, "REVOKE ALL ON audit_entries FROM "+third, "GRANT SELECT ON audit_entries, audit_holds TO "+third)
	silent("a role that reads")
	r.exec(t, r.owner, r.rolesSQL(t, "CREATE POLICY"))
	silent("a second wall")
	r.exec(t, r.owner, "ALTER TABLE "+host+".orders ALTER COLUMN total TYPE bigint")
	require.NoError(t, admin.Watch(ctx, postgres.WatchTable{Name: host + ".orders", Type: "order", Org: "acme", Redact: []string{"total"}}))
	silent("watched anew")
	r.exec(t, r.owner, "CREATE INDEX more ON audit_entries (org_id, source)", "COMMENT ON TABLE audit_entries IS 'the log'")
	silent("an index of the owner's own")
	r.exec(t, r.super, "ALTER ROLE "+r.appName+" SET search_path = "+r.schema+", public", "ALTER ROLE "+r.appName+" SET statement_timeout = '1min'")
	findings, err := postgres.NewAdmin(r.owner).Check(ctx)
	require.NoError(t, err)
	require.Len(t, findings, 1, "temporary tables")
	require.NoError(t, admin.Unwatch(ctx, host+".orders"))
	silent("unwatched")
}

// plainURL returns a database's URL, as psql and pg_dump take it.
func plainURL(t *testing.T, r roles, database string) string {
	t.Helper()
	address, err := url.Parse(r.super.Config().ConnString())
	require.NoError(t, err)
	query := address.Query()
	query.Del("search_path")
	address.Path, address.RawQuery = "/"+database, query.Encode()
	return address.String()
}

// A log that was dumped and restored is the same log. Only watched tables need
// Watch again, since their columns may have other numbers.
func TestCheckIsSilentAfterARestore(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dump := pgtest.Client(t, "pg_dump")
	r, host, _, _ := newTampered(t)
	r.exec(t, r.owner, r.rolesSQL(t, "CREATE POLICY"))
	recordAt(t, newLog(t, postgres.New(r.owner).WithSchema(r.schema)), date(2025, time.February, 15))
	output, err := exec.CommandContext(ctx, dump, "-n", r.schema, "-n", host, "-d", plainURL(t, r, r.super.Config().ConnConfig.Database)).CombinedOutput()
	require.NoError(t, err, string(output))
	psql, err := exec.LookPath("psql")
	require.NoError(t, err)

	restored := r.schema + "_restored"
	r.exec(t, r.super, "CREATE DATABASE "+restored)
	t.Cleanup(func() {
		_, err := r.super.Exec(context.WithoutCancel(ctx), "DROP DATABASE "+restored+" WITH (FORCE)")
		require.NoError(t, err)
	})
	config := r.super.Config()
	config.ConnConfig.Database = restored
	config.ConnConfig.RuntimeParams["role"] = r.ownerName
	pool, err := pgxpool.NewWithConfig(ctx, config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	restore := exec.CommandContext(ctx, psql, "-q", "-v", "ON_ERROR_STOP=1", "-d", plainURL(t, r, restored))
	restore.Stdin = bytes.NewReader(output)
	output, err = restore.CombinedOutput()
	require.NoError(t, err, string(output))

	admin := postgres.NewAdmin(pool).WithSchema(r.schema)
	findings, err := admin.Check(ctx)
	require.NoError(t, err)
	require.Len(t, findings, 1)
	require.Contains(t, findings[0].String(), "it was restored from a dump, or replaced, since Watch was called")
	tables, err := admin.Watched(ctx)
	require.NoError(t, err)
	require.Len(t, tables, 1)
	require.NoError(t, admin.Watch(ctx, tables[0]))
	findings, err = admin.Check(ctx)
	require.NoError(t, err)
	require.Empty(t, findings)
}
