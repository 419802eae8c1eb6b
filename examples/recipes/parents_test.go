package recipes_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// addQuota changes a part of a key.
func (h host) addQuota(ctx context.Context, quota Quota) error {
	return h.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO quotas VALUES (?, ?, ?)", quota.ID, quota.KeyID, quota.Calls); err != nil {
			return err
		}
		key := audit.Object{Type: "api_key", ID: fmt.Sprint(quota.KeyID)}
		return h.trail.Record(ctx, h.store.Tx(tx), audit.Created(quota).WithParent(key))
	})
}

// story tells what happened to a key and its parts, the newest first.
func (h host) story(ctx context.Context, id int) (told []string, err error) {
	for entry, err := range h.trail.History(ctx, "", audit.Object{Type: "api_key", ID: fmt.Sprint(id)}) {
		if err != nil {
			return nil, err
		}
		told = append(told, fmt.Sprint(entry.Action, " ", entry.Object))
	}
	return told, nil
}

func TestParents(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ctx := as(t.Context(), "acme", "dana@acme.test")
	var keys [2]APIKey
	for i := range keys {
		var err error
		keys[i], err = h.createKey(ctx, "ci")
		require.NoError(t, err)
	}
	require.NoError(t, h.addQuota(ctx, Quota{50, keys[0].ID, 100}))
	require.NoError(t, h.renameKey(ctx, keys[0].ID, "deploy"))
	require.NoError(t, h.addQuota(ctx, Quota{51, keys[1].ID, 100}))
	told, err := h.story(ctx, keys[0].ID)
	require.NoError(t, err)
	assert.Equal(t, []string{"update api_key 1", "create quota 50", "create api_key 1"}, told)
	parts := h.entries(t, audit.Filter{Org: "acme", Parent: audit.Object{Type: "api_key", ID: "2"}})
	require.Len(t, parts, 1)
	assert.Equal(t, "quota 51", parts[0].Object.String())
}
