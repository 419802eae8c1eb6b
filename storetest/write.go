package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// begin begins a host's transaction.
func begin(t *testing.T, b Backend) Transaction {
	t.Helper()
	tx, err := b.Begin(t.Context())
	require.NoError(t, err)
	t.Cleanup(func() {
		// For a test that failed half-way: an open transaction would keep the
		// backend from closing. The test's own context has ended here.
		_ = tx.Rollback(context.WithoutCancel(t.Context()))
	})
	return tx
}

// No read crosses organizations, whatever else is alike.
func testIsolation(t *testing.T, b Backend) {
	// Names that a pattern, a prefix or a case folding would confuse.
	orgs := []string{"acme", "Acme", "acme2", "acm_", "%", audit.PlatformOrg}
	one := newEntry(epoch)
	var entries []audit.Entry
	for _, name := range orgs {
		e := one // the same ID too: IDs are unique within an organization
		e.Org, e.Actor.Email = name, name+"@example.com"
		entries = append(entries, e)
	}
	seed(t, b.Store, entries)
	for i, name := range orgs {
		for _, s := range sorts() {
			got := list(t, b.Store, audit.Walk{Filter: audit.Filter{Org: name}, Sort: s})
			requireSame(t, entries[i:i+1], got, name)
		}
		requireSame(t, nil, list(t, b.Store, audit.Walk{Filter: audit.Filter{Org: name}, Offset: 1}), name)
		count, err := b.Store.Count(t.Context(), audit.Filter{Org: name}, 10)
		require.NoError(t, err)
		assert.Equal(t, 1, count, name)
		bars, err := b.Store.Histogram(t.Context(), audit.Filter{Org: name}, nil, 10)
		require.NoError(t, err)
		assert.Equal(t, []audit.HistogramBar{{Action: audit.ActionUpdate, Entries: 1}}, bars, name)
		users, err := b.Store.Values(t.Context(), name, audit.ByActorEmail, "", 10)
		require.NoError(t, err)
		assert.Equal(t, []string{name + "@example.com"}, users)
	}
	requireSame(t, nil, list(t, b.Store, audit.Walk{Filter: audit.Filter{Org: "nobody"}}), "an unknown organization")
}

// Entries exist if and only if the host's transaction commits.
func testTransaction(t *testing.T, b Backend) {
	kept, lost := newEntry(epoch), newEntry(epoch.Add(time.Second))

	tx := begin(t, b)
	require.NoError(t, tx.Tx.Insert(t.Context(), nil), "nothing to insert")
	require.NoError(t, tx.Tx.Insert(t.Context(), []audit.Entry{kept}))
	requireCount(t, b.Store, 0, "before the commit")
	require.NoError(t, tx.Commit(t.Context()))
	requireCount(t, b.Store, 1, "after the commit")

	tx = begin(t, b)
	require.NoError(t, tx.Tx.Insert(t.Context(), []audit.Entry{lost}))
	require.NoError(t, tx.Rollback(t.Context()))
	requireSame(t, []audit.Entry{kept}, list(t, b.Store, audit.Walk{}), "after a rollback")

	require.NoError(t, b.Store.InsertDetached(t.Context(), nil), "nothing to insert")
	requireCount(t, b.Store, 1, "as before")
}

// The same entry again is accepted, and not inserted again.
func testRetry(t *testing.T, b Backend) {
	entries := sameInstant(3)
	entries[0].Changes = changes(t, `[{"field":"z","new":{"b":1E2,"a":null},"old":1.50},{"field":"a","old":"\u00e9"}]`)
	entries[0].Metadata = value(t, `{"b":12345678901234567890,"a":{}}`)
	tx := begin(t, b)
	require.NoError(t, tx.Tx.Insert(t.Context(), entries[:1]))
	require.NoError(t, tx.Tx.Insert(t.Context(), entries[:1]), "again in one transaction")
	require.NoError(t, tx.Tx.Insert(t.Context(), []audit.Entry{entries[1], entries[0], entries[1]}), "again in one call")
	require.NoError(t, tx.Commit(t.Context()))

	tx = begin(t, b)
	again := slices.Clone(entries)
	again[0].RecordedAt = epoch // not content
	require.NoError(t, tx.Tx.Insert(t.Context(), again), "again in another transaction, with a new one")
	require.NoError(t, tx.Commit(t.Context()))
	require.NoError(t, b.Store.InsertDetached(t.Context(), entries), "again, detached")
	require.NoError(t, b.Store.InsertDetached(t.Context(), entries[2:]), "one again, detached")

	newestFirst, err := audit.Sort{}.Resolve()
	require.NoError(t, err)
	requireSame(t, sorted(entries, newestFirst), list(t, b.Store, audit.Walk{}), "each once")
}

