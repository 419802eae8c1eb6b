package rails_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/contrib/rails"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// target is a log to import into, and a database for the Rails application.
type target struct {
	store audit.Store
	trail *audit.Log
	rails *sql.DB
}

func targets(t *testing.T, run func(t *testing.T, to target)) {
	open := func(t *testing.T, store audit.Store, db *sql.DB) target {
		trail, err := audit.New(store, audit.Config{Org: "acme"})
		require.NoError(t, err)
		return target{store, trail, db}
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "x.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
		require.NoError(t, err)
		t.Cleanup(func() { db.Close() })
		store := sqlite.New(db)
		require.NoError(t, store.Migrate(t.Context()))
		run(t, open(t, store, db))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		pool := pgtest.New(t)
		store := postgres.New(pool)
		require.NoError(t, store.Migrate(t.Context()))
		db := stdlib.OpenDBFromPool(pool)
		t.Cleanup(func() { db.Close() })
		run(t, open(t, store, db))
	})
}

func exec(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), statement)
	require.NoError(t, err)
}

func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

const auditsTable = `CREATE TABLE audits (id bigint PRIMARY KEY, auditable_id bigint, auditable_type text, associated_id bigint, associated_type text,
	user_id bigint, user_type text, username text, action text, audited_changes text, version integer, comment text, remote_address text, request_uuid text, created_at timestamp)`

func all(t *testing.T, trail *audit.Log) []audit.Entry {
	t.Helper()
	var entries []audit.Entry
	for e, err := range trail.All(t.Context(), audit.Filter{}, audit.Sort{Dir: audit.Ascending}) {
		require.NoError(t, err)
		entries = append(entries, e)
	}
	return entries
}

func TestImportAudited(t *testing.T) {
	targets(t, func(t *testing.T, to target) {
		exec(t, to.rails, auditsTable)
		for i, row := range []string{
			`7, 'Billing::Invoice', NULL, NULL, 3, 'User', NULL, 'create', ` + literal("---\nstatus: draft\ntotal: !ruby/object:BigDecimal 18:0.125e1\npassword: hunter2\nsent_at:\npaid: false\n") + `, 1, NULL, '203.0.113.24', 'r-1', '2020-01-02 03:04:05.678901'`,
			`7, 'Billing::Invoice', NULL, NULL, 3, 'User', NULL, 'update', ` + literal("---\nstatus:\n- draft\n- :sent\nsent_at:\n-\n- !ruby/object:ActiveSupport::TimeWithZone\n  utc: &1 2020-01-02 04:00:00.5 Z\n  zone: x\n  time: *1\nupdated_at:\n- 2020-01-02 03:04:05 Z\n- 2020-01-02 04:00:00 Z\n") + `, 2, 'asked by phone', NULL, 'r-2', '2020-01-02 04:00:00'`,
			`1, 'APIKey', 7, 'Billing::Invoice', NULL, NULL, 'dana@acme.test', 'update', '{"name": ["a", "b"], "n": [1, 12345678901234567890]}', 1, NULL, 'unknown', NULL, '2020-01-02 04:00:00'`,
			`7, 'Billing::Invoice', NULL, NULL, NULL, NULL, NULL, 'destroy', ` + literal("---\nstatus: sent\n") + `, 3, NULL, NULL, NULL, '2021-01-01 00:00:00'`,
			`8, 'Billing::Invoice', NULL, NULL, NULL, NULL, NULL, 'update', ` + literal("---\nupdated_at:\n- 1\n- 2\n") + `, 3, NULL, NULL, NULL, '2021-01-01 00:00:00'`,
		} {
			exec(t, to.rails, fmt.Sprintf("INSERT INTO audits VALUES (%d, %s)", i+1, row))
		}
		var told []rails.Progress
		done, err := rails.ImportAudited(t.Context(), to.rails, to.trail, to.store, rails.Options{Progress: func(p rails.Progress) { told = append(told, p) }})
		require.NoError(t, err)
		assert.Equal(t, rails.Progress{Rows: 5, Of: 5, Last: "5"}, done)
		assert.Equal(t, []rails.Progress{done}, told)

		entries := all(t, to.trail)
		require.Len(t, entries, 5)
		created := entries[0]
		assert.Equal(t, audit.Object{Type: "billing_invoice", ID: "7"}, created.Object)
		assert.Equal(t, audit.ActionCreate, created.Action)
		assert.Equal(t, "2020-01-02T03:04:05.678901Z", created.OccurredAt.Format("2006-01-02T15:04:05.999999999Z07:00"))
		assert.Equal(t, audit.Actor{Kind: audit.ActorUser, ID: "3"}, created.Actor)
		assert.Equal(t, "203.0.113.24", created.IP.String())
		assert.Equal(t, "r-1", created.RequestID)
		assert.Equal(t, audit.SourceImport, created.Source)
		assert.JSONEq(t, `{"imported_from":"audited","row":1}`, created.Metadata.JSON())
		assert.Equal(t, `[{"field":"paid","new":false},{"field":"password","new":{"$audit":"redacted"}},{"field":"sent_at","new":null},{"field":"status","new":"draft"},{"field":"total","new":1.25}]`, created.Changes.JSON())
		assert.Equal(t, `[{"field":"sent_at","new":"2020-01-02T04:00:00.5Z","old":null},{"field":"status","new":"sent","old":"draft"}]`, entries[1].Changes.JSON())
		assert.Equal(t, "asked by phone", entries[1].Comment)
		key := entries[2]
		assert.Equal(t, audit.Object{Type: "api_key", ID: "1"}, key.Object, "rows of one instant keep their order")
		assert.Equal(t, audit.Object{Type: "billing_invoice", ID: "7"}, key.Parent)
		assert.Equal(t, "dana@acme.test", key.Actor.Email)
		assert.Equal(t, `[{"field":"n","new":12345678901234567890,"old":1},{"field":"name","new":"b","old":"a"}]`, key.Changes.JSON())
		assert.Contains(t, key.Metadata.JSON(), "not an address: unknown")
		assert.Equal(t, `[{"field":"status","old":"sent"}]`, entries[3].Changes.JSON())
		assert.Equal(t, audit.ActionUpdate, entries[4].Action)
		assert.Empty(t, entries[4].Changes, "what happened is kept, though no field of it")

		// Once more, whole and from the middle: nothing is there twice.
		for _, after := range []string{"", "3"} {
			_, err = rails.ImportAudited(t.Context(), to.rails, to.trail, to.store, rails.Options{After: after})
			require.NoError(t, err)
		}
		assert.Equal(t, entries, all(t, to.trail))
	})
}

