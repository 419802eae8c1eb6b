package postgres_test

import (
	"context"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// The application needs no right on the log for its changes to be recorded, and
// gets none: the owner of the log has no more than TRIGGER on its table.
func TestWatchRoles(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	ctx := t.Context()
	host := r.schema + "_host"
	r.exec(t, r.super, "CREATE SCHEMA "+host+" AUTHORIZATION "+r.appName, "GRANT USAGE ON SCHEMA "+host+" TO "+r.ownerName)
	t.Cleanup(func() {
		_, err := r.super.Exec(context.WithoutCancel(t.Context()), "DROP SCHEMA IF EXISTS "+host+" CASCADE")
		require.NoError(t, err)
	})
	r.exec(t, r.app, "CREATE TABLE "+host+".orders (id int PRIMARY KEY, total numeric)")
	admin := postgres.NewAdmin(r.owner)
	require.ErrorContains(t, admin.Watch(ctx, postgres.WatchTable{Name: host + ".orders"}), "permission denied")
	r.exec(t, r.app, "GRANT TRIGGER ON "+host+".orders TO "+r.ownerName)
	require.NoError(t, admin.Watch(ctx, postgres.WatchTable{Name: host + ".orders", Type: "order", Org: "acme"}))

	r.exec(t, r.app, "INSERT INTO "+host+".orders VALUES (1, 1.50)", "UPDATE "+host+".orders SET total = 2")
	log := newLog(t, postgres.New(r.owner))
	assert.Equal(t, 2, count(t, log, "acme"))
	var user string
	require.NoError(t, r.app.QueryRow(ctx, "SELECT session_user").Scan(&user))
	page, err := log.Page(ctx, audit.Query{})
	require.NoError(t, err)
	assert.Equal(t, audit.Actor{Kind: audit.ActorDatabaseRole, ID: user}, page.Entries[0].Actor)
	assert.Equal(t, audit.Object{Type: "order", ID: "1"}, page.Entries[0].Object)
	findings, err := admin.Check(ctx)
	require.NoError(t, err)
	for _, p := range findings {
		assert.NotEqual(t, postgres.FindingCapture, p.Kind, p.String())
		assert.NotContains(t, p.Problem, "function")
	}

	// No function of the library can be called, or made a trigger of.
	r.exec(t, r.super, "GRANT USAGE ON SCHEMA "+r.schema+" TO "+r.appName)
	r.exec(t, r.app, "CREATE TABLE "+host+".forged (id int PRIMARY KEY)")
	rows, err := r.super.Query(ctx, "SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE pronamespace = $1::text::regnamespace AND proname LIKE 'audit_capture%'", r.schema)
	require.NoError(t, err)
	functions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Greater(t, len(functions), 15)
	for _, function := range functions {
		_, err := r.app.Exec(ctx, "DO $$ BEGIN IF has_function_privilege('"+function+"', 'EXECUTE') THEN RAISE 'callable'; END IF; END $$")
		require.NoError(t, err, function)
		if strings.Contains(function, "audit_capture_of_") {
			_, err = r.app.Exec(ctx, "CREATE TRIGGER x AFTER INSERT ON "+host+".forged EXECUTE FUNCTION "+function)
			assert.ErrorContains(t, err, "permission denied for function")
		}
	}

	// The owner of the table makes types, casts, operators and output functions.
	// None of them may run with the rights of the log's owner.
	evil := "LANGUAGE plpgsql AS $$ BEGIN IF current_user = '" + r.ownerName + "' THEN RAISE EXCEPTION 'hijacked'; END IF; RETURN NULL; END $$"
	r.exec(t, r.app,
		"SET search_path = "+host+"; CREATE TYPE pair AS (a int, password text); CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN positive AS int",
		"CREATE FUNCTION "+host+".j1("+host+".pair) RETURNS json "+evil, "CREATE CAST ("+host+".pair AS json) WITH FUNCTION "+host+".j1 AS IMPLICIT",
		"CREATE FUNCTION "+host+".j2("+host+".mood) RETURNS json "+evil, "CREATE CAST ("+host+".mood AS json) WITH FUNCTION "+host+".j2 AS IMPLICIT",
		"CREATE FUNCTION "+host+".j3("+host+".mood) RETURNS text "+evil, "CREATE CAST ("+host+".mood AS text) WITH FUNCTION "+host+".j3 AS IMPLICIT",
		"CREATE FUNCTION "+host+".j4("+host+".pair) RETURNS text "+evil, "CREATE CAST ("+host+".pair AS text) WITH FUNCTION "+host+".j4 AS IMPLICIT",
		"CREATE FUNCTION "+host+".e1("+host+".mood, "+host+".mood) RETURNS boolean "+evil, "CREATE OPERATOR "+host+".= (LEFTARG = "+host+".mood, RIGHTARG = "+host+".mood, FUNCTION = "+host+".e1)",
		"CREATE TABLE "+host+".typed (id int PRIMARY KEY, p "+host+".pair, m "+host+".mood, d "+host+".positive, ps "+host+".pair[], ms "+host+".mood[], ds "+host+".positive[])",
	)
	r.exec(t, r.app, "GRANT TRIGGER ON "+host+".typed TO "+r.ownerName)
	require.NoError(t, admin.Watch(ctx, postgres.WatchTable{Name: host + ".typed", Org: "typed"}))
	r.exec(t, r.app,
		"INSERT INTO "+host+".typed VALUES (1, (1, 'canary'), 'good', 3, ARRAY[(1, 'canary')::"+host+".pair], '{good,bad}', '{1,2}')",
		"UPDATE "+host+".typed SET p = (2, 'canary'), m = 'bad', d = 4, ps = NULL, ms = '{}', ds = '{3}'",
	)
	page, err = log.Page(audit.WithOrg(ctx, "typed"), audit.Query{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 2)
	assert.Equal(t, `[{"field":"p","new":{"$audit":"opaque","type":"`+host+`.pair"},"old":{"$audit":"opaque","type":"`+host+`.pair"}},`+
		`{"field":"m","new":"bad","old":"good"},{"field":"d","new":4,"old":3},`+
		`{"field":"ps","new":null,"old":{"$audit":"opaque","type":"`+host+`.pair[]"}},`+
		`{"field":"ms","new":[],"old":["good","bad"]},`+
		`{"field":"ds","new":{"$audit":"opaque","type":"`+host+`.positive[]"},"old":{"$audit":"opaque","type":"`+host+`.positive[]"}}]`, page.Entries[0].Changes.JSON())

	// The log's owner can unwatch another owner's table.
	require.NoError(t, admin.Unwatch(ctx, host+".orders"))
	r.exec(t, r.app, "INSERT INTO "+host+".orders VALUES (2, 1)")
	assert.Equal(t, 2, count(t, log, "acme"))
}
