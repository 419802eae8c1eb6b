// Package recipes holds what docs/recipes.md shows, and tests that it does what
// that says.
package recipes_test

import (
	"context"
	"database/sql"
	"net/netip"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/sqlite"
)

// host is an application.
type host struct {
	db     *sql.DB
	store  *sqlite.Store
	trail  *audit.Log
	buffer *audit.Buffer
}

// APIKey and Quota are its records. A key has quotas.
type APIKey struct {
	ID     int
	Org    string `audit:"-"`
	Name   string
	Limit  int
	Secret string
}

type Quota struct {
	ID, KeyID, Calls int
}

func newHost(t *testing.T) host {
	t.Helper()
	file := filepath.Join(t.TempDir(), "host.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(10000)")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	store := sqlite.New(db)
	require.NoError(t, store.Migrate(t.Context()))
	_, err = db.ExecContext(t.Context(), `
		CREATE TABLE api_keys (id INTEGER PRIMARY KEY, org TEXT, name TEXT, "limit" INTEGER, secret TEXT);
		CREATE TABLE jobs (id INTEGER PRIMARY KEY, kind TEXT, args TEXT, metadata TEXT);
		CREATE TABLE quotas (id INTEGER PRIMARY KEY, key_id INTEGER, calls INTEGER);
		CREATE TABLE order_lines (id INTEGER PRIMARY KEY, order_id INTEGER, product TEXT);`)
	require.NoError(t, err)
	trail, err := audit.New(store, audit.Config{})
	require.NoError(t, err)
	buffer, err := audit.NewBuffer(trail, audit.BufferOptions{})
	require.NoError(t, err)
	return host{db, store, trail, buffer}
}

// inTx runs work in a transaction.
func (h host) inTx(ctx context.Context, work func(tx *sql.Tx) error) error {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if err := work(tx); err != nil {
		return err
	}
	return tx.Commit()
}

// createKey makes a key of the context's organization.
func (h host) createKey(ctx context.Context, name string) (key APIKey, err error) {
	org, _ := audit.OrgFrom(ctx)
	key = APIKey{Org: org, Name: name, Limit: 10, Secret: "s-" + name}
	return key, h.inTx(ctx, func(tx *sql.Tx) error {
		const insert = `INSERT INTO api_keys (org, name, "limit", secret) VALUES (?, ?, ?, ?) RETURNING id`
		if err := tx.QueryRowContext(ctx, insert, key.Org, key.Name, key.Limit, key.Secret).Scan(&key.ID); err != nil {
			return err
		}
		return h.trail.Record(ctx, h.store.Tx(tx), audit.Created(key))
	})
}

// changeKey changes a key of the context's organization, in a transaction.
func (h host) changeKey(ctx context.Context, tx *sql.Tx, id int, comment string, change func(*APIKey) error) error {
	org, _ := audit.OrgFrom(ctx)
	var before APIKey
	const read = `SELECT id, org, name, "limit", secret FROM api_keys WHERE org = ? AND id = ?`
	if err := tx.QueryRowContext(ctx, read, org, id).Scan(&before.ID, &before.Org, &before.Name, &before.Limit, &before.Secret); err != nil {
		return err
	}
	after := audit.Snapshot(before)
	if err := change(&after); err != nil {
		return err
	}
	const write = `UPDATE api_keys SET name = ?, "limit" = ?, secret = ? WHERE id = ?`
	if _, err := tx.ExecContext(ctx, write, after.Name, after.Limit, after.Secret, id); err != nil {
		return err
	}
	return h.trail.Record(ctx, h.store.Tx(tx), audit.Updated(before, after).WithComment(comment))
}

func (h host) renameKey(ctx context.Context, id int, name string) error {
	return h.inTx(ctx, func(tx *sql.Tx) error {
		return h.changeKey(ctx, tx, id, "", func(key *APIKey) error { key.Name = name; return nil })
	})
}

// as is the context of a request of somebody's.
func as(ctx context.Context, org, email string) context.Context {
	ctx = audit.WithActor(audit.WithOrg(ctx, org), audit.Actor{Email: email})
	return audit.WithRequest(ctx, audit.Request{IP: netip.MustParseAddr("203.0.113.7"), ID: "request-of-" + email})
}

// entries returns what was recorded, the oldest first.
func (h host) entries(t *testing.T, f audit.Filter) (all []audit.Entry) {
	t.Helper()
	for e, err := range h.trail.All(t.Context(), f, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}

// last returns the organization's newest entry.
func (h host) last(t *testing.T, org string) audit.Entry {
	t.Helper()
	all := h.entries(t, audit.Filter{Org: org})
	require.NotEmpty(t, all)
	return all[len(all)-1]
}
