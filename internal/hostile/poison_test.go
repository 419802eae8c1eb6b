package hostile

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// poison is a row that the library did not write: columns and what to put there
// as SQL. Whether the table takes it is the table's to say.
type poison struct {
	columns map[string]string
	// wrong is what the entry says of it, or nothing for what can be read.
	wrong string
}

// poisons are rows for a database without its checks.
func poisons(dialect audit.Dialect) map[string]poison {
	onPostgres := dialect == audit.PostgreSQL
	in := func(column, value, wrong string) poison { return poison{map[string]string{column: value}, wrong} }
	all := map[string]poison{
		"changes that are a number":       in("changes", "'7'", "changes "),
		"changes that are a text":         in("changes", `'"x"'`, "changes "),
		"changes that are an object":      in("changes", `'{"field":"a"}'`, "changes "),
		"changes that are null":           in("changes", `'null'`, "changed_fields "),
		"a field that is a number":        in("changes", `'[{"field":5}]'`, "changes "),
		"a change without a field":        in("changes", `'[{"old":5}]'`, "changes "),
		"a change that is null":           in("changes", `'[null]'`, "changes "),
		"changes within changes":          in("changes", `'[[{"field":"a"}]]'`, "changes "),
		"one change of two":               in("changes", `'[{"field":"kept","new":1},{"field":5}]'`, "changes "),
		"numbers out of all proportion":   in("changes", `'[{"field":"n","new":1e400,"old":-1e-400}]'`, "changed_fields "),
		"metadata that is a list":         in("metadata", "'[1]'", "metadata "),
		"metadata that is a number":       in("metadata", "'7'", "metadata "),
		"an address that is none":         in("ip", "'garbage'", "ip "),
		"an address with a zone":          in("ip", "'fe80::1%eth0'", "ip_key "),
		"a key that is not the address's": in("ip_key", "'4zz'", `ip_key is "4zz", which is not what ip gives`),
		"a format from the future":        in("format", "99", "format "),
		"a negative format":               in("format", "-1", "format "),
		"no sort keys":                    {map[string]string{"object_sort": "''", "changed_fields": "''", "ip_key": "''"}, `object_sort is "", which is not what object_id gives`},
		"other sort keys":                 {map[string]string{"object_sort": "'zzz'", "changed_fields": "'aaa'", "ip_key": "'6'"}, `changed_fields is "aaa", which is not what changes gives`},
		"another object's sort key":       in("object_sort", "'n0012'", "object_sort "),
		"a key beside those of a change":  in("changes", `'[{"field":"a0","note":5}]'`, "changes "),
		"a key in capitals":               in("changes", `'[{"Field":"a0"}]'`, "changes "),
		"a change that is a number":       in("changes", `'[5]'`, `changes is "[5]", not a list of changes: change 1 is "5", not an object`),
		"a long object ID":                {map[string]string{"object_id": "'" + strings.Repeat("1", 256) + "'", "object_sort": "'t'"}, "object_id has 256 bytes"},
		"a format before the first":       in("format", "0", "format "),
		"an action of blanks":             in("action", "' '", ""),
		"an action of signs":              in("action", "'<b>\u202e%00;=1'", ""),
		"a kind of nobody":                in("actor_kind", "'nobody'", ""),
		"no object":                       {map[string]string{"object_type": "''", "object_id": "''", "object_sort": "'t'"}, ""},
	}
	var many strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&many, `,{"field":"f%d","new":%d}`, i, i)
	}
	all["many changes"] = in("changes", "'["+many.String()[1:]+"]'", "changed_fields ")
	all["a deep value"] = in("changes", `'[{"field":"d","new":`+strings.Repeat("[", 900)+strings.Repeat("]", 900)+`}]'`, "changed_fields ")
	if onPostgres {
		for _, column := range []string{"occurred_at", "recorded_at"} {
			for _, at := range []string{"infinity", "-infinity", "294276-12-31 23:59:59+00", "4713-01-01 00:00:00+00 BC"} {
				all[column+" "+at] = in(column, "'"+at+"'", column+" ")
			}
		}
		all["occurred_at of another day"] = in("occurred_at", "'2001-02-03 04:05:06+00'", "occurred_at ")
		all["a number of 130,000 digits"] = in("changes", `'[{"field":"n","new":1e130000}]'`, "changed_fields ")
		all["a deep value"] = in("changes", `'[{"field":"d","new":`+strings.Repeat("[", 4000)+strings.Repeat("]", 4000)+`}]'`, "changed_fields ")
		all["a long action"] = in("action", "'"+strings.Repeat("long", 500)+"'", "action has 2000 bytes, at most 64")
		all["a long action that packs well"] = in("action", "repeat('x', 20000)", "action ")
		all["a long comment"] = in("comment", "repeat('word ', 50000)", "")
		all["a long email"] = in("actor_email", "'"+strings.Repeat("a@", 1000)+"'", "actor_email ")
		all["a long name"] = in("on_behalf_of", "repeat('@', 100000)", "on_behalf_of ")
		return all
	}
	for _, at := range []string{"9223372036854775807", "-9223372036854775808", "0", "-1"} {
		all["recorded_at "+at] = in("recorded_at", at, map[bool]string{true: "recorded_at "}[len(at) > 2])
		all["occurred_at "+at] = in("occurred_at", at, "occurred_at ")
	}
	for _, column := range []string{"action", "object_type", "actor_email", "comment", "ip"} {
		all[column+" with NUL"] = in(column, "'a' || char(0) || 'b'", column+" ")
		all[column+" of broken UTF-8"] = in(column, "CAST(x'61ff62' AS TEXT)", column+" ")
	}
	// STRICT refuses most of these.
	for _, value := range []string{"NULL", "7", "1.5", "x'00ff'", "'text'"} {
		for _, column := range []string{"occurred_at", "action", "object_sort", "changes", "format"} {
			all[column+" "+value] = in(column, value, "")
		}
	}
	return all
}

