package main

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/jackc/pgx/v5"
)

const unauditedName = "unaudited: BEGIN, UPDATE, COMMIT"

// The ways to write one change. The first is the floor.
func ways() []way {
	return []way{
		{unauditedName, unaudited},
		{"one pipeline {UPDATE, INSERT}", onePipeline},
		{"caller's transaction, INSERT sent with COMMIT", withCommit},
		{"caller's transaction, UPDATE and INSERT in a batch", queued},
		{"caller's transaction, a separate Record", recorded},
		{"by hand: INSERT of a prepared row", byHand},
		{"by hand: JSON of both compared, then INSERT", byJSON},
	}
}

// theHost returns the application whose changes are recorded: tables of records
// beside a log that begins empty. It is made when it is first asked for.
func (b *bench) theHost(ctx context.Context) (*host, error) {
	if b.host != nil {
		return b.host, nil
	}
	l, err := b.newLog(ctx, dataEnd)
	if err != nil {
		return nil, err
	}
	h := &host{pgLog: l, table: "accounts"}
	if err := l.exec(ctx, strings.Split(hostTable(h.table, hostRows), ";\n")...); err != nil {
		return nil, err
	}
	if err := h.addTriggered(ctx); err != nil {
		return nil, err
	}
	b.host = h
	return h, l.exec(ctx, "VACUUM ANALYZE")
}

// measureRecording times one change written in each of the ways.
func measureRecording(ctx context.Context, b *bench) error {
	h, err := b.theHost(ctx)
	if err != nil {
		return err
	}
	var candidates []candidate
	for _, w := range ways() {
		candidates = append(candidates, candidate{name: w.name, do: func(ctx context.Context) error { return w.do(ctx, h, 0) }})
	}
	triggered := h.triggered()
	candidates = append(candidates, candidate{name: triggeredName, do: func(ctx context.Context) error { return unaudited(ctx, triggered, 0) }})
	result, err := b.race(ctx, 2, candidates...)
	if err != nil {
		return err
	}
	t := b.report.table("Recording one change of a record of 20 fields, one client", "way", "p50, µs", "× unaudited")
	for _, c := range candidates {
		t.row(c.name, result.time(c.name).times(1e-3), result.ratio(c.name, unauditedName))
	}
	all := ways()
	for _, held := range []struct {
		id    string
		way   way
		what  string
		limit float64
	}{
		{"A1", all[1], "audited write, one pipeline", 0.85},
		{"A2", all[2], "caller's transaction, sent with COMMIT", 1.25},
		{"A2", all[3], "caller's transaction, queued in the batch", 1.25},
		{"A2", all[4], "caller's transaction, plain Record", 1.4},
	} {
		b.report.measured(goal{ID: held.id, What: held.what, Of: "an unaudited three-round-trip transaction", Limit: held.limit},
			result.ratio(held.way.name, unauditedName), "")
	}
	return nil
}

const rawInsertSQL = `INSERT INTO audit_entries (org_id, id, occurred_at, action, object_type, object_id, object_sort, actor_kind, source, changes, changed_fields, format)
	VALUES ('org_01', $1, $2, 'update', 'account', $3, $4, 'system', 'app', $5, 'c01,c02,c03,c11,c12', 1)`

const readyChanges = `[{"field":"c01","new":"new","old":"old"},{"field":"c02","new":"a somewhat longer text","old":"old"},` +
	`{"field":"c03","new":"new","old":"old"},{"field":"c11","new":2,"old":1},{"field":"c12","new":2,"old":1}]`

// byHand is what a host would write that knows the row already.
func byHand(ctx context.Context, h *host, client int) error {
	c := h.next(client)
	return h.changeAndInsert(ctx, c, func() (string, error) { return readyChanges, nil })
}

// byJSON is what hosts often write: both sides through JSON into maps, and the
// maps compared by reflection.
func byJSON(ctx context.Context, h *host, client int) error {
	c := h.next(client)
	return h.changeAndInsert(ctx, c, func() (string, error) {
		changes, err := compareByJSON(&c.before, &c.after)
		if err != nil {
			return "", err
		}
		text, err := json.Marshal(changes)
		return string(text), err
	})
}

func (h *host) changeAndInsert(ctx context.Context, c change, changes func() (string, error)) error {
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, h.update(), c.args...); err != nil {
			return err
		}
		text, err := changes()
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, rawInsertSQL, c.ready(text)...)
		return err
	})
}

// ready returns the arguments of rawInsertSQL.
func (c *change) ready(changes string) []any {
	id, object := newID(), fmt.Sprint(c.after.ID)
	return []any{id.String(), id.Time(), object, fmt.Sprintf("n%03d%s", len(object), object), changes}
}

// fieldChange is a change as [compareByJSON] finds it.
type fieldChange struct {
	Field string `json:"field"`
	Old   any    `json:"old"`
	New   any    `json:"new"`
}

func compareByJSON(before, after any) ([]fieldChange, error) {
	var sides [2]map[string]any
	for i, record := range []any{before, after} {
		text, err := json.Marshal(record)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &sides[i]); err != nil {
			return nil, err
		}
	}
	var changes []fieldChange
	for field, old := range sides[0] {
		if now := sides[1][field]; !reflect.DeepEqual(old, now) {
			changes = append(changes, fieldChange{field, old, now})
		}
	}
	return changes, nil
}
