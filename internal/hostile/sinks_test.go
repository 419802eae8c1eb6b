package hostile

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/sqlite"
)

// logged has what the program wrote to its own log.
var logged lockedBuffer

type lockedBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug})))
	os.Exit(m.Run())
}

// howMany is the number of inputs of a run.
func howMany() int {
	if os.Getenv("AUDIT_TEST_LONG") == "1" {
		return 10_000
	}
	return 160
}

// database is a store, and all that it keeps, as it keeps it.
type database struct {
	store audit.Store
	dump  func(t *testing.T) string
}

func databases(t *testing.T) map[string]database {
	t.Helper()
	all := map[string]database{"SQLite": openSQLite(t)}
	if os.Getenv(pgtest.URLVariable) != "" || os.Getenv(pgtest.RequireVariable) == "1" {
		pool := pgtest.New(t)
		all["PostgreSQL"] = database{store: migrated(t, pool), dump: func(t *testing.T) string { return dumpPostgres(t, pool) }}
	} else {
		t.Log("without PostgreSQL: " + pgtest.URLVariable + " is not set")
	}
	return all
}

func migrated(t *testing.T, pool *pgxpool.Pool) audit.Store {
	t.Helper()
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	return store
}

func dumpPostgres(t *testing.T, pool *pgxpool.Pool) string {
	t.Helper()
	rows, err := pool.Query(t.Context(), "SELECT e::text FROM audit_entries AS e")
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return strings.Join(all, "\n")
}

func openSQLite(t *testing.T) database {
	t.Helper()
	file := filepath.Join(t.TempDir(), "audit.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	store := sqlite.New(db)
	require.NoError(t, store.Migrate(t.Context()))
	return database{store: store, dump: func(t *testing.T) string {
		t.Helper()
		var all strings.Builder
		for _, name := range []string{file, file + "-wal"} {
			content, err := os.ReadFile(name)
			require.NoError(t, err)
			all.Write(content)
		}
		return all.String()
	}}
}

// sink is one place where entries come out.
type sink struct {
	name, content string
	opaque        bool // what is in it cannot be searched for as text
}

// sinks lets everything out that there is, of one organization.
func sinks(t *testing.T, store audit.Store, org string) []sink {
	t.Helper()
	trail, err := audit.New(store, audit.Config{Org: org})
	require.NoError(t, err)
	var all []sink
	report := export.Report{Filter: audit.Filter{Org: org}}
	for _, format := range export.Formats() {
		var file bytes.Buffer
		_, err := format.Write(&file, trail.All(t.Context(), audit.Filter{}, audit.Sort{}), report)
		require.NoError(t, err, format)
		all = append(all, sink{"export as " + string(format), unpacked(t, file.Bytes()), format == export.PDF || format == export.PDFParts})
	}
	ui, err := httpui.New(trail, httpui.Options{
		Authorize: func(*http.Request) bool { return true }, Exports: httpui.Exports{Unrecorded: true},
	})
	require.NoError(t, err)
	answer := func(target string) string {
		w := httptest.NewRecorder()
		ui.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		require.Equal(t, http.StatusOK, w.Code, target)
		return w.Body.String()
	}
	var pages, entries, api strings.Builder
	n := 0
	for e, err := range trail.All(t.Context(), audit.Filter{}, audit.Sort{}) {
		require.NoError(t, err)
		if n%200 == 0 {
			place := fmt.Sprintf("range=all&per_page=200&page=%d", n/200+1)
			pages.WriteString(answer("/?" + place + "&draft=add%3Duser%26add%3Daction%26add%3Dobject_type"))
			api.WriteString(answer("/entries.json?" + place))
		}
		if n%max(5, howMany()/400) == 0 { // each of these looks for its neighbours in the list too
			entries.WriteString(answer("/entries/" + e.ID.String()))
		}
		if n%20 == 0 {
			api.WriteString(answer("/entries/" + e.ID.String() + ".json"))
		}
		n++
	}
	return append(all, sink{"pages", pages.String(), false}, sink{"entries' pages", entries.String(), false},
		sink{"JSON", api.String(), false}, sink{"the program's log", logged.String(), true})
}

// unpacked is what a file holds, with what is in archives and the streams of a
// PDF unpacked.
func unpacked(t *testing.T, file []byte) string {
	t.Helper()
	var all bytes.Buffer
	if archive, err := zip.NewReader(bytes.NewReader(file), int64(len(file))); err == nil {
		for _, entry := range archive.File {
			part, err := entry.Open()
			require.NoError(t, err)
			content, err := io.ReadAll(part)
			require.NoError(t, err)
			require.NoError(t, part.Close())
			all.WriteString(unpacked(t, content))
		}
		return all.String()
	}
	all.Write(file)
	if bytes.HasPrefix(file, []byte("%PDF")) {
		for _, stream := range bytes.Split(file, []byte("stream\n"))[1:] {
			if reader, err := zlib.NewReader(bytes.NewReader(stream)); err == nil {
				_, _ = io.Copy(&all, reader) // fonts and pictures too; what ends early is looked at as far as it goes
			}
		}
	}
	return all.String()
}

// prepared are the entries of one event, as they should come back.
func prepared(ctx context.Context, trail *audit.Log, event audit.Event) (entries []audit.Entry, panicked any, err error) {
	defer func() { panicked = recover() }()
	entries, err = trail.Prepare(ctx, event)
	return entries, nil, err
}
