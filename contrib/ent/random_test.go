package auditent_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/contrib/ent/internal/example"
)

// TestRandomMutations compares what the database holds before and after random
// mutations with what the log has of them: each change of a row has exactly one
// entry, with the values of the columns. AUDIT_TEST_LONG=1 makes more of them,
// AUDIT_TEST_SEED repeats a run.
func TestRandomMutations(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("AUDIT_TEST_SEED"); text != "" {
		_, err := fmt.Sscan(text, &seed)
		require.NoError(t, err)
	}
	rounds, kinds := 1, 20
	if os.Getenv("AUDIT_TEST_LONG") != "" {
		rounds, kinds = 20, len(operations)
	}
	onStores(t, func(t *testing.T, w *world) {
		t.Logf("AUDIT_TEST_SEED=%d", seed)
		r := &random{Rand: rand.New(rand.NewPCG(seed, 1)), world: w, ran: map[string]int{}}
		tables := slices.Collect(maps.Keys(w.dump(t, w.db)))
		for range rounds {
			for range 150 {
				r.step(t)
			}
			w.empty(t, tables)
		}
		names := slices.Sorted(maps.Keys(r.ran))
		require.GreaterOrEqual(t, len(names), kinds, "operations that ever succeeded: %v", names)
	})
}

type random struct {
	*rand.Rand
	*world
	made    int
	entries int
	soft    bool // the last operation deleted softly
	deletes string
	ran     map[string]int
}

// step runs one operation, or a few in a transaction.
func (r *random) step(t *testing.T) {
	if r.IntN(3) > 0 {
		_ = r.run(t, r.client, r.db)
		return
	}
	before, entries := r.dump(t, r.db), r.entries
	tx, err := r.client.Tx(t.Context())
	require.NoError(t, err)
	for range 1 + r.IntN(5) {
		if err = r.run(t, tx.Client(), tx); err != nil && r.dialect == dialect.Postgres {
			break // the transaction is aborted
		}
		err = nil
	}
	if err != nil || r.IntN(3) == 0 {
		require.NoError(t, tx.Rollback())
		r.entries = entries
		require.Equal(t, before, r.dump(t, r.db))
		found, n := r.logged(t, r.db, entries)
		require.Empty(t, found)
		require.Equal(t, entries, n)
		return
	}
	require.NoError(t, tx.Commit())
}

// run runs one random operation, and compares.
func (r *random) run(t *testing.T, client *example.Client, q querier) error {
	o := operations[r.IntN(len(operations))]
	before := r.dump(t, q)
	r.soft, r.deletes = false, ""
	err := o.run(r, t.Context(), client)
	if err != nil && r.dialect == dialect.Postgres && q != querier(r.db) {
		return err
	}
	if errors.Is(err, errNothing) {
		return err
	}
	if err == nil {
		r.ran[o.name]++
	}
	want := difference(before, r.dump(t, q), r.soft)
	r.adapt(want)
	got, n := r.logged(t, q, r.entries)
	r.entries = n
	require.Equal(t, want, got, "%s, which returned %v", o.name, err)
	return err
}

// adapt turns what happened to the rows into what is documented to be recorded.
func (r *random) adapt(all map[string]recorded) {
	for at, event := range all {
		var table, id string
		_, _ = fmt.Sscan(at, &table, &id)
		if r.deletes != "" && (table != r.deletes || event.action != "destroy") {
			delete(all, at) // the database's own doing: ON DELETE CASCADE, SET NULL
			continue
		}
		if table != "users" {
			continue
		}
		delete(event.changes, "scratch")
		if plan, ok := event.changes["plan_code"]; ok {
			delete(event.changes, "plan_code")
			event.changes["tariff"] = plan
		}
		if key, ok := event.changes["api_key"]; ok {
			for i := range key {
				if key[i] != absent {
					key[i] = `{"$audit":"redacted"}`
				}
			}
			event.changes["api_key"] = key
		}
		if len(event.changes) == 0 && event.action == "update" {
			delete(all, at)
		}
	}
}

var errNothing = errors.New("there is nothing to do it with")

type operation struct {
	name string
	run  func(*random, context.Context, *example.Client) error
}

// name returns a new name, or now and then one that is taken.
func (r *random) name() string {
	if r.IntN(4) > 0 {
		r.made++
	}
	return fmt.Sprint("n", r.made)
}

// pick returns up to n of the IDs.
func pick[T any](r *random, n int, ids []T, err error) ([]T, error) {
	if err == nil && len(ids) == 0 {
		err = errNothing
	}
	r.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
	return ids[:min(len(ids), 1+r.IntN(n))], err
}

func one[T any](r *random, ids []T, err error) (id T, _ error) {
	picked, err := pick(r, 1, ids, err)
	if err != nil {
		return id, err
	}
	return picked[0], nil
}
