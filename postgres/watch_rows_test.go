package postgres_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// One row and many have different statements, whichever came first.
func TestWatchOneAndMany(t *testing.T) {
	t.Parallel()
	w := watch(t, `CREATE TABLE parts (id int PRIMARY KEY, n int) PARTITION BY RANGE (id);
		CREATE TABLE few PARTITION OF parts FOR VALUES FROM (1) TO (100);
		CREATE TABLE gone PARTITION OF parts FOR VALUES FROM (100) TO (200);
		CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
		CREATE TRIGGER refuse BEFORE INSERT ON gone FOR EACH ROW EXECUTE FUNCTION refuse();
		INSERT INTO parts SELECT i, 0 FROM generate_series(1, 50) AS i`, postgres.WatchTable{Name: "parts"})
	conn, err := w.pool.Acquire(t.Context())
	require.NoError(t, err)
	defer conn.Release()
	for range 2 {
		for statement, want := range map[string]int{"UPDATE parts SET n = n + 1": 50, "UPDATE parts SET n = n + 1 WHERE id = 7": 1, "UPDATE parts SET n = n WHERE id = 7": 0} {
			for range 8 { // PostgreSQL decides about a plan to keep at the sixth
				_, err := conn.Exec(t.Context(), statement)
				require.NoError(t, err)
				require.Len(t, w.entries(t), want, statement)
			}
		}
	}
	actions := func(statement string) (actions []string) {
		w.exec(t, statement)
		for _, e := range w.entries(t) {
			actions = append(actions, string(e.Action)+e.Object.ID)
		}
		return actions
	}
	assert.ElementsMatch(t, []string{"destroy1", "create60", "update2"}, actions("UPDATE parts SET id = CASE id WHEN 1 THEN 60 ELSE id END, n = -1 WHERE id IN (1, 2)"))
	assert.ElementsMatch(t, []string{"destroy60", "create1"}, actions("UPDATE parts SET id = 1 WHERE id = 60"))
	// A row whose new partition refuses it is gone.
	assert.ElementsMatch(t, []string{"destroy3", "update4"}, actions("UPDATE parts SET id = CASE id WHEN 3 THEN 103 ELSE id END, n = -2 WHERE id IN (3, 4)"))
}

func TestWatchWide(t *testing.T) {
	t.Parallel()
	var columns strings.Builder
	for i := range 150 {
		fmt.Fprintf(&columns, ", c%d int, j%d jsonb", i, i)
	}
	w := watch(t, "CREATE TABLE wide (id int PRIMARY KEY"+columns.String()+"); INSERT INTO wide (id) VALUES (1), (2)", postgres.WatchTable{Name: "wide"})
	const want = `[{"field":"c7","new":1,"old":null},{"field":"j149","new":{"a":2},"old":null}]`
	w.exec(t, `UPDATE wide SET c7 = 1, j149 = '{"a":2}' WHERE id = 1`)
	assert.Equal(t, []string{"_platform update wide 1 " + want}, w.lines(t))
	w.exec(t, `UPDATE wide SET c7 = 1, j149 = '{"a":2}'`)
	assert.Equal(t, []string{"_platform update wide 2 " + want}, w.lines(t))
}

func TestWatchMany(t *testing.T) {
	t.Parallel()
	w := watch(t, "CREATE TABLE many (id int PRIMARY KEY, n int)", postgres.WatchTable{Name: "many"})
	w.exec(t, "INSERT INTO many SELECT i, 0 FROM generate_series(1, 10000) AS i", "UPDATE many SET n = id WHERE id > 1")
	// Plans made for these serve few and many.
	var ids, times int
	require.NoError(t, w.pool.QueryRow(t.Context(), "SELECT count(DISTINCT id), count(DISTINCT occurred_at) FROM audit_entries").Scan(&ids, &times))
	assert.Equal(t, 19999, ids)
	assert.Equal(t, 2, times)
}

// What is large is cut as Record cuts it, and never keeps a write from happening.
func TestWatchLarge(t *testing.T) {
	t.Parallel()
	w := watch(t, "CREATE TABLE docs (id int PRIMARY KEY, a text, b text, c jsonb, d json)", postgres.WatchTable{Name: "docs", Type: "doc"})
	type doc struct {
		ID   int
		A, B *string
		C, D any
	}
	text := func(s string, n int) *string { s = strings.Repeat(s, n); return &s }
	log := newLog(t, w.store)
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	var deepValue any
	require.NoError(t, json.Unmarshal([]byte(deep), &deepValue))
	for i, d := range []doc{
		{A: text("é", 200_000), B: text("x", 10)},
		{A: text("x", 262_000), B: text("y", 1000), C: "z", D: true},
		{A: text("x", 262_143), B: text("y", 1000)},
		{A: text("\"", 200_000)},
		{A: text("x", 300_000), B: text("y", 300_000), C: strings.Repeat("z", 100), D: 1},
		{C: map[string]any{"deep": []any{deepValue}, "x": deepValue}},
	} {
		d.ID = i + 1
		c, err := json.Marshal(d.C)
		require.NoError(t, err)
		dd, err := json.Marshal(d.D)
		require.NoError(t, err)
		_, err = w.pool.Exec(t.Context(), "INSERT INTO docs VALUES ($1, $2, $3, $4::text::jsonb, $5::text::json)", d.ID, d.A, d.B, string(c), string(dd))
		require.NoError(t, err)
		want, err := log.Prepare(t.Context(), audit.Created(d))
		require.NoError(t, err)
		got := w.entries(t)
		require.Len(t, got, 1)
		assert.Equal(t, short(want[0].Changes), short(got[0].Changes), i)
	}
	// What jsonb does not take: that side of the change is a mark.
	w.exec(t, `INSERT INTO docs (id, d) VALUES (100, '{"a":"\u0000","password":"canary"}')`, `UPDATE docs SET d = '{"a":"b"}' WHERE id = 100`,
		`UPDATE docs SET d = '{"a":1e999999}' WHERE id = 100`)
	entries := w.entries(t)
	require.Len(t, entries, 3)
	for i, want := range []audit.Change{
		{Field: "d", New: value(t, `{"$audit":"invalid_json","bytes":34}`)},
		{Field: "d", Old: value(t, `{"$audit":"invalid_json","bytes":34}`), New: value(t, `{"a":"b"}`)},
		{Field: "d", Old: value(t, `{"a":"b"}`), New: value(t, `{"$audit":"invalid_json","bytes":14}`)},
	} {
		got, _ := entries[i].Changes.Get("d")
		assert.Equal(t, want, got)
	}
	w.exec(t, `UPDATE docs SET d = '{"a":"\u0000b"}' WHERE id = 100`,
		`UPDATE docs SET c = (SELECT jsonb_object_agg('k' || i, repeat('x', 100)) FROM generate_series(1, 5000) AS i)`)
	for _, lines := range w.lines(t) {
		assert.NotContains(t, lines, "canary")
		assert.Less(t, len(lines), 400_000)
	}
}

func value(t *testing.T, text string) audit.Value {
	t.Helper()
	v, err := audit.ParseValue(text)
	require.NoError(t, err)
	return v
}

func short(c audit.Changes) []string {
	var all []string
	for _, change := range c {
		v := change.New.JSON()
		all = append(all, fmt.Sprintf("%s %d %.60s … %s", change.Field, len(v), v, v[max(0, len(v)-40):]))
	}
	return all
}
