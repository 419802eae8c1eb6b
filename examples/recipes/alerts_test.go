package recipes_test

import (
	"context"
	"database/sql"
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// destroyKey puts the alert into the queue in the transaction of the change: it
// is sent if and only if the key is gone.
func (h host) destroyKey(ctx context.Context, key APIKey) error {
	return h.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM api_keys WHERE id = ?", key.ID); err != nil {
			return err
		}
		event := audit.Destroyed(key).WithID(audit.NewID())
		if err := h.trail.Record(ctx, h.store.Tx(tx), event); err != nil {
			return err
		}
		return h.enqueue(ctx, tx, "alert", map[string]string{"org": key.Org, "entry": event.ID().String()}, nil)
	})
}

// watcher polls for entries to report. Its overlap is longer than any of the
// host's transactions may take.
type watcher struct {
	trail   *audit.Log
	filter  audit.Filter
	overlap time.Duration
	told    map[audit.ID]bool
}

func (w *watcher) look(ctx context.Context, now time.Time, tell func(audit.Entry) error) error {
	f := w.filter
	f.From = now.Add(-w.overlap) // again and again: what commits late has an earlier time
	for entry, err := range w.trail.All(ctx, f, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
		switch {
		case err != nil:
			return err
		case w.told[entry.ID]:
			continue
		}
		if err := tell(entry); err != nil {
			return err // the next look tries again
		}
		w.told[entry.ID] = true
	}
	maps.DeleteFunc(w.told, func(id audit.ID, _ bool) bool { return id.Time().Before(f.From) })
	return nil
}

func TestAlertsInTheTransaction(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	ctx := as(t.Context(), "acme", "dana@acme.test")
	key, err := h.createKey(ctx, "ci")
	require.NoError(t, err)
	require.NoError(t, h.destroyKey(ctx, key))
	destroyed := h.last(t, "acme")
	assert.Equal(t, audit.ActionDestroy, destroyed.Action)
	jobs := h.jobs(t, "alert")
	require.Len(t, jobs, 1)
	assert.JSONEq(t, `{"org":"acme","entry":"`+destroyed.ID.String()+`"}`, string(jobs[0].EncodedArgs))

	_, err = h.db.ExecContext(ctx, "DROP TABLE jobs")
	require.NoError(t, err)
	require.Error(t, h.destroyKey(ctx, key))
	assert.Equal(t, destroyed.ID, h.last(t, "acme").ID, "no alert, no change, no entry")
}

// An entry that commits late comes behind entries that were reported before.
// PostgreSQL shows this, since it has many writers at once.
func TestAlertsOfLateCommits(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	w := &watcher{trail: trail, filter: audit.Filter{Actions: []audit.Action{audit.ActionDestroy}}, overlap: 10 * time.Minute, told: map[audit.ID]bool{}}
	var told []string
	look := func(now time.Time) {
		t.Helper()
		require.NoError(t, w.look(t.Context(), now, func(e audit.Entry) error {
			told = append(told, e.Object.ID)
			return nil
		}))
	}
	gone := func(id string) audit.Event {
		return audit.Performed(audit.ActionDestroy, audit.Object{Type: "api_key", ID: id})
	}

	slow, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer slow.Rollback(context.WithoutCancel(t.Context()))
	require.NoError(t, trail.Record(t.Context(), store.Tx(slow), gone("slow")))
	require.NoError(t, trail.RecordDetached(t.Context(), gone("quick"), audit.Performed("rotate", audit.Object{Type: "api_key", ID: "other"})))
	now := time.Now()
	look(now)
	assert.Equal(t, []string{"quick"}, told)
	newest, err := trail.Newest(t.Context())
	require.NoError(t, err)

	require.NoError(t, slow.Commit(t.Context()))
	look(now)
	look(now)
	assert.Equal(t, []string{"quick", "slow"}, told, "each once")
	for id := range w.told {
		assert.Negative(t, id.Compare(newest), "a cursor behind the newest would have passed both over")
	}

	failing := &watcher{trail: trail, filter: w.filter, overlap: w.overlap, told: map[audit.ID]bool{}}
	require.ErrorIs(t, failing.look(t.Context(), now, func(audit.Entry) error { return sql.ErrConnDone }), sql.ErrConnDone)
	assert.Empty(t, failing.told, "what could not be told is told by the next look")

	look(now.Add(time.Hour))
	assert.Empty(t, w.told, "what no look reads any more is forgotten")
	assert.Len(t, told, 2)
}