// Another entry under an ID that is taken is an error, whatever differs.
func testConflict(t *testing.T, b Backend) {
	taken := newEntry(epoch)
	taken.Changes = changes(t, `[{"field":"name","old":1,"new":2}]`)
	require.NoError(t, b.Store.InsertDetached(t.Context(), []audit.Entry{taken}))

	for what, alter := range map[string]func(*audit.Entry){
		"action":       func(e *audit.Entry) { e.Action = audit.ActionCreate },
		"object type":  func(e *audit.Entry) { e.Object.Type = "end_user" },
		"object ID":    func(e *audit.Entry) { e.Object.ID = "43" },
		"parent":       func(e *audit.Entry) { e.Parent = audit.Object{Type: "a", ID: "b"} },
		"actor kind":   func(e *audit.Entry) { e.Actor.Kind = audit.ActorSystem },
		"actor ID":     func(e *audit.Entry) { e.Actor.ID = "1" },
		"email":        func(e *audit.Entry) { e.Actor.Email = "Ada@example.com" },
		"on behalf of": func(e *audit.Entry) { e.Actor.OnBehalfOf = "bob@example.com" },
		"address":      func(e *audit.Entry) { e.IP = address("10.0.0.1") },
		"request":      func(e *audit.Entry) { e.RequestID = "r1" },
		"user agent":   func(e *audit.Entry) { e.UserAgent = "curl" },
		"source":       func(e *audit.Entry) { e.Source = audit.SourceImport },
		"comment":      func(e *audit.Entry) { e.Comment = "why" },
		"a new value":  func(e *audit.Entry) { e.Changes = changes(t, `[{"field":"name","old":1,"new":3}]`) },
		"null, absent": func(e *audit.Entry) { e.Changes = changes(t, `[{"field":"name","old":1,"new":null}]`) },
		"no changes":   func(e *audit.Entry) { e.Changes = nil },
		"metadata":     func(e *audit.Entry) { e.Metadata = value(t, `{}`) },
		"format":       func(e *audit.Entry) { e.Format++ },
	} {
		other := taken
		alter(&other)
		tx := begin(t, b)
		err := tx.Tx.Insert(t.Context(), []audit.Entry{newEntry(epoch), other})
		require.ErrorIs(t, err, audit.ErrConflict, what)
		assert.ErrorContains(t, err, taken.ID.String(), what)
		require.NoError(t, tx.Rollback(t.Context()))
		require.ErrorIs(t, b.Store.InsertDetached(t.Context(), []audit.Entry{other}), audit.ErrConflict, what)
	}
	fresh := newEntry(epoch)
	other := fresh
	other.Comment = "other"
	err := b.Store.InsertDetached(t.Context(), []audit.Entry{newEntry(epoch), fresh, other})
	require.ErrorIs(t, err, audit.ErrConflict, "two contents under one ID in one call")
	assert.ErrorContains(t, err, fresh.ID.String())
	requireSame(t, []audit.Entry{taken}, list(t, b.Store, audit.Walk{}), "all or none, and the first stays as it is")
}

