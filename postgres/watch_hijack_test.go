package postgres_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
)

// newHost makes a schema of the application's role, in which the log's owner
// may make triggers on the tables.
func (r roles) newHost(t *testing.T) string {
	t.Helper()
	host := r.schema + "_host"
	r.exec(t, r.super, "CREATE SCHEMA "+host+" AUTHORIZATION "+r.appName, "GRANT USAGE ON SCHEMA "+host+" TO "+r.ownerName)
	t.Cleanup(func() {
		_, err := r.super.Exec(context.WithoutCancel(t.Context()), "DROP SCHEMA IF EXISTS "+host+" CASCADE")
		require.NoError(t, err)
	})
	return host
}

// Watch names whoever could put functions into the log's schema.
func TestWatchRefusesCreateForOthers(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	host := r.newHost(t)
	r.exec(t, r.app, "CREATE TABLE "+host+".orders (id int PRIMARY KEY)", "GRANT TRIGGER ON "+host+".orders TO "+r.ownerName)
	group := r.appName + "_group"
	r.exec(t, r.super, "CREATE ROLE "+group, "GRANT "+group+" TO "+r.appName)
	t.Cleanup(func() {
		_, err := r.super.Exec(context.WithoutCancel(t.Context()), "DROP OWNED BY "+group+"; DROP ROLE "+group)
		require.NoError(t, err)
	})
	admin := postgres.NewAdmin(r.owner)
	watch := func() error { return admin.Watch(t.Context(), postgres.WatchTable{Name: host + ".orders"}) }
	for _, role := range []string{"PUBLIC", r.appName, group} {
		r.exec(t, r.super, "GRANT CREATE ON SCHEMA "+r.schema+" TO "+role)
		err := watch()
		name := role
		if name != "PUBLIC" {
			name = `"` + role + `"`
		}
		require.ErrorContains(t, err, "can be made by "+name)
		_, remedy, _ := strings.Cut(err.Error(), "REVOKE")
		r.exec(t, r.super, "REVOKE"+remedy)
		require.NoError(t, watch(), role)
	}
	r.exec(t, r.super, "ALTER SCHEMA "+r.schema+" OWNER TO "+r.appName)
	require.ErrorContains(t, watch(), "ALTER SCHEMA \""+r.schema+"\" OWNER TO \""+r.ownerName+"\"")
	r.exec(t, r.super, "ALTER SCHEMA "+r.schema+" OWNER TO "+r.superName)
	require.NoError(t, watch(), "a superuser needs no such way")
	r.exec(t, r.super, "GRANT "+r.ownerName+" TO "+group, "GRANT CREATE ON SCHEMA "+r.schema+" TO "+group)
	require.NoError(t, watch(), "nor does who can act as the owner")
	r.exec(t, r.super, "REVOKE "+r.ownerName+" FROM "+group)
}

