package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is cheap to check of a row that comes in by other means is refused.
func TestTheTableRefuses(t *testing.T) {
	t.Parallel()
	_, pool := newStore(t)
	const row = `INSERT INTO audit_entries (org_id, id, occurred_at, recorded_at, changes, format)
		VALUES ('acme', '0190c8f2-7a00-7000-8000-000000000006', $1::text::timestamptz, $2::text::timestamptz, $3::text::jsonb, 1)`
	for _, test := range []struct{ occurred, recorded, changes string }{
		{"2024-07-19", "2024-07-19", "7"},
		{"2024-07-19", "2024-07-19", "{}"},
		{"2024-07-19", "2024-07-19", "null"},
		{"2024-07-19", "2024-07-19", `"[]"`},
		{"infinity", "2024-07-19", "[]"},
		{"2024-07-19", "-infinity", "[]"},
	} {
		_, err := pool.Exec(t.Context(), row, test.occurred, test.recorded, test.changes)
		assert.ErrorContains(t, err, "audit_entries_is_readable", "%+v", test)
	}
	_, err := pool.Exec(t.Context(), row, "2024-07-19", "2024-07-19", "[]")
	assert.NoError(t, err)
}

// xact is the host's transaction, whichever way the entry comes, and the columns of
// later parts have their defaults.
func TestEntriesHoldTheirTransaction(t *testing.T) {
	t.Parallel()
	for _, recording := range recordings {
		store, pool := newStore(t, oneConnection)
		within(t, pool, func(tx pgx.Tx) {
			var transaction int64
			require.NoError(t, tx.QueryRow(t.Context(), "SELECT txid_current()").Scan(&transaction))
			require.NoError(t, recording.do(t.Context(), store, newLog(t, store), pool, tx), recording.name)
			_ = tx.Commit(t.Context())
			rows, err := pool.Query(t.Context(), "SELECT xact, object_label, erased FROM audit_entries")
			require.NoError(t, err)
			n := 0
			var xact int64
			var label, erased string
			_, err = pgx.ForEachRow(rows, []any{&xact, &label, &erased}, func() error {
				n++
				assert.Empty(t, label+erased, recording.name)
				if recording.name == "RecordDetached" { // has its own transaction, after this one
					assert.Greater(t, xact, transaction)
				} else {
					assert.Equal(t, transaction, xact, recording.name)
				}
				return nil
			})
			require.NoError(t, err)
			assert.Positive(t, n, recording.name)
		})
	}
}
