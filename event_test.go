package audit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// One event value recorded a hundred times is a hundred entries; with an ID of
// the host's it is one.
func TestAnEventCanBeUsedAgain(t *testing.T) {
	t.Parallel()
	log, store := audittest.New(t)
	event := audit.Performed("login_failed", audit.Object{Type: "user", ID: "1"})
	given := event.WithID(audit.NewID())
	ids := map[audit.ID]bool{}
	for range 50 {
		require.NoError(t, log.RecordDetached(t.Context(), event, given))
		require.NoError(t, log.Record(t.Context(), store.Tx(), event, given))
	}
	for e, err := range log.All(t.Context(), audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		ids[e.ID] = true
	}
	assert.Len(t, ids, 100+1)
	assert.True(t, ids[given.ID()])
}