// decoys makes every function and operator that could be taken for one of
// PostgreSQL's, where the types are not exactly those that it takes.
const decoys = `DO $do$
DECLARE	types constant text[] := '{text,varchar,bpchar,name,"\"char\"",jsonb,json,int2,int4,int8,oid,regclass,regtype,numeric,float8,cidr,text[],jsonb[],host.mood,host.word}';
		operators constant text[] := '{=,<>,<,>,<=,>=,||,+,-,*,/,&,|,->,->>,#>>,?,~}';
		a text; b text; o text; n int := 0;
BEGIN
	FOREACH a IN ARRAY types LOOP FOREACH b IN ARRAY types LOOP
		n := n + 1;
		EXECUTE format('CREATE FUNCTION log.decoy_%s(%s, %s) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION ''hijacked: %s %s''; END $$', n, a, b, replace(a, '''', ''), b);
		FOREACH o IN ARRAY operators LOOP
			IF NOT EXISTS (SELECT FROM pg_operator WHERE oprname = o AND oprleft = a::regtype AND oprright = b::regtype AND oprnamespace = 'pg_catalog'::regnamespace) THEN
				EXECUTE format('CREATE OPERATOR log.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = log.decoy_%s)', o, a, b, n);
			END IF;
		END LOOP;
	END LOOP; END LOOP;
	FOREACH a IN ARRAY ARRAY['concat(text)', 'concat(host.mood)', 'concat(varchar)', 'to_json(text)', 'to_json(int4)', 'to_jsonb(text)', 'json_build_object(text, text)', 'json_build_object(text, text, text, text)', 'jsonb_build_object(text, text)',
		'concat_ws(text, json)', 'concat_ws(text, text, text)', 'format(text, text)', 'format(text, text, int4)', 'array_to_string(text[], text)', 'unnest(text[])', 'array_append(text[], text)', 'array_agg(text)', 'octet_length(varchar)', 'cardinality(text[])', 'lower(name)',
		'audit_capture_cut(varchar, int4)', 'audit_capture_key(text)', 'audit_capture_whole(jsonb, text, text)', 'audit_capture_org(varchar, text, boolean)', 'audit_capture_org(text, varchar, boolean)', 'min(text)', 'count(text)', 'audit_capture_sort(name)', 'audit_capture_path(name, text)', 'audit_capture_secret(name, text[])', 'audit_capture_read_context(varchar)', 'audit_capture_sql(oid, text, jsonb)', 'audit_capture_signature(oid)',
		'audit_capture_paths(varchar, jsonb, jsonb, boolean, boolean, text[], int4)', 'audit_capture_texts(varchar, json, json, boolean, text[])', 'audit_capture_texts(text, jsonb, jsonb, boolean, text[])', 'audit_capture_fields(varchar)', 'audit_capture_bounded(varchar)'] LOOP
		EXECUTE format('CREATE FUNCTION log.%s RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION ''hijacked: %s''; END $$', a, a);
	END LOOP;
END $do$`

