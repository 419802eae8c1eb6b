package postgres_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
)

// Values look alike whatever the session's settings.
func TestWatchSettings(t *testing.T) {
	t.Parallel()
	w := watch(t, `CREATE TABLE s (id int PRIMARY KEY, f float8, r tstzrange, i interval, d date, fs float8[], at timestamptz)`, postgres.WatchTable{Name: "s"})
	const insert = `INSERT INTO s VALUES (1, 0.1::float8 + 0.2, tstzrange('2026-01-01 00:00+00', NULL), '1 day 2 hours', '2026-02-03', ARRAY[0.1::float8 + 0.2], '2026-02-03 00:00+00')`
	w.exec(t, insert, "DELETE FROM s")
	want := w.lines(t)
	assert.Contains(t, want[0], `{"field":"f","new":0.30000000000000004}`)
	assert.Contains(t, want[0], `{"field":"d","new":"2026-02-03"}`)
	assert.Contains(t, want[0], `{"field":"at","new":"2026-02-03T00:00:00Z"}`)
	require.NoError(t, pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "SET LOCAL extra_float_digits = -10; SET LOCAL DateStyle = 'German'; SET LOCAL TimeZone = 'Asia/Tokyo'; SET LOCAL IntervalStyle = 'iso_8601'; SET LOCAL bytea_output = 'escape'; SET LOCAL search_path = pg_temp, "+w.schema(t)+";"+insert+"; DELETE FROM s")
		return err
	}))
	assert.Equal(t, want, w.lines(t))
}

func (w *watching) schema(t *testing.T) (name string) {
	t.Helper()
	require.NoError(t, w.pool.QueryRow(t.Context(), "SELECT current_schema()").Scan(&name))
	return name
}

func TestWatchKeysAndOrgs(t *testing.T) {
	t.Parallel()
	w := watch(t, `CREATE TABLE "Odd ""Table" (a text, b int, org uuid, "Te.xt" text, PRIMARY KEY (b, a))`,
		postgres.WatchTable{Name: `"Odd ""Table"`, Type: "odd", OrgColumn: "org", Org: "fallback"})
	const one, two = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12"
	w.exec(t, `INSERT INTO "Odd ""Table" VALUES ('x,y\z', 1, '`+one+`', 'a'), ('plain', 2, NULL, 'b')`)
	assert.ElementsMatch(t, []string{
		one + ` create odd 1,x\,y\\z [{"field":"org","new":"` + one + `"},{"field":"Te\\.xt","new":"a"}]`,
		`fallback create odd 2,plain [{"field":"org","new":null},{"field":"Te\\.xt","new":"b"}]`,
	}, w.lines(t))
	// A row that moves ends for one organization, and begins for the other.
	w.exec(t, `UPDATE "Odd ""Table" SET org = '`+two+`' WHERE b = 1`)
	assert.ElementsMatch(t, []string{
		one + ` destroy odd 1,x\,y\\z [{"field":"org","old":"` + one + `"},{"field":"Te\\.xt","old":"a"}]`,
		two + ` create odd 1,x\,y\\z [{"field":"org","new":"` + two + `"},{"field":"Te\\.xt","new":"a"}]`,
	}, w.lines(t))

	// IDs that no index would take.
	w.exec(t, "CREATE TABLE long (id text PRIMARY KEY, n int)", "INSERT INTO long VALUES ('a', 1)")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "long", Key: []string{"id"}}))
	w.exec(t, "INSERT INTO long SELECT repeat('é', 1000) || i, 1 FROM generate_series(1, 2) AS i")
	entries := w.entries(t)
	require.Len(t, entries, 2)
	assert.NotEqual(t, entries[0].Object.ID, entries[1].Object.ID)
	for _, e := range entries {
		assert.LessOrEqual(t, len(e.Object.ID), 255)
	}
	w.exec(t, "INSERT INTO long VALUES (''), ('0'), ('-0'), ('007'), ('-12'), ('99999999999999999999999'), ('1\n'), ('n')")
	assert.Len(t, w.entries(t), 8, "each with its own sort key")
}

