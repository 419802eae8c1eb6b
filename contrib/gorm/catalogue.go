package auditgorm

import (
	"context"
	"database/sql"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gorm.io/gorm"
)

// table is what the database's catalogue says of a table.
type table struct {
	mark      string   // a comment that differs when the columns or their types do
	id        string   // unequal for two tables of different schemas
	columns   []string // in their order
	key       []string // the primary key, else the columns of a unique index that are never NULL
	rowid     string   // SQLite's name for a row's number, if the table has any
	rounds    []string // columns whose type may change a value that is stored
	versions  bool     // a returned row says whether it was updated (PostgreSQL's xmax)
	triggered bool     // a trigger may change a row before it is inserted
	replaces  bool     // SQLite: a constraint is declared ON CONFLICT REPLACE
	read      time.Time
	surprised atomic.Bool // an INSERT has met a row that its values did not announce
}

// objectKey returns the columns whose values are the ID of the table's objects:
// its key, or of a join table without one the two or more that refer to others.
func (t *table) objectKey() []string {
	if len(t.key) > 0 {
		return t.key
	}
	refers := slices.DeleteFunc(slices.Clone(t.columns), func(name string) bool { return !strings.HasSuffix(strings.ToLower(name), "_id") })
	if len(refers) < 2 {
		return nil
	}
	return refers
}

// tableAge is how long the catalogue's answer is used. Migrations may run beside
// the application.
const tableAge = time.Minute

// tableOf returns what the catalogue says of the statement's table. It is asked
// again after a minute, or once a statement through GORM changes a definition.
func (p *Plugin) tableOf(ctx context.Context, db *gorm.DB, conn gorm.ConnPool, name string) (*table, error) {
	if known, ok := p.tables.Load(name); ok && time.Since(known.(*table).read) < tableAge {
		return known.(*table), nil
	}
	read := readPostgresTable
	if isSQLite(db) {
		read = readSQLiteTable
	}
	t, err := read(ctx, conn, db.Statement, name)
	if err != nil {
		return nil, fmt.Errorf("reading the catalogue: %w", err)
	}
	if t.read = time.Now(); len(t.columns) > 0 { // the statement may be about to fail: there is no such table
		p.tables.Store(name, t)
	}
	return t, nil
}

// definition matches SQL that may change what the catalogue says.
var definition = regexp.MustCompile(`(?i)\b(CREATE|ALTER|DROP|ATTACH|DETACH|ROLLBACK|search_path)\b`)

// forget is the callback after raw SQL, the migrator's included.
func (p *Plugin) forget(db *gorm.DB) {
	if definition.MatchString(db.Statement.SQL.String()) {
		p.tables.Clear()
	}
}

const postgresTable = `WITH t AS (
	SELECT c.oid, c.relkind FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)
), k AS (
	SELECT i.indkey, i.indnkeyatts FROM pg_catalog.pg_index i JOIN t ON i.indrelid = t.oid
	WHERE i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (
		SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY(i.indkey) AND NOT a.attnotnull)
	ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indexrelid LIMIT 1
)
SELECT t.oid::pg_catalog.text, t.relkind::pg_catalog.text, a.attname::pg_catalog.text, a.atttypid::pg_catalog.text,
	coalesce((SELECT u.place FROM k, pg_catalog.unnest(k.indkey::pg_catalog.int2[]) WITH ORDINALITY AS u(attnum, place)
		WHERE u.attnum = a.attnum AND u.place <= k.indnkeyatts LIMIT 1), 0),
	a.atttypmod <> -1 AND a.atttypid NOT IN ('pg_catalog.varchar'::pg_catalog.regtype, 'pg_catalog.bpchar'::pg_catalog.regtype),
	EXISTS (SELECT FROM pg_catalog.pg_trigger g WHERE g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgtype & 6 = 6)
FROM t JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum`

func readPostgresTable(ctx context.Context, conn gorm.ConnPool, stmt *gorm.Statement, name string) (*table, error) {
	rows, err := conn.QueryContext(ctx, postgresTable, stmt.Quote(name))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	t := new(table)
	var key places
	sum := fnv.New64a()
	for rows.Next() {
		var kind, column, typ string
		var place int
		var rounds bool
		if err := rows.Scan(&t.id, &kind, &column, &typ, &place, &rounds, &t.triggered); err != nil {
			return nil, err
		}
		t.columns = append(t.columns, column)
		t.versions = kind == "r"
		key.add(place, column)
		if rounds {
			t.rounds = append(t.rounds, column)
		}
		fmt.Fprintln(sum, t.id, column, typ)
	}
	// A driver prepares SQL by its text, and PostgreSQL refuses a prepared
	// statement whose result has other types than before.
	t.mark = fmt.Sprintf(" /* %x */", sum.Sum64())
	t.key = key.columns()
	return t, rows.Err()
}

const sqliteTable = `SELECT l.schema, l.name, l.type, l.wr, c.name, c.pk FROM pragma_table_list(?) l, pragma_table_xinfo(l.name, l.schema) c
	WHERE c.hidden <> 1 AND ? IN ('', l.schema) ORDER BY l.schema <> 'temp', l.schema <> 'main', l.schema, c.cid`

// replacing matches a constraint by which an INSERT removes other rows.
var replacing = regexp.MustCompile(`(?i)\bON\s+CONFLICT\s+REPLACE\b`)

func readSQLiteTable(ctx context.Context, conn gorm.ConnPool, _ *gorm.Statement, name string) (*table, error) {
	space, name := strings.TrimSuffix(name[:len(name)-len(base(name))], "."), base(name)
	rows, err := conn.QueryContext(ctx, sqliteTable, name, space)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	t := new(table)
	var key places
	for rows.Next() {
		var found, own, kind, column string
		var withoutRowid bool
		var place int
		if err := rows.Scan(&found, &own, &kind, &withoutRowid, &column, &place); err != nil {
			return nil, err
		}
		if t.id != "" && t.id != found+"."+own {
			break // the table of another schema, which this one hides
		}
		t.id = found + "." + own
		if space = found; kind == "table" && !withoutRowid {
			t.rowid = "_rowid_"
		}
		t.columns = append(t.columns, column)
		key.add(place, column)
	}
	if err := rows.Err(); err != nil || t.id == "" {
		return t, err
	}
	rows.Close()
	t.key = key.columns()
	for _, name := range []string{"_rowid_", "oid", "rowid"} {
		taken := slices.ContainsFunc(t.columns, func(c string) bool { return strings.EqualFold(c, name) })
		if t.rowid != "" && !taken {
			t.rowid = name
			break
		}
	}
	var text sql.NullString
	err = conn.QueryRowContext(ctx, `SELECT sql FROM "`+strings.ReplaceAll(space, `"`, `""`)+`".sqlite_master WHERE name = ? COLLATE NOCASE AND type = 'table'`, name).Scan(&text)
	if err != nil && err != sql.ErrNoRows {
		return nil, err
	}
	t.replaces = replacing.MatchString(text.String)
	return t, nil
}

// places puts a key's columns into the key's order.
type places map[int]string

func (p *places) add(place int, column string) {
	if place > 0 {
		if *p == nil {
			*p = places{}
		}
		(*p)[place] = column
	}
}

func (p places) columns() (columns []string) {
	for place := 1; place <= len(p); place++ {
		columns = append(columns, p[place])
	}
	return columns
}
