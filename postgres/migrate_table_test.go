package postgres_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
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