func TestImportPaperTrail(t *testing.T) {
	targets(t, func(t *testing.T, to target) {
		exec(t, to.rails, `CREATE TABLE versions (id bigint PRIMARY KEY, item_type text, item_id bigint, event text, whodunnit text, object text, object_changes text, created_at timestamp)`)
		for i, row := range []string{
			`'User', 9, 'create', 'admin', NULL, ` + literal("---\nid:\n-\n- 9\nname:\n-\n- 'no'\n") + `, '2020-01-01 00:00:00'`,
			`'User', 9, 'update', 'admin', ` + literal("---\nid: 9\nname: 'no'\n") + `, ` + literal("---\nname:\n- 'no'\n- :yes\n") + `, '2020-01-01 00:00:01'`,
			`'User', 9, 'update', NULL, ` + literal("---\nid: 9\n") + `, NULL, '2020-01-01 00:00:02'`,
			`'User', 9, 'destroy', NULL, '{"id": 9, "name": "yes"}', NULL, '2020-01-01 00:00:03'`,
		} {
			exec(t, to.rails, fmt.Sprintf("INSERT INTO versions VALUES (%d, %s)", i+1, row))
		}
		_, err := rails.ImportPaperTrail(t.Context(), to.rails, to.trail, to.store, rails.Options{
			Org:  func(rails.Row) string { return "acme" },
			Type: func(class string) string { return "end_" + strings.ToLower(class) },
			Actor: func(_ context.Context, r rails.Row) (audit.Actor, error) {
				return audit.Actor{Email: r.UserID + "@acme.test"}, nil
			},
		})
		require.NoError(t, err)
		entries := all(t, to.trail)
		require.Len(t, entries, 4)
		assert.Equal(t, audit.Object{Type: "end_user", ID: "9"}, entries[0].Object)
		assert.Equal(t, "admin@acme.test", entries[0].Actor.Email)
		var changes []string
		for _, e := range entries {
			changes = append(changes, string(e.Action)+" "+e.Changes.JSON())
		}
		assert.Equal(t, []string{
			`create [{"field":"name","new":"no"}]`, `update [{"field":"name","new":"yes","old":"no"}]`, `update []`, `destroy [{"field":"name","old":"yes"}]`,
		}, changes)
	})
}

