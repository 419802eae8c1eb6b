package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// WithSchema returns a store whose tables are in the schema of that name
// ("audit"), whatever the search_path of a connection or transaction is. Without
// it, a table of the same name in a schema that search_path names first takes
// the log's place, and reads find the session's own temporary tables before all
// others. [Admin.WithSchema] is the same for an Admin. An empty name undoes it.
//
// [Store.Migrate] makes the tables there; the schema itself must exist.
func (s *Store) WithSchema(name string) *Store {
	there := *s
	there.schema, there.lists, there.statements = name, new(valuesLists), bySearchPath
	if name != "" {
		there.statements = newStatements(there.tableName(), "")
	}
	return &there
}

// WithSchema returns an Admin of the tables in the schema of that name, as
// [Store.WithSchema] does. [Admin.Check] then supposes that the stores name it
// too.
func (a *Admin) WithSchema(name string) *Admin {
	there := *a
	there.schema = name
	return &there
}

// tableName is the table as statements spell it.
func (s *Store) tableName() string {
	if s.schema == "" {
		return unqualified
	}
	return pgx.Identifier{s.schema, unqualified}.Sanitize()
}

// qualified puts the schema into a statement of package entrysql, which binds
// every value: the table's name can only be the table.
func (s *Store) qualified(query string) string {
	if s.schema == "" {
		return query
	}
	return strings.ReplaceAll(query, " "+unqualified+" AS e", " "+s.tableName()+" AS e")
}

// pinSearchPath lets statements find and make tables in the given schema for the
// rest of the transaction, or in the schemas that the connection names. Temporary
// tables come last: PostgreSQL would otherwise look at them first.
func pinSearchPath(ctx context.Context, tx pgx.Tx, schema string) error {
	if schema != "" {
		var exists bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)", schema).Scan(&exists); err != nil {
			return err
		}
		if !exists {
			return fmt.Errorf("there is no schema %q: CREATE SCHEMA %s first", schema, pgx.Identifier{schema}.Sanitize())
		}
	}
	_, err := tx.Exec(ctx, `SELECT pg_catalog.set_config('search_path', path || ', pg_temp', true) FROM (
		SELECT coalesce(quote_ident(nullif($1::text, '')), string_agg(quote_ident(name), ', ' ORDER BY place)) AS path
		FROM unnest(current_schemas(false)) WITH ORDINALITY AS schemas (name, place)
		WHERE name !~ '^pg_temp') AS pinned
		WHERE path IS NOT NULL`, schema)
	if err != nil {
		return fmt.Errorf("setting the search_path: %w", err)
	}
	return nil
}
