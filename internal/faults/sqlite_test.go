package faults

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/sqlite"
)

const bySQLite = "Record in SQLite"

// sqliteHost changes orders in SQLite.
type sqliteHost struct {
	db     *sql.DB
	store  *sqlite.Store
	trail  *audit.Log
	offset atomic.Int64
}

// openSQLite opens the file with the DSN that package sqlite recommends, except
// for a timeout so short that writers meet SQLITE_BUSY. Unless immediate,
// transactions take the lock only when they write.
func openSQLite(file string, immediate bool, pragmas ...string) (*sqliteHost, error) {
	dsn := "file:" + file + "?_pragma=journal_mode(WAL)&_pragma=busy_timeout(20)"
	if isLong() { // see ledger
		dsn += "&_pragma=synchronous(FULL)"
	} else {
		dsn += "&_pragma=synchronous(OFF)"
	}
	if immediate {
		dsn += "&_txlock=immediate"
	}
	for _, pragma := range pragmas {
		dsn += "&_pragma=" + pragma
	}
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	h := &sqliteHost{db: db, store: sqlite.New(db)}
	h.trail, err = audit.New(h.store, audit.Config{Org: "acme", Now: func() time.Time {
		return time.Now().Add(time.Duration(h.offset.Load()))
	}})
	return h, err
}

func (h *sqliteHost) attempt(ctx context.Context, o operation) (sent bool, err error) {
	tx, err := h.db.BeginTx(ctx, nil)
	if err != nil {
		return false, err
	}
	defer func() { _ = tx.Rollback() }()
	for i := range o.items {
		order := o.order(i)
		if _, err := tx.ExecContext(ctx, "INSERT INTO orders (id, note) VALUES (?, ?) ON CONFLICT DO NOTHING", order.ID, order.Note); err != nil {
			return false, err
		}
	}
	if err := h.trail.Record(ctx, h.store.Tx(tx), o.events()...); err != nil {
		return false, err
	}
	return true, tx.Commit()
}

// newSQLiteFile makes a database with the host's table and the log's.
func newSQLiteFile(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "host.db")
	h, err := openSQLite(file, true)
	require.NoError(t, err)
	require.NoError(t, h.store.Migrate(t.Context()))
	_, err = h.db.ExecContext(t.Context(), "CREATE TABLE orders (id TEXT PRIMARY KEY, note TEXT NOT NULL)")
	require.NoError(t, err)
	require.NoError(t, h.db.Close())
	return file
}

// TestFaultsOnSQLite has several writers storm one file, with contexts that
// end and clocks that jump.
func TestFaultsOnSQLite(t *testing.T) {
	t.Parallel()
	seed, lasting := faultSeed(t), faultTime(t, 2*time.Second, 15*time.Second)
	file, path := newSQLiteFile(t), filepath.Join(t.TempDir(), "ledger")
	ledger, err := openLedger(path)
	require.NoError(t, err)
	until := time.Now().Add(lasting)
	var group sync.WaitGroup
	for number := range 6 {
		h, err := openSQLite(file, number%2 == 0)
		require.NoError(t, err)
		group.Go(func() {
			defer h.db.Close()
			plan := newPlan(seed, number, []string{bySQLite}, []string{busy, cancelled, jumped})
			for time.Now().Before(until) {
				o := plan.next()
				if !assert.NoError(t, ledger.write(o.intent())) {
					return
				}
				result, _, err := settle(h, o, faultAttempts, func(ctx context.Context, attempt int) (context.Context, func()) {
					return h.inject(ctx, attempt, o)
				})
				assert.NoError(t, err)
				assert.NoError(t, ledger.write(line{Operation: o.name, Outcome: result}))
			}
		})
	}
	group.Wait()
	require.NoError(t, ledger.close())
	checkSQLite(t, file, path)
}

// TestFullDiskOnSQLite lets the file grow to a bound that stands for the end of
// the disk, and then makes it read-only: nothing is half there, and what comes
// later is an error.
func TestFullDiskOnSQLite(t *testing.T) {
	t.Parallel()
	file, path := newSQLiteFile(t), filepath.Join(t.TempDir(), "ledger")
	ledger, err := openLedger(path)
	require.NoError(t, err)
	untouched := func(ctx context.Context, _ int) (context.Context, func()) { return ctx, func() {} }
	plan := newPlan(faultSeed(t), 0, []string{bySQLite}, []string{"full disk"})
	for _, pragma := range []string{"max_page_count(60)", "query_only(1)"} {
		h, err := openSQLite(file, true, pragma)
		require.NoError(t, err)
		refused := 0
		for range 400 {
			o := plan.next()
			require.NoError(t, ledger.write(o.intent()))
			result, _, err := settle(h, o, 1, untouched)
			require.NoError(t, err)
			require.NoError(t, ledger.write(line{Operation: o.name, Outcome: result}))
			if result != committed {
				refused++
			}
			if refused == 20 {
				break
			}
		}
		assert.Equal(t, 20, refused, pragma)
		require.NoError(t, h.db.Close())
	}
	require.NoError(t, ledger.close())
	checkSQLite(t, file, path)
}

const busy = "SQLITE_BUSY"

func (h *sqliteHost) inject(ctx context.Context, attempt int, o operation) (context.Context, func()) {
	switch {
	case attempt > 2:
	case o.fault == cancelled:
		return context.WithTimeout(ctx, o.delay)
	case o.fault == jumped:
		h.offset.Store(int64(jumps[int(o.delay)%len(jumps)]))
		return ctx, func() { h.offset.Store(0) }
	case o.fault == busy: // somebody else holds the lock for longer than the timeout
		conn, err := h.db.Conn(ctx)
		if err != nil {
			break
		}
		if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
			_ = conn.Close()
			break
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			time.Sleep(25 * time.Millisecond)
			_, _ = conn.ExecContext(context.Background(), "ROLLBACK")
			_ = conn.Close()
		}()
		return ctx, func() { <-done }
	}
	return ctx, func() {}
}

// checkSQLite opens the file again and compares what is there.
func checkSQLite(t *testing.T, file, path string) {
	t.Helper()
	h, err := openSQLite(file, true)
	require.NoError(t, err)
	defer h.db.Close()
	var verdict string
	require.NoError(t, h.db.QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&verdict))
	assert.Equal(t, "ok", verdict)
	there := found{rows: map[string]string{}, entries: map[string][]audit.Entry{}}
	rows, err := h.db.QueryContext(t.Context(), "SELECT id, note FROM orders")
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var id, note string
		require.NoError(t, rows.Scan(&id, &note))
		there.rows[id] = note
	}
	require.NoError(t, rows.Err())
	all := 0
	for e, err := range h.trail.All(t.Context(), audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		there.entries[e.Object.ID] = append(there.entries[e.Object.ID], e)
		all++
	}
	intents, err := readLedger(path)
	require.NoError(t, err)
	counts, faults := map[outcome]int{}, 0
	for _, in := range intents {
		counts[in.outcome]++
		if in.Fault != "none" {
			faults++
		}
	}
	wrong := compare(intents, there)
	t.Logf("%d operations, %d of them with a fault; %d rows, %d entries; %d committed, %d failed, %d unknown; %d violations",
		len(intents), faults, len(there.rows), all, counts[committed], counts[failed], counts[unknown], len(wrong))
	assert.NotZero(t, counts[committed], "something was committed")
	assert.Empty(t, strings.Join(wrong, "\n"))
}
