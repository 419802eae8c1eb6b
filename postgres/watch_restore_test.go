package postgres_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// renumber replaces a watched table by one of the same columns, in which no
// number is missing, with the same triggers: what a dump and restore leaves.
func (w *watching) renumber(t *testing.T, name string) {
	t.Helper()
	rows, err := w.pool.Query(t.Context(), "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = $1::text::regclass AND NOT tgisinternal", name)
	require.NoError(t, err)
	triggers, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Len(t, triggers, 4)
	w.exec(t, "CREATE TABLE copied (LIKE "+name+" INCLUDING ALL)", "DROP TABLE "+name, "ALTER TABLE copied RENAME TO "+name)
	w.exec(t, triggers...)
}

// After a restore the numbers of columns are others. What is not known any more
// is not shown, and goes to no wrong organization.
func TestWatchAfterRestore(t *testing.T) {
	t.Parallel()
	acme := postgres.WatchTable{Name: "logins", Redact: []string{"iban"}, Ignore: []string{"skipped"}, OrgColumn: "org"}
	for name, test := range map[string]struct {
		before, after string // what is altered before and after the restore
		write         string
		org           string
		check         string
		refused       string // why Watch with the same Table is an error
		again         postgres.WatchTable
	}{
		"unchanged": {"", "", "password = 'canary', iban = 'canary%d', org = 'acme', note = '%d'", "acme", "restored from a dump", "", acme},
		"renamed": {
			"", "RENAME iban TO account; RENAME password TO pw", "pw = 'canary', account = 'canary%d', org = 'acme'", "acme", `column "iban", named by WatchTable.Redact, is gone`,
			`["pw" "account"]`,
			postgres.WatchTable{Redact: []string{"account", "pw"}, Ignore: []string{"skipped"}, OrgColumn: "org"},
		},
		"renamed before": {
			"RENAME iban TO account; RENAME password TO pw", "", "pw = 'canary', account = 'canary%d', org = 'acme'", "acme", `column "password", named by WatchTable.Redact or the built-in names of secrets, is gone`,
			`name each in WatchTable.Redact, WatchTable.Ignore or WatchTable.Plain`,
			postgres.WatchTable{Redact: []string{"account", "pw"}, Ignore: []string{"skipped"}, OrgColumn: "org"},
		},
		"renamed, and another in its place": {
			"RENAME iban TO iban_old; ADD iban text; RENAME password TO password_old; ADD password text", "",
			"iban_old = 'canary%d', iban = 'canary%d', password_old = 'canary%d', org = 'acme'", "_platform", "restored",
			"name each",
			postgres.WatchTable{Redact: []string{"iban", "iban_old", "password_old"}, Plain: []string{"note", "meta", "couple"}, Ignore: []string{"skipped"}, OrgColumn: "org"},
		},
		"exchanged": {
			"RENAME password TO p; RENAME note TO password; RENAME p TO note", "", "note = 'canary%d', password = 'canary', org = 'acme'", "_platform", "restored",
			"name each",
			postgres.WatchTable{Redact: []string{"iban", "note", "meta", "couple"}, Ignore: []string{"skipped"}, OrgColumn: "org"},
		},
		"organization": {
			"", "RENAME org TO tenant", "tenant = 'acme', note = '%d'", "_platform", `column "org", named by WatchTable.OrgColumn, is gone`,
			`WatchTable.OrgColumn names the column "org"`,
			postgres.WatchTable{Redact: []string{"iban"}, Ignore: []string{"skipped"}, OrgColumn: "tenant"},
		},
		"organization before": {
			"RENAME org TO tenant", "", "tenant = 'acme', note = '%d'", "_platform", `column "org", named by WatchTable.OrgColumn, is gone`,
			`WatchTable.OrgColumn names the column "org"`,
			postgres.WatchTable{Redact: []string{"iban"}, Ignore: []string{"skipped"}, OrgColumn: "tenant"},
		},
		"ignored": {
			"", "RENAME skipped TO omitted", "omitted = 'canary%d', org = 'acme', note = '%d'", "acme", `column "skipped", named by WatchTable.Ignore, is gone`,
			`WatchTable.Ignore names the column "skipped"`,
			postgres.WatchTable{Redact: []string{"iban"}, Ignore: []string{"omitted"}, OrgColumn: "org"},
		},
		"key": {
			"", "RENAME id TO number", "password = 'canary%d', org = 'acme'", "acme", `its key column "id" was renamed or dropped`,
			"", acme,
		},
		"type": {
			"ALTER couple TYPE text USING 'canary'; ALTER meta TYPE text", "", "couple = 'canary%d', meta = 'canary%d', org = 'acme'", "acme", "restored", "", acme,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := watch(t, strings.Replace(logins, "note text", "lost text, note text, also_lost text", 1)+"; ALTER TABLE logins DROP gone; ALTER TABLE logins DROP lost; ALTER TABLE logins DROP also_lost", acme)
			alter := func(changes string) {
				for change := range strings.SplitSeq(changes, "; ") {
					if change != "" {
						w.exec(t, "ALTER TABLE logins "+change)
					}
				}
			}
			alter(test.before)
			w.renumber(t, "logins")
			w.exec(t, "INSERT INTO logins VALUES (1)")
			alter(test.after)
			n := 0
			write := func(org string) {
				t.Helper()
				w.entries(t)
				w.exec(t, "UPDATE logins SET "+strings.ReplaceAll(test.write, "%d", "moving")) // to its organization
				w.entries(t)
				for range 2 {
					n++
					w.exec(t, "UPDATE logins SET "+strings.ReplaceAll(test.write, "%d", strconv.Itoa(n)))
					entries := w.entries(t)
					require.Len(t, entries, 1)
					assert.NotContains(t, entries[0].Changes.JSON(), "canary")
					assert.Equal(t, org, entries[0].Org)
					assert.Equal(t, "1", entries[0].Object.ID)
					assert.Equal(t, org == "_platform", strings.Contains(fmt.Sprint(entries[0].Metadata), "audit_org_column"))
				}
			}
			write(test.org)
			assert.Contains(t, strings.Join(w.findings(t), "\n"), test.check)
			err := w.admin.Watch(t.Context(), acme)
			if test.refused == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, test.refused)
				write(test.org)
				test.again.Name = "logins"
				require.NoError(t, w.admin.Watch(t.Context(), test.again))
			}
			assert.Empty(t, w.findings(t))
			write("acme")
		})
	}
}

