package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

const triggeredName = "a trigger in the way of supa_audit"

// A trigger that does what supa_audit's public description says its own does:
// each row is written whole, before and after, as jsonb, under an ID that is
// made of the table and the row's primary key, which it looks up. The words
// are ours. The indexes are on the record's IDs, the time (BRIN) and the table.
var triggerSQL = []string{
	`CREATE TABLE row_versions (
		id bigserial PRIMARY KEY, record_id uuid, old_record_id uuid, op text NOT NULL, ts timestamptz NOT NULL DEFAULT now(),
		table_oid oid NOT NULL, table_schema name NOT NULL, table_name name NOT NULL, record jsonb, old_record jsonb)`,
	"CREATE INDEX ON row_versions (record_id) WHERE record_id IS NOT NULL",
	"CREATE INDEX ON row_versions (old_record_id) WHERE old_record_id IS NOT NULL",
	"CREATE INDEX ON row_versions USING brin (ts)",
	"CREATE INDEX ON row_versions (table_oid)",
	`CREATE FUNCTION key_columns(given oid) RETURNS text[] STABLE LANGUAGE sql AS $$
		SELECT coalesce(array_agg(a.attname::text ORDER BY a.attnum), '{}')
		FROM pg_index AS i JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
		WHERE i.indrelid = given AND i.indisprimary
	$$`,
	`CREATE FUNCTION record_key(given oid, columns text[], record jsonb) RETURNS uuid STABLE LANGUAGE sql AS $$
		SELECT CASE WHEN record IS NULL OR columns = '{}' THEN NULL ELSE
			(SELECT md5((jsonb_build_array(given) || jsonb_agg(record -> c))::text)::uuid FROM unnest(columns) AS c) END
	$$`,
	`CREATE FUNCTION keep_version() RETURNS trigger LANGUAGE plpgsql AS $$
	DECLARE
		columns text[] = key_columns(TG_RELID);
		after   jsonb = to_jsonb(NEW);
		before  jsonb = to_jsonb(OLD);
	BEGIN
		INSERT INTO row_versions (record_id, old_record_id, op, table_oid, table_schema, table_name, record, old_record)
		VALUES (record_key(TG_RELID, columns, after), record_key(TG_RELID, columns, before), TG_OP,
			TG_RELID, TG_TABLE_SCHEMA, TG_TABLE_NAME, after, before);
		RETURN coalesce(NEW, OLD);
	END $$`,
	"CREATE TRIGGER keep_version AFTER INSERT OR UPDATE OR DELETE ON watched_accounts FOR EACH ROW EXECUTE FUNCTION keep_version()",
}

// addTriggered makes a second table of records, watched by the trigger.
func (h *host) addTriggered(ctx context.Context) error {
	if err := h.exec(ctx, hostTable("watched_accounts", hostRows)); err != nil {
		return err
	}
	return h.exec(ctx, triggerSQL...)
}

// triggered is the host that changes the watched table.
func (h *host) triggered() *host { return &host{pgLog: h.pgLog, table: "watched_accounts"} }

const (
	capturedName    = "the library's trigger, without actor"
	withActorName   = "the library's trigger, with actor"
	readyName       = "UPDATE and a raw INSERT of a ready row"
	bulkName        = "unaudited: UPDATE of 10,000 rows"
	bulkReady       = "UPDATE and a raw INSERT of 10,000 ready rows"
	bulkCaptured    = "the library's trigger, 10,000 rows"
	bulkCaptureRows = 10_000
)

