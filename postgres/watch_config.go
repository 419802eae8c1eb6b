package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit/internal/ignored"
	"github.com/auditkeep/audit/internal/secrets"
)

// watchConfig is what the database keeps of a WatchTable, in a comment on the
// function of its triggers and within that function.
type watchConfig struct {
	Table     string   `json:"table"` // its schema and name when Watch was called
	Type      string   `json:"type"`
	Key       []string `json:"key"`
	KeyTypes  []string `json:"key_types"`
	keyGiven  bool     // and is not the primary key by default
	Ignore    []string `json:"ignore"` // all of them, the built-in ones too
	Record    []string `json:"record"`
	Redact    []string `json:"redact"`
	Plain     []string `json:"plain"`
	OrgColumn string   `json:"org_column"`
	Org       string   `json:"org"`
	Skippable bool     `json:"skippable"`

	Source        string   `json:"source"`         // the name of its function
	ParentColumns []string `json:"parent_columns"` // hold the parent's key
	ParentType    string   `json:"parent_type"`
	ParentSource  string   `json:"parent_source"` // the function of the parent's table, if it is named
	OrgOfParent   bool     `json:"org_of_parent"` // rows have the organization of the parent's
	Mapped        bool     `json:"mapped"`        // audit_capture_orgs has its rows, for its children

	Identity string         `json:"identity"` // of the table that the numbers are of
	Columns  map[string]int `json:"columns"`  // their numbers, by which a renamed one is found
	// Types are those of the columns: their numbers and what PostgreSQL calls them.
	Types     map[string]columnType `json:"types,omitempty"`
	Names     []string              `json:"names"`     // of secrets, as audit_capture_secret takes them
	Hidden    []string              `json:"hidden"`    // columns whose values are not kept, for whatever reason
	Documents []string              `json:"documents"` // columns of JSON, in which secrets are found by their keys
	Opaque    []string              `json:"opaque"`    // columns whose type hides its values
}

// columnType is the type of a column.
type columnType struct {
	OID  uint32 `json:"oid"`
	Name string `json:"name"`
}

// config checks the WatchTable and completes its defaults.
func (t WatchTable) config(ctx context.Context, db querier, entries, watched table, before history, parent uint32) (watchConfig, error) {
	c := watchConfig{
		Table: watched.sql(), Type: t.Type, Key: t.Key, keyGiven: len(t.Key) > 0, Ignore: ignored.With(t.Ignore, t.Record), Record: t.Record, Redact: t.Redact, Plain: t.Plain,
		OrgColumn: t.OrgColumn, Org: t.Org, Skippable: t.Skippable, Columns: map[string]int{}, Types: map[string]columnType{},
		Hidden: []string{}, Documents: []string{}, Opaque: []string{},
		Source: before.function, ParentColumns: slices.Clone(t.ParentColumns), ParentType: t.ParentType,
	}
	if c.Source == "" {
		c.Source = newFunction(watched)
	}
	if c.ParentColumns == nil {
		c.ParentColumns = []string{}
	}
	if c.Type == "" {
		c.Type = watched.Name
	}
	if c.Redact == nil {
		c.Redact = []string{}
	}
	if c.Plain == nil {
		c.Plain = []string{}
	}
	for _, text := range []struct{ field, value string }{{"Type", c.Type}, {"Org", c.Org}, {"ParentType", c.ParentType}} {
		if len(text.value) > 255 || !utf8.ValidString(text.value) || strings.ContainsRune(text.value, 0) {
			return c, fmt.Errorf("field WatchTable.%s is %q: want a text of at most 255 bytes", text.field, text.value)
		}
	}
	if c.Skippable && strings.Contains(c.Type, ",") {
		return c, fmt.Errorf("field WatchTable.Type is %q: a comma cannot be in the type of a table that is Skippable", c.Type)
	}
	names, err := secrets.NewSet("field WatchTable.Redact", t.Redact)
	if err != nil {
		return c, err
	}
	c.Names = names.Squeezed()
	if err := db.QueryRow(ctx, "SELECT audit_capture_identity($1)", watched.OID).Scan(&c.Identity); err != nil {
		return c, fmt.Errorf("identifying it: %w", err)
	}
	if err := c.readColumns(ctx, db, watched); err != nil {
		return c, err
	}
	for _, list := range []struct {
		field   string
		columns []string
	}{{"Key", t.Key}, {"Ignore", t.Ignore}, {"Record", t.Record}, {"OrgColumn", []string{t.OrgColumn}}, {"ParentColumns", t.ParentColumns}, {"Plain", t.Plain}} {
		for _, column := range list.columns {
			if _, ok := c.Columns[column]; !ok && (column != "" || list.field == "ParentColumns") {
				return c, fmt.Errorf("field WatchTable.%s names the column %q, which is not there: %s", list.field, column, c.insteadOf(column, before))
			}
		}
	}
	if t.OrgColumn != "" && t.OrgColumn == before.config.OrgColumn {
		if now := before.now(t.OrgColumn, c); now != "" {
			return c, fmt.Errorf("field WatchTable.OrgColumn is %q, but the column that was called so when Watch was called is %q now: "+
				"name that one, or call Unwatch first if another column holds the organization from now on", t.OrgColumn, now)
		}
	}
	if err := c.readParent(ctx, db, entries, watched, before, t.ParentTable, parent); err != nil {
		return c, err
	}
	for _, column := range t.Record {
		if slices.Contains(t.Ignore, column) {
			return c, fmt.Errorf("fields WatchTable.Record and WatchTable.Ignore both name the column %q: take it out of one", column)
		}
	}
	if err := c.readKey(ctx, db, watched); err != nil {
		return c, err
	}
	err = db.QueryRow(ctx, `SELECT ARRAY(SELECT format_type(a.atttypid, NULL) FROM unnest($2::text[]) WITH ORDINALITY AS k (name, place)
		JOIN pg_attribute AS a ON a.attrelid = $1 AND a.attname = k.name AND NOT a.attisdropped ORDER BY k.place)`, watched.OID, c.Key).Scan(&c.KeyTypes)
	if err != nil {
		return c, fmt.Errorf("reading its key's types: %w", err)
	}
	return c, c.hide(ctx, db, entries, watched, before, names)
}

// insteadOf says which columns the table has, for an error about one that it has
// not.
func (c *watchConfig) insteadOf(column string, before history) string {
	if now := before.now(column, *c); now != "" {
		return fmt.Sprintf("it is called %q now", now)
	}
	return fmt.Sprintf("the columns are %q", c.columnNames())
}

func (c *watchConfig) readColumns(ctx context.Context, db querier, watched table) error {
	rows, err := db.Query(ctx, "SELECT attname, attnum::int, atttypid, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped", watched.OID)
	if err != nil {
		return fmt.Errorf("reading its columns: %w", err)
	}
	var name string
	var number int
	var is columnType
	_, err = pgx.ForEachRow(rows, []any{&name, &number, &is.OID, &is.Name}, func() error {
		c.Columns[name] = number
		if c.Types != nil {
			c.Types[name] = is
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading its columns: %w", err)
	}
	// A statement of PostgreSQL has max 1664 columns, and pairing the rows takes
	// those of the table twice.
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
		return errors.New("it has no primary key: give it one, or name the columns of a unique index in WatchTable.Key")
	case nullable:
		return fmt.Errorf("field WatchTable.Key is %q, of which a column may be NULL: make it NOT NULL", c.Key)
	default:
		return fmt.Errorf("field WatchTable.Key is %q, on which there is no unique index: rows could not be distinguished", c.Key)
	}
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
