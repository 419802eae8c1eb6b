package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// sample is a type with two literals that it takes.
type sample struct {
	Type     string
	Key      bool // it can be a primary key
	One, Two string
}

// literals are tried for each type, in this order.
var literals = []string{
	"a", "b", "1", "2", "t", "f", "{}", "[]", "{1}", "{2}", "{a}", "{t}", "10.0.0.1", "10.0.0.2", "{10.0.0.1}", "2026-01-02", "2026-01-03", "{2026-01-02}",
	"10:11", "10:12", "{10:11}", "(1,2)", "(3,4)", "{\"(1,2)\"}", "(1,2),(3,4)", "{(1,2),(3,4)}", "[(1,2),(3,4)]", "((1,2),(3,4))", "<(1,2),3>", "{1,2,3}", "{4,5,6}",
	"[1,2)", "[1,3)", "{[1,2)}", "{[1,3)}", "{\"[1,2)\"}", "[2026-01-01,2026-01-02)", "{[2026-01-01,2026-01-02)}", "08:00:2b:01:02:03", "08:00:2b:01:02:03:04:05", "{08:00:2b:01:02:03}",
	"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "<a/>", "0/1", "0/2", "(0,1)", "(0,2)", "1:1:", "1:2:", "10:20:",
	"pg_class", "pg_type", "pg_catalog", "now", "sum", "sum(int4)", "+(int4,int4)", "postgres", "english", "simple", "1 day", "2 days", "{1 day}", "$.a", "$.b", "{$.a}", "{<a/>}", "'a' & 'b'", "postgres=r/postgres",
	"{pg_class}", "{sum(int4)}", "{\"+(int4,int4)\"}", "{english}", "{simple}", "{0/1}", "{1:1:}", "{\"(0,1)\"}", "{\"<(1,2),3>\"}", "{\"{1,2,3}\"}", "{\"[(1,2),(3,4)]\"}", "{postgres=r/postgres}", "{\"{[1,2)}\"}", "{\"[2026-01-01,2026-01-02)\"}", "{08:00:2b:01:02:03:04:05}", "{$1}", "{\"{}\"}", `"C"`, "{now}", "{pg_catalog}", "{sum}", "{postgres}", "ok", "{ok}", "(1,x)", "{\"(1,x)\"}", "a=>1", "{\"\"}",
}

