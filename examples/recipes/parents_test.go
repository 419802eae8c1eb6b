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

// OrderLine is a part of an order.
type OrderLine struct {
	ID      int
	OrderID int `audit:",parent"` // the ID of an "order"
	Product string
}

// addLine adds a part to an order.
func (h host) addLine(ctx context.Context, line OrderLine) error {
	return h.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO order_lines VALUES (?, ?, ?)", line.ID, line.OrderID, line.Product); err != nil {
			return err
		}
		return h.trail.Record(ctx, h.store.Tx(tx), audit.Created(line))
	})
}

// addQuota changes a part of a key, which no tag says.
func (h host) addQuota(ctx context.Context, quota Quota) error {
	return h.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "INSERT INTO quotas VALUES (?, ?, ?)", quota.ID, quota.KeyID, quota.Calls); err != nil {
			return err
		}
		key := audit.Object{Type: "api_key", ID: fmt.Sprint(quota.KeyID)}
		return h.trail.Record(ctx, h.store.Tx(tx), audit.Created(quota).WithParent(key))
	})
}

// moveLine moves a part from one order to another.
func (h host) moveLine(ctx context.Context, before OrderLine, to int) error {
	return h.inTx(ctx, func(tx *sql.Tx) error {
		after := before
		after.OrderID = to
		if _, err := tx.ExecContext(ctx, "UPDATE order_lines SET order_id = ? WHERE id = ?", to, before.ID); err != nil {
			return err
		}
		from := audit.Object{Type: "order", ID: fmt.Sprint(before.OrderID)}
		return h.trail.Record(ctx, h.store.Tx(tx),
			audit.Updated(before, after), // in the history of the order it comes to
			audit.Performed("line_left", from).WithMetadata(map[string]any{"line": before.ID, "to_order": to}),
		)
	})
}

// story returns what happened to an object and its parts, the newest first.
func (h host) story(ctx context.Context, object audit.Object) (told []string, err error) {
	for entry, err := range h.trail.History(ctx, object) {
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
	require.NoError(t, h.addLine(ctx, OrderLine{1, 7, "tea"}))
	require.NoError(t, h.addLine(ctx, OrderLine{2, 8, "rice"}))
	require.NoError(t, h.moveLine(ctx, OrderLine{1, 7, "tea"}, 8))
	told, err := h.story(ctx, audit.Object{Type: "order", ID: "7"})
	require.NoError(t, err)
	assert.Equal(t, []string{"line_left order 7", "create order_line 1"}, told)
	told, err = h.story(ctx, audit.Object{Type: "order", ID: "8"})
	require.NoError(t, err)
	assert.Equal(t, []string{"update order_line 1", "create order_line 2"}, told)
}

func TestAParentThatTheEventNames(t *testing.T) {
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
	told, err := h.story(ctx, audit.Object{Type: "api_key", ID: fmt.Sprint(keys[0].ID)})
	require.NoError(t, err)
	assert.Equal(t, []string{"update api_key 1", "create quota 50", "create api_key 1"}, told)
	parts := h.entries(t, audit.Filter{Org: "acme", Parent: audit.Object{Type: "api_key", ID: "2"}})
	require.Len(t, parts, 1)
	assert.Equal(t, "quota 51", parts[0].Object.String())
}
