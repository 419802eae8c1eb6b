package httpui_test

import (
	"context"
	"database/sql"
	"encoding/csv"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// wire is the way to a server, and can be cut.
type wire struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

// newWire listens in front of a server.
func newWire(t *testing.T, server string) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{Listener: listener}
	t.Cleanup(w.cut)
	go func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				near.Close()
				continue
			}
			w.mu.Lock()
			w.conns = append(w.conns, near, far)
			w.mu.Unlock()
			go func() { _, _ = io.Copy(near, far); near.Close() }()
			go func() { _, _ = io.Copy(far, near); far.Close() }()
		}
	}()
	return w
}

func (w *wire) cut() {
	w.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.conns {
		c.Close()
	}
}

// serve is the page over a store with its own entries.
func serve(t *testing.T, store audit.Store, entries int) *httptest.Server {
	t.Helper()
	many := fixture.Many(entries, fixture.Now.Add(-time.Second))
	for len(many) > 0 {
		n := min(len(many), 5000)
		require.NoError(t, store.InsertDetached(t.Context(), many[:n]))
		many = many[n:]
	}
	trail, err := audit.New(store, audit.Config{Org: fixture.Org})
	require.NoError(t, err)
	ui, err := httpui.New(trail, httpui.Options{
		Authorize: everybody, Now: func() time.Time { return fixture.Now }, OnError: func(*http.Request, error) {},
	})
	require.NoError(t, err)
	server := httptest.NewServer(ui)
	t.Cleanup(server.Close)
	return server
}

// On both stores, a file has the ids of the pages, in their order.
func TestExportsOfBothStores(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) audit.Store{
		"PostgreSQL": func(t *testing.T) audit.Store {
			store := postgres.New(pgtest.New(t))
			require.NoError(t, store.Migrate(t.Context()))
			return store
		},
		"SQLite": func(t *testing.T) audit.Store {
			db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "audit.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)&_pragma=journal_mode(WAL)")
			require.NoError(t, err)
			t.Cleanup(func() { db.Close() })
			store := sqlite.New(db)
			require.NoError(t, store.Migrate(t.Context()))
			return store
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			handler := serve(t, open(t), 4300).Config.Handler
			for _, query := range []string{"?range=all&per_page=200", "?range=all&per_page=200&sort=performed_by&dir=desc&not_action=destroy"} {
				page := get(t, handler, "/"+query)
				want := walked(page)
				require.Greater(t, len(want), 2000)
				assert.Equal(t, want, exported(t, page.click("Export as JSON Lines")), query)

				rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(page.click("Export as CSV").body, "\ufeff"))).ReadAll()
				require.NoError(t, err)
				assert.Len(t, rows, len(want)+1)
			}
		})
	}
}

// T-19: the database goes away midway, and the client sees a failed download.
func TestT19TheDatabaseGoesAway(t *testing.T) {
	t.Parallel()
	config, err := pgxpool.ParseConfig(pgtest.URL(t))
	require.NoError(t, err)
	direct, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	defer direct.Close()
	require.NoError(t, postgres.New(direct).Migrate(t.Context()))

	for _, format := range []string{"csv", "jsonl", "xlsx"} {
		wire := newWire(t, net.JoinHostPort(config.ConnConfig.Host, strconv.Itoa(int(config.ConnConfig.Port))))
		through := config.Copy()
		through.ConnConfig.DialFunc = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", wire.Addr().String())
		}
		pool, err := pgxpool.NewWithConfig(t.Context(), through)
		require.NoError(t, err)
		defer pool.Close()
		store := &countingStore{Store: postgres.New(pool), after: 4, then: wire.cut}
		entries := 12_000
		if format != "csv" {
			entries = 0 // they are there by now
		}
		server := serve(t, store, entries)
		answer, err := http.Get(server.URL + "/export." + format + "?" + url.Values{"range": {"all"}}.Encode())
		require.NoError(t, err)
		_, err = io.ReadAll(answer.Body)
		answer.Body.Close()
		if format == "xlsx" { // of which nothing is sent before it is whole
			require.NoError(t, err)
			assert.Equal(t, http.StatusInternalServerError, answer.StatusCode)
			continue
		}
		require.ErrorIs(t, err, io.ErrUnexpectedEOF, format)
		assert.Equal(t, http.StatusOK, answer.StatusCode)
	}
}

// countingStore does something after so many reads of an export.
type countingStore struct {
	audit.Store
	after int
	then  func()
}

func (s *countingStore) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	if walk.Limit > 500 {
		if s.after--; s.after == 0 {
			s.then()
		}
	}
	return s.Store.List(ctx, walk)
}
