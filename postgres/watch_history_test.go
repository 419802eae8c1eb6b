package postgres_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/postgres"
)

const logins = `CREATE TYPE pair AS (a text, b text);
	CREATE TABLE logins (gone int, id int PRIMARY KEY, note text, password text, iban text, meta jsonb, couple pair, org text, skipped text)`

var loginsTable = postgres.WatchTable{Name: "logins", Redact: []string{"iban"}, Ignore: []string{"skipped"}, OrgColumn: "org"}

// What was redacted for any reason stays so whatever the columns are called, of
// which type they are, and if Watch is called again.
func TestWatchKeepsRedacting(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change string
		write  string // with canaries that must not be shown
		again  postgres.WatchTable
		want   string // in the error of Watch, if it refuses
		check  string
	}{
		"renamed": {
			"RENAME password TO pw; RENAME iban TO account; RENAME org TO tenant; RENAME skipped TO omitted",
			"pw = 'canary', account = 'canary', tenant = 'acme', omitted = 'canary', note = '%d'",
			postgres.WatchTable{Redact: []string{"account"}, Ignore: []string{"omitted"}, OrgColumn: "tenant"},
			"", `column "org", named by WatchTable.OrgColumn, is called "tenant" now`,
		},
		"the same Table": {
			"RENAME iban TO account; RENAME password TO pw", "pw = 'canary', account = 'canary', org = 'acme', note = '%d'",
			loginsTable, "", `column "iban", named by WatchTable.Redact, is called "account" now`,
		},
		"the same organization": {
			"RENAME org TO tenant", "password = 'canary', tenant = 'acme', note = '%d'",
			loginsTable, `WatchTable.OrgColumn names the column "org", which is not there: it is called "tenant" now`, "tenant",
		},
		"the same ignored": {
			"RENAME skipped TO omitted", "omitted = 'canary%d', note = '%d', org = 'acme'",
			loginsTable, `WatchTable.Ignore names the column "skipped", which is not there: it is called "omitted" now`, "omitted",
		},
		"exchanged": {
			"RENAME password TO p; RENAME note TO password; RENAME p TO note; RENAME org TO o; RENAME skipped TO org; RENAME o TO skipped",
			"note = 'canary%d', password = 'canary', skipped = 'acme', org = 'canary%d'",
			postgres.WatchTable{Redact: []string{"iban"}, Ignore: []string{"org"}, OrgColumn: "skipped"},
			"", "renamed",
		},
		"in turn": {
			"RENAME password TO password_old; ADD password text; RENAME iban TO iban_of; ADD iban text",
			"password_old = 'canary%d', password = 'canary', iban_of = 'canary%d', iban = 'canary', org = 'acme'", loginsTable, "", "added",
		},
		"another type": {
			"ALTER meta TYPE text; ALTER couple TYPE text USING 'canary'; ALTER password TYPE varchar(99); ALTER iban TYPE json USING '[\"canary\"]'",
			`meta = 'canary%d', couple = 'canary%d', password = 'canary', iban = '{"a":"canary%d"}', org = 'acme'`, loginsTable, "", "",
		},
		"another type of JSON": {
			"ALTER couple TYPE jsonb USING '[\"canary\"]'; ALTER meta TYPE json",
			`couple = '{"x":"canary%d"}', meta = '{"x":%d,"y":{"token":"canary%d"}}', org = 'acme'`, loginsTable, "", "",
		},
		"added and renamed": {
			"ADD api_token text; ADD notes json; ADD two_of pair; write api_token = 'canary', notes = '{\"password\":\"canary\"}'; RENAME api_token TO at; ALTER notes TYPE text; ALTER two_of TYPE text USING ''; RENAME two_of TO two",
			"at = 'canary%d', notes = 'canary%d', two = 'canary%d', org = 'acme'", loginsTable, "", `its columns ["at" "notes" "two"] were added since`,
		},
		"others dropped": {
			"DROP gone; DROP note; ADD more text; DROP iban; ADD iban text", "password = 'canary', iban = 'canary', org = 'acme', more = '%d'",
			loginsTable, "", "dropped",
		},
		"not named any more": {
			"ADD more int", "password = 'canary', iban = 'canary%d', org = 'acme', more = %d",
			postgres.WatchTable{Ignore: []string{"skipped"}, OrgColumn: "org"},
			"", "added",
		},
		"another name": {
			"RENAME TO people", "password = 'canary', iban = 'canary%d', org = 'acme', note = '%d'",
			postgres.WatchTable{Name: "people", Type: "logins", Ignore: []string{"skipped"}, OrgColumn: "org", Redact: []string{"iban"}},
			"", "",
		},
		"another schema": {
			"SET SCHEMA %s", "password = 'canary', iban = 'canary%d', org = 'acme', note = '%d'",
			postgres.WatchTable{Name: "%s.logins", Type: "logins", Ignore: []string{"skipped"}, OrgColumn: "org", Redact: []string{"iban"}},
			"", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, logins, loginsTable)
			other := w.schema(t) + "_other"
			w.exec(t, "INSERT INTO logins (id, org) VALUES (1, 'acme')", "CREATE SCHEMA "+other)
			t.Cleanup(func() { _, _ = w.pool.Exec(t.Context(), "DROP SCHEMA "+other+" CASCADE") })
			relation := "logins"
			for change := range strings.SplitSeq(strings.ReplaceAll(test.change, "%s", other), "; ") {
				if written, ok := strings.CutPrefix(change, "write "); ok {
					w.exec(t, "UPDATE logins SET "+written)
					continue
				}
				w.exec(t, "ALTER TABLE logins "+change)
			}
			test.again.Name = strings.ReplaceAll(test.again.Name, "%s", other)
			if test.again.Name == "" {
				test.again.Name = "logins"
			}
			relation = test.again.Name
			n := 0
			write := func(when string) {
				t.Helper()
				w.entries(t)
				for range 2 {
					n++
					w.exec(t, "UPDATE "+relation+" SET "+strings.ReplaceAll(test.write, "%d", strconv.Itoa(n)))
					lines := w.lines(t)
					require.Len(t, lines, 1, when)
					assert.NotContains(t, lines[0], "canary", when)
					assert.True(t, strings.HasPrefix(lines[0], "acme update logins 1 "), lines[0])
				}
			}
			write("at once")
			if test.check != "" {
				assert.Contains(t, strings.Join(w.findings(t), "\n"), test.check)
			}
			tables, err := w.admin.Watched(t.Context())
			require.NoError(t, err)
			for range 2 {
				err := w.admin.Watch(t.Context(), test.again)
				if test.want != "" {
					assert.ErrorContains(t, err, test.want)
				} else {
					require.NoError(t, err)
					assert.Empty(t, w.findings(t))
				}
				write("watched again")
			}
			require.NoError(t, w.admin.Watch(t.Context(), tables[0]))
			write("with the names that Watched returns")
			w.exec(t, "COMMENT ON FUNCTION "+w.function(t)+"() IS NULL", "ALTER TABLE "+relation+" RENAME id TO number")
			write("without the comment")
			tables[0].Redact, tables[0].Key = nil, nil
			require.NoError(t, w.admin.Watch(t.Context(), tables[0]))
			write("watched again without the comment")
		})
	}
}

