package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit/internal/ignored"
	"github.com/auditkeep/audit/internal/secrets"
)

// Table says which table to watch, and how to record its changes.
type Table struct {
	// Name is the table, as SQL spells it: with its schema where the Admin's
	// search_path does not find it, quoted where it needs quotes.
	Name string
	// Type is the objects' type. Defaults to the table's name without its schema.
	Type string
	// Key names the columns that make up an object's ID; several are joined by
	// commas, as [audit.Updated] joins them. A unique index must be on them, and
	// none may be NULL. Defaults to the primary key.
	Key []string
	// Ignore names further columns that are not recorded, beside updated_at and
	// lock_version, as [audit.Config] does. Defaults to none.
	Ignore []string
	// Record names those of updated_at and lock_version that are recorded all the
	// same. Defaults to none.
	Record []string
	// Redact names further columns and keys of JSON whose values are never kept,
	// beside the built-in ones (password, token, api_key …), by the same rules
	// as [audit.Config]. Defaults to none.
	Redact []string
	// OrgColumn is the column that holds a row's organization. Where it is NULL
	// or empty, and by default, Org counts.
	OrgColumn string
	// Org is the organization of all rows. Defaults to that of [SetContext], and
	// without one to [audit.PlatformOrg], so that a write by psql is not lost.
	Org string
	// Skippable lets [SkipCapture] silence the triggers, for transactions that
	// record changes of this table themselves. Defaults to false: then nothing
	// that the application's role can do keeps a change from being recorded.
	Skippable bool
}

// watchConfig is what the database keeps of a Table: as a comment on the
// function of its triggers, and within that function.
type watchConfig struct {
	Table     string         `json:"table"` // its schema and name when Watch was called
	Type      string         `json:"type"`
	Key       []string       `json:"key"`
	Ignore    []string       `json:"ignore"` // all of them, the built-in ones too
	Record    []string       `json:"record"`
	Redact    []string       `json:"redact"`
	OrgColumn string         `json:"org_column"`
	Org       string         `json:"org"`
	Skippable bool           `json:"skippable"`
	Columns   map[string]int `json:"columns"` // their numbers, by which a renamed one is found
	Names     []string       `json:"names"`   // of secrets, as audit_capture_secret takes them
}

// Watch captures the changes of a table by triggers, so that they are recorded
// whoever makes them: the application, a migration, psql. A change is recorded
// as [audit.Updated] would, in its own transaction, with source "trigger". Watch
// can be called again at any time: with the same Table it puts right what was
// altered since, with another one it changes what is recorded.
//
// The Admin's role needs the privilege TRIGGER on the table; other writers need
// none on the log. The call waits for transactions that write to the table, no
// longer than two seconds. docs/capture.md says what is captured and what not.
func (a *Admin) Watch(ctx context.Context, t Table) error {
	if strings.TrimSpace(t.Name) == "" {
		return errors.New("watching a table: Table.Name is empty: give the table's name, with its schema if need be")
	}
	err := a.alone(ctx, func(tx pgx.Tx, entries table) error {
		if err := refuseCreators(ctx, tx, entries); err != nil {
			return err
		}
		watched, err := findWatched(ctx, tx, t.Name)
		if err != nil {
			return err
		}
		config, err := t.config(ctx, tx, watched)
		if err != nil {
			return err
		}
		return capture(ctx, tx, entries, watched, config)
	})
	if err != nil {
		return fmt.Errorf("watching table %q: %w", t.Name, err)
	}
	return nil
}

func findWatched(ctx context.Context, db querier, name string) (table, error) {
	var t table
	var kind string
	err := db.QueryRow(ctx, `SELECT c.oid, n.nspname, c.relname, pg_get_userbyid(c.relowner), c.relkind::text
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.oid = to_regclass($1)`, name).Scan(&t.OID, &t.Schema, &t.Name, &t.Owner, &kind)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return t, errors.New("there is no such table in the connection's search_path: name its schema too")
	case err != nil:
		return t, fmt.Errorf("looking for it: %w", err)
	case kind != "r" && kind != "p":
		return t, errors.New("it is no table: only tables can be watched, and what views write to")
	case strings.HasPrefix(t.Name, "audit_entries") || t.Name == "audit_holds" || t.Name == "audit_months" || t.Name == "audit_migrations":
		return t, errors.New("it is the log's own: watch the tables of the application")
	}
	return t, nil
}