func TestWatchRefuses(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
	w.exec(t, "CREATE TABLE no_key (a int, b int)", "CREATE VIEW v AS SELECT 1 AS id", "CREATE TABLE half (a int UNIQUE)")
	for _, test := range []struct {
		table postgres.WatchTable
		want  string
	}{
		{postgres.WatchTable{Name: "nowhere"}, `watching table "nowhere": there is no such table`},
		{postgres.WatchTable{Name: "v"}, "it is not a table"},
		{postgres.WatchTable{Name: "audit_entries"}, "it is the log's own"},
		{postgres.WatchTable{Name: "no_key"}, "it has no primary key"},
		{postgres.WatchTable{Name: "no_key", Key: []string{"a"}}, "no unique index"},
		{postgres.WatchTable{Name: "half", Key: []string{"a"}}, "make it NOT NULL"},
		{postgres.WatchTable{Name: "api_keys", Ignore: []string{"hitz"}}, `WatchTable.Ignore names the column "hitz"`},
		{postgres.WatchTable{Name: "api_keys", Record: []string{"lock_version"}}, `WatchTable.Record names the column "lock_version"`},
		{postgres.WatchTable{Name: "api_keys", Record: []string{"hits"}, Ignore: []string{"hits"}}, `both name the column "hits"`},
		{postgres.WatchTable{Name: "api_keys", OrgColumn: "x"}, `WatchTable.OrgColumn names the column "x"`},
		{postgres.WatchTable{Name: "api_keys", Redact: []string{" "}}, "WatchTable.Redact"},
		{postgres.WatchTable{Name: "api_keys", Type: strings.Repeat("x", 256)}, "WatchTable.Type"},
		{postgres.WatchTable{Name: "api_keys", Type: "a,b", Skippable: true}, "comma"},
	} {
		assert.ErrorContains(t, w.admin.Watch(t.Context(), test.table), test.want)
	}
	w.exec(t, "GRANT CREATE ON SCHEMA "+w.schema(t)+" TO PUBLIC")
	assert.ErrorContains(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "api_keys"}), "REVOKE CREATE ON SCHEMA")
	assert.ErrorContains(t, w.admin.Unwatch(t.Context(), "no_key"), "it is not watched")
}

// WatchTable.Ignore adds to the columns that are ignored anyway, and Record takes one
// of those back in.
func TestWatchIgnoredColumns(t *testing.T) {
	t.Parallel()
	const keys = "CREATE TABLE api_keys (id int PRIMARY KEY, name text, hits int, updated_at int)"
	const update = "UPDATE api_keys SET name = name || 'x', hits = hits + 1, updated_at = updated_at + 1"
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys", Ignore: []string{"hits"}})
	w.exec(t, "INSERT INTO api_keys VALUES (1, 'a', 1, 1)")
	w.entries(t)
	fields := func() []string {
		t.Helper()
		w.exec(t, update)
		found := w.entries(t)
		require.Len(t, found, 1)
		return found[0].Changes.Fields()
	}
	assert.Equal(t, []string{"name"}, fields())
	again := func() {
		t.Helper()
		tables, err := w.admin.Watched(t.Context())
		require.NoError(t, err)
		require.NoError(t, w.admin.Watch(t.Context(), tables[0]), "what Watched returns can be given to Watch")
	}
	again()
	assert.Equal(t, []string{"name"}, fields())
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "api_keys", Ignore: []string{"hits"}, Record: []string{"updated_at"}}))
	assert.Equal(t, []string{"name", "updated_at"}, fields())
	again()
	assert.Equal(t, []string{"name", "updated_at"}, fields())
	w.exec(t, "ALTER TABLE api_keys ADD lock_version int DEFAULT 1", "UPDATE api_keys SET lock_version = 2")
	assert.Empty(t, w.entries(t), "also a column that came later")
}