func (w *watching) function(t *testing.T) (name string) {
	t.Helper()
	require.NoError(t, w.pool.QueryRow(t.Context(), `SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'audit\_capture\_of\_%'`).Scan(&name))
	return name
}

// What is redacted is shown again only if somebody says so.
func TestWatchPlain(t *testing.T) {
	t.Parallel()
	w := watch(t, "CREATE TABLE t (id int PRIMARY KEY, password text, iban text, n int)", postgres.WatchTable{Name: "t", Redact: []string{"iban"}})
	ctx := t.Context()
	w.exec(t, "INSERT INTO t VALUES (1)")
	require.NoError(t, w.admin.Watch(ctx, postgres.WatchTable{Name: "t", Plain: []string{"iban", "password"}}))
	w.entries(t)
	w.exec(t, "UPDATE t SET password = 'p', iban = 'i'")
	assert.Equal(t, []string{`_platform update t 1 [{"field":"password","new":"p","old":null},{"field":"iban","new":"i","old":null}]`}, w.lines(t))
	w.exec(t, "ALTER TABLE t RENAME password TO secret", "UPDATE t SET secret = 'q'")
	assert.Equal(t, []string{`_platform update t 1 [{"field":"secret","new":"q","old":"p"}]`}, w.lines(t))
	assert.Contains(t, strings.Join(w.findings(t), "\n"), `column "password", named by WatchTable.Plain, is called "secret" now`)
	require.NoError(t, w.admin.Watch(ctx, postgres.WatchTable{Name: "t"}))
	w.exec(t, "UPDATE t SET secret = 'canary', iban = 'j'")
	assert.Equal(t, []string{`_platform update t 1 [{"field":"secret","new":{"$audit":"redacted"},"old":{"$audit":"redacted"}},{"field":"iban","new":"j","old":"i"}]`}, w.lines(t))
}

