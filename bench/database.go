package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// pgLog is an audit log in its own schema.
type pgLog struct {
	pool   *pgxpool.Pool
	url    string
	schema string
	store  *postgres.Store
	trail  *audit.Log
}

// mostConnections lets every client of the busiest race have its own.
const mostConnections = clients + 4

func openPool(ctx context.Context, url, schema string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("opening PostgreSQL: the database is not given by a postgres:// URL") // it may hold a password
	}
	config.MaxConns = mostConnections
	config.ConnConfig.RuntimeParams["search_path"] = schema
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("opening PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("opening PostgreSQL: %w", err)
	}
	return pool, nil
}

// newLog makes an empty log with the months from a time until a month after the
// data's end, where the clock is. What it holds is gone at the end of the run.
func (b *bench) newLog(ctx context.Context, from time.Time) (*pgLog, error) {
	schema := "audit_bench_" + strings.ToLower(rand.Text())
	b.dropAtEnd(schema)
	return b.newLogIn(ctx, schema, from)
}

func (b *bench) dropAtEnd(schema string) {
	b.onClose(func() error {
		// Not the run's context, which may have been cancelled.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		return b.drop(ctx, schema)
	})
}

func (b *bench) drop(ctx context.Context, schema string) error {
	if _, err := b.main.Exec(ctx, "DROP SCHEMA IF EXISTS "+schema+" CASCADE"); err != nil {
		return fmt.Errorf("dropping schema %s: %w", schema, err)
	}
	return nil
}

func (b *bench) newLogIn(ctx context.Context, schema string, from time.Time) (*pgLog, error) {
	if _, err := b.main.Exec(ctx, "CREATE SCHEMA "+schema); err != nil {
		return nil, fmt.Errorf("making a schema: %w", err)
	}
	l, err := b.openLog(ctx, schema)
	if err != nil {
		return nil, err
	}
	admin := postgres.NewAdmin(l.pool)
	if err := admin.Migrate(ctx); err != nil {
		return nil, err
	}
	_, err = admin.MakePartitions(ctx, from, dataEnd.AddDate(0, 1, 0))
	return l, err
}

// openLog opens the log in a schema.
func (b *bench) openLog(ctx context.Context, schema string) (*pgLog, error) {
	pool, err := openPool(ctx, b.database, schema)
	if err != nil {
		return nil, err
	}
	b.onClose(func() error { pool.Close(); return nil })
	l := &pgLog{pool: pool, url: b.database, schema: schema, store: postgres.New(pool)}
	l.trail, err = newTrail(l.store)
	return l, err
}

// clock goes on where the data ends, so that what is recorded lands beside it,
// in whichever year the command runs.
func clock() time.Time {
	now := time.Now().UTC()
	midnight := now.Truncate(24 * time.Hour)
	return dataEnd.Add(now.Sub(midnight))
}

// newID is audit.NewID by that clock, for rows that go past the library.
func newID() audit.ID {
	id, now := audit.NewID(), audit.FirstID(clock())
	copy(id[:8], now[:8]) // time and version; the rest is random
	return id
}

func newTrail(store audit.Store) (*audit.Log, error) {
	return audit.New(store, audit.Config{Org: largestOrg, Now: clock})
}

// log returns the log with so many entries; it is loaded when it is first asked
// for.
func (b *bench) log(ctx context.Context, entries int) (*pgLog, error) {
	if l, ok := b.logs[entries]; ok {
		return l, nil
	}
	l, err := b.loadedLog(ctx, entries)
	if err != nil {
		return nil, fmt.Errorf("loading %s entries: %w", count(entries), err)
	}
	b.logs[entries] = l
	return l, nil
}

func (b *bench) loadedLog(ctx context.Context, entries int) (*pgLog, error) {
	if b.keep {
		return b.keptLog(ctx, entries)
	}
	l, err := b.newLog(ctx, dataStart)
	if err != nil {
		return nil, err
	}
	return l, l.load(ctx, entries, b.progress)
}

// keptLog is what an earlier run has loaded, or is loaded now and stays. Its
// comment says that it was loaded to the end.
func (b *bench) keptLog(ctx context.Context, entries int) (*pgLog, error) {
	schema := fmt.Sprintf("audit_bench_kept_%d", entries)
	const whole = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1 AND obj_description(oid, 'pg_namespace') = 'loaded')"
	var loaded bool
	if err := b.main.QueryRow(ctx, whole, schema).Scan(&loaded); err != nil {
		return nil, err
	}
	if loaded {
		return b.openLog(ctx, schema)
	}
	if err := b.drop(ctx, schema); err != nil {
		return nil, err
	}
	l, err := b.newLogIn(ctx, schema, dataStart)
	if err != nil {
		return nil, err
	}
	if err := l.load(ctx, entries, b.progress); err != nil {
		return nil, err
	}
	return l, l.exec(ctx, "COMMENT ON SCHEMA "+schema+" IS 'loaded'")
}

// exec runs statements one after the other.
func (l *pgLog) exec(ctx context.Context, statements ...string) error {
	for _, statement := range statements {
		if _, err := l.pool.Exec(ctx, statement); err != nil {
			first, _, _ := strings.Cut(strings.TrimSpace(statement), "\n")
			return fmt.Errorf("running %s …: %w", first, err)
		}
	}
	return nil
}

// texts reads a column of texts.
func (l *pgLog) texts(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := l.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}
