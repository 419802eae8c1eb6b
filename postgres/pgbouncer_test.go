package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// bouncer is a pgbouncer that the test starts. It gives a server connection to each
// transaction, and has far fewer of them than clients.
type bouncer struct {
	url string
	// keepsStatements says that it gives prepared statements to the server
	// connection that needs them.
	keepsStatements bool
	cache           int // of the pools; 0 for pgx's own
}

// newBouncer starts one in front of a new schema, or skips the test if the program is
// not found. It keeps so many prepared statements on each server connection, if it
// can.
func newBouncer(t *testing.T, statements int) bouncer {
	t.Helper()
	server, err := pgx.ParseConfig(pgtest.URL(t))
	require.NoError(t, err)
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer" // which is not on everybody's path
		if _, err := os.Stat(program); err != nil {
			const message = `no pgbouncer: install it, or run "make test", which does`
			if os.Getenv(pgtest.RequireVariable) == "1" {
				t.Fatal(message)
			}
			t.Skip(message)
		}
	}
	version, err := exec.Command(program, "--version").Output()
	require.NoError(t, err)
	numbers := regexp.MustCompile(`(\d+)\.(\d+)`).FindStringSubmatch(string(version))
	require.NotNil(t, numbers, "%s", version)
	major, minor := must(strconv.Atoi(numbers[1])), must(strconv.Atoi(numbers[2]))
	b := bouncer{keepsStatements: major > 1 || minor >= 21}

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := netip.MustParseAddrPort(listener.Addr().String())
	require.NoError(t, listener.Close())
	dir, err := os.MkdirTemp("", "audit-pgbouncer-") // not t.TempDir, whose parents only root can read
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	schema := server.RuntimeParams["search_path"]
	password := ""
	if server.Password != "" {
		password = "password='" + strings.ReplaceAll(server.Password, "'", "''") + "'"
	}
	config := fmt.Sprintf(`[databases]
log = host=%s port=%d dbname=%s user=%s %s connect_query='SET search_path TO %s'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
max_client_conn = 100
`, server.Host, server.Port, server.Database, server.User, password, schema, address.Port())
	if b.keepsStatements {
		config += fmt.Sprintf("max_prepared_statements = %d\n", statements)
	}
	file := filepath.Join(dir, "pgbouncer.ini")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	command := exec.Command(program, file)
	var said strings.Builder
	command.Stdout, command.Stderr = &said, &said
	if os.Getuid() == 0 { // which pgbouncer refuses to be
		nobody, err := user.Lookup("nobody")
		require.NoError(t, err)
		uid, gid := must(strconv.Atoi(nobody.Uid)), must(strconv.Atoi(nobody.Gid))
		require.NoError(t, os.Chown(dir, uid, gid))
		require.NoError(t, os.Chown(file, uid, gid))
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	require.NoError(t, command.Start())
	t.Cleanup(func() { // before the schema is dropped
		_ = command.Process.Kill()
		_ = command.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	b.url = fmt.Sprintf("postgres://anybody@%s/log?sslmode=disable", address)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", address.String())
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	}, 20*time.Second, 20*time.Millisecond, "pgbouncer does not answer")
	return b
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func (b bouncer) pool(t *testing.T, mode pgx.QueryExecMode) *pgxpool.Pool {
	t.Helper()
	config, err := pgxpool.ParseConfig(b.url)
	require.NoError(t, err)
	config.MaxConns = 8
	if b.cache > 0 {
		config.ConnConfig.StatementCacheCapacity = b.cache
	}
	config.ConnConfig.DefaultQueryExecMode = mode
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// Behind a pooler that gives a server connection to each transaction, several
// clients record and read at once, and nothing stays behind on a connection.
func TestBehindPgbouncer(t *testing.T) {
	t.Parallel()
	type way struct {
		name       string
		mode       pgx.QueryExecMode
		statements int // that the pooler keeps
		cache      int // that pgx keeps
	}
	var ways []way
	for _, mode := range queryModes {
		ways = append(ways, way{mode.String(), mode, 200, 512})
	}
	// Statements are dropped at both ends all the time, and prepared again.
	ways = append(ways, way{"cache_statement, few", pgx.QueryExecModeCacheStatement, 2, 3})
	for _, way := range ways {
		mode := way.mode
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			b := newBouncer(t, way.statements)
			b.cache = way.cache
			if mode == pgx.QueryExecModeCacheStatement && !b.keepsStatements {
				requireAdvice(t, b)
				return
			}
			owner := b.pool(t, mode)
			require.NoError(t, postgres.NewAdmin(owner).Migrate(t.Context()))
			_, err := owner.Exec(t.Context(), "CREATE TABLE orders (id int PRIMARY KEY, status text)")
			require.NoError(t, err)
			_, err = owner.Exec(t.Context(), "INSERT INTO orders SELECT n, '' FROM generate_series(0, 20) AS n")
			require.NoError(t, err)
			require.NoError(t, postgres.NewAdmin(owner).Watch(t.Context(), postgres.WatchTable{Name: "orders", Org: "watched"}))
			var group sync.WaitGroup
			errs := make([]error, 6)
			for client := range errs {
				pool := b.pool(t, mode) // as another process has it
				group.Go(func() { errs[client] = workBehindPooler(t.Context(), pool, client+1) })
			}
			group.Wait()
			require.NoError(t, errors.Join(errs...))
			for _, setting := range []string{"audit.context", "audit.org", "plan_cache_mode", "enable_sort"} {
				for range 10 { // of any server connection
					var value string
					require.NoError(t, owner.QueryRow(t.Context(), "SELECT coalesce(current_setting('"+setting+"', true), '')").Scan(&value))
					assert.Contains(t, []string{"", "auto", "on"}, value, setting)
				}
			}
			found, err := postgres.NewAdmin(owner).Check(t.Context())
			require.NoError(t, err)
			t.Logf("%d findings", len(found))
		})
	}
}

