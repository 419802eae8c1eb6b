package auditent

import (
	"context"
	"errors"

	"entgo.io/ent/dialect/sql"
)

// keysReturned executes a statement of returning, and reads the keys.
func (c *capture) keysReturned(ctx context.Context, text string, args []any) ([][]any, error) {
	found := &sql.Rows{}
	if err := c.frame.tx.Tx.Query(ctx, text, args, found); err != nil {
		return nil, err
	}
	var keys [][]any
	for found.Next() {
		key, dest := make([]any, c.width()), make([]any, c.width()+c.stmt.returning)
		for i := range dest {
			if dest[i] = new(any); i >= c.stmt.returning {
				dest[i] = &key[i-c.stmt.returning]
			}
		}
		if err := found.Scan(dest...); err != nil {
			found.Close()
			return nil, c.failed(err)
		}
		keys = append(keys, key)
	}
	if err := errors.Join(found.Err(), found.Close()); err != nil {
		return nil, err
	}
	return keys, nil
}

// inserted is the result of a statement that returned keys.
type inserted struct{ id, rows int64 }

// LastInsertId implements [sql.Result].
func (r inserted) LastInsertId() (int64, error) { return r.id, nil }

// RowsAffected implements [sql.Result].
func (r inserted) RowsAffected() (int64, error) { return r.rows, nil }
