package postgres_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

// newInSchema returns a pool whose search_path does not find the log, and the
// log's schema.
func newInSchema(t *testing.T, options ...func(*pgxpool.Config)) (pool *pgxpool.Pool, schema string) {
	t.Helper()
	pool = pgtest.New(t, append(options, func(config *pgxpool.Config) {
		schema = config.ConnConfig.RuntimeParams["search_path"]
		config.ConnConfig.RuntimeParams["search_path"] = "pg_catalog"
	})...)
	require.NoError(t, postgres.New(pool).WithSchema(schema).Migrate(t.Context()))
	return pool, schema
}

// storeInSchema is what docs/roles.md shows.
func storeInSchema(pool *pgxpool.Pool) *postgres.Store {
	return postgres.New(pool).WithSchema("audit")
}

func TestMigrateNeedsTheSchema(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, storeInSchema(pgtest.New(t)).Migrate(t.Context()), `there is no schema "audit": CREATE SCHEMA "audit" first`)
}

// What an Admin does, it does in the schema that it was given.
func TestAdminWithSchema(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	pool, schema := newInSchema(t)
	admin := postgres.NewAdmin(pool).WithSchema(schema)
	require.NoError(t, admin.Migrate(ctx), "nothing is pending")
	log := newLog(t, postgres.New(pool).WithSchema(schema))
	recordAt(t, log, date(2026, time.January, 15), date(2026, time.February, 15))
	_, err := admin.MakePartitions(ctx, date(2026, time.January, 1), date(2026, time.March, 1))
	require.NoError(t, err)
	require.NoError(t, admin.Hold(ctx, log, retention.Hold{Name: "h", Until: date(2026, time.February, 1), Reason: "r"}))
	done, err := admin.Expire(ctx, log, retention.Policy{Before: date(2026, time.March, 1)})
	require.NoError(t, err)
	require.Len(t, done.Gone, 1)
	require.NoError(t, admin.Release(ctx, log, "h"))
	_, err = pool.Exec(ctx, "CREATE TABLE "+schema+".orders (id int PRIMARY KEY)")
	require.NoError(t, err)
	require.NoError(t, admin.Watch(ctx, postgres.WatchTable{Name: schema + ".orders", Org: "acme"}))
	_, err = pool.Exec(ctx, "INSERT INTO "+schema+".orders VALUES (1)")
	require.NoError(t, err)
	assert.Equal(t, 2, count(t, log, "acme"))
	noProblems(t, admin)
	require.NoError(t, admin.Unwatch(ctx, schema+".orders"))

	_, err = postgres.NewAdmin(pool).Check(ctx)
	require.ErrorContains(t, err, "there is no table audit_entries in the connection's search_path: call Migrate, set search_path, or name the schema by WithSchema")
	_, err = admin.WithSchema("nowhere").Check(ctx)
	require.ErrorContains(t, err, `there is no table audit_entries in schema "nowhere"`)
	require.ErrorContains(t, admin.WithSchema("nowhere").Migrate(ctx), `migrating: there is no schema "nowhere": CREATE SCHEMA "nowhere" first`)
}

// Each way to record, in a transaction on a connection of which the test has
// made something.
var recordings = []struct {
	name string
	do   func(ctx context.Context, store *postgres.Store, log *audit.Log, pool *pgxpool.Pool, tx pgx.Tx) error
}{
	{"Record", func(ctx context.Context, store *postgres.Store, log *audit.Log, _ *pgxpool.Pool, tx pgx.Tx) error {
		return log.Record(ctx, store.Tx(tx), performed("x"))
	}},
	{"Record of many", func(ctx context.Context, store *postgres.Store, log *audit.Log, _ *pgxpool.Pool, tx pgx.Tx) error {
		return log.Record(ctx, store.Tx(tx), performed("x"), performed("y"))
	}},
	{"Record with an ID", func(ctx context.Context, store *postgres.Store, log *audit.Log, _ *pgxpool.Pool, tx pgx.Tx) error {
		return log.Record(ctx, store.Tx(tx), performed("x").WithID(audit.NewID()))
	}},
	{"RecordDetached", func(ctx context.Context, _ *postgres.Store, log *audit.Log, _ *pgxpool.Pool, tx pgx.Tx) error {
		if err := tx.Commit(ctx); err != nil { // the pool has one connection
			return err
		}
		return log.RecordDetached(ctx, performed("x"))
	}},
	{"Queue", func(ctx context.Context, _ *postgres.Store, log *audit.Log, _ *pgxpool.Pool, tx pgx.Tx) error {
		var batch pgx.Batch
		if err := postgres.Queue(ctx, &batch, log, performed("x")); err != nil {
			return err
		}
		return tx.SendBatch(ctx, &batch).Close()
	}},
	{"Queue, its results read one by one", func(ctx context.Context, _ *postgres.Store, log *audit.Log, _ *pgxpool.Pool, tx pgx.Tx) error {
		var batch pgx.Batch
		if err := postgres.Queue(ctx, &batch, log, performed("x").WithID(audit.NewID())); err != nil {
			return err
		}
		results := tx.SendBatch(ctx, &batch)
		for range batch.Len() {
			if _, err := results.Exec(); err != nil {
				_ = results.Close()
				return err
			}
		}
		return results.Close()
	}},
	{"Commit", func(ctx context.Context, _ *postgres.Store, log *audit.Log, _ *pgxpool.Pool, tx pgx.Tx) error {
		return postgres.Commit(ctx, tx, log, performed("x"))
	}},
}

