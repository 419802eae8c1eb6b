package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// A generated column shows what it is made of under another name.
func TestWatchHidesWhatIsGeneratedFromSecrets(t *testing.T) {
	t.Parallel()
	const table = `CREATE TABLE people (id int PRIMARY KEY, born date, ssn text, data jsonb, year int GENERATED ALWAYS AS (extract(year FROM born)::int) STORED,
		search text GENERATED ALWAYS AS (upper(ssn)) STORED, digits int GENERATED ALWAYS AS (length(ssn)) STORED,
		pw text GENERATED ALWAYS AS (data ->> 'password') STORED, login jsonb GENERATED ALWAYS AS (data #> '{a,password}') STORED,
		whole text GENERATED ALWAYS AS (data::text) STORED, n int GENERATED ALWAYS AS ((data ->> 'n')::int) STORED, sub jsonb GENERATED ALWAYS AS (data -> 'a') STORED)`
	people := postgres.WatchTable{Name: "people", Redact: []string{"ssn"}}
	w := watch(t, table, people)
	step := func(statement string) (fields map[string]string) {
		w.exec(t, statement)
		fields = map[string]string{}
		all := w.entries(t)
		require.NotEmpty(t, all)
		for _, c := range all[len(all)-1].Changes {
			fields[c.Field] = c.New.Text()
			if c.New.Kind() == audit.KindRedacted {
				fields[c.Field] = "redacted"
			}
		}
		assert.NotContains(t, all[len(all)-1].Changes.JSON(), "hunter", statement)
		return fields
	}
	const mark = `redacted`
	fields := step(`INSERT INTO people (id, born, ssn, data) VALUES (1, '1990-01-02', 'hunter1', '{"password":"hunter2","n":5,"a":{"password":"hunter3","b":"c"}}')`)
	for field, want := range map[string]string{
		"year": "1990", "n": "5", "sub.b": "c", "data.n": "5", "search": mark, "digits": mark, "pw": mark, "login": mark, "whole": mark, "sub.password": mark,
	} {
		assert.Equal(t, want, fields[field], field)
	}

	// Also of a column that Watch has not seen, and when what it is made of has
	// another name.
	w.exec(t, `ALTER TABLE people ADD later text GENERATED ALWAYS AS (lower(ssn)) STORED`)
	assert.Equal(t, mark, step(`UPDATE people SET ssn = 'hunter4'`)["later"])
	w.exec(t, `ALTER TABLE people RENAME ssn TO number`, `ALTER TABLE people ALTER later DROP EXPRESSION`)
	fields = step(`UPDATE people SET number = 'hunter5', later = 'hunter6'`)
	assert.Equal(t, mark, fields["later"])
	assert.Equal(t, mark, fields["search"])

	people.Redact, people.Plain = nil, []string{"digits"}
	require.NoError(t, w.admin.Watch(t.Context(), people))
	fields = step(`UPDATE people SET number = 'hunter77', later = 'hunter8'`)
	assert.Equal(t, "8", fields["digits"])
	assert.Equal(t, mark, fields["later"])
	assert.Equal(t, mark, fields["search"])
}
