package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// The sizes of what is written at once, and how many times.
const (
	walBlocks  = 12
	walSingles = 50
	bulkRows   = 1000
)

// measureWAL counts the bytes that an entry adds to PostgreSQL's write-ahead
// log, and holds many entries in one call against a plain INSERT.
func measureWAL(ctx context.Context, b *bench) error {
	h, err := b.theHost(ctx)
	if err != nil {
		return err
	}
	m := maker{b.random, h.trail}
	t := b.report.table("Bytes in the write-ahead log for each entry, all indexes included", "way", "bytes")
	for _, w := range []struct {
		name string
		n    int
		do   func([]audit.Entry) error
	}{
		{"one at a time", walSingles, func(entries []audit.Entry) error {
			for i := range entries {
				if err := h.store.InsertDetached(ctx, entries[i:i+1]); err != nil {
					return err
				}
			}
			return nil
		}},
		{"1,000 in one call", bulkRows, func(entries []audit.Entry) error { return h.store.InsertDetached(ctx, entries) }},
	} {
		var sizes []float64
		for block := range walBlocks + 2 {
			entries, err := m.updates(ctx, w.n)
			if err != nil {
				return err
			}
			size, err := h.walOf(ctx, func() error { return w.do(entries) })
			if err != nil {
				return err
			}
			if block >= 2 { // the first ones write whole pages, and make the table's first
				sizes = append(sizes, size/float64(w.n))
			}
		}
		t.row(w.name, spreadOf(sizes))
		b.report.measured(goal{ID: "A4", What: "write-ahead log for an entry, " + w.name, Limit: 1500, Unit: "bytes"}, spreadOf(sizes), "")
	}
	h2 := h.triggered()
	size, err := h.walOf(ctx, func() error { return repeat(walSingles, func() error { return unaudited(ctx, h2, 0) }) })
	if err != nil {
		return err
	}
	bare, err := h.walOf(ctx, func() error { return repeat(walSingles, func() error { return unaudited(ctx, h, 0) }) })
	if err != nil {
		return err
	}
	t.row(triggeredName+", its UPDATE left out", figure((size-bare)/walSingles))
	return b.measureBulk(ctx, h, m)
}

func repeat(n int, do func() error) error {
	for range n {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// walOf is how far the server's log went while do ran. What others write
// meanwhile counts too, so the server should have nothing else to do.
func (l *pgLog) walOf(ctx context.Context, do func() error) (float64, error) {
	var before string
	if err := l.pool.QueryRow(ctx, "SELECT pg_current_wal_insert_lsn()::text").Scan(&before); err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	var bytes float64
	err := l.pool.QueryRow(ctx, "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::text::pg_lsn)::float8", before).Scan(&bytes)
	return bytes, err
}

// measureBulk records 1,000 events in one call, and beside it inserts rows that
// are ready, by one INSERT from arrays into the same table.
func (b *bench) measureBulk(ctx context.Context, h *host, m maker) error {
	events := make([]audit.Event, bulkRows)
	for i := range events {
		c := h.next(i % clients)
		events[i] = c.event()
	}
	const floor, ours, detached = "raw INSERT from arrays", "Record of 1,000 events", "1,000 prepared entries"
	insert := rawBulkSQL()
	entries, err := m.updates(ctx, bulkRows)
	if err != nil {
		return err
	}
	result, err := b.race(ctx, 1,
		candidate{name: floor, do: func(ctx context.Context) error {
			renew(entries)
			args := columnsOf(entries)
			return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, insert, args...)
				return err
			})
		}},
		candidate{name: ours, do: func(ctx context.Context) error {
			return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error { return h.trail.Record(ctx, h.store.Tx(tx), events...) })
		}},
		candidate{name: detached, do: func(ctx context.Context) error {
			renew(entries)
			return h.store.InsertDetached(ctx, entries)
		}},
	)
	if err != nil {
		return err
	}
	t := b.report.table("1,000 entries at once, one transaction", "way", "ms", "entries/s against the raw INSERT")
	for _, name := range []string{floor, ours, detached} {
		t.row(name, result.time(name).times(1e-6), result.ratio(floor, name))
	}
	b.report.measured(goal{ID: "A4", What: "1,000 events in one Record, entries a second", Of: "a raw INSERT from arrays of ready rows", Limit: 0.9, AtLeast: true},
		result.ratio(floor, ours), "")
	return nil
}

// renew gives entries new IDs, so that they can be inserted again.
func renew(entries []audit.Entry) {
	for i := range entries {
		entries[i].ID = newID()
		entries[i].OccurredAt = entries[i].ID.Time()
	}
}

func columnsOf(entries []audit.Entry) []any {
	columns := make([][]string, len(entrysql.Columns))
	for i := range entries {
		for c, text := range entrysql.RowOf(&entries[i]) {
			columns[c] = append(columns[c], text)
		}
	}
	args := make([]any, len(columns))
	for c := range columns {
		args[c] = columns[c]
	}
	return args
}

func rawBulkSQL() string {
	arrays := make([]string, len(entrysql.Columns))
	for i := range arrays {
		arrays[i] = fmt.Sprintf("$%d::text[]", i+1)
	}
	names := strings.Join(entrysql.Columns, ", ")
	return "INSERT INTO audit_entries (" + names + ") SELECT " + strings.Join(entrysql.PostgreSQLValues("given"), ", ") +
		" FROM unnest(" + strings.Join(arrays, ", ") + ") AS given (" + names + ")"
}
