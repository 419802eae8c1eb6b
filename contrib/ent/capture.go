package auditent

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// capture is a statement that changes rows, while it is executed.
type capture struct {
	frame  *frame
	stmt   *statement
	table  *table
	args   []any
	before []*row
}

// exec executes a statement that returns no rows.
func (f *frame) exec(ctx context.Context, query string, args, v any) error {
	c, err := f.capture(ctx, query, args)
	if err != nil {
		return err
	}
	if c == nil {
		return f.tx.Tx.Exec(ctx, query, args, v)
	}
	var result sql.Result
	if c.stmt.verb == "INSERT" {
		result, err = c.insert(ctx)
	} else {
		result, err = c.change(ctx, query, args)
	}
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
	case *sql.Result:
		*v = result
	default:
		return fmt.Errorf("auditent: a result is wanted as %T: give a *sql.Result", v)
	}
	return nil
}

// query executes a statement that returns rows.
func (f *frame) query(ctx context.Context, query string, args, v any) error {
	if isSelect(query) {
		return f.tx.Tx.Query(ctx, query, args, v)
	}
	c, err := f.capture(ctx, query, args)
	if err != nil {
		return err
	}
	rows, ok := v.(*sql.Rows)
	if c == nil || !ok {
		return f.tx.Tx.Query(ctx, query, args, v)
	}
	text, all := c.returning()
	if err := f.tx.Tx.Query(ctx, text, all, rows); err != nil {
		return err
	}
	rows.ColumnScanner = &keyedRows{ColumnScanner: rows.ColumnScanner, ctx: ctx, capture: c, given: c.stmt.returning}
	return nil
}

func isSelect(query string) bool {
	query = strings.TrimSpace(query)
	return len(query) > 6 && strings.EqualFold(query[:6], "SELECT")
}

// capture looks at what a statement is about to change. It returns nil for what
// is not audited.
func (f *frame) capture(ctx context.Context, query string, args any) (*capture, error) {
	given, ok := args.([]any)
	if !ok || isSelect(query) {
		return nil, nil
	}
	c, err := f.prepare(ctx, query, given)
	if err != nil {
		return nil, fmt.Errorf("auditent: a statement cannot be recorded, so it is not executed: %w", err)
	}
	return c, nil
}

func (f *frame) prepare(ctx context.Context, query string, args []any) (*capture, error) {
	s, err := parse(query, f.tx.dialectName)
	if err != nil || s.verb == "" {
		return nil, err
	}
	t, err := f.hook.tableOf(ctx, f, s.table)
	if err != nil || t == nil {
		return nil, err
	}
	c := &capture{frame: f, stmt: s, table: t, args: args}
	switch s.verb {
	case "DELETE":
		if f.deletes && f.typ == t.typ {
			f.mu.Lock()
			f.deleted = true
			f.mu.Unlock()
		}
		c.before, err = c.matching(ctx, s.where, "FOR UPDATE")
	case "UPDATE":
		if err = c.keepsKey(); err != nil {
			return nil, err
		}
		c.before, err = c.matching(ctx, s.where, "FOR NO KEY UPDATE")
	case "INSERT":
		if len(s.values) > f.hook.MaxRows {
			return nil, f.hook.tooMany(s.table)
		}
		if s.conflict == "UPDATE" {
			if err = c.keepsKey(); err == nil {
				c.before, err = c.conflicting(ctx)
			}
		}
	}
	return c, err
}

// keepsKey refuses a statement that may change the primary key of a row.
func (c *capture) keepsKey() error {
	for _, set := range c.stmt.sets {
		if !slices.Contains(c.table.key, set.column) {
			continue
		}
		var path []string // "id", "users"."id" or "excluded"."id"
		for _, t := range set.value {
			if !t.is(".") {
				path = append(path, t.ident())
			}
		}
		n := len(path)
		itself := n > 0 && path[n-1] == set.column && (n == 1 || path[n-2] == c.stmt.table.name)
		given := n == 2 && path[1] == set.column && strings.EqualFold(path[0], "excluded") && slices.Contains(c.stmt.target, set.column)
		if !itself && !given {
			return fmt.Errorf("it changes %q, which is part of the primary key of %s: create a new row instead, or leave it out of an upsert with SetIgnore", set.column, c.stmt.table)
		}
	}
	return nil
}