// Whoever gets CREATE on the log's schema later runs nothing with the rights of
// the log's owner.
func TestWatchRunsNobodysFunctions(t *testing.T) {
	t.Parallel()
	r := newRoles(t)
	host := r.newHost(t)
	r.exec(t, r.app, "SET search_path = "+host+"; CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN word AS varchar(9999); CREATE DOMAIN net AS cidr; CREATE TABLE "+host+".wide (id varchar, second word, org varchar, "+
		"a varchar, b bpchar(5), c name, d \"char\", e cidr, f word, g mood, h net, i json, j jsonb, k json[], l text[], m int2, n oid, o regclass, p numeric, q timestamptz, r timestamp, s bytea, u inet, v float4, w interval, x varchar[], y mood[], z mood DEFAULT 'good', PRIMARY KEY (id, second)); CREATE TABLE "+host+".parts (no int PRIMARY KEY, wide_id varchar, next word)",
		"GRANT TRIGGER, SELECT ON "+host+".wide, "+host+".parts TO "+r.ownerName)
	admin := postgres.NewAdmin(r.owner)
	require.NoError(t, admin.Watch(t.Context(), postgres.WatchTable{Name: host + ".wide", Type: "wide", OrgColumn: "org", Redact: []string{"пароль"}, Skippable: true}))
	require.NoError(t, admin.Watch(t.Context(), postgres.WatchTable{Name: host + ".parts", Type: "part", ParentColumns: []string{"wide_id", "next"}, ParentTable: host + ".wide"}))
	r.exec(t, r.super, "GRANT USAGE, CREATE ON SCHEMA "+r.schema+" TO "+r.appName)
	r.exec(t, r.app, strings.NewReplacer("log.", r.schema+".", "host.", host+".").Replace(decoys))
	values := `'aaa', 'aaa', 'acme', 'a', 'b', 'c', 'd', '10.0.0.0/8', 'f', 'good', '10.0.0.0/8', '{"a":{"token":"x","é":[1]}}', '{"a":{"token":"x","é":[{"Пароль":1}]},"$audit":1}', ARRAY['{"a":1}'::json], '{a,b}', 1, 2, 'pg_class', 1.50, now(), now(), '\x01', '10.0.0.1', 0.5, '1 day', '{a}', '{good}', 'bad'`
	long := strings.NewReplacer("'a', 'b'", "repeat('é', 70000), 'b'", "'aaa'", "repeat('aé', 400)").Replace(values)
	statements := []string{
		"INSERT INTO wide VALUES (" + values + ")", "INSERT INTO wide (id, second) VALUES ('1', '2'), ('-1', '3')", "INSERT INTO wide VALUES (" + long + ")",
		"UPDATE wide SET a = 'b', e = '11.0.0.0/8', f = 'g', g = 'bad', i = '{\"a\":1}', j = '{\"a\":{\"token\":\"y\"}}', x = '{b}', y = '{bad}' WHERE id = 'aaa'",
		"UPDATE wide SET a = id, b = 'x', c = 'y', d = 'z', l = '{c}', org = 'globex'", "UPDATE wide SET second = 'moved' WHERE id = '1'", "DELETE FROM wide", "TRUNCATE wide",
		"INSERT INTO parts VALUES (1, 'aaa', 'aaa'), (2, NULL, 'a')", "UPDATE parts SET next = 'other' WHERE no = 1", "UPDATE parts SET no = no + 2", "DELETE FROM parts",
	}
	run := func() {
		t.Helper()
		for _, context := range []string{"", `{"org":"acme","actor_kind":"user","actor_id":"7","ip":"::ffff:10.0.0.1","ip_note":"n"}`, `{"org":"` + strings.Repeat("x", 3000) + `"}`, "{"} {
			require.NoError(t, pgx.BeginFunc(t.Context(), r.app, func(tx pgx.Tx) error {
				_, err := tx.Exec(t.Context(), "SELECT set_config('search_path', $1, true), set_config('audit.context', $2, true), set_config('audit.skip', 'other', true)", host, context)
				require.NoError(t, err)
				for _, statement := range statements {
					_, err := tx.Exec(t.Context(), statement)
					require.NoError(t, err, statement)
				}
				return nil
			}))
		}
	}
	run()
	// Statements are made anew at run time.
	r.exec(t, r.app, "ALTER TABLE "+host+".wide ADD more varchar", "ALTER TABLE "+host+".wide RENAME org TO tenant")
	statements[4] = strings.Replace(statements[4], "org =", "tenant =", 1)
	run()
	r.exec(t, r.app, "ALTER TABLE "+host+".wide RENAME second TO other", "ALTER TABLE "+host+".wide DROP id")
	for i := range statements {
		statements[i] = strings.NewReplacer("(id, second) VALUES ('1', '2'), ('-1', '3')", "(other) VALUES ('2'), ('3')", "second", "other", "WHERE id = '1'", "", "WHERE id = 'aaa'", "", "a = id", "a = 'z'", "VALUES ('aaa', ", "VALUES (", "VALUES (repeat('aé', 400), ", "VALUES (").Replace(statements[i])
	}
	run()
	var n int
	require.NoError(t, r.owner.QueryRow(t.Context(), "SELECT count(*) FROM audit_entries").Scan(&n))
	assert.Greater(t, n, 100)
}

// Every function that runs with the rights of the log's owner is qualified.
func TestWatchQualifiesFunctions(t *testing.T) {
	t.Parallel()
	w := watch(t, valueTable, postgres.WatchTable{Name: "vals", Skippable: true})
	w.exec(t, family)
	for _, table := range generations {
		require.NoError(t, w.admin.Watch(t.Context(), table))
	}
	rows, err := w.pool.Query(t.Context(), `SELECT proname, prosrc FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'audit\_capture\_%'`)
	require.NoError(t, err)
	calls := regexp.MustCompile(`(^|[^\w.])([a-z_0-9]+)\(`)
	// These are part of the grammar, so PostgreSQL looks only in pg_catalog for them.
	grammar := " coalesce nullif greatest least extract substring s " // and a part of an expression
	var name, source string
	functions := 0
	_, err = pgx.ForEachRow(rows, []any{&name, &source}, func() error {
		functions++
		for _, call := range calls.FindAllStringSubmatch(source, -1) {
			if !strings.Contains(grammar, " "+call[2]+" ") && !strings.HasPrefix(call[2], "audit_") {
				assert.Fail(t, "a function is not qualified", "%s calls %s", name, call[2])
			}
		}
		return nil
	})
	require.NoError(t, err)
	assert.Greater(t, functions, 20)
}
