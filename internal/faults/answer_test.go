package faults

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
)

// TestAnswerOfCommitIsLost cuts the connection between each way's COMMIT and
// its answer: the host gets an error although all is there, and repeating it
// with the same IDs makes nothing twice.
func TestAnswerOfCommitIsLost(t *testing.T) {
	t.Parallel()
	f := newField(t, pgtest.URL(t))
	h, p, _ := f.host(t, 0)
	rows, entries := 0, 0
	for _, way := range postgresWays {
		o := operation{name: way, items: 2, given: []audit.ID{audit.NewID(), audit.NewID()}, way: way, fault: "reset after COMMIT"}
		for attempt, lost := range []bool{true, true, false} {
			if lost {
				p.arm(afterCommit, 0)
			}
			sent, err := h.attempt(t.Context(), o)
			assert.Equal(t, lost, err != nil, "%s, attempt %d: %v", way, attempt+1, err)
			assert.True(t, sent)
			assert.False(t, lost && isRefusal(err), way)
			if way == byCommit && lost {
				assert.False(t, pgconn.SafeToRetry(err), "%v", err)
			}
			if attempt == 0 {
				rows, entries = rows+o.items, entries+o.items
			}
			var gotRows, gotEntries int
			require.NoError(t, f.side.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM audit_entries)").Scan(&gotRows, &gotEntries))
			assert.Equal(t, rows, gotRows, way)
			assert.Equal(t, entries, gotEntries, way)
		}
	}
}