// insertPoison inserts one row a second, from the newest to the oldest, each
// some followed by one that is as it should be. It returns all IDs, the newest first,
// and what is wrong with each, by ID.
func insertPoison(t *testing.T, dialect audit.Dialect, exec func(query string) error) (ids []audit.ID, wrong map[audit.ID]string, refused int) {
	t.Helper()
	wrong = map[audit.ID]string{}
	n := 0
	insert := func(p poison) bool {
		at := time.Now().Add(-time.Duration(n+10) * time.Second).Truncate(time.Microsecond)
		id := audit.FirstID(at)
		columns := map[string]string{
			"org_id": "'acme'", "id": "'" + id.String() + "'", "occurred_at": "'" + at.UTC().Format(time.RFC3339Nano) + "'",
			"action": "'update'", "object_type": "'thing'", "object_id": "'1'", "object_sort": "'n0011'", "actor_email": fmt.Sprintf("'u%d@acme.test'", n%7),
			"actor_kind": "'user'", "ip": "'10.0.0.1'", "ip_key": "'40a000001'", "source": "'app'", "format": "1",
			"changes": fmt.Sprintf(`'[{"field":"a%d","new":1,"old":2}]'`, n%5), "changed_fields": fmt.Sprintf("'a%d'", n%5),
		}
		if dialect == audit.SQLite {
			columns["id"], columns["occurred_at"] = "x'"+strings.ReplaceAll(id.String(), "-", "")+"'", fmt.Sprint(at.UnixMicro())
		}
		for column, value := range p.columns {
			columns[column] = value
		}
		var names, values []string
		for name, value := range columns {
			names, values = append(names, name), append(values, value)
		}
		if err := exec("INSERT INTO audit_entries (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"); err != nil {
			refused++
			return false
		}
		ids, wrong[id] = append(ids, id), p.wrong
		n++
		return true
	}
	all := poisons(dialect)
	for i, name := range slices.Sorted(maps.Keys(all)) {
		insert(all[name])
		if i%4 == 0 {
			require.True(t, insert(poison{}), name)
		}
	}
	return ids, wrong, refused
}

