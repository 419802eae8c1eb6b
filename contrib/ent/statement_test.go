package auditent

import (
	"strings"
	"testing"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func join(tokens []token) string {
	return strings.TrimPrefix((&builder{}).tokens(tokens).text.String(), " ")
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, query := range []string{
		`SELECT "a" FROM "b" WHERE "c" = $1`,
		`SAVEPOINT x`,
	} {
		s, err := parse(query, dialect.Postgres)
		require.NoError(t, err, query)
		assert.Empty(t, s.verb, query)
	}

	s, err := parse(`UPDATE "s"."t" SET "a" = CASE WHEN "x" = ',' THEN (SELECT 1 WHERE true) ELSE $1 END, "b" = NULL /* WHERE */ WHERE "t"."a" IN ($2, $3) AND EXTRACT(year FROM "at") > 1 -- RETURNING
		RETURNING "id"`, dialect.Postgres)
	require.NoError(t, err)
	assert.Equal(t, tableName{"s", "t"}, s.table)
	require.Len(t, s.sets, 2)
	assert.Equal(t, "b", s.sets[1].column)
	b := &builder{dialect: dialect.SQLite, from: []any{"one", 2, 3}}
	assert.Equal(t, `"t"."a" IN (?, ?) AND EXTRACT(year FROM "at") > 1`, strings.TrimSpace(b.tokens(s.where).text.String()))
	assert.Equal(t, []any{2, 3}, b.args)
	assert.Equal(t, 1, s.returning)

	s, err = parse("INSERT INTO `t` (`a``b`, `c`) VALUES (?, 'it''s, ('), (NULL, lower(?)) ON CONFLICT (`c`) WHERE `d` DO UPDATE SET `c` = `excluded`.`c` WHERE `c` > ? RETURNING `id`, `c`;", dialect.SQLite)
	require.NoError(t, err)
	assert.Equal(t, []string{"a`b", "c"}, s.columns)
	require.Len(t, s.values, 2)
	assert.Equal(t, "'it''s, ('", join(s.values[0][1]))
	assert.Equal(t, 2, s.values[1][1][2].arg)
	assert.Equal(t, "UPDATE", s.conflict)
	assert.Equal(t, []string{"c"}, s.target)
	assert.Equal(t, "`d`", join(s.targetIf))
	assert.Equal(t, 2, s.returning)

	s, err = parse(`INSERT INTO "t" DEFAULT VALUES ON CONFLICT ON CONSTRAINT "k" DO NOTHING`, dialect.Postgres)
	require.NoError(t, err)
	assert.Equal(t, []string{"k", "NOTHING"}, []string{s.on, s.conflict})

	s, err = parse(`DELETE FROM "t"`, dialect.Postgres)
	require.NoError(t, err)
	assert.Empty(t, s.where)
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for query, problem := range map[string]string{
		`WITH w AS (SELECT 1) UPDATE "t" SET "a" = 1`:               `begins with "WITH"`,
		`UPDATE "t" SET "a" = 1 FROM "u" WHERE true`:                `"FROM", which cannot be followed`,
		`UPDATE "t" SET "a" = 1 ORDER BY "a"`:                       `"ORDER", which cannot be followed`,
		`DELETE FROM "t" USING "u" WHERE true`:                      `"USING", which cannot be followed`,
		`INSERT INTO "t" ("a") SELECT 1`:                            `"SELECT" instead of VALUES`,
		`INSERT INTO "t" ("a") VALUES (1, 2)`:                       `2 values for 1 columns`,
		`INSERT INTO "t" ("a") VALUES (1) ON CONFLICT (lower("a"))`: `only plain columns can be followed`,
		`INSERT INTO "t" ("a") VALUES (1) RETURNING *`:              `name the columns`,
		`UPDATE "t" SET "a" = $$x$$`:                                `between dollar signs`,
		`UPDATE "t" SET "a" = E'\''`:                                `a text with escapes`,
		`UPDATE "t" SET "a" = 'x`:                                   `does not end`,
		`REPLACE INTO t VALUES (1)`:                                 `begins with "REPLACE"`,
		`TRUNCATE t`:                                                `begins with "TRUNCATE"`,
	} {
		_, err := parse(query, dialect.Postgres)
		assert.ErrorContains(t, err, problem, query)
	}
}

// FuzzParse: no statement makes it panic, and tokens written again are the same
// tokens.
func FuzzParse(f *testing.F) {
	f.Add(`UPDATE "t" SET "a" = $1 WHERE "b" = 'x''' AND c::text = d->>'e' RETURNING "id"`)
	f.Add("INSERT INTO `t` (`a`) VALUES (?), (NULL) ON CONFLICT (`a`) DO UPDATE SET `a` = `excluded`.`a`")
	f.Fuzz(func(t *testing.T, query string) {
		for _, name := range []string{dialect.Postgres, dialect.SQLite} {
			_, _ = parse(query, name)
			tokens, err := tokenize(query, name)
			if err != nil {
				continue
			}
			again, err := tokenize(join(tokens), name)
			require.NoError(t, err)
			require.Len(t, again, len(tokens))
			for i := range tokens {
				require.Equal(t, tokens[i].text, again[i].text)
			}
		}
	})
}

func TestSnakeCase(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"User": "user", "APIKey": "api_key", "UserAPI": "user_api", "OAuth2Token": "o_auth2_token", "Group_User": "group_user", "X": "x"} {
		assert.Equal(t, want, snakeCase(name))
	}
}