// measureTriggers holds the library's own capture by triggers against writes
// without it, and against the way of supa_audit.
func measureTriggers(ctx context.Context, b *bench) error {
	h, err := b.theHost(ctx)
	if err != nil {
		return err
	}
	captured := &host{pgLog: h.pgLog, table: "captured_accounts"}
	for table, rows := range map[string]int{captured.table: hostRows, "bulk_accounts": bulkCaptureRows, "bulk_captured": bulkCaptureRows} {
		if err := h.exec(ctx, strings.Split(hostTable(table, rows), ";\n")...); err != nil {
			return err
		}
	}
	admin := postgres.NewAdmin(h.pool)
	for _, table := range []string{captured.table, "bulk_captured"} {
		if err := admin.Watch(ctx, postgres.WatchTable{Name: table, Type: "account", Org: largestOrg}); err != nil {
			return err
		}
	}
	if err := h.exec(ctx, "VACUUM ANALYZE"); err != nil {
		return err
	}
	triggered := h.triggered()
	one, err := b.race(ctx, 2,
		candidate{name: unauditedName, do: func(ctx context.Context) error { return unaudited(ctx, h, 0) }},
		candidate{name: capturedName, do: func(ctx context.Context) error { return unaudited(ctx, captured, 0) }},
		candidate{name: withActorName, do: func(ctx context.Context) error { return withActor(ctx, captured) }},
		candidate{name: triggeredName, do: func(ctx context.Context) error { return unaudited(ctx, triggered, 0) }},
	)
	if err != nil {
		return err
	}
	bulk, err := b.race(ctx, 1,
		candidate{name: bulkName, do: func(ctx context.Context) error { return h.updateAll(ctx, "bulk_accounts") }},
		candidate{name: bulkCaptured, do: func(ctx context.Context) error { return h.updateAll(ctx, "bulk_captured") }},
	)
	if err != nil {
		return err
	}
	// The floors have their own races, since each further way leaves less of
	// the others in the processor's caches.
	oneFloor, err := b.race(ctx, 2,
		candidate{name: unauditedName, do: func(ctx context.Context) error { return unaudited(ctx, h, 0) }},
		candidate{name: readyName, do: func(ctx context.Context) error { return withReady(ctx, h) }},
	)
	if err != nil {
		return err
	}
	bulkFloor, err := b.race(ctx, 1,
		candidate{name: bulkName, do: func(ctx context.Context) error { return h.updateAll(ctx, "bulk_accounts") }},
		candidate{name: bulkReady, do: func(ctx context.Context) error { return h.updateAllWithReady(ctx, "bulk_accounts") }},
	)
	if err != nil {
		return err
	}
	t := b.report.table("Capture by triggers", "way", "p50, µs", "× unaudited")
	for _, name := range []string{unauditedName, capturedName, withActorName, triggeredName} {
		t.row(name, one.time(name).times(1e-3), one.ratio(name, unauditedName))
	}
	t.row(readyName, oneFloor.time(readyName).times(1e-3), oneFloor.ratio(readyName, unauditedName))
	for _, name := range []string{bulkName, bulkCaptured} {
		t.row(name, bulk.time(name).times(1e-3), bulk.ratio(name, bulkName))
	}
	t.row(bulkReady, bulkFloor.time(bulkReady).times(1e-3), bulkFloor.ratio(bulkReady, bulkName))
	b.report.measured(goal{ID: "A6", What: "trigger capture, without actor", Of: "an unaudited UPDATE", Limit: 1.35}, one.ratio(capturedName, unauditedName), "")
	b.report.measured(goal{ID: "A6", What: "trigger capture, with actor", Of: "an unaudited UPDATE", Limit: 1.6}, one.ratio(withActorName, unauditedName), "")
	b.report.measured(goal{ID: "A6", What: "trigger capture, 10,000 rows at once", Of: "the unaudited bulk UPDATE", Limit: 3}, bulk.ratio(bulkCaptured, bulkName), "")
	b.report.measured(goal{ID: "A6", What: "supa_audit's way", Of: "our trigger", Limit: 1.4, AtLeast: true}, one.ratio(triggeredName, capturedName), "")
	return nil
}

// withActor changes a row of a watched table, and says who does it in the same
// round trip.
func withActor(ctx context.Context, h *host) error {
	c := h.next(0)
	as := audit.WithActor(ctx, audit.Actor{ID: "7", Email: "dana@acme.test"})
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		var batch pgx.Batch
		if err := postgres.QueueContext(as, &batch); err != nil {
			return err
		}
		batch.Queue(h.update(), c.args...)
		return tx.SendBatch(ctx, &batch).Close()
	})
}

// withReady changes a row and inserts an entry that is ready, in the same round
// trip: what no trigger that writes the same entry can beat.
func withReady(ctx context.Context, h *host) error {
	c := h.next(0)
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(h.update(), c.args...)
		batch.Queue(rawInsertSQL, c.ready(readyChanges)...)
		return tx.SendBatch(ctx, &batch).Close()
	})
}

// The IDs count up, as those of a trigger do.
const rawInsertManySQL = `INSERT INTO audit_entries (org_id, id, occurred_at, action, object_type, object_id, object_sort, actor_kind, source, changes, changed_fields, format)
	SELECT 'org_01', (left($1, 19) || '8000-' || lpad(to_hex(i), 12, '0'))::uuid, $2, 'update', 'account', i::text, 'n00' || length(i::text) || i, 'system', 'app', $3, 'c01,c11', 1
	FROM generate_series(1, $4) AS i`

func (h *host) updateAllWithReady(ctx context.Context, table string) error {
	return pgx.BeginFunc(ctx, h.pool, func(tx pgx.Tx) error {
		var batch pgx.Batch
		update, value := h.everyRow(table)
		batch.Queue(update, value)
		id := newID()
		batch.Queue(rawInsertManySQL, id.String(), id.Time(), readyChanges, bulkCaptureRows)
		return tx.SendBatch(ctx, &batch).Close()
	})
}

func (h *host) updateAll(ctx context.Context, table string) error {
	update, value := h.everyRow(table)
	_, err := h.pool.Exec(ctx, update, value)
	return err
}

// everyRow returns a statement that changes every row of a table, and its
// argument.
func (h *host) everyRow(table string) (update, value string) {
	return "UPDATE " + table + " SET c01 = $1, c11 = c11 + 1", fmt.Sprint("changed ", h.n.Add(1))
}