func (h *hook) tooMany(name tableName) error {
	return fmt.Errorf("it changes more than %d rows of %s, the limit of Options.MaxRows: change fewer at once", h.MaxRows, name)
}

// selectFrom begins a query on the statement's table.
func (c *capture) selectFrom() *builder {
	b := &builder{dialect: c.frame.tx.dialectName, from: c.args}
	return b.write("SELECT * FROM").tokens(c.stmt.name)
}

// matching reads and locks the rows that a condition matches.
func (c *capture) matching(ctx context.Context, where []token, lock string) ([]*row, error) {
	b := c.selectFrom()
	if len(where) > 0 {
		b.write(" WHERE").tokens(where)
	}
	b.write(" ORDER BY ")
	for i, column := range c.table.key {
		if i > 0 {
			b.write(", ")
		}
		b.tokens(c.stmt.name).write("." + quote(column))
	}
	b.write(fmt.Sprintf(" LIMIT %d", c.frame.hook.MaxRows+1))
	if b.dialect == dialect.Postgres {
		b.write(" " + lock)
	}
	found, err := c.table.read(ctx, c.frame.tx.Tx, b)
	if err == nil && len(found) > c.frame.hook.MaxRows {
		err = c.frame.hook.tooMany(c.stmt.table)
	}
	return found, err
}

// change executes an UPDATE or DELETE.
func (c *capture) change(ctx context.Context, query string, args any) (sql.Result, error) {
	if c.frame.tx.dialectName == dialect.Postgres {
		return c.changeKeyed(ctx)
	}
	var result sql.Result
	if err := c.frame.tx.Tx.Exec(ctx, query, args, &result); err != nil {
		return nil, err
	}
	n, err := result.RowsAffected()
	if err == nil && n > int64(len(c.before)) {
		err = fmt.Errorf("%d rows of %s were changed, but %d matched right before; try again", n, c.stmt.table, len(c.before))
	}
	if err == nil {
		// The database's triggers may have kept rows from the statement.
		err = c.changed(ctx, n < int64(len(c.before)))
	}
	if err != nil {
		return nil, c.failed(err)
	}
	return result, nil
}

// changeKeyed executes an UPDATE or DELETE on PostgreSQL, whose rows may be others
// than those that matched right before. A condition on other tables is evaluated
// for each statement anew, so a change that was committed in between can exchange
// one row for another. Only the keys show it, not the number.
func (c *capture) changeKeyed(ctx context.Context) (sql.Result, error) {
	text, args := c.returning()
	keys, err := c.keysReturned(ctx, text, args)
	if err != nil {
		return nil, err
	}
	matched := map[string]bool{}
	for _, r := range c.before {
		matched[r.key] = true
	}
	for _, key := range keys {
		if !matched[keyText(key)] {
			return nil, c.failed(fmt.Errorf("the row %s of %s was changed, but did not match right before; try again", keyText(key), c.stmt.table))
		}
	}
	if err := c.changed(ctx, len(keys) < len(c.before)); err != nil {
		return nil, c.failed(err)
	}
	return inserted{rows: int64(len(keys))}, nil
}

// failed is for statements that were executed already.
func (c *capture) failed(err error) error {
	return c.frame.tx.fail(fmt.Errorf("auditent: a change of %s cannot be recorded: %w", c.stmt.table, err))
}

