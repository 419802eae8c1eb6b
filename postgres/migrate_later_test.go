package postgres_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

// What a later version may do to the schema: it adds a column with a default.
// The second default shows which rows were written without their values.
const laterSchema = `ALTER TABLE audit_entries ADD COLUMN later text NOT NULL DEFAULT 'of its row';
	ALTER TABLE audit_entries ALTER COLUMN later SET DEFAULT 'lost';
	ALTER TABLE audit_entries ADD COLUMN made text GENERATED ALWAYS AS (upper(action)) STORED;
	INSERT INTO audit_migrations (version, name, checksum) VALUES (5, '0005_later.sql', 'x')`

// While a new version is rolled out, processes of the one before still record
// and read. docs/upgrading.md relies on it.
func TestLaterSchema(t *testing.T) {
	t.Parallel()
	w := watch(t, keys, postgres.WatchTable{Name: "api_keys", Type: "api_key", Org: "acme"})
	log := newLogOf(t, w.store, "acme")
	_, err := w.pool.Exec(t.Context(), laterSchema)
	require.NoError(t, err)

	require.NoError(t, log.RecordDetached(t.Context(), performed("detached")))
	require.NoError(t, pgx.BeginFunc(t.Context(), w.pool, func(tx pgx.Tx) error {
		return log.Record(t.Context(), w.store.Tx(tx), performed("one"), performed("two").WithID(audit.NewID()))
	}))
	var batch pgx.Batch
	require.NoError(t, postgres.Queue(t.Context(), &batch, log, performed("queued")))
	require.NoError(t, w.pool.SendBatch(t.Context(), &batch).Close())
	w.exec(t, "INSERT INTO api_keys (id) VALUES (1)")
	page, err := log.Page(t.Context(), audit.Query{})
	require.NoError(t, err)
	assert.Len(t, page.Entries, 5)

	// Migrate refuses, since it does not know what else has changed.
	assert.ErrorContains(t, w.store.Migrate(t.Context()), "upgrade github.com/auditkeep/audit")
}

// Rows that an Admin moves keep what it does not know.
func TestLaterColumnsMoveToo(t *testing.T) {
	t.Parallel()
	admin, log, pool := threeMonths(t)
	_, err := pool.Exec(t.Context(), laterSchema)
	require.NoError(t, err)
	before := everything(t, pool)

	_, err = admin.MakePartitions(t.Context(), date(2025, time.December, 1), date(2026, time.January, 1))
	require.NoError(t, err)
	assert.Equal(t, 2, rowsIn(t, pool, "audit_entries_y2025m12"))
	assert.Equal(t, before, everything(t, pool))

	_, err = admin.Expire(t.Context(), log, retention.Policy{Org: "acme", Before: date(2026, time.February, 10)})
	require.NoError(t, err)
	var lost int
	require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM audit_entries WHERE org_id = 'globex' AND later <> 'of its row'").Scan(&lost))
	assert.Zero(t, lost)
	assert.Equal(t, 93, count(t, log, "globex"))
	assert.Less(t, count(t, log, "acme"), 60)
}
