package auditent

import (
	"context"
	"errors"
	"fmt"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// strings reads a query of texts, one list a row.
func texts(ctx context.Context, tx *recordingTx, query string, args ...any) (all [][]string, err error) {
	rows := &sql.Rows{}
	if err := tx.Tx.Query(ctx, query, args, rows); err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		row, dest := make([]string, len(columns)), make([]any, len(columns))
		for i := range row {
			dest[i] = &row[i]
		}
		if err := rows.Scan(dest...); err != nil {
			return nil, err
		}
		all = append(all, row)
	}
	return all, rows.Err()
}

func first(rows [][]string) (names []string) {
	for _, r := range rows {
		names = append(names, r[0])
	}
	return names
}

// regclass returns the table's name as PostgreSQL's to_regclass takes it.
func (n tableName) regclass() string {
	if n.schema != "" {
		return quote(n.schema) + "." + quote(n.name)
	}
	return quote(n.name)
}

// pragma returns a function call for one of SQLite's pragmas on the table.
func (n tableName) pragma(name string) (string, []any) {
	if n.schema != "" {
		return name + "(?, ?)", []any{n.name, n.schema}
	}
	return name + "(?)", []any{n.name}
}

// primaryKey returns the columns of a table's primary key.
func primaryKey(ctx context.Context, tx *recordingTx, name tableName) ([]string, error) {
	var rows [][]string
	var err error
	if tx.dialectName == dialect.Postgres {
		rows, err = texts(ctx, tx, `SELECT a.attname::text FROM pg_catalog.pg_index i
			CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
			JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
			WHERE i.indisprimary AND i.indrelid = pg_catalog.to_regclass($1)
			ORDER BY k.place`, name.regclass())
	} else {
		from, args := name.pragma("pragma_table_info")
		rows, err = texts(ctx, tx, "SELECT name FROM "+from+" WHERE pk > 0 ORDER BY pk", args...)
	}
	if err == nil && len(rows) == 0 {
		err = errors.New("it has none: give it one, or name it in Options.Skip")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the primary key of %s: %w", name, err)
	}
	return first(rows), nil
}

// constraintColumns returns the columns of a constraint that ON CONFLICT names.
func constraintColumns(ctx context.Context, tx *recordingTx, name tableName, constraint string) ([]string, error) {
	rows, err := texts(ctx, tx, `SELECT a.attname::text FROM pg_catalog.pg_constraint c
		CROSS JOIN LATERAL unnest(c.conkey) WITH ORDINALITY AS k(attnum, place)
		JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
		WHERE c.contype IN ('p', 'u') AND c.conrelid = pg_catalog.to_regclass($1) AND c.conname = $2
		ORDER BY k.place`, name.regclass(), constraint)
	if err == nil && len(rows) == 0 {
		err = errors.New("the table has no such unique or primary key")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the constraint %q of %s: %w", constraint, name, err)
	}
	return first(rows), nil
}

// uniqueKeys returns the columns of each of a table's unique keys, for SQLite,
// where ON CONFLICT DO UPDATE needs no columns.
func uniqueKeys(ctx context.Context, tx *recordingTx, name tableName) ([][]string, error) {
	if tx.dialectName != dialect.SQLite {
		return nil, errors.New("its ON CONFLICT names no columns: give them with sql.ConflictColumns")
	}
	keys := [][]string{}
	primary, err := primaryKey(ctx, tx, name)
	if err != nil {
		return nil, err
	}
	keys = append(keys, primary)
	from, args := name.pragma("pragma_index_list")
	indexes, err := texts(ctx, tx, `SELECT name FROM `+from+` WHERE "unique" = 1 AND origin <> 'pk'`, args...)
	if err != nil {
		return nil, fmt.Errorf("reading the indexes of %s: %w", name, err)
	}
	for _, index := range indexes {
		from, args := tableName{name.schema, index[0]}.pragma("pragma_index_info")
		columns, err := texts(ctx, tx, "SELECT coalesce(name, '') FROM "+from+" ORDER BY seqno", args...)
		if err != nil {
			return nil, fmt.Errorf("reading the index %q: %w", index[0], err)
		}
		for _, c := range columns {
			if c[0] == "" {
				return nil, fmt.Errorf("its ON CONFLICT names no columns, and the index %q is over an expression: give columns with sql.ConflictColumns", index[0])
			}
		}
		keys = append(keys, first(columns))
	}
	return keys, nil
}