func oneConnection(config *pgxpool.Config) { config.MaxConns = 1 }

// An entry never goes into a table that the session has put before the log: it is
// an error, or it is in the log.
func TestATableBeforeTheLogTakesNoEntry(t *testing.T) {
	t.Parallel()
	for _, recording := range recordings {
		t.Run(recording.name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			for _, mode := range queryModes {
				store, pool := newStore(t, inMode(mode), oneConnection)
				var schema string
				require.NoError(t, pool.QueryRow(ctx, "SELECT current_schema()").Scan(&schema))
				// Once before, so that a prepared statement is there to be used again.
				within(t, pool, func(tx pgx.Tx) {
					require.NoError(t, recording.do(ctx, store, newLog(t, store), pool, tx), mode.String())
				})
				stored := rowsOfTable(t, pool, schema+".audit_entries")
				_, err := pool.Exec(ctx, "CREATE TEMP TABLE audit_entries (LIKE audit_entries INCLUDING ALL)")
				require.NoError(t, err)
				within(t, pool, func(tx pgx.Tx) {
					err := recording.do(ctx, store, newLog(t, store), pool, tx)
					assert.ErrorContains(t, err, "a temporary table audit_entries stands before the log", mode.String())
					if !strings.Contains(recording.name, "one by one") {
						assert.ErrorContains(t, err, "drop it, or name the log's schema by Store.WithSchema", mode.String())
					}
				})
				assert.Equal(t, stored, rowsOfTable(t, pool, schema+".audit_entries"))
				assert.Zero(t, rowsOfTable(t, pool, "pg_temp.audit_entries"))

				// With the schema named, neither that table matters nor another one
				// that the search_path finds first.
				named := store.WithSchema(schema)
				for _, path := range []string{schema, "other"} {
					within(t, pool, func(tx pgx.Tx) {
						_, err := tx.Exec(ctx, "SELECT set_config('search_path', $1, true)", path)
						require.NoError(t, err)
						require.NoError(t, recording.do(ctx, named, newLog(t, named), pool, tx), mode.String())
					})
				}
				assert.Greater(t, rowsOfTable(t, pool, schema+".audit_entries"), stored+1, mode.String())
				assert.Zero(t, rowsOfTable(t, pool, "pg_temp.audit_entries"))
				assert.Equal(t, rowsOfTable(t, pool, schema+".audit_entries"), count(t, newLog(t, named), "acme"), "reads pass it by too")
			}
		})
	}
}

// within runs do in a transaction and commits it, if do has not ended it.
func within(t *testing.T, pool *pgxpool.Pool, do func(tx pgx.Tx)) {
	t.Helper()
	tx, err := postgres.Begin(t.Context(), pool, pgx.TxOptions{})
	require.NoError(t, err)
	defer func() { _ = tx.Rollback(t.Context()) }()
	do(tx)
	_ = tx.Commit(t.Context())
}

func rowsOfTable(t *testing.T, pool *pgxpool.Pool, table string) (n int) {
	t.Helper()
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n))
	return n
}

// What the search_path finds must be the log.
func TestAdminRefusesWhatIsNotTheLog(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, test := range []struct{ before, want string }{
		{"CREATE VIEW audit_entries AS SELECT 1 AS id", "is a view, and stands before the log"},
		{"CREATE TABLE audit_entries (id int)", "is a plain table, and stands before the log"},
		{"CREATE TEMP TABLE audit_entries (id int)", "is a temporary table, and stands before the log"},
	} {
		pool := pgtest.New(t, oneConnection)
		if strings.Contains(test.before, "TEMP") {
			_, err := pool.Exec(ctx, "SET search_path = pg_temp, "+pool.Config().ConnConfig.RuntimeParams["search_path"])
			require.NoError(t, err)
		}
		_, err := pool.Exec(ctx, test.before)
		require.NoError(t, err)
		_, err = postgres.NewAdmin(pool).Check(ctx)
		assert.ErrorContains(t, err, test.want)
	}

	// A temporary table keeps nobody from migrating.
	pool := pgtest.New(t, oneConnection)
	for _, statement := range []string{"CREATE TEMP TABLE audit_migrations (version int)", "CREATE TEMP TABLE audit_entries (id int)"} {
		_, err := pool.Exec(ctx, statement)
		require.NoError(t, err)
	}
	require.NoError(t, postgres.New(pool).Migrate(ctx))
	_, err := postgres.NewAdmin(pool).Check(ctx)
	require.NoError(t, err)
}

// What the database accepts and does not store is an error.
func TestEntriesThatAreDroppedAreAnError(t *testing.T) {
	t.Parallel()
	for _, recording := range recordings {
		if strings.Contains(recording.name, "one by one") {
			continue // the host looks at the results itself
		}
		store, pool := newStore(t, oneConnection)
		for _, statement := range []string{
			"CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
			"CREATE TRIGGER lose BEFORE INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION lose()",
		} {
			_, err := pool.Exec(t.Context(), statement)
			require.NoError(t, err)
		}
		within(t, pool, func(tx pgx.Tx) {
			assert.Error(t, recording.do(t.Context(), store, newLog(t, store), pool, tx), recording.name)
		})
	}
}