// config completes what the Table leaves to defaults, and checks the rest.
func (t Table) config(ctx context.Context, db querier, watched table) (watchConfig, error) {
	c := watchConfig{
		Table: watched.sql(), Type: t.Type, Key: t.Key, Ignore: ignored.With(t.Ignore, t.Record), Record: t.Record, Redact: t.Redact,
		OrgColumn: t.OrgColumn, Org: t.Org, Skippable: t.Skippable, Columns: map[string]int{},
	}
	if c.Type == "" {
		c.Type = watched.Name
	}
	if c.Redact == nil {
		c.Redact = []string{}
	}
	for _, text := range []struct{ field, value string }{{"Type", c.Type}, {"Org", c.Org}} {
		if len(text.value) > 255 || !utf8.ValidString(text.value) || strings.ContainsRune(text.value, 0) {
			return c, fmt.Errorf("field Table.%s is %q: want a text of at most 255 bytes", text.field, text.value)
		}
	}
	if c.Skippable && strings.Contains(c.Type, ",") {
		return c, fmt.Errorf("field Table.Type is %q: a comma cannot be in the type of a table that is Skippable", c.Type)
	}
	if err := c.readColumns(ctx, db, watched); err != nil {
		return c, err
	}
	if err := c.readKey(ctx, db, watched); err != nil {
		return c, err
	}
	for _, list := range []struct {
		field   string
		columns []string
	}{{"Key", t.Key}, {"Ignore", t.Ignore}, {"Record", t.Record}, {"OrgColumn", []string{t.OrgColumn}}} {
		for _, column := range list.columns {
			if _, ok := c.Columns[column]; !ok && column != "" {
				return c, fmt.Errorf("field Table.%s names the column %q, which is not there: the columns are %q", list.field, column, c.columnNames())
			}
		}
	}
	for _, column := range t.Record {
		if slices.Contains(t.Ignore, column) {
			return c, fmt.Errorf("fields Table.Record and Table.Ignore both name the column %q: take it out of one", column)
		}
	}
	var err error
	c.Names, err = squeezedNames(t.Redact)
	return c, err
}

