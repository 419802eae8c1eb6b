package postgres_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// Key is a record of the host's. Version lets an UPDATE find out that another
// one came first.
type Key struct {
	ID      int
	Name    string
	Version int `audit:"-"`
}

// renameKey changes a record that was read before, and records the change, in
// one round trip: PostgreSQL runs a batch without BEGIN as one transaction.
func renameKey(ctx context.Context, pool *pgxpool.Pool, trail *audit.Log, before Key, name string) error {
	after := audit.Snapshot(before)
	after.Name = name

	batch := &pgx.Batch{}
	// The entry does not know whether the UPDATE finds the row as it was read.
	// If it finds none, the division by zero fails the batch.
	batch.Queue(`WITH changed AS (UPDATE keys SET name = $3, version = version + 1 WHERE id = $1 AND version = $2 RETURNING id)
		SELECT 1 / count(*) FROM changed`, before.ID, before.Version, after.Name)
	if err := postgres.Queue(ctx, batch, trail, audit.Updated(before, after)); err != nil {
		return err
	}
	return pool.SendBatch(ctx, batch).Close()
}

// replaceKey changes a record within a transaction, and sends the entry
// together with the COMMIT.
func replaceKey(ctx context.Context, pool *pgxpool.Pool, trail *audit.Log, after Key) error {
	tx, err := postgres.Begin(ctx, pool, pgx.TxOptions{})
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) // does nothing once Commit was called

	before := Key{ID: after.ID}
	row := tx.QueryRow(ctx, "SELECT name, version FROM keys WHERE id = $1 FOR UPDATE", after.ID)
	if err := row.Scan(&before.Name, &before.Version); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "UPDATE keys SET name = $2, version = version + 1 WHERE id = $1", after.ID, after.Name); err != nil {
		return err
	}
	return postgres.Commit(ctx, tx, trail, audit.Updated(before, after))
}

// A change and its entry in one round trip.
func ExampleQueue() {
	ctx, pool, trail := hostOfExamples()
	if err := renameKey(ctx, pool, trail, Key{ID: 7, Name: "ci", Version: 1}, "deploy"); err != nil {
		fmt.Println(err)
	}
}

// An entry that is sent together with the COMMIT.
func ExampleCommit() {
	ctx, pool, trail := hostOfExamples()
	if err := replaceKey(ctx, pool, trail, Key{ID: 7, Name: "deploy"}); err != nil {
		fmt.Println(err)
	}
}

func hostOfExamples() (context.Context, *pgxpool.Pool, *audit.Log) {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		panic(err)
	}
	trail, err := audit.New(postgres.New(pool), audit.Config{Org: "acme"})
	if err != nil {
		panic(err)
	}
	return ctx, pool, trail
}

// The examples do what they say.
func TestExamples(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	_, err := h.pool.Exec(t.Context(), `CREATE TABLE keys (id int PRIMARY KEY, name text NOT NULL, version int NOT NULL);
		INSERT INTO keys VALUES (7, 'ci', 1)`)
	require.NoError(t, err)
	read := func() (key Key) {
		key.ID = 7
		require.NoError(t, h.pool.QueryRow(t.Context(), "SELECT name, version FROM keys WHERE id = 7").Scan(&key.Name, &key.Version))
		return key
	}
	recorded := func() (lines []string) {
		for entry, err := range h.trail.All(t.Context(), audit.Filter{}, audit.Sort{Dir: audit.Ascending}) {
			require.NoError(t, err)
			lines = append(lines, entry.Changes.JSON())
		}
		return lines
	}

	old := read()
	require.NoError(t, renameKey(t.Context(), h.pool, h.trail, old, "deploy"))
	want := []string{`[{"field":"name","new":"deploy","old":"ci"}]`}
	require.Equal(t, want, recorded())

	var refused *pgconn.PgError
	require.ErrorAs(t, renameKey(t.Context(), h.pool, h.trail, old, "late"), &refused)
	require.Equal(t, "22012", refused.Code, "another change came first")
	require.Equal(t, "deploy", read().Name)
	require.Equal(t, want, recorded())

	require.NoError(t, replaceKey(t.Context(), h.pool, h.trail, Key{ID: 7, Name: "prod"}))
	require.Equal(t, Key{7, "prod", 3}, read())
	require.Equal(t, append(want, `[{"field":"name","new":"prod","old":"deploy"}]`), recorded())
	require.ErrorIs(t, replaceKey(t.Context(), h.pool, h.trail, Key{ID: 8}), pgx.ErrNoRows)
}

// The changes of a table are recorded whoever makes them.
func ExampleAdmin_Watch() {
	ctx, pool, _ := hostOfExamples()
	// Once, on the connection of the log's owner.
	err := postgres.NewAdmin(pool).Watch(ctx, postgres.WatchTable{Name: "shop.orders", Type: "order", OrgColumn: "org_id"})
	if err != nil {
		panic(err)
	}

	// In a handler: no Record, only who acts.
	ctx = audit.WithActor(ctx, audit.Actor{Email: "dana@acme.test"})
	var batch pgx.Batch
	if err := postgres.QueueContext(ctx, &batch); err != nil {
		panic(err)
	}
	batch.Queue("UPDATE shop.orders SET total = 12 WHERE id = 7")
	if err := pool.SendBatch(ctx, &batch).Close(); err != nil {
		fmt.Println(err)
	}
}
