package faults

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// breakages are the faults that the proxy makes.
var breakages = map[string]breakage{
	"reset before COMMIT":      beforeCommit,
	"reset in COMMIT":          inCommit,
	"reset after COMMIT":       afterCommit,
	"black hole before COMMIT": silentBefore,
	"black hole after COMMIT":  silentAfter,
	"reset at a message":       atMessage,
}

const (
	terminated    = "pg_terminate_backend"
	cancelled     = "cancelled context"
	timedOut      = "statement timeout"
	deadlocked    = "deadlock"
	unserialized  = "serialization failure"
	starved       = "pool starvation"
	jumped        = "clock jump"
	slow          = "latency"
	stalled       = "5 s of latency"
	blocked       = "a lock on the log"
	shortTimeout  = 150 * time.Millisecond
	faultAttempts = 8
)

// postgresFaults are all of them, in a fixed order: a seed's schedule depends
// on it.
func postgresFaults() []string {
	all := append(slices.Sorted(maps.Keys(breakages)), terminated, cancelled, timedOut, deadlocked, unserialized, starved, jumped, slow, blocked)
	// Resets around the COMMIT are what this is about.
	return append(all, "reset after COMMIT", "reset before COMMIT", terminated)
}

// TestFaultsOnPostgreSQL has hosts record in every way while everything around
// them fails, and then compares what is there.
func TestFaultsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	seed, lasting := faultSeed(t), faultTime(t, 2*time.Second, 30*time.Second)
	f := newField(t, pgtest.URL(t))
	f.run(t, 12, lasting, func(number int) *plan {
		faults := postgresFaults()
		if number == 0 && lasting > 10*time.Second {
			faults = append(faults, stalled) // takes the time of a hundred others
		}
		return newPlan(seed, number, postgresWays, faults)
	})
	f.check(t)
}

// field is a database, what breaks it, and what was counted.
type field struct {
	url     string
	name    string // of the hosts' connections
	side    *pgxpool.Pool
	store   *postgres.Store
	trail   *audit.Log
	path    string // of the ledger
	ledger  *ledger
	started time.Time

	operations, attempts atomic.Int64
	mu                   sync.Mutex
	byFault              map[string]int
	byOutcome            map[outcome]int
	problems             []error
}

func newField(t *testing.T, url string) *field {
	t.Helper()
	f := &field{url: url, name: "audit_faults_" + filepath.Base(t.TempDir()) + fmt.Sprint(time.Now().UnixNano()), byFault: map[string]int{}, byOutcome: map[outcome]int{}, started: time.Now()}
	config, err := pgxpool.ParseConfig(url)
	require.NoError(t, err)
	config.MaxConns = 20
	config.ConnConfig.RuntimeParams["deadlock_timeout"] = "20"
	f.side, err = pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(f.side.Close)
	f.store = postgres.New(f.side)
	require.NoError(t, f.store.Migrate(t.Context()))
	_, err = postgres.NewAdmin(f.side).MakePartitionsAhead(t.Context(), 1)
	require.NoError(t, err)
	_, err = f.side.Exec(t.Context(), `CREATE TABLE orders (id text PRIMARY KEY, note text NOT NULL);
		CREATE TABLE counters (name text PRIMARY KEY, n bigint NOT NULL)`)
	require.NoError(t, err)
	f.trail, err = audit.New(f.store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	f.path = filepath.Join(t.TempDir(), "ledger")
	f.ledger, err = openLedger(f.path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = f.ledger.close() })
	return f
}

// run lets some hosts work for a while.
func (f *field) run(t *testing.T, hosts int, lasting time.Duration, schedule func(int) *plan) {
	t.Helper()
	until := time.Now().Add(lasting)
	var group sync.WaitGroup
	for number := range hosts {
		h, p, offset := f.host(t, number)
		group.Go(func() {
			plan := schedule(number)
			for time.Now().Before(until) && t.Context().Err() == nil {
				if err := f.operate(h, p, offset, plan.next()); err != nil {
					f.mu.Lock()
					f.problems = append(f.problems, err)
					f.mu.Unlock()
				}
			}
		})
	}
	group.Wait()
}