const roundsBehindPooler = 15

// workBehindPooler records and reads as one client, in its own organization, and
// compares what comes back.
func workBehindPooler(ctx context.Context, pool *pgxpool.Pool, client int) error {
	org := fmt.Sprintf("org%d", client)
	store := postgres.New(pool).WithOrgSetting("audit.org")
	if client%2 == 0 {
		store = postgres.New(pool)
	}
	if client%3 == 0 { // reads, and what is recorded by itself, go through database/sql
		db := stdlib.OpenDBFromPool(pool)
		defer db.Close()
		store = postgres.NewSQL(db)
	}
	trail, err := audit.New(store, audit.Config{Org: org})
	if err != nil {
		return err
	}
	ctx = audit.WithActor(ctx, audit.Actor{ID: org})
	type state struct {
		ID   int
		Name string
	}
	entries := 0
	for round := range roundsBehindPooler {
		change := audit.Updated(state{client, fmt.Sprint(round)}, state{client, fmt.Sprint(round + 1)})
		err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
			if err := postgres.SetContext(ctx, tx); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "UPDATE orders SET status = $2 WHERE id = $1", client, fmt.Sprint(round+1)); err != nil {
				return err
			}
			return trail.Record(ctx, store.Tx(tx), change, change.WithID(audit.NewID()))
		})
		if err != nil {
			return fmt.Errorf("recording: %w", err)
		}
		if err := trail.RecordDetached(ctx, change); err != nil {
			return fmt.Errorf("recording detached: %w", err)
		}
		if err := trail.RecordDetached(ctx, change, change); err != nil {
			return fmt.Errorf("recording several detached: %w", err)
		}
		var batch pgx.Batch
		if err := postgres.Queue(ctx, &batch, trail, change); err != nil {
			return err
		}
		if client%2 == 0 { // without an organization to set first
			if err := pool.SendBatch(ctx, &batch).Close(); err != nil {
				return fmt.Errorf("sending a batch: %w", err)
			}
			entries++
		}
		tx, err := postgres.Begin(ctx, pool, pgx.TxOptions{})
		if err != nil {
			return err
		}
		if err := postgres.Commit(ctx, tx, trail, change); err != nil {
			return fmt.Errorf("committing: %w", err)
		}
		entries += 6
		if err := readBehindPooler(ctx, trail, org, entries); err != nil {
			return fmt.Errorf("round %d: %w", round, err)
		}
	}
	result, err := export.CSV.Write(io.Discard, trail.All(ctx, audit.Filter{}, audit.Sort{By: audit.ByChanges}), export.Report{})
	if err != nil || result.Rows != entries {
		return fmt.Errorf("%d of %d rows exported: %w", result.Rows, entries, err)
	}
	watched, err := audit.New(postgres.New(pool), audit.Config{Org: "watched"})
	if err != nil {
		return err
	}
	seen := 0
	for e, err := range watched.All(ctx, audit.Filter{ObjectIDs: []string{fmt.Sprint(client)}, Actions: []audit.Action{audit.ActionUpdate}}, audit.Sort{}) {
		if err != nil {
			return err
		}
		if seen++; e.Actor.ID != org {
			return fmt.Errorf("the change of %s is recorded as made by %q", org, e.Actor.ID)
		}
	}
	if seen != roundsBehindPooler {
		return fmt.Errorf("%d of %d changes were captured", seen, roundsBehindPooler)
	}
	return nil
}

