package auditent

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// row is a row of a table as the database held it at one time.
type row struct {
	layout *layout
	values []any // as they are recorded, in the order of the layout's columns
	raw    []any // as the driver gave them
	keys   []any // the primary key, as the driver gave it
	key    string
}

func keysOf(rows []*row) [][]any {
	keys := make([][]any, len(rows))
	for i, r := range rows {
		keys[i] = r.keys
	}
	return keys
}

// keyText returns a primary key as one text.
func keyText(key []any) string {
	parts := make([]string, len(key))
	for i, v := range key {
		if b, ok := v.([]byte); ok {
			v = string(b)
		}
		parts[i] = strconv.Quote(fmt.Sprint(v))
	}
	return strings.Join(parts, ",")
}

// read reads the rows of a query of all columns.
func (t *table) read(ctx context.Context, tx dialect.ExecQuerier, b *builder) ([]*row, error) {
	found := &sql.Rows{}
	args := b.args
	if args == nil {
		args = []any{}
	}
	if err := tx.Query(ctx, b.text.String(), args, found); err != nil {
		return nil, fmt.Errorf("reading rows of %s: %w", t.name, err)
	}
	defer found.Close()
	l, err := t.layoutOf(found)
	if err != nil {
		return nil, fmt.Errorf("reading rows of %s: %w", t.name, err)
	}
	var all []*row
	for found.Next() {
		r := &row{layout: l, raw: make([]any, len(l.columns)), values: make([]any, len(l.columns)), keys: make([]any, len(l.key))}
		dest := make([]any, len(l.columns))
		for i := range dest {
			dest[i] = &r.raw[i]
		}
		if err := found.Scan(dest...); err != nil {
			return nil, fmt.Errorf("reading rows of %s: %w", t.name, err)
		}
		for i, c := range l.columns {
			r.values[i] = c.decode(r.raw[i])
		}
		for i, place := range l.key {
			r.keys[i] = r.raw[place]
		}
		r.key = keyText(r.keys)
		all = append(all, r)
	}
	if err := found.Err(); err != nil {
		return nil, fmt.Errorf("reading rows of %s: %w", t.name, err)
	}
	return all, nil
}

// keyedRows are the rows that an INSERT returns to ent, which does not see the
// columns of the primary key that stand after those it asked for.
type keyedRows struct {
	sql.ColumnScanner
	ctx     context.Context
	capture *capture
	given   int // columns that ent asked for
	keys    [][]any
	scanned bool // the current row
	current bool
	closed  bool
}

// Next implements [sql.ColumnScanner].
func (r *keyedRows) Next() bool {
	if r.current && !r.scanned {
		if r.Scan(make([]any, r.given)...) != nil {
			return false
		}
	}
	r.current, r.scanned = r.ColumnScanner.Next(), false
	return r.current
}

// Scan implements [sql.ColumnScanner].
func (r *keyedRows) Scan(dest ...any) error {
	key, all := make([]any, r.capture.width()), make([]any, 0, len(dest)+r.capture.width())
	for _, d := range dest {
		if d == nil {
			d = new(any)
		}
		all = append(all, d)
	}
	for i := range key {
		all = append(all, &key[i])
	}
	if err := r.ColumnScanner.Scan(all...); err != nil {
		return err
	}
	if !r.scanned {
		r.keys = append(r.keys, key)
	}
	r.scanned = true
	return nil
}

// Columns implements [sql.ColumnScanner].
func (r *keyedRows) Columns() ([]string, error) {
	columns, err := r.ColumnScanner.Columns()
	return columns[:min(r.given, len(columns))], err
}

// Close implements [sql.ColumnScanner]. Now that all rows are read, what they
// are in the database is read too.
func (r *keyedRows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	for r.Next() {
	}
	err := r.ColumnScanner.Err()
	if cerr := r.ColumnScanner.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err // the statement itself failed
	}
	if r.capture.stmt.verb == "INSERT" {
		err = r.capture.inserted(r.ctx, r.keys)
	} else {
		err = r.capture.changed(r.ctx, len(r.keys) < len(r.capture.before))
	}
	if err != nil {
		return r.capture.failed(err)
	}
	return nil
}
