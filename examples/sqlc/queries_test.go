package sqlc_test

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// This file is what sqlc generates with sql_package: pgx/v5, cut to what the
// example needs.

type DBTX interface {
	Exec(context.Context, string, ...any) (pgconn.CommandTag, error)
	QueryRow(context.Context, string, ...any) pgx.Row
}

func New(db DBTX) *Queries { return &Queries{db: db} }

type Queries struct{ db DBTX }

func (q *Queries) WithTx(tx pgx.Tx) *Queries { return &Queries{db: tx} }

type ApiKey struct {
	ID   int64
	Name string
}

const lockApiKey = `-- name: LockApiKey :one
SELECT id, name FROM api_keys WHERE id = $1 FOR UPDATE`

func (q *Queries) LockApiKey(ctx context.Context, id int64) (ApiKey, error) {
	var i ApiKey
	err := q.db.QueryRow(ctx, lockApiKey, id).Scan(&i.ID, &i.Name)
	return i, err
}

const renameApiKey = `-- name: RenameApiKey :one
UPDATE api_keys SET name = $2 WHERE id = $1 RETURNING id, name`

type RenameApiKeyParams struct {
	ID   int64
	Name string
}

func (q *Queries) RenameApiKey(ctx context.Context, arg RenameApiKeyParams) (ApiKey, error) {
	var i ApiKey
	err := q.db.QueryRow(ctx, renameApiKey, arg.ID, arg.Name).Scan(&i.ID, &i.Name)
	return i, err
}
