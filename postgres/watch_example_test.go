package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// These functions are what docs/capture.md shows.

func watchOrders(ctx context.Context, ownersPool *pgxpool.Pool) error {
	admin := postgres.NewAdmin(ownersPool) // needs the privilege TRIGGER on the table
	return admin.Watch(ctx, postgres.WatchTable{
		Name:      "orders",           // with its schema where search_path does not find it
		Type:      "order",            // the objects' type; by default "orders"
		OrgColumn: "org_id",           // or Org: "acme", or that of SetContext
		Ignore:    []string{"search"}, // beside updated_at and lock_version
		Redact:    []string{"iban"},   // beside password, token, api_key …
	})
}

// watchLines lets the lines of an order be found in its history, and in its
// organization.
func watchLines(ctx context.Context, admin *postgres.Admin) error {
	return admin.Watch(ctx, postgres.WatchTable{
		Name:          "order_lines",
		Type:          "order_line",
		ParentColumns: []string{"order_id"}, // the key of the order
		ParentTable:   "orders",             // watched before: its Type is the parent's
	})
}

func shipOrder(ctx context.Context, pool *pgxpool.Pool, id int) error {
	return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		if err := postgres.SetContext(ctx, tx); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, "UPDATE orders SET status = 'shipped' WHERE id = $1", id)
		return err
	})
}

func (h host) cancelOrder(ctx context.Context, before Order, why string) error {
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		if err := postgres.SkipCapture(ctx, tx, "order"); err != nil { // these triggers are silent until the transaction ends
			return err
		}
		after := audit.Snapshot(before)
		after.Status = "cancelled"
		if _, err := tx.Exec(ctx, "UPDATE orders SET status = $1 WHERE id = $2", after.Status, after.ID); err != nil {
			return err
		}
		return h.trail.Record(ctx, h.store.Tx(tx), audit.Updated(before, after).WithComment(why))
	})
}

type Order struct {
	ID     int
	Status string
}

func TestCaptureAsDocumented(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	_, err := h.pool.Exec(t.Context(), `CREATE TABLE orders (id int PRIMARY KEY, org_id text, status text, iban text, search text);
		INSERT INTO orders VALUES (7, 'acme', 'new', 'DE02', 'x')`)
	require.NoError(t, err)
	require.NoError(t, watchOrders(t.Context(), h.pool))
	_, err = h.pool.Exec(t.Context(), "CREATE TABLE order_lines (id int PRIMARY KEY, order_id int)")
	require.NoError(t, err)
	require.NoError(t, watchLines(t.Context(), postgres.NewAdmin(h.pool)))
	ctx := audit.WithActor(audit.WithOrg(t.Context(), "acme"), audit.Actor{Email: "dana@acme.test"})
	last := func() string {
		t.Helper()
		page, err := h.trail.Page(ctx, audit.Query{Limit: 1})
		require.NoError(t, err)
		require.Len(t, page.Entries, 1)
		e := page.Entries[0]
		return string(e.Source) + " " + e.Object.String() + " " + e.Changes.JSON() + " " + e.Actor.Email + " " + e.Comment
	}
	require.NoError(t, shipOrder(ctx, h.pool, 7))
	assert.Equal(t, `trigger order 7 [{"field":"status","new":"shipped","old":"new"}] dana@acme.test `, last())
	_, err = h.pool.Exec(ctx, "UPDATE orders SET iban = 'DE03', search = 'y'")
	require.NoError(t, err)
	assert.Equal(t, `trigger order 7 [{"field":"iban","new":{"$audit":"redacted"},"old":{"$audit":"redacted"}}]  `, last())

	require.NoError(t, postgres.NewAdmin(h.pool).Watch(ctx, postgres.WatchTable{Name: "orders", Type: "order", OrgColumn: "org_id", Skippable: true}))
	require.NoError(t, h.cancelOrder(ctx, Order{7, "shipped"}, "lost on the way"))
	assert.Equal(t, `app order 7 [{"field":"status","new":"cancelled","old":"shipped"}] dana@acme.test lost on the way`, last())
	n, err := h.trail.Count(ctx, audit.Filter{}, 10)
	require.NoError(t, err)
	assert.Equal(t, 3, n, "each once")

	_, err = h.pool.Exec(ctx, "INSERT INTO order_lines VALUES (1, 7)")
	require.NoError(t, err)
	lines, err := h.trail.Page(ctx, audit.Query{Filter: audit.Filter{Parent: audit.Object{Type: "order", ID: "7"}}})
	require.NoError(t, err)
	require.Len(t, lines.Entries, 1)

	_, err = h.pool.Exec(ctx, "CREATE TABLE invitations (id int PRIMARY KEY, public_token text)")
	require.NoError(t, err)
	require.NoError(t, showToken(ctx, postgres.NewAdmin(h.pool)))
	ctx = audit.WithOrg(ctx, audit.PlatformOrg) // no column and no setting names another
	_, err = h.pool.Exec(ctx, "INSERT INTO invitations VALUES (7, 'x')")
	require.NoError(t, err)
	assert.Contains(t, last(), `{"field":"public_token","new":"x"}`)
}

func showToken(ctx context.Context, admin *postgres.Admin) error {
	return admin.Watch(ctx, postgres.WatchTable{
		Name:  "invitations",
		Plain: []string{"public_token"}, // shown, although its name says secret
	})
}
