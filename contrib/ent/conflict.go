package auditent

import (
	"context"
	"fmt"
	"slices"

	"entgo.io/ent/dialect"
)

// conflicting reads and locks the rows that an upsert may change: those which
// have the values of a row to insert in the columns of the conflict.
func (c *capture) conflicting(ctx context.Context) ([]*row, error) {
	targets, err := c.targets(ctx)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	var all []*row
	for _, target := range targets {
		places := make([]int, len(target))
		for i, column := range target {
			places[i] = slices.Index(c.stmt.columns, column)
		}
		if slices.Contains(places, -1) {
			if len(targets) > 1 || slices.Equal(target, c.table.key) {
				continue // the database makes the value
			}
			return nil, fmt.Errorf("its conflict is about %q of %s, which it does not set: set them all", target, c.stmt.table)
		}
		for chunk := range slices.Chunk(c.stmt.values, max(1, chunkParams/len(target))) {
			b, any := c.selectFrom().write(" WHERE ("), false
			for _, values := range chunk {
				any = c.matchValues(b, target, places, values, any) || any
			}
			if !any {
				continue
			}
			b.write(")")
			if b.dialect == dialect.Postgres {
				b.write(" FOR NO KEY UPDATE")
			}
			found, err := c.table.read(ctx, c.frame.tx.Tx, b)
			if err != nil {
				return nil, err
			}
			for _, r := range found {
				if !seen[r.key] {
					seen[r.key] = true
					all = append(all, r)
				}
			}
		}
	}
	return all, nil
}

// matchValues writes the condition that the columns have a row's values. It
// reports false, and writes nothing, for a row that conflicts with none.
func (c *capture) matchValues(b *builder, columns []string, places []int, values [][]token, more bool) bool {
	for _, i := range places {
		if v := values[i]; len(v) == 1 && (v[0].is("NULL") || v[0].is("DEFAULT") || v[0].arg > 0 && v[0].arg <= len(c.args) && c.args[v[0].arg-1] == nil) {
			return false
		}
	}
	if more {
		b.write(" OR ")
	}
	for j, column := range columns {
		b.write([]string{"(", " AND "}[min(j, 1)] + quote(column) + " =").tokens(values[places[j]])
	}
	b.write(")")
	return true
}

// targets returns the lists of columns whose conflict the statement is about.
func (c *capture) targets(ctx context.Context) ([][]string, error) {
	switch tx, name := c.frame.tx, c.stmt.table; {
	case c.stmt.on != "":
		columns, err := constraintColumns(ctx, tx, name, c.stmt.on)
		return [][]string{columns}, err
	case len(c.stmt.target) > 0:
		return [][]string{c.stmt.target}, nil
	default:
		return uniqueKeys(ctx, tx, name)
	}
}

// versions reports whether a row that an upsert returns says, after its key, if
// it was updated. PostgreSQL locks a row before ON CONFLICT updates it, which its
// xmax shows; that of a row that was inserted is 0.
func (c *capture) versions() bool {
	return c.stmt.conflict == "UPDATE" && c.frame.tx.dialectName == dialect.Postgres
}

// width is how many values a returned row has for the hook.
func (c *capture) width() int {
	if c.versions() {
		return len(c.table.key) + 1
	}
	return len(c.table.key)
}

// requireNew refuses an upsert that updated a row which did not match right
// before, because another transaction inserted it in between: what it was before
// is not known. It leaves the keys only.
func (c *capture) requireNew(keys [][]any, before map[string]*row) error {
	if !c.versions() {
		return nil
	}
	for i, key := range keys {
		updated := key[len(c.table.key)]
		keys[i] = key[:len(c.table.key)]
		if text := keyText(keys[i]); updated == true && before[text] == nil {
			return fmt.Errorf("another transaction inserted the row %s of %s right before it was updated; try again", text, c.stmt.table)
		}
	}
	return nil
}
