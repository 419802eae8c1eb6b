package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// table is audit_entries or one of its partitions, as the catalogue knows it.
type table struct {
	OID          uint32
	Schema, Name string
	Owner        string
}

// querier is what the reads of the catalogue need: a pool or a transaction.
type querier interface {
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) pgx.Row
}

// findTable finds audit_entries as the statements of the store do: in the
// schema that is named, or by the search_path. What an Admin makes goes into its
// schema and to its owner, whatever the connection's own are.
func findTable(ctx context.Context, db querier, schema string) (table, error) {
	var found table
	var kind string
	// current_schemas leaves out pg_temp, unless the search_path names it.
	err := db.QueryRow(ctx, `SELECT c.oid, n.nspname, c.relname, pg_get_userbyid(c.relowner),
			CASE WHEN c.relpersistence = 't' THEN 'a temporary table' WHEN c.relkind = 'p' THEN '' WHEN c.relkind = 'r' THEN 'a plain table'
				WHEN c.relkind = 'v' THEN 'a view' ELSE 'not a table' END
		FROM unnest(CASE WHEN $1::text = '' THEN current_schemas(false) ELSE ARRAY[$1::name] END) WITH ORDINALITY AS schemas (name, place)
		JOIN pg_namespace AS n ON n.nspname = schemas.name
		JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = 'audit_entries'
		ORDER BY place LIMIT 1`, schema).Scan(&found.OID, &found.Schema, &found.Name, &found.Owner, &kind)
	switch {
	case errors.Is(err, pgx.ErrNoRows) && schema != "":
		return table{}, fmt.Errorf("there is no table audit_entries in schema %q: call Migrate, or give WithSchema the schema of the log", schema)
	case errors.Is(err, pgx.ErrNoRows):
		return table{}, errors.New("there is no table audit_entries in the connection's search_path: call Migrate, set search_path, or name the schema by WithSchema")
	case err != nil:
		return table{}, fmt.Errorf("looking for table audit_entries: %w", err)
	case kind != "":
		return table{}, fmt.Errorf("%s is %s, and stands before the log: drop it, or name the log's schema by WithSchema", found.sql(), kind)
	}
	return found, nil
}

// sql is the table's name as statements spell it.
func (t table) sql() string { return t.sibling(t.Name) }

// sibling is the name of another object in the table's schema.
func (t table) sibling(name string) string { return pgx.Identifier{t.Schema, name}.Sanitize() }

// columnsOf lists the columns of a table, as statements spell them: those too
// that the database fills, or that a later version of the library has added.
// What is moved is moved unchanged.
func columnsOf(ctx context.Context, db querier, t table) (string, error) {
	var columns string
	err := db.QueryRow(ctx, `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
		WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`, t.OID).Scan(&columns)
	if err != nil {
		return "", fmt.Errorf("looking for the columns of table %s: %w", t.Name, err)
	}
	return columns, nil
}
