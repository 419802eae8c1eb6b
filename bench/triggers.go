package main

import "context"

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
	if err := h.exec(ctx, hostTable("watched_accounts")); err != nil {
		return err
	}
	return h.exec(ctx, triggerSQL...)
}

// triggered is the host that changes the watched table.
func (h *host) triggered() *host { return &host{pgLog: h.pgLog, table: "watched_accounts"} }

// measureTriggers will hold the library's own capture by triggers against
// these; it does not exist yet.
func measureTriggers(_ context.Context, b *bench) error {
	for _, g := range []goal{
		{ID: "A6", What: "trigger capture, without actor", Of: "an unaudited UPDATE", Limit: 1.35},
		{ID: "A6", What: "trigger capture, with actor", Of: "an unaudited UPDATE", Limit: 1.6},
		{ID: "A6", What: "trigger capture, 10,000 rows at once", Of: "the unaudited bulk UPDATE", Limit: 3},
		{ID: "A6", What: "supa_audit's way", Of: "our trigger", Limit: 1.4, AtLeast: true},
	} {
		b.report.missing(g, notBuilt, "")
	}
	return nil
}
