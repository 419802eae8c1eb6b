package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/sqlite"
)

// The drivers: modernc's is pure Go, mattn's is SQLite's own C code.
const (
	pureGo  = "modernc.org/sqlite"
	cEngine = "the C engine (mattn/go-sqlite3)"
)

// sqliteDSNs spell the settings that package sqlite recommends.
var sqliteDSNs = map[string]string{
	"sqlite":  "file:%s?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_pragma=synchronous(FULL)",
	"sqlite3": "file:%s?_txlock=immediate&_journal_mode=WAL&_busy_timeout=5000&_synchronous=FULL",
}

// measureSQLite reads pages from one file through both drivers.
func measureSQLite(ctx context.Context, b *bench) error {
	g := goal{ID: "D1", What: "SQLite at " + count(b.scale.sqlite) + ": pages in pure Go", Of: "the C engine", Limit: 1.2}
	folder, err := os.MkdirTemp("", "audit-bench-")
	if err != nil {
		return err
	}
	b.onClose(func() error { return os.RemoveAll(folder) })
	file := filepath.Join(folder, "audit.db")
	ours, err := b.openSQLite("sqlite", file)
	if err != nil {
		return err
	}
	if err := ours.load(ctx, b); err != nil {
		return err
	}
	trails := map[string]*audit.Log{pureGo: ours.trail}
	drivers := []string{pureGo}
	if slices.Contains(sql.Drivers(), "sqlite3") {
		theirs, err := b.openSQLite("sqlite3", file)
		if err != nil {
			return err
		}
		trails[cEngine] = theirs.trail
		drivers = append(drivers, cEngine)
	} else {
		b.report.missing(g, notMeasured, "built without the C engine: it takes a C compiler and -tags csqlite")
	}
	return b.raceDrivers(ctx, g, drivers, trails)
}

func (b *bench) raceDrivers(ctx context.Context, g goal, drivers []string, trails map[string]*audit.Log) error {
	s, err := sampleOf(ctx, trails[pureGo], timeRanges()[0])
	if err != nil {
		return err
	}
	var candidates []candidate
	var names []string
	for _, shape := range shapes() {
		query := shape.query(s)
		names = append(names, shape.name)
		for _, driver := range drivers {
			candidates = append(candidates, candidate{name: shape.name + driver, do: func(ctx context.Context) error {
				_, err := trails[driver].Page(ctx, query)
				return err
			}})
		}
	}
	result, err := b.race(ctx, 1, candidates...)
	if err != nil {
		return err
	}
	t := b.report.table(fmt.Sprintf("SQLite: pages of 50 from %s entries, over all time", count(b.scale.sqlite)), "page", "pure Go, ms", "× the C engine")
	var all []spread
	var slowest worst
	for _, name := range names {
		if len(drivers) == 1 {
			t.row(name, result.time(name+pureGo).times(1e-6), "not measured")
			continue
		}
		ratio := result.ratio(name+pureGo, name+cEngine)
		t.row(name, result.time(name+pureGo).times(1e-6), ratio)
		all = append(all, ratio)
		slowest.add(name, ratio)
	}
	if len(all) > 0 {
		b.report.measured(g, slowest.spread, slowest.note())
	}
	return nil
}

type sqliteLog struct {
	db    *sql.DB
	store *sqlite.Store
	trail *audit.Log
}

func (b *bench) openSQLite(driver, file string) (*sqliteLog, error) {
	dsn, ok := sqliteDSNs[driver]
	if !ok {
		return nil, errors.New("opening SQLite: there is no driver " + driver)
	}
	db, err := sql.Open(driver, fmt.Sprintf(dsn, file))
	if err != nil {
		return nil, fmt.Errorf("opening SQLite by %s: %w", driver, err)
	}
	b.onClose(db.Close)
	l := &sqliteLog{db: db, store: sqlite.New(db)}
	l.trail, err = newTrail(l.store)
	return l, err
}

// sqliteChunk is how many entries a transaction inserts.
const sqliteChunk = 5000

// load fills an empty log, and makes its indexes afterwards.
func (l *sqliteLog) load(ctx context.Context, b *bench) error {
	if err := l.store.Migrate(ctx); err != nil {
		return err
	}
	indexes, err := l.dropIndexes(ctx)
	if err != nil {
		return err
	}
	m := maker{b.random, l.trail}
	total := b.scale.sqlite
	for first := 0; first < total; first += sqliteChunk {
		last := min(first+sqliteChunk, total)
		entries, err := m.past(ctx, first, last, total)
		if err != nil {
			return err
		}
		if err := l.store.InsertDetached(ctx, entries); err != nil {
			return err
		}
		b.progress.show("loading SQLite with "+count(total)+" entries", last, total)
	}
	for _, statement := range append(indexes, "ANALYZE") {
		if _, err := l.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("running %s: %w", statement, err)
		}
	}
	return nil
}

// dropIndexes drops the log's indexes but its primary key, and returns the
// statements that make them again.
func (l *sqliteLog) dropIndexes(ctx context.Context) (definitions []string, err error) {
	rows, err := l.db.QueryContext(ctx, "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'audit_entries' AND sql IS NOT NULL")
	if err != nil {
		return nil, fmt.Errorf("reading the indexes: %w", err)
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			return nil, fmt.Errorf("reading the indexes: %w", err)
		}
		names, definitions = append(names, name), append(definitions, definition)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, fmt.Errorf("reading the indexes: %w", err)
	}
	for _, name := range names {
		if _, err := l.db.ExecContext(ctx, "DROP INDEX "+name); err != nil {
			return nil, fmt.Errorf("dropping index %s: %w", name, err)
		}
	}
	return definitions, nil
}
