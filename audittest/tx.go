package audittest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// Tx is a transaction on a Store, for hosts under test that have no database:
// what is inserted appears when it is committed, all or none.
type Tx struct {
	store *Store
	own   map[key]audit.Entry
	ended bool
}

var _ audit.Tx = (*Tx)(nil)

// Begin begins a transaction.
func (s *Store) Begin() *Tx { return &Tx{store: s, own: map[key]audit.Entry{}} }

// Tx stands in for a host's transaction if a test does not care how it ends:
// entries appear at once.
func (s *Store) Tx() audit.Tx { return atOnce{s} }

type atOnce struct{ store *Store }

func (tx atOnce) Insert(ctx context.Context, entries []audit.Entry) error {
	return tx.store.InsertDetached(ctx, entries)
}

var errEnded = errors.New("audittest: the transaction has already been committed or rolled back")

func (tx *Tx) check(ctx context.Context) error {
	if tx.ended {
		return errEnded
	}
	return ctx.Err()
}

// Insert implements [audit.Tx].
func (tx *Tx) Insert(ctx context.Context, entries []audit.Entry) error {
	if err := tx.check(ctx); err != nil {
		return fmt.Errorf("inserting entries: %w", err)
	}
	tx.store.mu.Lock()
	defer tx.store.mu.Unlock()
	for _, e := range entries {
		e.RecordedAt = now()
		e.Changes = slices.Clone(e.Changes)
		err := tx.store.checkFree(e)
		if taken, ok := tx.own[keyOf(e)]; ok {
			err = checkSame(taken, e)
		}
		if err != nil {
			return fmt.Errorf("inserting entries: %w", err)
		}
		tx.own[keyOf(e)] = e
	}
	return nil
}

// Commit makes the entries appear, and ends the transaction.
func (tx *Tx) Commit(ctx context.Context) error {
	if err := tx.check(ctx); err != nil {
		return fmt.Errorf("committing: %w", err)
	}
	tx.ended = true
	tx.store.mu.Lock()
	defer tx.store.mu.Unlock()
	for _, e := range tx.own { // another transaction may have come first
		if err := tx.store.checkFree(e); err != nil {
			return fmt.Errorf("committing: %w", err)
		}
	}
	for k, e := range tx.own {
		if _, taken := tx.store.entries[k]; !taken {
			tx.store.entries[k] = e
		}
	}
	return nil
}

// Rollback drops the entries, and ends the transaction.
func (tx *Tx) Rollback(context.Context) error {
	if tx.ended {
		return fmt.Errorf("rolling back: %w", errEnded)
	}
	tx.ended = true
	return nil
}

// checkFree returns an error if another entry has the entry's ID.
func (s *Store) checkFree(e audit.Entry) error {
	if taken, ok := s.entries[keyOf(e)]; ok {
		return checkSame(taken, e)
	}
	return nil
}

// checkSame compares two entries with one ID by the rule of the SQL stores.
func checkSame(taken, e audit.Entry) error {
	return entrysql.CheckTaken([]audit.Entry{e}, []audit.Entry{taken})
}
