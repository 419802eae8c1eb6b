package recipes_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

var errNotUndoable = errors.New("this cannot be undone")

// undo takes an update of a key back, and records that.
func (h host) undo(ctx context.Context, id audit.ID) error {
	return h.inTx(ctx, func(tx *sql.Tx) error { // it holds the write lock; on PostgreSQL, lock the key's row first
		back, err := h.trail.Revert(ctx, id)
		if err != nil {
			return err
		}
		if back.Entry.Action != audit.ActionUpdate || back.Entry.Object.Type != "api_key" || len(back.Conflicts)+len(back.Lost) > 0 {
			return fmt.Errorf("%w: %d fields changed since, %d values were not kept", errNotUndoable, len(back.Conflicts), len(back.Lost))
		}
		key, err := strconv.Atoi(back.Entry.Object.ID)
		if err != nil {
			return err
		}
		return h.changeKey(ctx, tx, key, "undoes "+id.String(), func(k *APIKey) error { return k.apply(back.Changes) })
	})
}

// apply puts the new values into a key.
func (k *APIKey) apply(changes audit.Changes) error {
	fields := map[string]any{"name": &k.Name, "limit": &k.Limit}
	for _, c := range changes {
		target, ok := fields[c.Field]
		if !ok {
			return fmt.Errorf("%w: it changed %s", errNotUndoable, c.Field)
		}
		if err := c.New.Decode(target); err != nil {
			return err
		}
	}
	return nil
}

func TestUndo(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ctx := as(t.Context(), "acme", "dana@acme.test")
	key, err := h.createKey(ctx, "ci")
	require.NoError(t, err)
	change := func(change func(*APIKey)) audit.ID {
		t.Helper()
		require.NoError(t, h.inTx(ctx, func(tx *sql.Tx) error {
			return h.changeKey(ctx, tx, key.ID, "", func(k *APIKey) error { change(k); return nil })
		}))
		return h.last(t, "acme").ID
	}
	both := change(func(k *APIKey) { k.Name, k.Limit = "deploy", 99 })
	require.NoError(t, h.undo(ctx, both))
	undone := h.last(t, "acme")
	assert.Equal(t, `[{"field":"name","new":"ci","old":"deploy"},{"field":"limit","new":10,"old":99}]`, undone.Changes.JSON())
	assert.Equal(t, "undoes "+both.String(), undone.Comment)
	require.NoError(t, h.undo(ctx, undone.ID), "an undo can be undone")
	assert.Equal(t, `[{"field":"name","new":"deploy","old":"ci"},{"field":"limit","new":99,"old":10}]`, h.last(t, "acme").Changes.JSON())

	limit := change(func(k *APIKey) { k.Limit = 5 })
	change(func(k *APIKey) { k.Limit = 6 })
	require.ErrorIs(t, h.undo(ctx, limit), errNotUndoable, "something else has changed it since")
	secret := change(func(k *APIKey) { k.Secret = "other" })
	require.ErrorIs(t, h.undo(ctx, secret), errNotUndoable, "its value was never kept")
	require.ErrorIs(t, h.undo(ctx, h.entries(t, audit.Filter{Org: "acme"})[0].ID), errNotUndoable, "a create")
	require.ErrorIs(t, h.undo(as(t.Context(), "globex", "kim@globex.test"), limit), audit.ErrNotFound)
	assert.Equal(t, secret, h.last(t, "acme").ID, "what failed changed and recorded nothing")
}