// A name that fits nothing is an error, and so is a secret that each entry
// would show.
func TestWatchRefusesNames(t *testing.T) {
	t.Parallel()
	w := watch(t, "CREATE TABLE plain (id int PRIMARY KEY, user_pin text, n int); CREATE TABLE doc (id int PRIMARY KEY, meta jsonb[]); CREATE TABLE sessions (token text PRIMARY KEY, n int)",
		postgres.WatchTable{Name: "plain", Redact: []string{"pin"}})
	for _, test := range []struct {
		table postgres.WatchTable
		want  string
	}{
		{postgres.WatchTable{Name: "plain", Redact: []string{"ibn"}}, `field WatchTable.Redact holds the name "ibn", which fits no column, and there is no JSON in which it could be a key: the columns are ["id" "n" "user_pin"]`},
		{postgres.WatchTable{Name: "plain", Plain: []string{"pin"}}, `field WatchTable.Plain names the column "pin", which is not there`},
		{postgres.WatchTable{Name: "plain", Redact: []string{"n"}, Plain: []string{"n"}}, `the column "n" is in WatchTable.Redact and in WatchTable.Plain`},
		{postgres.WatchTable{Name: "sessions"}, `field WatchTable.Key is the column "token", whose values are secrets`},
		{postgres.WatchTable{Name: "plain", Redact: []string{"n"}, OrgColumn: "n"}, `field WatchTable.OrgColumn is the column "n", whose values are secrets`},
	} {
		assert.ErrorContains(t, w.admin.Watch(t.Context(), test.table), test.want)
	}
	w.exec(t, "ALTER TABLE plain RENAME user_pin TO digits")
	for range 2 {
		require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "plain", Redact: []string{"pin"}}), "it named a column, which stays hidden")
		assert.Contains(t, strings.Join(w.findings(t), "\n"), `the name "pin" in WatchTable.Redact fits no column`)
		w.exec(t, "DELETE FROM plain", "INSERT INTO plain VALUES (1, 'canary')")
	}
	assert.NotContains(t, strings.Join(w.lines(t), "\n"), "canary")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "plain", Redact: []string{"digits"}}))
	assert.Empty(t, w.findings(t))
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "doc", Redact: []string{"ibn"}}), "it may be a key of JSON")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "sessions", Plain: []string{"token"}}))
}