// The same through pg_dump and psql, if there is a pg_dump that knows the
// server's version. Else TestWatchAfterRestore is what shows it.
func TestWatchAfterDump(t *testing.T) {
	t.Parallel()
	w := watch(t, logins+"; ALTER TABLE logins DROP gone", loginsTable)
	w.exec(t, "INSERT INTO logins (id, org) VALUES (1, 'acme')", "ALTER TABLE logins RENAME iban TO account")
	if !w.dumpAndRestore(t) {
		w.renumber(t, "logins")
		w.exec(t, "INSERT INTO logins (id, org) VALUES (1, 'acme')")
	}
	w.entries(t)
	w.exec(t, "UPDATE logins SET password = 'canary', account = 'canary', note = 'n'")
	assert.Equal(t, []string{`acme update logins 1 [{"field":"note","new":"n","old":null},{"field":"password","new":{"$audit":"redacted"},"old":{"$audit":"redacted"}},{"field":"account","new":{"$audit":"redacted"},"old":{"$audit":"redacted"}}]`}, w.lines(t))
	w.exec(t, "ALTER TABLE logins RENAME password TO pw", "ALTER TABLE logins RENAME org TO tenant", "UPDATE logins SET pw = 'canary2', account = 'canary2', note = 'm'")
	entries := w.entries(t)
	require.Len(t, entries, 1)
	assert.Equal(t, "_platform", entries[0].Org)
	assert.NotContains(t, entries[0].Changes.JSON(), "canary")
	assert.Contains(t, strings.Join(w.findings(t), "\n"), `column "org", named by WatchTable.OrgColumn, is gone`)
	require.ErrorContains(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "logins", OrgColumn: "tenant"}), `["pw" "account"]`)
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "logins", OrgColumn: "tenant", Redact: []string{"account", "pw"}}))
	w.exec(t, "UPDATE logins SET pw = 'canary3', account = 'canary3'")
	assert.NotContains(t, w.lines(t)[0], "canary")
}

// dumpAndRestore goes on in another database, made from a dump of this one.
func (w *watching) dumpAndRestore(t *testing.T) bool {
	t.Helper()
	server := os.Getenv(pgtest.URLVariable)
	dump := pgtest.FindClient(t, "pg_dump")
	if dump == "" {
		t.Log("no pg_dump for this server: columns are renumbered instead")
		return false
	}
	schema := w.schema(t)
	text, err := exec.Command(dump, "--no-owner", "--schema", schema, server).Output()
	require.NoError(t, err)
	w.exec(t, "CREATE DATABASE "+schema+" TEMPLATE template0")
	first := w.pool
	t.Cleanup(func() {
		_, err := first.Exec(context.WithoutCancel(t.Context()), "DROP DATABASE "+schema+" WITH (FORCE)")
		assert.NoError(t, err)
	})
	target, err := url.Parse(server)
	require.NoError(t, err)
	target.Path = "/" + schema
	restore := exec.Command("psql", "--quiet", "--set", "ON_ERROR_STOP=1", target.String())
	restore.Stdin = strings.NewReader(string(text))
	out, err := restore.CombinedOutput()
	require.NoError(t, err, string(out))
	query := target.Query()
	query.Set("search_path", schema)
	target.RawQuery = query.Encode()
	pool, err := pgxpool.New(t.Context(), target.String())
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	w.pool, w.store, w.admin = pool, postgres.New(pool), postgres.NewAdmin(pool)
	return true
}
