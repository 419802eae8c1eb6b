package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/auditkeep/audit"
)

// kind is a kind of record: where it is stored, and how it is edited.
type kind[T any] struct {
	path       string // in URLs
	objectType string // in the audit log: the type's name in snake_case
	title      string
	singular   string
	table      string
	columns    []string // beside id and org
	id         func(*T) *int64
	label      func(*T) string
	values     func(*T) []any // for the columns
	scan       func(*T) []any // for the columns
	inputs     []input[T]
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// listLimit is how many records a list shows.
const listLimit = 200

func (k *kind[T]) list(ctx context.Context, db *database, org string) ([]T, error) {
	rows, err := db.QueryContext(ctx, db.sql(fmt.Sprintf("SELECT id, %s FROM %s WHERE org = ? ORDER BY id DESC LIMIT %d", strings.Join(k.columns, ", "), k.table, listLimit)), org)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var x T
		if err := rows.Scan(append([]any{k.id(&x)}, k.scan(&x)...)...); err != nil {
			return nil, err
		}
		all = append(all, x)
	}
	return all, rows.Err()
}

var errNoRecord = errors.New("there is no such record")

func (k *kind[T]) get(ctx context.Context, db *database, q querier, org string, id int64, suffix string) (*T, error) {
	var x T
	*k.id(&x) = id
	row := q.QueryRowContext(ctx, db.sql(fmt.Sprintf("SELECT %s FROM %s WHERE org = ? AND id = ?%s", strings.Join(k.columns, ", "), k.table, suffix)), org, id)
	if err := row.Scan(k.scan(&x)...); errors.Is(err, sql.ErrNoRows) {
		return nil, errNoRecord
	} else if err != nil {
		return nil, err
	}
	return &x, nil
}

// create inserts the record and records that it came to be, both or neither.
func (k *kind[T]) create(ctx context.Context, a *app, org string, x *T) error {
	return a.db.inTx(ctx, func(tx *sql.Tx) error {
		marks := strings.Repeat(", ?", len(k.columns))
		insert := a.db.sql(fmt.Sprintf("INSERT INTO %s (org, %s) VALUES (?%s) RETURNING id", k.table, strings.Join(k.columns, ", "), marks))
		if err := tx.QueryRowContext(ctx, insert, append([]any{org}, k.values(x)...)...).Scan(k.id(x)); err != nil {
			return err
		}
		return a.trail.Record(ctx, a.db.audited(tx), audit.Created(x))
	})
}

// lock reads a record that is about to change. Nobody else can change it before
// the transaction ends, so that what is recorded as the before was the before:
// SQLite's transactions here hold the write lock from their beginning.
func (k *kind[T]) lock(ctx context.Context, db *database, tx *sql.Tx, org string, id int64) (*T, error) {
	suffix := ""
	if db.dollars {
		suffix = " FOR UPDATE"
	}
	return k.get(ctx, db, tx, org, id, suffix)
}

// update changes the record and records the difference, both or neither.
func (k *kind[T]) update(ctx context.Context, a *app, org string, id int64, change func(*T) error) error {
	return a.db.inTx(ctx, func(tx *sql.Tx) error {
		record, err := k.lock(ctx, a.db, tx, org, id)
		if err != nil {
			return err
		}
		before := audit.Snapshot(record)
		if err := change(record); err != nil {
			return err
		}
		update := a.db.sql(fmt.Sprintf("UPDATE %s SET %s = ? WHERE org = ? AND id = ?", k.table, strings.Join(k.columns, " = ?, ")))
		if _, err := tx.ExecContext(ctx, update, append(k.values(record), org, id)...); err != nil {
			return err
		}
		return a.trail.Record(ctx, a.db.audited(tx), audit.Updated(before, record))
	})
}

// destroy deletes the record and records what it last was, both or neither.
func (k *kind[T]) destroy(ctx context.Context, a *app, org string, id int64) error {
	return a.db.inTx(ctx, func(tx *sql.Tx) error {
		record, err := k.lock(ctx, a.db, tx, org, id)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, a.db.sql(fmt.Sprintf("DELETE FROM %s WHERE org = ? AND id = ?", k.table)), org, id); err != nil {
			return err
		}
		return a.trail.Record(ctx, a.db.audited(tx), audit.Destroyed(record))
	})
}

// existing returns which of the IDs the organization has, in one query.
func (k *kind[T]) existing(ctx context.Context, db *database, org string, ids []any) (map[int64]bool, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	query := fmt.Sprintf("SELECT id FROM %s WHERE org = ? AND id IN (?%s)", k.table, strings.Repeat(", ?", len(ids)-1))
	rows, err := db.QueryContext(ctx, db.sql(query), append([]any{org}, ids...)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := make(map[int64]bool, len(ids))
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		found[id] = true
	}
	return found, rows.Err()
}