// host makes a host behind its own proxy. The offset is added to its clock.
func (f *field) host(t *testing.T, number int) (*host, *proxy, *atomic.Int64) {
	t.Helper()
	config, err := pgxpool.ParseConfig(f.url)
	require.NoError(t, err)
	p, err := newProxy(net.JoinHostPort(config.ConnConfig.Host, fmt.Sprint(config.ConnConfig.Port)))
	require.NoError(t, err)
	t.Cleanup(p.close)
	address := p.listener.Addr().(*net.TCPAddr)
	config.ConnConfig.Host, config.ConnConfig.Port = "127.0.0.1", uint16(address.Port)
	config.ConnConfig.TLSConfig, config.ConnConfig.Fallbacks = nil, nil // the proxy reads the messages
	config.ConnConfig.RuntimeParams["application_name"] = fmt.Sprintf("%s_%d", f.connections(), number)
	config.ConnConfig.RuntimeParams["deadlock_timeout"] = "20"
	offset := new(atomic.Int64)
	h, err := newHost(t.Context(), fmt.Sprint(number), config, func() time.Time {
		return time.Now().Add(time.Duration(offset.Load()))
	})
	require.NoError(t, err)
	t.Cleanup(h.close)
	_, err = f.side.Exec(t.Context(), "INSERT INTO counters SELECT name, 0 FROM unnest($1::text[]) AS name", []string{"a" + h.name, "b" + h.name})
	require.NoError(t, err)
	return h, p, offset
}

var jumps = []time.Duration{24 * time.Hour, -24 * time.Hour, 10 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour}

// operate does one operation, and writes to the ledger before and after.
func (f *field) operate(h *host, p *proxy, offset *atomic.Int64, o operation) error {
	if err := f.ledger.write(o.intent()); err != nil {
		return err
	}
	h.settings, h.between = pgx.TxOptions{}, nil
	result, attempts, err := settle(h, o, faultAttempts, func(ctx context.Context, attempt int) (context.Context, func()) {
		h.settings, h.between = pgx.TxOptions{}, nil
		if attempt > 2 { // some hit the retry too
			p.arm(nothing, 0)
			return ctx, func() {}
		}
		return f.inject(ctx, h, p, offset, o)
	})
	f.operations.Add(1)
	f.attempts.Add(int64(attempts))
	f.mu.Lock()
	f.byFault[o.fault]++
	f.byOutcome[result]++
	f.mu.Unlock()
	return errors.Join(err, f.ledger.write(line{Operation: o.name, Outcome: result}))
}

// inject makes the operation's fault happen to the attempt that follows.
func (f *field) inject(ctx context.Context, h *host, p *proxy, offset *atomic.Int64, o operation) (context.Context, func()) {
	none := func() {}
	counters := [2]string{"UPDATE counters SET n = n + 1 WHERE name = 'a" + h.name + "'", "UPDATE counters SET n = n + 1 WHERE name = 'b" + h.name + "'"}
	switch o.fault {
	case terminated:
		return ctx, f.meanwhile(o.delay, func(ctx context.Context) {
			_, _ = f.side.Exec(ctx, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1", h.pool.Config().ConnConfig.RuntimeParams["application_name"])
		})
	case cancelled:
		return context.WithTimeout(ctx, o.delay)
	case timedOut:
		h.between = []string{"SET LOCAL statement_timeout = 15", "SET LOCAL statement_timeout = 0"}
		return ctx, f.holding("LOCK TABLE audit_entries IN SHARE ROW EXCLUSIVE MODE", 25*time.Millisecond)
	case blocked:
		return ctx, f.holding("LOCK TABLE audit_entries IN SHARE ROW EXCLUSIVE MODE", o.delay)
	case deadlocked:
		h.between = []string{counters[0], counters[1]}
		return ctx, f.meanwhile(0, func(ctx context.Context) {
			_ = pgx.BeginFunc(ctx, f.side, func(tx pgx.Tx) error {
				if _, err := tx.Exec(ctx, counters[1]); err != nil {
					return err
				}
				time.Sleep(o.delay)
				_, err := tx.Exec(ctx, counters[0])
				return err
			})
		})
	case unserialized:
		h.settings.IsoLevel = pgx.RepeatableRead
		h.between = []string{"SELECT n FROM counters WHERE name = 'a" + h.name + "'", counters[0]}
		return ctx, f.meanwhile(o.delay/2, func(ctx context.Context) { _, _ = f.side.Exec(ctx, counters[0]) })
	case starved:
		var held []*pgxpool.Conn
		for range int(h.pool.Config().MaxConns) {
			if conn, err := h.pool.Acquire(ctx); err == nil {
				held = append(held, conn)
			}
		}
		ctx, cancel := context.WithTimeout(ctx, o.delay)
		return ctx, func() {
			cancel()
			for _, conn := range held {
				conn.Release()
			}
		}
	case jumped:
		offset.Store(int64(jumps[int(o.delay)%len(jumps)]))
		return ctx, func() { offset.Store(0) }
	case slow:
		p.latency.Store(int64(o.delay))
		return ctx, func() { p.latency.Store(0) }
	case stalled:
		p.latency.Store(int64(5 * time.Second))
		return ctx, func() { p.latency.Store(0) }
	}
	b, ok := breakages[o.fault]
	if !ok {
		return ctx, none
	}
	p.arm(b, o.messages)
	return context.WithTimeout(ctx, shortTimeout)
}

// meanwhile does something beside the attempt.
func (f *field) meanwhile(after time.Duration, do func(context.Context)) func() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		time.Sleep(after)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		do(ctx)
	}()
	return func() { <-done }
}