// changed notes what an UPDATE or DELETE did, which may have left rows as they
// were.
func (c *capture) changed(ctx context.Context, some bool) error {
	var after map[string]*row
	if (c.stmt.verb == "UPDATE" || some) && len(c.before) > 0 {
		var err error
		if after, err = c.again(ctx, keysOf(c.before)); err != nil {
			return err
		}
	}
	steps := make([]step, len(c.before))
	for i, r := range c.before {
		steps[i] = step{table: c.table, key: r.key, before: r, after: after[r.key]}
		if now := steps[i].after; c.stmt.verb == "UPDATE" && now != nil && keyText(r.raw) != keyText(now.raw) {
			steps[i].deletion = c.frame.deletion(c.table.typ)
		}
	}
	c.frame.journal.add(steps...)
	return nil
}

// returning returns the statement with the primary key as further columns that
// it returns.
func (c *capture) returning() (string, []any) {
	b := &builder{dialect: c.frame.tx.dialectName, from: c.args}
	b.tokens(c.stmt.bare).write(" RETURNING")
	b.tokens(c.stmt.returned)
	for i, column := range c.table.key {
		if i > 0 || c.stmt.returning > 0 {
			b.write(",")
		}
		b.write(" " + quote(column))
	}
	if c.versions() {
		b.write(", (xmax <> 0)")
	}
	return strings.TrimSpace(b.text.String()), b.args
}

// insert executes an INSERT that returns nothing to ent.
func (c *capture) insert(ctx context.Context) (sql.Result, error) {
	text, args := c.returning()
	keys, err := c.keysReturned(ctx, text, args)
	if err != nil {
		return nil, err
	}
	if err := c.inserted(ctx, keys); err != nil {
		return nil, c.failed(err)
	}
	result := inserted{rows: int64(len(keys))}
	if len(keys) > 0 && len(c.table.key) == 1 {
		result.id, _ = keys[len(keys)-1][0].(int64)
	}
	return result, nil
}

// inserted notes the rows that an INSERT made or, by its ON CONFLICT, changed.
func (c *capture) inserted(ctx context.Context, keys [][]any) error {
	if len(keys) == 0 {
		return nil
	}
	before := map[string]*row{}
	for _, r := range c.before {
		before[r.key] = r
	}
	if err := c.requireNew(keys, before); err != nil {
		return err
	}
	after, err := c.again(ctx, keys)
	if err != nil {
		return err
	}
	var steps []step
	seen := map[string]bool{}
	for _, key := range keys {
		text := keyText(key)
		if seen[text] {
			continue
		}
		seen[text] = true
		if after[text] == nil {
			return fmt.Errorf("the row %s cannot be read in the transaction", text)
		}
		steps = append(steps, step{table: c.table, key: text, before: before[text], after: after[text]})
	}
	c.frame.journal.add(steps...)
	return nil
}

// again reads rows by their primary keys.
func (c *capture) again(ctx context.Context, keys [][]any) (map[string]*row, error) {
	all := make(map[string]*row, len(keys))
	for chunk := range slices.Chunk(keys, max(1, chunkParams/len(c.table.key))) {
		b := c.selectFrom().write(" WHERE ")
		c.matchKeys(b, c.table.key, chunk)
		found, err := c.table.read(ctx, c.frame.tx.Tx, b)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			all[r.key] = r
		}
	}
	return all, nil
}

// chunkParams is how many parameters one query takes. SQLite takes 32,766,
// PostgreSQL twice as many.
const chunkParams = 10_000

// matchKeys writes the condition that columns have one of the lists of values.
func (c *capture) matchKeys(b *builder, columns []string, keys [][]any) {
	if len(columns) == 1 {
		b.write(quote(columns[0]) + " IN (")
		for i, key := range keys {
			if i > 0 {
				b.write(", ")
			}
			b.arg(key[0])
		}
		b.write(")")
		return
	}
	for i, key := range keys {
		if i > 0 {
			b.write(" OR ")
		}
		for j, column := range columns {
			b.write([]string{"(", " AND "}[min(j, 1)] + quote(column) + " = ").arg(key[j])
		}
		b.write(")")
	}
}
