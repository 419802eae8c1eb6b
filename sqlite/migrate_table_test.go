package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is not an entry's is refused, from whatever writes it.
func TestTheTableRefuses(t *testing.T) {
	t.Parallel()
	_, db := newStore(t, recommended)
	const row = `INSERT INTO audit_entries (org_id, id, occurred_at, recorded_at, changes, metadata, format)
		VALUES ('acme', x'0190c8f27a0070008000000000000006', ?, ?, ?, ?, 1)`
	for _, test := range [][]any{
		{0, 0, "7", nil},
		{0, 0, "{}", nil},
		{0, 0, "[", nil},
		{0, 0, nil, nil},
		{0, 0, []byte("[]"), nil},
		{0, 0, "[]", "7"},
		{0, 0, "[]", "[]"},
		{-1, 0, "[]", nil},
		{"infinity", 0, "[]", nil},
		{1.5, 0, "[]", nil},
		{0, int64(1) << 62, "[]", nil},
		{0, -1, "[]", nil},
	} {
		_, err := db.ExecContext(t.Context(), row, test...)
		assert.ErrorContains(t, err, "constraint failed", "%v", test)
	}
	_, err := db.ExecContext(t.Context(), row, 0, 0, "[]", "{}")
	assert.NoError(t, err)
}