// No change of the table's columns stops a write, or escapes the log.
func TestWatchAlteredTable(t *testing.T) {
	t.Parallel()
	w := watch(t, "CREATE TABLE p (gone int, id int PRIMARY KEY, name text, ssn text, org text, n int, hidden int)",
		postgres.WatchTable{Name: "p", Redact: []string{"ssn"}, Ignore: []string{"hidden"}, OrgColumn: "org"})
	ctx := t.Context()
	// One connection, whose plans were made before.
	conn, err := w.pool.Acquire(ctx)
	require.NoError(t, err)
	defer conn.Release()
	exec := func(statement string) {
		t.Helper()
		_, err := conn.Exec(ctx, statement)
		require.NoError(t, err, statement)
	}
	exec("INSERT INTO p (id, name, ssn, org, hidden) VALUES (1, 'a', 'canary', 'acme', 1)")
	exec("UPDATE p SET name = 'b'")
	w.entries(t)
	n := 0
	change := func(what, statement, want string) {
		t.Helper()
		for _, again := range []string{"", "again"} {
			w.exec(t, strings.Split(statement, ";;")[0])
			statement = "SELECT 1;;" + strings.Split(statement, ";;")[1]
			n++
			exec(strings.ReplaceAll(strings.Split(statement, ";;")[1], "$n", fmt.Sprint(n)))
			lines := w.lines(t)
			require.Len(t, lines, 1, what+again)
			assert.Contains(t, lines[0], want, what+again)
			assert.NotContains(t, lines[0], "canary", what+again)
			assert.NotContains(t, lines[0], "hidden", what+again)
			assert.True(t, strings.HasPrefix(lines[0], "acme update p 1 "), lines[0])
		}
	}
	change("added", "ALTER TABLE p ADD extra int;;UPDATE p SET extra = $n", `{"field":"extra","new":`)
	change("dropped", "ALTER TABLE p DROP gone;;UPDATE p SET n = $n", `{"field":"n","new":`)
	change("renamed", "ALTER TABLE p RENAME name TO title;;UPDATE p SET title = 't$n'", `{"field":"title","new":"t`)
	change("renamed, redacted", "ALTER TABLE p RENAME ssn TO social;;UPDATE p SET social = 'canary$n', hidden = $n", `[{"field":"social","new":{"$audit":"redacted"},"old":{"$audit":"redacted"}}]`)
	change("renamed, ignored", "ALTER TABLE p RENAME hidden TO concealed;;UPDATE p SET concealed = $n, n = $n", `[{"field":"n",`)
	change("retyped", "ALTER TABLE p ALTER n TYPE timestamptz USING now();;UPDATE p SET n = now() + interval '$n seconds'", `{"field":"n","new":"20`)
	change("renamed key", "ALTER TABLE p RENAME id TO number;;UPDATE p SET title = 'u$n'", `{"field":"title"`)
	change("renamed org", "ALTER TABLE p RENAME org TO tenant;;UPDATE p SET title = 'v$n'", `{"field":"title"`)
	change("renamed table", "ALTER TABLE p RENAME TO q;;UPDATE q SET title = 'w$n'", `{"field":"title"`)
	change("a secret", "ALTER TABLE q ADD old_password text;;UPDATE q SET old_password = 'canary$n'", `{"$audit":"redacted"}`)
	findings := strings.Join(w.findings(t), "\n")
	assert.Contains(t, findings, `its key column "id" was renamed or dropped`)
	require.NoError(t, w.admin.Watch(ctx, postgres.WatchTable{Name: "q", Type: "p", Redact: []string{"social"}, Ignore: []string{"concealed"}, OrgColumn: "tenant"}))
	assert.Empty(t, w.findings(t))
	change("watched again", "SELECT 1;;UPDATE q SET title = 'x$n', concealed = $n", `[{"field":"title"`)
	tables, err := w.admin.Watched(ctx)
	require.NoError(t, err)
	require.Len(t, tables, 1)
	assert.Contains(t, tables[0].Name, `."q"`)
	exec("ALTER TABLE q DROP number")
	exec("UPDATE q SET title = 'the key is gone'")
	assert.Len(t, w.entries(t), 1)
	var functions int
	require.NoError(t, w.pool.QueryRow(ctx, "SELECT count(*) FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'audit_capture_of_%'").Scan(&functions))
	assert.Equal(t, 1, functions)
}

func (w *watching) findings(t *testing.T) (found []string) {
	t.Helper()
	findings, err := w.admin.Check(t.Context())
	require.NoError(t, err)
	for _, p := range findings {
		if p.Kind == postgres.FindingCapture || strings.Contains(p.Problem, "function audit_capture") {
			found = append(found, p.String())
		}
	}
	return found
}

