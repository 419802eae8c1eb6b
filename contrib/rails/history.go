package rails

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// history reads the rows of a gem's table in the order of their key. The key
// may be of any type: the database itself compares keys, and writes the last one
// of a batch as the literal with which the next batch begins.
type history struct {
	db    *sql.DB
	name  string // as the host gave it
	table string // as SQL
	quote string // the expression of a row's key as a literal
	after string // a literal; empty at the beginning
}

// batchRows is how many rows are read and written at a time.
const batchRows = 1000

// cursorColumn is a column that next adds to those of the table.
const cursorColumn = "auditkeep_import_cursor"

func openHistory(ctx context.Context, db *sql.DB, name, after string) (*history, error) {
	table, err := quoted(name)
	if err != nil {
		return nil, err
	}
	h := &history{db: db, name: name, table: table}
	onSQLite := db.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(new(string)) == nil
	if h.quote = "quote_literal(id)"; onSQLite {
		h.quote = "quote(id)"
	}
	if after != "" {
		if h.after, err = keyLiteral(after, onSQLite); err != nil {
			return nil, err
		}
	}
	var without int
	if err := db.QueryRowContext(ctx, "SELECT count(*) FROM "+table+" WHERE id IS NULL").Scan(&without); err != nil {
		return nil, fmt.Errorf("looking for the rows of %s: %w", name, err)
	}
	if without > 0 {
		return nil, fmt.Errorf("reading %s: %d rows have no id, so they cannot be imported once and only once: give them one", name, without)
	}
	return h, nil
}

// keyLiteral writes a key that the host gave as SQL. The database compares it
// as the type that the column has.
func keyLiteral(key string, onSQLite bool) (string, error) {
	if strings.ContainsRune(key, 0) || !utf8.ValidString(key) {
		return "", fmt.Errorf("rails: Options.After %q: not a text; give Progress.Last of an earlier import", key)
	}
	if digits, ok := strings.CutPrefix(key, `\x`); ok && onSQLite {
		if _, err := hex.DecodeString(digits); err == nil {
			return "X'" + digits + "'", nil
		}
	}
	literal := "'" + strings.ReplaceAll(key, "'", "''") + "'"
	if !onSQLite && strings.Contains(key, `\`) {
		literal = " E" + strings.ReplaceAll(literal, `\`, `\\`)
	}
	return literal, nil
}

func (h *history) where() string {
	if h.after == "" {
		return ""
	}
	return " WHERE id > " + h.after
}

// count returns how many rows are left.
func (h *history) count(ctx context.Context) (rows int, err error) {
	if err := h.db.QueryRowContext(ctx, "SELECT count(*) FROM "+h.table+h.where()).Scan(&rows); err != nil {
		return 0, fmt.Errorf("counting the rows of %s: %w", h.name, err)
	}
	return rows, nil
}

// next returns the next rows, all columns as texts; none at the end.
func (h *history) next(ctx context.Context) ([]map[string]string, error) {
	query := fmt.Sprintf("SELECT *, %s AS %s FROM %s%s ORDER BY id LIMIT %d", h.quote, cursorColumn, h.table, h.where(), batchRows)
	rows, err := h.db.QueryContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", h.name, err)
	}
	defer rows.Close()
	batch, err := readTexts(rows)
	if err != nil || len(batch) == 0 {
		return nil, wrap("reading "+h.name, err)
	}
	last := batch[len(batch)-1][cursorColumn]
	if last == h.after {
		return nil, fmt.Errorf("reading %s: the rows after id %s begin with the same id again: its type cannot be paged through", h.name, last)
	}
	h.after = last
	for _, row := range batch {
		delete(row, cursorColumn)
	}
	return batch, nil
}

func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// readTexts reads all rows as texts by column. NULL is absent.
func readTexts(rows *sql.Rows) ([]map[string]string, error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var all []map[string]string
	values, into := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		columns := make(map[string]string, len(names))
		for i, name := range names {
			if values[i] != nil {
				columns[name] = textOf(values[i])
			}
		}
		all = append(all, columns)
	}
	return all, rows.Err()
}

func textOf(value any) string {
	switch v := value.(type) {
	case []byte:
		if utf8.Valid(v) {
			return string(v)
		}
		return `\x` + hex.EncodeToString(v)
	case time.Time:
		// Rails keeps UTC in columns without a zone.
		return v.UTC().Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(v)
	}
}