// holding holds a lock for a while, beginning before the attempt does.
func (f *field) holding(lock string, lasting time.Duration) func() {
	held := make(chan struct{})
	end := f.meanwhile(0, func(ctx context.Context) {
		tell := sync.OnceFunc(func() { close(held) })
		defer tell()
		_ = pgx.BeginFunc(ctx, f.side, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = 200"); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, lock); err != nil {
				return err
			}
			tell()
			time.Sleep(lasting)
			return nil
		})
	})
	<-held
	return end
}

// TestFaultsAreFound has hosts that record after their COMMIT, in a second
// transaction, as an audit log must not. The checker finds the entries that
// this loses.
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	f := newField(t, pgtest.URL(t))
	f.run(t, 2, time.Second, func(number int) *plan {
		return newPlan(1, number, []string{byDetached}, []string{"reset after COMMIT", terminated})
	})
	assert.Contains(t, strings.Join(f.violations(t), "\n"), "lost: ")
}

// connections returns what the names of the hosts' connections begin with.
func (f *field) connections() string { return fmt.Sprintf("%.50s", f.name) }

// check waits until no connection of a host is left, and compares.
func (f *field) check(t *testing.T) {
	t.Helper()
	assert.Empty(t, strings.Join(f.violations(t), "\n"))
	assert.NotZero(t, f.byOutcome[committed], "something was committed")
	assert.NoError(t, errors.Join(f.problems...))
}

// violations compares what is there with the ledger, and prints what was done.
func (f *field) violations(t *testing.T) []string {
	t.Helper()
	name := f.connections() + "%"
	require.Eventually(t, func() bool {
		var open int
		err := f.side.QueryRow(t.Context(), `SELECT count(*), count(*) FILTER (WHERE state = 'idle' AND pg_terminate_backend(pid))
			FROM pg_stat_activity WHERE application_name LIKE $1`, name).Scan(&open, new(int))
		return err == nil && open == 0
	}, time.Minute, 20*time.Millisecond, "connections of the hosts end, those of killed hosts after the COMMIT that they sent")

	rows, err := f.side.Query(t.Context(), "SELECT id, note FROM orders")
	require.NoError(t, err)
	there := found{rows: map[string]string{}, entries: map[string][]audit.Entry{}}
	var id, note string
	_, err = pgx.ForEachRow(rows, []any{&id, &note}, func() error { there.rows[id] = note; return nil })
	require.NoError(t, err)
	all := 0
	for e, err := range f.trail.All(t.Context(), audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		there.entries[e.Object.ID] = append(there.entries[e.Object.ID], e)
		all++
		assert.WithinRange(t, e.RecordedAt, f.started.Add(-time.Minute), time.Now().Add(time.Minute), "the database's own clock")
	}
	var raw int
	require.NoError(t, f.side.QueryRow(t.Context(), "SELECT count(*) FROM audit_entries").Scan(&raw))
	assert.Equal(t, raw, all, "the log reads what is there")
	intents, err := readLedger(f.path)
	require.NoError(t, err)
	wrong := compare(intents, there)
	f.report(t, wrong, len(there.rows), raw)
	return wrong
}

// report prints what was done.
func (f *field) report(t *testing.T, wrong []string, rows, entries int) {
	t.Helper()
	faults := 0
	for name, n := range f.byFault {
		if name != "none" {
			faults += n
		}
	}
	t.Logf("%d operations in %d attempts, %d of them with a fault; %d rows, %d entries; %d committed, %d failed, %d unknown; %d violations",
		f.operations.Load(), f.attempts.Load(), faults, rows, entries, f.byOutcome[committed], f.byOutcome[failed], f.byOutcome[unknown], len(wrong))
	var counts []string
	for _, name := range slices.Sorted(maps.Keys(f.byFault)) {
		counts = append(counts, fmt.Sprintf("%d %s", f.byFault[name], name))
	}
	t.Log(strings.Join(counts, ", "))
}