// importHistory is what docs/stacks.md shows.
func importHistory(ctx context.Context, railsDB *sql.DB, trail *audit.Log, store audit.Store) error {
	_, err := rails.ImportAudited(ctx, railsDB, trail, store, rails.Options{
		Progress: func(p rails.Progress) { log.Printf("%d of %d", p.Rows, p.Of) },
	})
	return err
}

func TestImportHistory(t *testing.T) {
	targets(t, func(t *testing.T, to target) {
		exec(t, to.rails, auditsTable)
		exec(t, to.rails, "INSERT INTO audits (id, auditable_id, auditable_type, action, audited_changes, created_at) VALUES (1, 1, 'User', 'create', '{\"a\": 1}', '2020-01-01 00:00:00')")
		require.NoError(t, importHistory(t.Context(), to.rails, to.trail, to.store))
		assert.Len(t, all(t, to.trail), 1)
	})
}

// A row that cannot be imported ends the import, or is left out by the host's
// word, and never in silence.
func TestBrokenRows(t *testing.T) {
	targets(t, func(t *testing.T, to target) {
		exec(t, to.rails, auditsTable)
		bomb := "---\na: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"
		for i, row := range []string{
			`'update', '{"a": [1, 2]}', '2020-01-01 00:00:00'`, `'update', '{"a": 1}', '2020-01-01 00:00:00'`, `'update', '{', '2020-01-01 00:00:00'`,
			`'update', ` + literal("---\n- 1\n") + `, '2020-01-01 00:00:00'`, `'update', ` + literal(bomb) + `, '2020-01-01 00:00:00'`, `'create', '{"a": 1}', NULL`,
		} {
			exec(t, to.rails, fmt.Sprintf("INSERT INTO audits (id, auditable_id, auditable_type, action, audited_changes, created_at) VALUES (%d, 1, 'User', %s)", i+1, row))
		}
		_, err := rails.ImportAudited(t.Context(), to.rails, to.trail, to.store, rails.Options{})
		require.ErrorContains(t, err, `importing row 2 of audits: audited_changes: field "a": not a pair`)
		assert.Empty(t, all(t, to.trail))

		var skipped []string
		done, err := rails.ImportAudited(t.Context(), to.rails, to.trail, to.store, rails.Options{OnError: func(r rails.Row, err error) error {
			skipped = append(skipped, r.ID)
			return nil
		}})
		require.NoError(t, err)
		assert.Equal(t, []string{"2", "3", "4", "5", "6"}, skipped)
		assert.Equal(t, rails.Progress{Rows: 6, Of: 6, Skipped: 5, Last: "6"}, done)
		assert.Len(t, all(t, to.trail), 1)

		_, err = rails.ImportAudited(t.Context(), to.rails, to.trail, to.store, rails.Options{Table: `a"b`})
		require.ErrorContains(t, err, `Options.Table "a\"b"`)
		_, err = rails.ImportAudited(t.Context(), to.rails, to.trail, to.store, rails.Options{OnError: func(rails.Row, error) error { return errors.New("stop") }})
		require.Error(t, err)
	})
}