// A great number of entries goes in at once.
func testMany(t *testing.T, b Backend) {
	entries := sameInstant(2_500)
	tx := begin(t, b)
	require.NoError(t, tx.Tx.Insert(t.Context(), entries))
	require.NoError(t, tx.Commit(t.Context()))
	requireCount(t, b.Store, len(entries), "inserted")
	require.NoError(t, b.Store.InsertDetached(t.Context(), entries[:500]), "some of them again")
	requireCount(t, b.Store, len(entries), "as before")

	// Large ones too: more than a database takes in one piece.
	large := make([]audit.Entry, 6)
	text := value(t, fmt.Sprintf("%q", slices.Repeat([]byte("0123456789abcdef"), 200_000)))
	for i := range large {
		large[i] = newEntry(epoch)
		large[i].Org = "large"
		large[i].Changes = audit.Changes{{Field: "text", New: text}}
	}
	require.NoError(t, b.Store.InsertDetached(t.Context(), large))
	count, err := b.Store.Count(t.Context(), audit.Filter{Org: "large"}, 100)
	require.NoError(t, err)
	assert.Equal(t, len(large), count)
}

// A store is used by many goroutines at once, in all its ways.
func testConcurrency(t *testing.T, b Backend) {
	const goroutines, rounds = 8, 10
	work := func(g int) error {
		for round := range rounds {
			tx, err := b.Begin(t.Context())
			if err != nil {
				return err
			}
			if err := tx.Tx.Insert(t.Context(), []audit.Entry{newEntry(epoch)}); err != nil {
				return errors.Join(err, tx.Rollback(t.Context()))
			}
			end := tx.Commit
			if round%2 == 1 {
				end = tx.Rollback
			}
			if err := end(t.Context()); err != nil {
				return err
			}
			if err := b.Store.InsertDetached(t.Context(), []audit.Entry{newEntry(epoch), newEntry(epoch)}); err != nil {
				return err
			}
			s := sorts()[(g+round)%len(sorts())]
			if _, err := b.Store.List(t.Context(), audit.Walk{Filter: audit.Filter{Org: org}, Sort: s, Limit: 5}); err != nil {
				return err
			}
			if _, err := b.Store.Values(t.Context(), org, audit.ByAction, "", 5); err != nil {
				return err
			}
		}
		return nil
	}
	errs := make([]error, goroutines)
	var group sync.WaitGroup
	for g := range goroutines {
		group.Go(func() { errs[g] = work(g) })
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	requireCount(t, b.Store, goroutines*(rounds/2+2*rounds), "what was committed")

	// Of several that insert one entry at once, one does, and all succeed.
	contended := newEntry(epoch)
	contended.Org = "contended"
	for g := range goroutines {
		group.Go(func() { errs[g] = b.Store.InsertDetached(t.Context(), []audit.Entry{contended}) })
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	requireSame(t, []audit.Entry{contended}, list(t, b.Store, audit.Walk{Filter: audit.Filter{Org: "contended"}}), "once")
}

// A cancelled context is an error everywhere, and leaves nothing behind.
func testCancelled(t *testing.T, b Backend) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	entries := []audit.Entry{newEntry(epoch), newEntry(epoch)}

	require.ErrorIs(t, b.Store.InsertDetached(cancelled, entries[:1]), context.Canceled)
	require.ErrorIs(t, b.Store.InsertDetached(cancelled, entries), context.Canceled)
	tx := begin(t, b)
	require.ErrorIs(t, tx.Tx.Insert(cancelled, entries), context.Canceled)
	require.NoError(t, tx.Rollback(t.Context()))
	_, err := b.Store.List(cancelled, audit.Walk{Filter: audit.Filter{Org: org}, Sort: sorts()[0], Limit: 1})
	require.ErrorIs(t, err, context.Canceled)
	_, err = b.Store.Count(cancelled, audit.Filter{Org: org}, 1)
	require.ErrorIs(t, err, context.Canceled)
	_, err = b.Store.Histogram(cancelled, audit.Filter{Org: org}, nil, 1)
	require.ErrorIs(t, err, context.Canceled)
	_, err = b.Store.Values(cancelled, org, audit.ByAction, "", 1)
	require.ErrorIs(t, err, context.Canceled)
	requireCount(t, b.Store, 0, "nothing was inserted")
}
