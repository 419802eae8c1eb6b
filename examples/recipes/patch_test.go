package recipes_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// Note has columns that may be NULL, and one of JSON.
type Note struct {
	ID   int
	Text *string
	Meta json.RawMessage
}

// patchNote changes what the body of a PATCH request names.
func (h host) patchNote(ctx context.Context, tx *sql.Tx, before Note, body []byte) error {
	after := audit.Snapshot(before) // not after := before: the decoder writes into what pointers and bytes lead to
	if err := json.Unmarshal(body, &after); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE notes SET text = ?, meta = ? WHERE id = ?", after.Text, after.Meta, after.ID); err != nil {
		return err
	}
	return h.trail.Record(ctx, h.store.Tx(tx), audit.Updated(before, after))
}

// TestCopies tests the copies that the handlers make.
func TestCopies(t *testing.T) {
	audittest.RequireNotShared(t, audit.Snapshot[Note])
	audittest.RequireNotShared(t, audit.Snapshot[APIKey])
}

func TestPatch(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ctx := as(t.Context(), "acme", "dana@acme.test")
	_, err := h.db.ExecContext(ctx, "CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT, meta TEXT)")
	require.NoError(t, err)
	require.NoError(t, h.inTx(ctx, func(tx *sql.Tx) error {
		return h.patchNote(ctx, tx, Note{1, new("old"), json.RawMessage(`{"role":"user"}`)}, []byte(`{"Text":"new","Meta":{"role":"root"}}`))
	}))
	page, err := h.trail.Page(ctx, audit.Query{})
	require.NoError(t, err)
	assert.Equal(t, `[{"field":"text","new":"new","old":"old"},{"field":"meta.role","new":"root","old":"user"}]`, page.Entries[0].Changes.JSON())
}