// readBehindPooler reads in every way, and returns an error if it does not find the
// entries that exist.
func readBehindPooler(ctx context.Context, trail *audit.Log, org string, entries int) error {
	n, err := trail.Count(ctx, audit.Filter{}, 10_000)
	if err != nil || n != entries {
		return fmt.Errorf("counted %d of %d: %w", n, entries, err)
	}
	for _, q := range []audit.Query{
		{},
		{Sort: audit.Sort{By: audit.ByChanges}},
		{Filter: audit.Filter{Actions: []audit.Action{audit.ActionUpdate}}, Last: true},
		{Filter: audit.Filter{NotActorEmails: []string{"kim@acme.test"}}, Sort: audit.Sort{By: audit.ByAction}},
	} {
		page, err := trail.Page(ctx, q)
		if err != nil {
			return fmt.Errorf("reading a page: %w", err)
		}
		if len(page.Entries) != min(entries, 50) {
			return fmt.Errorf("a page of %d of %d entries", len(page.Entries), entries)
		}
		for _, e := range page.Entries {
			if e.Org != org || e.Unreadable != "" {
				return fmt.Errorf("%s reads an entry of %s: %q", org, e.Org, e.Unreadable)
			}
		}
	}
	values, err := trail.Values(ctx, audit.ByObjectType, "", 10)
	if err != nil || len(values) != 1 {
		return fmt.Errorf("values %q: %w", values, err)
	}
	histogram, err := trail.Histogram(ctx, audit.Filter{}, []time.Time{time.Now().Add(-time.Hour)}, 10_000)
	if err != nil || histogram.Entries != entries {
		return fmt.Errorf("the histogram has %d of %d: %w", histogram.Entries, entries, err)
	}
	return nil
}

// requireAdvice requires that the mode that does not work says what to do.
func requireAdvice(t *testing.T, b bouncer) {
	require.NoError(t, postgres.New(b.pool(t, pgx.QueryExecModeExec)).Migrate(t.Context()))
	var group sync.WaitGroup
	errs := make([]error, 8)
	for client := range errs {
		trail := newLog(t, postgres.New(b.pool(t, pgx.QueryExecModeCacheStatement)))
		group.Go(func() {
			for range 200 {
				if errs[client] = trail.RecordDetached(t.Context(), performed("x")); errs[client] != nil {
					return
				}
				if _, errs[client] = trail.Page(t.Context(), audit.Query{}); errs[client] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	require.ErrorContains(t, errors.Join(errs...), "set default_query_exec_mode=exec in the pool's URL, or give pgbouncer (1.21 or later) max_prepared_statements")
}