// TestT28_PoisonRows reads a log with rows that no library wrote, in every way
// there is: none of them hides another.
func TestT28_PoisonRows(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		db := openPoisoned(t)
		ids, wrong, refused := insertPoison(t, audit.SQLite, func(query string) error {
			_, err := db.ExecContext(t.Context(), query)
			return err
		})
		t.Logf("%d rows, %d more were refused", len(ids), refused)
		requireReads(t, sqlite.New(db), ids, wrong)
		requireFound(t, sqlite.NewAdmin(db).CheckEntries(t.Context(), time.Time{}), wrong)
	})
	if os.Getenv(pgtest.URLVariable) == "" && os.Getenv(pgtest.RequireVariable) != "1" {
		t.Log("without PostgreSQL: " + pgtest.URLVariable + " is not set")
		return
	}
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		t.Run("PostgreSQL, "+mode.String(), func(t *testing.T) {
			t.Parallel()
			pool := pgtest.New(t, func(config *pgxpool.Config) { config.ConnConfig.DefaultQueryExecMode = mode })
			store := migrated(t, pool)
			// A host may have a table from before the checks, or drop them.
			rows, err := pool.Query(t.Context(), "SELECT conname FROM pg_constraint WHERE conrelid = 'audit_entries'::regclass AND contype = 'c'")
			require.NoError(t, err)
			checks, err := pgx.CollectRows(rows, pgx.RowTo[string])
			require.NoError(t, err)
			for _, check := range checks {
				_, err := pool.Exec(t.Context(), "ALTER TABLE audit_entries DROP CONSTRAINT "+pgx.Identifier{check}.Sanitize())
				require.NoError(t, err)
			}
			ids, wrong, refused := insertPoison(t, audit.PostgreSQL, func(query string) error {
				_, err := pool.Exec(t.Context(), query)
				return err
			})
			require.Zero(t, refused)
			requireReads(t, store, ids, wrong)
			requireFound(t, postgres.NewAdmin(pool).CheckEntries(t.Context(), time.Time{}), wrong)
		})
	}
}

// openPoisoned opens a SQLite database that checks only types.
func openPoisoned(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "audit.db")+"?_pragma=busy_timeout(5000)&_pragma=ignore_check_constraints(1)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, sqlite.New(db).Migrate(t.Context()))
	return db
}

// requireFound requires that every row in which something is wrong is found.
func requireFound(t *testing.T, found iter.Seq2[audit.Entry, error], wrong map[audit.ID]string) {
	reasons := map[audit.ID]string{}
	for e, err := range found {
		require.NoError(t, err)
		reasons[e.ID] = e.Unreadable
	}
	for id, what := range wrong {
		if what != "" {
			assert.Contains(t, reasons[id], what)
		}
	}
	for range found {
		break // it can be left
	}
}

// requireReads reads everything by every way, and requires all IDs of each.
func requireReads(t *testing.T, store audit.Store, ids []audit.ID, wrong map[audit.ID]string) {
	ctx := t.Context()
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	n, err := trail.Count(ctx, audit.Filter{}, 10_000)
	require.NoError(t, err)
	require.Equal(t, len(ids), n)
	histogram, err := trail.Histogram(ctx, audit.Filter{}, []time.Time{time.Now().Add(-time.Minute)}, 10_000)
	require.NoError(t, err)
	assert.Equal(t, len(ids), histogram.Entries)
	for _, column := range []audit.Column{audit.ByAction, audit.ByObjectType, audit.ByActorEmail} {
		_, err := trail.Values(ctx, column, "", 1000)
		require.NoError(t, err, column)
	}
	marked := 0
	for _, id := range ids {
		e, err := trail.Entry(ctx, id)
		require.NoError(t, err)
		assert.Equal(t, id, e.ID)
		assert.Equal(t, id.Time(), e.OccurredAt)
		if wrong[id] != "" {
			assert.Contains(t, e.Unreadable, wrong[id])
			marked++
		}
		if _, err = trail.StateAfter(ctx, id); e.Object.ID != "" && e.Object.Type != "" {
			require.NoError(t, err, e.Unreadable)
			_, err = trail.Revert(ctx, id)
			require.NoError(t, err, e.Unreadable)
		}
	}
	require.Positive(t, marked)
	thing := audit.Object{Type: "thing", ID: "1"}
	_, err = trail.StateAt(ctx, thing, time.Now())
	require.NoError(t, err)
	for _, err := range trail.History(ctx, thing) {
		require.NoError(t, err)
	}
	for _, column := range audit.Columns() {
		for _, dir := range []audit.Direction{audit.Ascending, audit.Descending} {
			s, err := audit.Sort{By: column, Dir: dir}.Resolve()
			require.NoError(t, err)
			requireWalks(t, trail, s, ids)
		}
	}
	requireScreens(t, trail, ids, wrong)
}