// Rails histories have keys of many types. Each row is imported once, however
// often the import is repeated or resumed, and the import ends.
func TestKeysOfEveryType(t *testing.T) {
	targets(t, func(t *testing.T, to target) {
		_, onPostgres := to.store.(*postgres.Store)
		key := func(format string) func(int) string {
			return func(i int) string { return fmt.Sprintf(format, i) }
		}
		kinds := []struct {
			kind, inPostgres, inSQLite string
			key                        func(int) string
		}{
			{"integer", "bigint", "integer", key("%d")},
			{"large", "bigint", "integer", key("90000000000%05d")},
			{"negative", "bigint", "integer", key("-%d")},
			{"uuid", "uuid", "varchar", key("'b3a0c8f2-7a00-4000-8000-%012x'")},
			{"ulid", "char(26)", "char(26)", key("'01ARZ3NDEKTSV4RRFFQ%07d'")},
			{"text", "text", "text", key(`'it''s \ %d'`)},
			{"decimal", "numeric", "numeric", key("%d.5")},
			{"bytes", "bytea", "blob", nil},
		}
		const rows = 1050
		for _, k := range kinds {
			kind, keyOf := k.inSQLite, k.key
			if onPostgres {
				kind = k.inPostgres
			}
			if keyOf == nil {
				if keyOf = key("X'ff%08x'"); onPostgres {
					keyOf = key(`'\xff%08x'`)
				}
			}
			table := "audits_" + k.kind
			exec(t, to.rails, "CREATE TABLE "+table+" (id "+kind+" PRIMARY KEY, auditable_id text, auditable_type text, action text, audited_changes text, created_at timestamp)")
			var values []string
			for i := range rows {
				values = append(values, fmt.Sprintf("(%s, %s, 'User', 'create', '{\"a\": 1}', '2020-01-01 00:00:00')", keyOf(i+1), literal(fmt.Sprint(k.kind, i))))
			}
			exec(t, to.rails, "INSERT INTO "+table+" VALUES "+strings.Join(values, ", "))

			ctx := audit.WithOrg(t.Context(), k.kind)
			var middle string
			options := rails.Options{Table: table, Progress: func(p rails.Progress) {
				if p.Rows == 1000 {
					middle = p.Last
				}
			}}
			done, err := rails.ImportAudited(ctx, to.rails, to.trail, to.store, options)
			require.NoError(t, err, k.kind)
			assert.Equal(t, rows, done.Rows, k.kind)
			assert.Equal(t, rows, done.Of, k.kind)
			_, err = rails.ImportAudited(ctx, to.rails, to.trail, to.store, rails.Options{Table: table})
			require.NoError(t, err, k.kind)
			resumed, err := rails.ImportAudited(ctx, to.rails, to.trail, to.store, rails.Options{Table: table, After: middle})
			require.NoError(t, err, k.kind)
			assert.Equal(t, rows-1000, resumed.Rows, k.kind)
			n, err := to.trail.Count(ctx, audit.Filter{}, 10_000)
			require.NoError(t, err)
			assert.Equal(t, rows, n, k.kind)
		}
	})
}

// SQLite lets a primary key be NULL. Nothing identifies such rows.
func TestRowsWithoutKey(t *testing.T) {
	targets(t, func(t *testing.T, to target) {
		exec(t, to.rails, "CREATE TABLE audits (id text, auditable_id text, auditable_type text, action text, audited_changes text, created_at timestamp)")
		exec(t, to.rails, "INSERT INTO audits VALUES (NULL, '1', 'User', 'create', '{}', '2020-01-01 00:00:00')")
		_, err := rails.ImportAudited(t.Context(), to.rails, to.trail, to.store, rails.Options{})
		require.ErrorContains(t, err, "1 rows have no id")
		_, err = rails.ImportAudited(t.Context(), to.rails, to.trail, to.store, rails.Options{After: "\x00"})
		require.ErrorContains(t, err, "Options.After")
	})
}

// paper_trail stores the base class as item_type, and the record's own class as
// item_subtype where the application asks for it.
func TestSubtypes(t *testing.T) {
	targets(t, func(t *testing.T, to target) {
		exec(t, to.rails, `CREATE TABLE versions (id bigint PRIMARY KEY, item_type text, item_subtype text, item_id text, event text, whodunnit text, object text, object_changes text, created_at timestamp)`)
		exec(t, to.rails, `INSERT INTO versions VALUES (1, 'Vehicle', 'Car', '7', 'create', NULL, NULL, '{"wheels": [null, 4]}', '2020-01-01 00:00:00'),
			(2, 'Vehicle', NULL, '8', 'create', NULL, NULL, '{"wheels": [null, 2]}', '2020-01-01 00:00:01')`)
		_, err := rails.ImportPaperTrail(t.Context(), to.rails, to.trail, to.store, rails.Options{})
		require.NoError(t, err)
		_, err = rails.ImportPaperTrail(audit.WithOrg(t.Context(), "base"), to.rails, to.trail, to.store, rails.Options{
			Class: func(r rails.Row) string { return r.Columns["item_type"] },
		})
		require.NoError(t, err)
		var objects []string
		for _, org := range []string{"acme", "base"} {
			for e, err := range to.trail.All(t.Context(), audit.Filter{Org: org}, audit.Sort{Dir: audit.Ascending}) {
				require.NoError(t, err)
				objects = append(objects, e.Object.String())
			}
		}
		assert.Equal(t, []string{"car 7", "vehicle 8", "vehicle 7", "vehicle 8"}, objects)
	})
}