// The rows of a partition are its parent's: what one redacts, so does the other.
func TestWatchKeepsRedactingInPartitions(t *testing.T) {
	t.Parallel()
	w := watch(t, `CREATE TABLE part (id int PRIMARY KEY, iban text, note text);
		CREATE TABLE whole (id int PRIMARY KEY, iban text, note text) PARTITION BY RANGE (id)`, postgres.WatchTable{Name: "part", Type: "row", Redact: []string{"iban"}})
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "whole", Type: "row"}))
	w.exec(t, "ALTER TABLE whole ATTACH PARTITION part FOR VALUES FROM (1) TO (10)")
	assert.Contains(t, strings.Join(w.findings(t), "\n"), `it shows column "iban"`)
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "whole", Type: "row"}))
	assert.Empty(t, w.findings(t))
	w.exec(t, "CREATE TABLE second PARTITION OF whole FOR VALUES FROM (10) TO (20)")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "second", Type: "row"}))
	for _, statement := range []string{"INSERT INTO whole VALUES (1, 'canary', 'a')", "UPDATE part SET iban = 'canary2'", "INSERT INTO second VALUES (11, 'canary', 'a')", "UPDATE whole SET iban = 'canary3', id = 12 WHERE id = 1"} {
		w.exec(t, statement)
	}
	lines := w.lines(t)
	require.Len(t, lines, 5)
	for _, entry := range lines {
		assert.NotContains(t, entry, "canary")
		assert.Contains(t, entry, `{"field":"iban",`)
	}
}

// A table that is replaced by another of its name keeps its history.
func TestWatchKeepsRedactingInAReplacedTable(t *testing.T) {
	t.Parallel()
	w := watch(t, logins, loginsTable)
	w.exec(t, "ALTER TABLE logins RENAME iban TO account")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "logins", Ignore: []string{"skipped"}, OrgColumn: "org"}))
	w.exec(t, "CREATE TABLE copied (LIKE logins INCLUDING ALL)", "DROP TABLE logins", "ALTER TABLE copied RENAME TO logins")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "logins", Ignore: []string{"skipped"}, OrgColumn: "org"}))
	assert.Empty(t, w.findings(t))
	w.exec(t, "INSERT INTO logins (id, account, password) VALUES (1, 'canary', 'canary')")
	assert.NotContains(t, w.lines(t)[0], "canary")
}

// A column that is called as that of the organization was is another column.
func TestWatchRefusesAnotherColumnOfTheOrganization(t *testing.T) {
	t.Parallel()
	table := postgres.WatchTable{Name: "rows", OrgColumn: "org_id"}
	w := watch(t, "CREATE TABLE rows (id int PRIMARY KEY, org_id text, reseller_id text)", table)
	w.exec(t, "ALTER TABLE rows RENAME org_id TO x", "ALTER TABLE rows RENAME reseller_id TO org_id", "ALTER TABLE rows RENAME x TO reseller_id")
	w.exec(t, "INSERT INTO rows (id, reseller_id, org_id) VALUES (1, 'acme', 'reseller')")
	assert.Contains(t, w.lines(t)[0], "acme create rows 1")
	require.ErrorContains(t, w.admin.Watch(t.Context(), table), `is "reseller_id" now: name that one, or call Unwatch first`)
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "rows", OrgColumn: "reseller_id"}))
	require.NoError(t, w.admin.Unwatch(t.Context(), "rows"))
	require.NoError(t, w.admin.Watch(t.Context(), table))
}

// A key that comes to be NULL stops no write.
func TestWatchTakesRowsWithoutKey(t *testing.T) {
	t.Parallel()
	w := watch(t, "CREATE TABLE rows (id int PRIMARY KEY, name text); CREATE TABLE pairs (a int, b text, name text, PRIMARY KEY (a, b))", postgres.WatchTable{Name: "rows"})
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "pairs"}))
	w.exec(t, "INSERT INTO rows VALUES (1, 'x')", "INSERT INTO pairs VALUES (1, 'b', 'x')")
	w.exec(t, "ALTER TABLE rows DROP id, ADD id int", "ALTER TABLE pairs DROP CONSTRAINT pairs_pkey, ALTER a DROP NOT NULL, ALTER b DROP NOT NULL")
	w.entries(t)
	for _, statement := range []string{
		"UPDATE rows SET name = 'y'", "UPDATE rows SET id = 9", "INSERT INTO rows VALUES ('z', NULL)", "DELETE FROM rows", "TRUNCATE rows",
		"UPDATE pairs SET a = NULL", "UPDATE pairs SET b = NULL", "UPDATE pairs SET a = 2, name = 'y'", "DELETE FROM pairs",
	} {
		w.exec(t, statement)
		assert.NotEmpty(t, w.entries(t), statement)
	}
}