func (c *watchConfig) readColumns(ctx context.Context, db querier, watched table) error {
	rows, err := db.Query(ctx, "SELECT attname, attnum::int FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped", watched.OID)
	if err != nil {
		return fmt.Errorf("reading its columns: %w", err)
	}
	var name string
	var number int
	_, err = pgx.ForEachRow(rows, []any{&name, &number}, func() error {
		c.Columns[name] = number
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading its columns: %w", err)
	}
	// A statement of PostgreSQL has at most 1664 columns, and pairing the rows
	// takes twice those of the table.
	if len(c.Columns) > 800 {
		return fmt.Errorf("it has %d columns: tables of up to 800 can be watched", len(c.Columns))
	}
	return nil
}

func (c *watchConfig) columnNames() []string {
	names := make([]string, 0, len(c.Columns))
	for name := range c.Columns {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// readKey finds the primary key, or the unique index on the given key.
func (c *watchConfig) readKey(ctx context.Context, db querier, watched table) error {
	rows, err := db.Query(ctx, `SELECT i.indisprimary, ARRAY(
			SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, place)
			JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
			WHERE place <= i.indnkeyatts ORDER BY place),
			NOT EXISTS (SELECT FROM unnest(i.indkey::int2[]) AS k JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k WHERE NOT a.attnotnull)
		FROM pg_index AS i
		WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
		ORDER BY i.indisprimary DESC`, watched.OID)
	if err != nil {
		return fmt.Errorf("reading its keys: %w", err)
	}
	var primary, notNull bool
	var columns []string
	var found, nullable bool
	_, err = pgx.ForEachRow(rows, []any{&primary, &columns, &notNull}, func() error {
		switch {
		case len(c.Key) == 0 && primary:
			c.Key = slices.Clone(columns)
			found = true
		case sameSet(c.Key, columns) && len(c.Key) > 0:
			found = found || notNull
			nullable = nullable || !notNull
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("reading its keys: %w", err)
	case found:
		return nil
	case len(c.Key) == 0:
		return errors.New("it has no primary key: give it one, or name the columns of a unique index in Table.Key")
	case nullable:
		return fmt.Errorf("field Table.Key is %q, of which a column may be NULL: make it NOT NULL", c.Key)
	default:
		return fmt.Errorf("field Table.Key is %q, on which there is no unique index: rows could not be told apart", c.Key)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// squeezedNames returns the names of secrets without what stands between their
// words, as they are looked for.
func squeezedNames(more []string) ([]string, error) {
	var all []string
	for _, name := range slices.Concat(secrets.Names, more) {
		squeezed := strings.Join(secrets.Words(name), "")
		if squeezed == "" {
			return nil, fmt.Errorf("field Table.Redact holds the name %q, in which there is no letter or digit", name)
		}
		all = append(all, squeezed)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// captureTriggers are the triggers of a watched table.
var captureTriggers = []struct{ name, on string }{
	{"audit_capture_insert", "AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows"},
	{"audit_capture_update", "AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"},
	{"audit_capture_delete", "AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows"},
	{"audit_capture_truncate", "AFTER TRUNCATE ON %s"},
}

// capture makes the function and the triggers, or replaces them.
func capture(ctx context.Context, tx pgx.Tx, entries, watched table, config watchConfig) error {
	encoded, err := json.Marshal(config)
	if err != nil {
		return fmt.Errorf("encoding its configuration: %w", err)
	}
	name, err := captureFunction(ctx, tx, entries, watched)
	if err != nil {
		return err
	}
	path := capturePath(entries)
	// The statements find the log's functions as the triggers will.
	if _, err := tx.Exec(ctx, "SELECT set_config('search_path', $1, true)", path); err != nil {
		return err
	}
	var source, settings string
	if err := tx.QueryRow(ctx, "SELECT audit_capture_source($1, $2::text::jsonb), audit_capture_settings($1)", watched.OID, string(encoded)).Scan(&source, &settings); err != nil {
		return fmt.Errorf("making its function: %w", err)
	}
	function := entries.sibling(name) + "()"
	statements := []string{
		"CREATE OR REPLACE FUNCTION " + function + " RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = " + path +
			settings + " AS " + literal(source),
		"ALTER FUNCTION " + function + " OWNER TO " + grantee(entries.Owner),
		// Whoever could make a trigger of it could write entries at will.
		"REVOKE ALL ON FUNCTION " + function + " FROM PUBLIC",
		"COMMENT ON FUNCTION " + function + " IS " + literal(string(encoded)),
	}
	for _, trigger := range captureTriggers {
		statements = append(statements,
			"CREATE OR REPLACE TRIGGER "+trigger.name+" "+fmt.Sprintf(trigger.on, watched.sql())+
				" FOR EACH STATEMENT EXECUTE FUNCTION "+function,
		)
	}
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", strings.SplitN(statement, "\n", 2)[0], err)
		}
	}
	return nil
}

// capturePath is the search_path of the functions that capture. Temporary tables
// and types come last, since every session can make some.
func capturePath(entries table) string {
	return "pg_catalog, " + quoteName(entries.Schema) + ", pg_temp"
}

// captureFunction returns the name of the table's function, or a new one.
func captureFunction(ctx context.Context, db querier, entries, watched table) (name string, err error) {
	err = db.QueryRow(ctx, `SELECT p.proname FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid JOIN pg_namespace AS n ON n.oid = p.pronamespace
		WHERE t.tgrelid = $1 AND n.nspname = $2 AND p.proname LIKE 'audit\_capture\_of\_%' LIMIT 1`, watched.OID, entries.Schema).Scan(&name)
	if errors.Is(err, pgx.ErrNoRows) {
		// Not the table's number, which is another after a restore, nor its name
		// alone, which another table may have one day.
		own := watched.Name[:min(len(watched.Name), 30)]
		return "audit_capture_of_" + strings.ToValidUTF8(own, "") + "_" + strings.ToLower(rand.Text()[:8]), nil
	}
	if err != nil {
		return "", fmt.Errorf("looking for its function: %w", err)
	}
	return name, nil
}

// literal is a text as statements spell it.
func literal(text string) string {
	return " E'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}