func TestWatchCheckAndUnwatch(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
	ctx := t.Context()
	assert.Empty(t, w.findings(t))
	for statement, want := range map[string]string{
		"DROP TRIGGER audit_capture_update ON api_keys":                    "missing or disabled: audit_capture_update",
		"ALTER TABLE api_keys DISABLE TRIGGER audit_capture_insert":        "missing or disabled: audit_capture_insert",
		"ALTER TABLE api_keys ENABLE REPLICA TRIGGER audit_capture_delete": "missing or disabled: audit_capture_delete",
		"ALTER TABLE api_keys ADD COLUMN more_%d int":                      "columns were added",
		"ALTER TABLE api_keys DROP CONSTRAINT api_keys_pkey":               "rows cannot be distinguished",
		"GRANT EXECUTE ON FUNCTION %s() TO PUBLIC":                         "others may make triggers of it",
		"ALTER FUNCTION %s() SECURITY INVOKER":                             "is not the log owner's own",
		"COMMENT ON FUNCTION %s() IS NULL":                                 "holds its configuration, is gone",
	} {
		var function string
		require.NoError(t, w.pool.QueryRow(ctx, "SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'audit_capture_of_%'").Scan(&function))
		w.exec(t, strings.NewReplacer("%s", function, "%d", fmt.Sprint(len(statement))).Replace(statement))
		findings := strings.Join(w.findings(t), "\n")
		assert.Contains(t, findings, want, statement)
		assert.Contains(t, findings, "call Admin.Watch", statement)
		w.exec(t, "ALTER TABLE api_keys DROP CONSTRAINT IF EXISTS api_keys_pkey", "ALTER TABLE api_keys ADD PRIMARY KEY (id)", "ALTER TABLE api_keys ENABLE TRIGGER ALL")
		require.NoError(t, w.admin.Watch(ctx, postgres.WatchTable{Name: "api_keys"}), statement)
		assert.Empty(t, w.findings(t), statement)
	}
	require.NoError(t, w.admin.Unwatch(ctx, "api_keys"))
	w.exec(t, "INSERT INTO api_keys (id) VALUES (1)")
	assert.Empty(t, w.entries(t))
	tables, err := w.admin.Watched(ctx)
	require.NoError(t, err)
	assert.Empty(t, tables)
	assert.Empty(t, w.findings(t))

	// A table that is dropped leaves its function behind, and Check says so.
	require.NoError(t, w.admin.Watch(ctx, postgres.WatchTable{Name: "api_keys"}))
	w.exec(t, "DROP TABLE api_keys")
	findings := w.findings(t)
	require.Len(t, findings, 1)
	name, _, _ := strings.Cut(findings[0], ":")
	require.NoError(t, w.admin.Unwatch(ctx, name))
	assert.Empty(t, w.findings(t))
}

// Tables that change in the course of a statement on another, or by parts.
func TestWatchOtherTables(t *testing.T) {
	t.Parallel()
	w := watch(t, `CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent ON DELETE CASCADE ON UPDATE CASCADE);
		CREATE TABLE parts (id int, day date, n int, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
		CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
		CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM ('2026-02-01') TO ('2026-03-01')`, postgres.WatchTable{Name: "parent"})
	for _, table := range []string{"child", "parts"} {
		require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: table}))
	}
	w.exec(t, "INSERT INTO parent VALUES (1)", "INSERT INTO child VALUES (1, 1), (2, 1)")
	w.entries(t)
	w.exec(t, "DELETE FROM parent")
	assert.Len(t, w.entries(t), 3, "with those that the cascade removed")

	w.exec(t, "INSERT INTO parts VALUES (1, '2026-01-15', 1), (2, '2026-02-15', 2)", "UPDATE parts SET n = n + 1")
	assert.Len(t, w.entries(t), 4)
	w.exec(t, "UPDATE parts SET day = '2026-02-01' WHERE id = 1")
	lines := w.lines(t)
	require.Len(t, lines, 2)
	assert.Contains(t, strings.Join(lines, "\n"), "destroy parts 1,2026-01-15")
	assert.Contains(t, strings.Join(lines, "\n"), "create parts 1,2026-02-01")
	w.exec(t, "UPDATE parts_2 SET n = 9 WHERE id = 1")
	assert.Empty(t, w.entries(t), "a write past the parent, as documented")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "parts_2", Type: "parts"}))
	w.exec(t, "UPDATE parts_2 SET n = 10 WHERE id = 1", "UPDATE parts SET n = 11 WHERE id = 1")
	assert.Len(t, w.entries(t), 2)

	// A trigger of the host's that writes to the table again.
	w.exec(t, `CREATE TABLE nested (id int PRIMARY KEY, n int DEFAULT 0)`,
		`CREATE FUNCTION again() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF pg_trigger_depth() = 1 THEN UPDATE nested SET n = n + 1; END IF; RETURN NULL; END'`,
		`CREATE TRIGGER z AFTER INSERT ON nested EXECUTE FUNCTION again()`)
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "nested"}))
	w.exec(t, "INSERT INTO nested (id) VALUES (1)")
	assert.Len(t, w.entries(t), 2)
}