// samples returns the types of a schema that a column can have.
func samples(t *testing.T, w *watching, schema string) []sample {
	t.Helper()
	w.exec(t, `CREATE OR REPLACE FUNCTION takes(type text, literal text) RETURNS text LANGUAGE plpgsql AS $$
		DECLARE shown text; BEGIN EXECUTE format('SELECT concat(%L::%s)', literal, type) INTO shown; RETURN shown; EXCEPTION WHEN OTHERS THEN RETURN NULL; END $$;
		CREATE OR REPLACE FUNCTION is_key(type text, one text, two text) RETURNS boolean LANGUAGE plpgsql AS $$
		BEGIN
			EXECUTE format('CREATE TABLE tried (k %s PRIMARY KEY)', type);
			EXECUTE format('INSERT INTO tried VALUES (%L), (%L)', one, two);
			DROP TABLE tried;
			RETURN true;
		EXCEPTION WHEN OTHERS THEN
			RETURN false;
		END $$`)
	rows, err := w.pool.Query(t.Context(), `SELECT format_type(t.oid, NULL) AS type,
			is_key(format_type(t.oid, NULL), tried.literals[1], tried.literals[2]) AS key,
			tried.literals[1] AS one, tried.literals[2] AS two
		FROM pg_type AS t CROSS JOIN LATERAL (SELECT array_agg(literal ORDER BY first) AS literals FROM (
				SELECT literal, first FROM (
					SELECT literal, place AS first, row_number() OVER (PARTITION BY takes(format_type(t.oid, NULL), literal) ORDER BY place) AS n
					FROM unnest($2::text[]) WITH ORDINALITY AS all_literals (literal, place)
					WHERE takes(format_type(t.oid, NULL), literal) IS NOT NULL) AS valid
				WHERE n = 1 ORDER BY first LIMIT 2) AS few) AS tried
		WHERE t.typnamespace = $1::text::regnamespace AND t.typtype <> 'p' AND t.typisdefined AND (t.typrelid = 0 OR (SELECT relkind = 'c' FROM pg_class WHERE oid = t.typrelid))
			AND (t.typelem = 0 OR (SELECT e.typtype <> 'p' AND (e.typrelid = 0 OR (SELECT relkind = 'c' FROM pg_class WHERE oid = e.typrelid)) FROM pg_type AS e WHERE e.oid = t.typelem))
			AND tried.literals IS NOT NULL
		ORDER BY t.typname`, schema, literals)
	require.NoError(t, err)
	type row struct {
		Type string
		Key  bool
		One  string
		Two  *string
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	require.NoError(t, err)
	var all []sample
	for _, r := range found {
		s := sample{Type: r.Type, Key: r.Key, One: r.One, Two: r.One}
		if r.Two != nil {
			s.Two = *r.Two
		}
		all = append(all, s)
	}
	return all
}

// ownTypes are types that a host may make.
const ownTypes = `CREATE TYPE e AS ENUM ('a', 'b', 'ok'); CREATE TYPE pair AS (n int, t text);
	CREATE DOMAIN word AS text COLLATE "POSIX"; CREATE DOMAIN code AS char(4); CREATE DOMAIN name_of AS varchar(9); CREATE DOMAIN word_of AS word; CREATE DOMAIN amount AS numeric(5, 2); CREATE DOMAIN mood AS e; CREATE DOMAIN doc AS jsonb; CREATE DOMAIN list AS int[]; CREATE DOMAIN words AS text[]; CREATE DOMAIN pair_of AS pair;
	CREATE DOMAIN label AS name; CREATE DOMAIN net AS cidr; CREATE DOMAIN byte AS "char"; CREATE DOMAIN raw AS json; CREATE DOMAIN bits AS varbit; CREATE DOMAIN span AS int4range;
	CREATE TYPE words_range AS RANGE (subtype = text, collation = "POSIX"); CREATE TYPE floats AS RANGE (subtype = float8);`

// Every type that a column can have is captured: as a value, and as key and
// organization if it can be one.
func TestWatchEveryType(t *testing.T) {
	t.Parallel()
	w := watch(t, keys+";"+ownTypes, postgres.WatchTable{Name: "api_keys"})
	all := samples(t, w, "pg_catalog")
	require.Greater(t, len(all), 150)
	all = append(all, samples(t, w, w.schema(t))...)
	var columns, ones, twos []string
	for i, s := range all {
		columns = append(columns, fmt.Sprintf("c%d %s", i, s.Type))
		ones = append(ones, fmt.Sprintf("%s::%s", quote(s.One), s.Type))
		twos = append(twos, fmt.Sprintf("%s::%s", quote(s.Two), s.Type))
	}
	w.exec(t, "CREATE TABLE wide (id int PRIMARY KEY, "+strings.Join(columns, ", ")+")")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "wide"}))
	for _, statement := range []string{
		"INSERT INTO wide VALUES (1, " + strings.Join(ones, ", ") + ")", "INSERT INTO wide VALUES (2), (3)",
		"UPDATE wide SET id = id", "DELETE FROM wide WHERE id = 3",
	} {
		w.exec(t, statement)
	}
	entries := w.entries(t)
	require.Len(t, entries, 4)
	for i, s := range all {
		var shown string
		require.NoError(t, w.pool.QueryRow(t.Context(), fmt.Sprintf("SELECT concat(c%d) FROM wide WHERE id = 1", i)).Scan(&shown))
		change := entries[0].Changes[i]
		assert.Equal(t, fmt.Sprintf("c%d", i), change.Field)
		text := strings.Trim(change.New.JSON(), `"`)
		if s.Type == "amount" || s.Type == "boolean" || strings.HasPrefix(s.Type, "timestamp") || strings.ContainsAny(text, `{[\`) {
			continue // TestWatchValues knows how these look
		}
		assert.Equal(t, strings.TrimRight(shown, " "), strings.TrimRight(text, " "), s.Type)
	}
	w.exec(t, "UPDATE wide SET ("+strings.Join(numbered(len(all)), ", ")+") = ROW ("+strings.Join(twos, ", ")+") WHERE id = 1")
	entries = w.entries(t)
	require.Len(t, entries, 1)
	changed := map[string]bool{}
	for _, change := range entries[0].Changes {
		changed[change.Field] = true
	}
	for i, s := range all {
		if s.One != s.Two {
			assert.True(t, changed[fmt.Sprintf("c%d", i)], s.Type)
		}
	}
	w.exec(t, "UPDATE wide SET ("+strings.Join(numbered(len(all)), ", ")+") = ROW ("+strings.Join(twos, ", ")+")")
	w.exec(t, "TRUNCATE wide")
	assert.Len(t, w.entries(t), 2)
}

func numbered(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("c%d", i))
	}
	return names
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// keyed is a kind of column that is made key, organization and value, with two
// values and how they show as an ID, if not as the text of them.
type keyed struct{ column, one, two, idOne, idTwo string }

// Every kind of key and organization is captured, in its own collation.
func TestWatchEveryKey(t *testing.T) {
	t.Parallel()
	w := watch(t, keys+";"+ownTypes, postgres.WatchTable{Name: "api_keys"})
	var all []keyed
	for _, schema := range []string{"pg_catalog", w.schema(t)} {
		for _, s := range samples(t, w, schema) {
			if s.Key && (!strings.HasSuffix(s.Type, "[]") || slices.Contains([]string{"integer[]", "text[]", "e[]", "pair[]", "word[]"}, s.Type)) {
				all = append(all, keyed{s.Type, s.One, s.Two, "", ""})
			}
		}
	}
	require.Greater(t, len(all), 60)
	collations := []string{`"POSIX"`}
	var icu bool
	require.NoError(t, w.pool.QueryRow(t.Context(), "SELECT EXISTS (SELECT FROM pg_collation WHERE collprovider = 'i')").Scan(&icu))
	if icu {
		w.exec(t, `CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
			`CREATE DOMAIN nocase_word AS text COLLATE nocase; CREATE TYPE nocase_range AS RANGE (subtype = text, collation = nocase)`)
		collations = append(collations, "nocase", `"und-x-icu"`)
		all = append(all, keyed{"nocase_word", "a", "b", "", ""}, keyed{"nocase_range", "[a,b)", "[a,c)", "", ""})
	}
	for _, collation := range collations {
		for _, kind := range []string{"text", "varchar(9)", "char(5)", "text[]", "word_of"} {
			one, two := "a", "B"
			if kind == "text[]" {
				one, two = "{a}", "{B}"
			}
			all = append(all, keyed{kind + " COLLATE " + collation, one, two, "", ""})
		}
	}
	shown := map[string][2]string{
		"boolean": {"true", "false"}, "amount": {"1", "2"}, "timestamp without time zone": {"2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"},
	}
	shown["timestamp with time zone"] = shown["timestamp without time zone"]
	for i, k := range all {
		if ids, ok := shown[k.column]; ok {
			k.idOne, k.idTwo = ids[0], ids[1]
		}
		table := fmt.Sprintf("k%d", i)
		w.exec(t, fmt.Sprintf(`CREATE TABLE %s (k %s, second text COLLATE "POSIX", org %[2]s, v %[2]s, note text, PRIMARY KEY (k, second))`, table, k.column))
		require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: table, OrgColumn: "org"}), k.column)
		kind := strings.Split(k.column, " COLLATE")[0]
		_, err := w.pool.Exec(t.Context(), strings.NewReplacer("%s", table, "$1", quote(k.one)+"::"+kind, "$2", quote(k.two)+"::"+kind).Replace(
			`INSERT INTO %s VALUES ($1, 'x', $1, $1), ($2, 'x', $1, $1);
			UPDATE %s SET v = $2;
			UPDATE %s SET note = 'n' WHERE concat(k) COLLATE "C" = concat($1) COLLATE "C";
			UPDATE %s SET org = $2 WHERE concat(k) COLLATE "C" = concat($1) COLLATE "C";
			UPDATE %s SET second = 'y' WHERE concat(k) COLLATE "C" = concat($1) COLLATE "C";
			DELETE FROM %s WHERE concat(k) COLLATE "C" = concat($2) COLLATE "C";
			TRUNCATE %s`))
		if !assert.NoError(t, err, k.column) {
			continue
		}
		var one, two string
		require.NoError(t, w.pool.QueryRow(t.Context(), fmt.Sprintf("SELECT concat(%s::%s), concat(%s::%[2]s)", quote(k.one), kind, quote(k.two))).Scan(&one, &two))
		id := func(shown, text string) string {
			if shown == "" {
				shown = strings.TrimRight(text, " ")
			}
			return strings.NewReplacer(`\`, `\\`, ",", `\,`).Replace(shown)
		}
		idOne, idTwo := id(k.idOne, one), id(k.idTwo, two)
		if one == "" {
			one = audit.PlatformOrg
		}
		want := []string{
			one + " create " + idOne + ",x 3", one + " create " + idTwo + ",x 3",
			one + " update " + idOne + ",x 1", one + " update " + idTwo + ",x 1",
			one + " update " + idOne + ",x 1",
			one + " destroy " + idOne + ",x 3", two + " create " + idOne + ",x 3",
			two + " destroy " + idOne + ",x 3", two + " create " + idOne + ",y 3",
			one + " destroy " + idTwo + ",x 3", "_platform truncate * 0",
		}
		rows, err := w.pool.Query(t.Context(), "SELECT concat_ws(' ', org_id, action, object_id, jsonb_array_length(changes)) FROM audit_entries WHERE object_type = $1", table)
		require.NoError(t, err)
		got, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		assert.ElementsMatch(t, want, got, k.column)
	}
}

// Whatever a table and its columns are called, and of whatever kind it is.
func TestWatchOddTables(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys"})
	names := []string{`a"b`, "c'd", "%s", "%1$I", "%L", "e.f", "$$", "$source$", "$sql$", `\`, `\1`, "select", "Ünï", "UPPER", "m", "f1", "f0", "o", "n", "r", "e", "context", "caller", "at", "new_rows", "old_rows", "-- x", "/*", "a\nb", "{}", "OFFSET 0) AS e", "audit_capture_cut", "TG_OP", "$1", strings.Repeat("é", 31)}
	for i, table := range []string{`CREATE TABLE %s (%s)`, `CREATE UNLOGGED TABLE %s (%s)`, `CREATE TABLE %s (%s) PARTITION BY RANGE ("%%s")`} {
		name := []string{`"%s"."$x$ ""of"" 'all'"`, `"%s"."%%1$s"`, `"%s"."UPPER\n."`}[i]
		name = strings.Replace(name, "%s", w.schema(t), 1)
		var columns, quoted []string
		for _, column := range names {
			q := pgx.Identifier{column}.Sanitize()
			columns, quoted = append(columns, q+" text"), append(quoted, q)
		}
		columns = append(columns, `twice int GENERATED ALWAYS AS (length("UPPER") * 2) STORED`, "counted bigint GENERATED ALWAYS AS IDENTITY", `PRIMARY KEY ("%s", "$source$")`)
		w.exec(t, strings.Replace(strings.Replace(strings.ReplaceAll(table, "%%", "%"), "%s", name, 1), "(%s)", "("+strings.Join(columns, ", ")+")", 1))
		if i == 2 {
			w.exec(t, "CREATE TABLE parts_of_it PARTITION OF "+name+" DEFAULT")
		}
		w.exec(t, "ALTER TABLE "+name+" ENABLE ROW LEVEL SECURITY", "ALTER TABLE "+name+" FORCE ROW LEVEL SECURITY")
		require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: name, Type: "odd", OrgColumn: "$$", Ignore: []string{`a"b`}, Redact: []string{"c'd"}}))
		for pass := range 2 {
			w.exec(t, "INSERT INTO "+name+" ("+strings.Join(quoted, ", ")+") SELECT "+strings.TrimSuffix(strings.Repeat("'v', ", len(names)), ", "), "UPDATE "+name+` SET "%1$I" = 'w', "OFFSET 0) AS e" = 'w', "`+"a\nb"+`" = 'w'`, "UPDATE "+name+" SET \"%s\" = 'k'")
			entries := w.entries(t)
			require.Len(t, entries, 4)
			assert.Equal(t, "v,v", entries[0].Object.ID)
			require.Len(t, entries[0].Changes, len(names)+2-3+pass)
			for _, change := range entries[0].Changes[:len(names)-3] {
				if change.Field == "c'd" {
					assert.Equal(t, audit.KindRedacted, change.New.Kind())
				} else {
					assert.Equal(t, `"v"`, change.New.JSON(), change.Field)
				}
			}
			assert.Equal(t, `[{"field":"%1$I","new":"w","old":"v"},{"field":"a\nb","new":"w","old":"v"},{"field":"OFFSET 0) AS e","new":"w","old":"v"}]`, entries[1].Changes.JSON())
			w.exec(t, "DELETE FROM "+name, "TRUNCATE "+name)
			assert.Len(t, w.entries(t), 2)
			if pass == 0 {
				w.exec(t, "ALTER TABLE "+name+" ADD more int") // the statements are made anew
			}
		}
	}
	// As many columns as a table can have here.
	var columns strings.Builder
	for i := range 799 {
		fmt.Fprintf(&columns, ", c%d text", i)
	}
	w.exec(t, "CREATE TABLE widest (id int PRIMARY KEY"+columns.String()+")")
	require.NoError(t, w.admin.Watch(t.Context(), postgres.WatchTable{Name: "widest"}))
	w.exec(t, "INSERT INTO widest VALUES (1)", "UPDATE widest SET c798 = 'x'", "UPDATE widest SET c7 = 'x', id = 2")
	assert.Len(t, w.entries(t), 4)
	w.exec(t, "CREATE TABLE heir () INHERITS (widest); ALTER TABLE widest DROP c5; INSERT INTO heir (id) VALUES (7)", "UPDATE widest SET c9 = 'y'")
	assert.Len(t, w.entries(t), 2, "of the child too")
}
