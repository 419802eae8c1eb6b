package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// account is a record of the host: 20 fields, 5 of which change.
type account struct {
	ID                                               int
	C01, C02, C03, C04, C05, C06, C07, C08, C09, C10 string
	C11, C12, C13, C14, C15, C16, C17, C18, C19      int
}

// hostRows is how many records there are: enough that clients seldom meet, few
// enough to stay in memory.
const hostRows = 100 * clients

// host is an application that changes records, and records its changes.
type host struct {
	*pgLog
	// table is where the records are. Defaults to accounts.
	table string
	n     atomic.Int64
}

// hostTable makes a table of so many records.
func hostTable(name string, rows int) string {
	var columns, values strings.Builder
	for i := 1; i <= 19; i++ {
		kind, value := "text", "'a middling text'"
		if i > 10 {
			kind, value = "int", "i"
		}
		fmt.Fprintf(&columns, ", c%02d %s", i, kind)
		fmt.Fprintf(&values, ", %s", value)
	}
	return fmt.Sprintf("CREATE TABLE %[1]s (id int PRIMARY KEY%[2]s) WITH (fillfactor = 70);\n"+
		"INSERT INTO %[1]s SELECT i%[3]s FROM generate_series(1, %[4]d) AS i", name, &columns, &values, rows)
}

const updateSQL = " SET c01 = $2, c02 = $3, c03 = $4, c11 = $5, c12 = $6 WHERE id = $1"

// change is one change of a record. Each client has its own rows, so that none
// waits for another's lock.
type change struct {
	args          []any
	before, after account
}

func (h *host) next(client int) change {
	n := int(h.n.Add(1))
	before := account{ID: 1 + client + clients*(n%(hostRows/clients)), C01: "old", C02: "old", C03: "old", C11: n, C12: n}
	for _, same := range []*string{&before.C04, &before.C05, &before.C06, &before.C07, &before.C08, &before.C09, &before.C10} {
		*same = "a middling text"
	}
	after := before
	after.C01, after.C02, after.C03, after.C11, after.C12 = "new", "a somewhat longer text", "new", n+1, n+2
	return change{[]any{after.ID, after.C01, after.C02, after.C03, after.C11, after.C12}, before, after}
}

func (c *change) event() audit.Event { return audit.Updated(&c.before, &c.after) }

func (h *host) update() string { return "UPDATE " + h.table + updateSQL }

// way is a way to write one change, with or without its entry.
type way struct {
	name string
	do   func(ctx context.Context, h *host, client int) error
}

func unaudited(ctx context.Context, h *host, client int) error {
	c := h.next(client)
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, h.update(), c.args...)
		return err
	})
}

func onePipeline(ctx context.Context, h *host, client int) error {
	c := h.next(client)
	batch, err := h.batch(ctx, c)
	if err != nil {
		return err
	}
	return h.pool.SendBatch(ctx, batch).Close()
}

func withCommit(ctx context.Context, h *host, client int) error {
	c := h.next(client)
	tx, err := postgres.Begin(ctx, h.pool, pgx.TxOptions{})
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx) //nolint:errcheck // does nothing once Commit was called
	if _, err := tx.Exec(ctx, h.update(), c.args...); err != nil {
		return err
	}
	return postgres.Commit(ctx, tx, h.trail, c.event())
}

func queued(ctx context.Context, h *host, client int) error {
	c := h.next(client)
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		batch, err := h.batch(ctx, c)
		if err != nil {
			return err
		}
		return tx.SendBatch(ctx, batch).Close()
	})
}

func recorded(ctx context.Context, h *host, client int) error {
	c := h.next(client)
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, h.update(), c.args...); err != nil {
			return err
		}
		return h.trail.Record(ctx, h.store.Tx(tx), c.event())
	})
}

func (h *host) batch(ctx context.Context, c change) (*pgx.Batch, error) {
	batch := &pgx.Batch{}
	batch.Queue(h.update(), c.args...)
	return batch, postgres.Queue(ctx, batch, h.trail, c.event())
}