// requireWalks goes through all entries in an order: in a stream, by cursors
// that went through their text, backwards, and by pages.
func requireWalks(t *testing.T, trail *audit.Log, s audit.Sort, ids []audit.ID) {
	want := slices.SortedFunc(slices.Values(ids), audit.ID.Compare)
	same := func(what string, got []audit.ID) {
		require.Len(t, got, len(ids), "%s by %s %s", what, s.By, s.Dir)
		require.Equal(t, want, slices.SortedFunc(slices.Values(got), audit.ID.Compare), "%s by %s %s", what, s.By, s.Dir)
	}
	var stream []audit.ID
	for e, err := range trail.All(t.Context(), audit.Filter{}, s) {
		require.NoError(t, err, s.By)
		stream = append(stream, e.ID)
	}
	same("stream", stream)
	var forth, back, pages []audit.ID
	for q := (audit.Query{Sort: s, Limit: 7}); ; {
		page, err := trail.Page(t.Context(), q)
		require.NoError(t, err)
		for _, e := range page.Entries {
			forth = append(forth, e.ID)
		}
		if page.Next.IsZero() || len(forth) > len(ids) {
			break
		}
		q.After, err = audit.ParseCursor(page.Next.String())
		require.NoError(t, err)
	}
	require.Equal(t, stream, forth, "forth by %s %s", s.By, s.Dir)
	for q := (audit.Query{Sort: s, Limit: 7, Last: true}); ; {
		page, err := trail.Page(t.Context(), q)
		require.NoError(t, err)
		for _, e := range slices.Backward(page.Entries) {
			back = append(back, e.ID)
		}
		if page.Prev.IsZero() || len(back) > len(ids) {
			break
		}
		q.Last = false
		q.Before, err = audit.ParseCursor(page.Prev.String())
		require.NoError(t, err)
	}
	slices.Reverse(back)
	require.Equal(t, stream, back, "back by %s %s", s.By, s.Dir)
	for number := 1; len(pages) < len(ids); number++ {
		page, err := trail.Page(t.Context(), audit.Query{Sort: s, Limit: 50, Number: number})
		require.NoError(t, err)
		require.NotEmpty(t, page.Entries)
		for _, e := range page.Entries {
			pages = append(pages, e.ID)
		}
	}
	require.Equal(t, stream, pages, "pages by %s %s", s.By, s.Dir)
}

// requireScreens opens the pages and files, and requires that each says what is
// wrong.
func requireScreens(t *testing.T, trail *audit.Log, ids []audit.ID, wrong map[audit.ID]string) {
	ui, err := httpui.New(trail, httpui.Options{
		Authorize: func(*http.Request) bool { return true }, Exports: httpui.Exports{Unrecorded: true},
		OnError: func(_ *http.Request, err error) { t.Error(err) },
	})
	require.NoError(t, err)
	get := func(target string) string {
		w := httptest.NewRecorder()
		ui.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		require.Equal(t, http.StatusOK, w.Code, target)
		return w.Body.String()
	}
	number := 0
	for _, what := range wrong {
		if what != "" {
			number++
		}
	}
	shown := 0
	rows := map[string]bool{}
	for page := 1; page <= (len(ids)+199)/200; page++ {
		text := get(fmt.Sprintf("/?range=all&per_page=200&page=%d", page))
		shown += strings.Count(text, "cannot be read whole")
		for _, id := range ids {
			if strings.Contains(text, `data-entry-id="`+id.String()+`"`) {
				rows[id.String()] = true
			}
		}
	}
	assert.Len(t, rows, len(ids))
	assert.GreaterOrEqual(t, shown, number)
	for _, column := range audit.Columns() {
		get("/?range=all&per_page=25&before=end&sort=" + string(column))
		for i, id := range ids {
			if i%20 == 0 || column == audit.ByTimestamp {
				text := get("/entries/" + id.String() + "?range=all&sort=" + string(column))
				if wrong[id] != "" {
					assert.Contains(t, text, "cannot be read whole")
				}
			}
		}
	}
	get("/objects/thing/1?at=" + ids[0].String() + "&a=" + ids[1].String() + "&b=" + ids[len(ids)-1].String())
	next, listed, marked := "", 0, 0
	for {
		var answer struct {
			Entries []audit.Entry
			Next    *string
		}
		require.NoError(t, json.Unmarshal([]byte(get("/entries.json?range=all&per_page=100&sort=action&after="+url.QueryEscape(next))), &answer))
		for _, e := range answer.Entries {
			listed++
			if e.Unreadable != "" {
				marked++
			}
			get("/entries/" + e.ID.String() + ".json")
		}
		if answer.Next == nil {
			break
		}
		next = *answer.Next
	}
	assert.Equal(t, len(ids), listed)
	assert.GreaterOrEqual(t, marked, number)
	for _, format := range []export.Format{export.CSV, export.Excel, export.PDF, export.JSONLines} {
		file := unpacked(t, []byte(get("/export."+string(format)+"?range=all")))
		if format != export.PDF {
			assert.GreaterOrEqual(t, strings.Count(file, "unreadable"), number, format)
		}
	}
}
