package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit/internal/secrets"
)

// history is what an earlier call of Watch kept of a table.
type history struct {
	function string      // its name; empty if the table was never watched
	config   watchConfig // without columns if it is not known
	fits     bool        // the numbers of its columns are those of the table
}

// findHistory returns the history of the table, or of a dropped table of the same
// name.
func findHistory(ctx context.Context, db querier, entries, watched table) (history, error) {
	all, err := captures(ctx, db, entries)
	if err != nil {
		return history{}, err
	}
	at := slices.IndexFunc(all, func(c captured) bool { return c.relation.OID == watched.OID })
	if at < 0 {
		at = slices.IndexFunc(all, func(c captured) bool { return c.relation.OID == 0 && c.config.Table == watched.sql() })
	}
	if at < 0 {
		return history{}, nil
	}
	before := history{function: all[at].function, config: all[at].config}
	err = db.QueryRow(ctx, "SELECT audit_capture_identity($1) = $2", watched.OID, before.config.Identity).Scan(&before.fits)
	if err != nil {
		return history{}, fmt.Errorf("identifying it: %w", err)
	}
	return before, nil
}

// now returns the column's present name if it was renamed, else "".
func (h history) now(column string, c watchConfig) string {
	number, ok := h.config.Columns[column]
	if !ok || !h.fits {
		return ""
	}
	for name, n := range c.Columns {
		if n == number && name != column {
			return name
		}
	}
	return ""
}

// unseen returns the columns that the earlier call of Watch did not know, by their
// numbers.
func (h history) unseen(c watchConfig) (names []string) {
	if !h.fits {
		return nil
	}
	known := map[int]bool{}
	for _, number := range h.config.Columns {
		known[number] = true
	}
	for _, name := range c.columnNames() {
		if !known[c.Columns[name]] {
			names = append(names, name)
		}
	}
	return names
}

// forgetSeen removes the rows of audit_capture_seen of some tables.
func forgetSeen(ctx context.Context, tx pgx.Tx, entries table, identities ...string) error {
	_, err := tx.Exec(ctx, "DELETE FROM "+entries.sibling("audit_capture_seen")+" WHERE identity = ANY($1)", identities)
	if err != nil {
		return fmt.Errorf("forgetting its columns: %w", err)
	}
	return nil
}

// column is a column as audit_capture_columns describes it.
type column struct {
	name     string
	was      *string // its name in the configuration, if it is known there
	hidden   bool
	document *string
}

func describeColumns(ctx context.Context, db querier, relation uint32, config watchConfig) ([]column, error) {
	encoded, err := json.Marshal(config)
	if err != nil {
		return nil, fmt.Errorf("encoding its configuration: %w", err)
	}
	rows, err := db.Query(ctx, "SELECT name, was, hidden, document FROM audit_capture_columns($1, $2::text::jsonb)", relation, string(encoded))
	if err != nil {
		return nil, fmt.Errorf("describing its columns: %w", err)
	}
	columns, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c column, err error) {
		return c, row.Scan(&c.name, &c.was, &c.hidden, &c.document)
	})
	if err != nil {
		return nil, fmt.Errorf("describing its columns: %w", err)
	}
	return columns, nil
}

// hide finds the columns whose values are not kept: by their name, or because they
// were hidden before, here or in a partition or parent. It is an error if a column
// may hold what was redacted under another name.
func (c *watchConfig) hide(ctx context.Context, db querier, entries, watched table, before history, names secrets.Set) error {
	known := *c
	if before.config.Columns != nil {
		known = before.config
	}
	namesBefore, err := secrets.NewSet("the names kept of WatchTable.Redact", known.Names)
	if err != nil {
		return err
	}
	columns, err := describeColumns(ctx, db, watched.OID, known)
	if err != nil {
		return err
	}
	related, err := hiddenInRelatives(ctx, db, entries, watched)
	if err != nil {
		return err
	}
	var unsure []string
	for _, column := range columns {
		switch {
		case column.document == nil:
		case *column.document == "":
			c.Opaque = append(c.Opaque, column.name)
		default:
			c.Documents = append(c.Documents, column.name)
		}
		// A column that is hidden only because its earlier name is not known.
		unknown := column.hidden && column.was == nil && !before.fits && !namesBefore.Has(column.name) && !slices.Contains(known.Hidden, column.name)
		if unknown && (column.name == c.OrgColumn || slices.Contains(c.ParentColumns, column.name) || slices.Contains(c.Key, column.name) && (c.keyGiven || slices.Equal(c.KeyTypes, known.KeyTypes))) {
			column.hidden, unknown = false, false
		}
		secret := names.Has(column.name)
		switch {
		case slices.Contains(c.Plain, column.name):
			continue
		case secret || column.hidden || related[column.name]:
			c.Hidden = append(c.Hidden, column.name)
		}
		if unknown && !secret && !slices.Contains(c.Ignore, column.name) {
			unsure = append(unsure, column.name)
		}
	}
	if unsure != nil {
		return fmt.Errorf("the table was restored or replaced since it was watched, and its columns %q were not there then: "+
			"one of them may hold what was redacted under another name; name each in WatchTable.Redact, WatchTable.Ignore or WatchTable.Plain", unsure)
	}
	for _, list := range []struct {
		field   string
		columns []string
	}{{"Key", c.Key}, {"OrgColumn", []string{c.OrgColumn}}, {"ParentColumns", c.ParentColumns}} {
		for _, column := range list.columns {
			if slices.Contains(c.Hidden, column) {
				return fmt.Errorf("field WatchTable.%s is the column %q, whose values are secrets, and every entry would show one: "+
					"take another column, or name it in WatchTable.Plain", list.field, column)
			}
		}
	}
	return c.checkRedact(ctx, db, watched, before)
}

// checkRedact refuses a name that hides nothing. If it did so before, and its
// column was renamed or dropped since, the column stays hidden and Check reports it.
func (c *watchConfig) checkRedact(ctx context.Context, db querier, watched table, before history) error {
	for _, name := range c.Redact {
		if slices.Contains(c.Plain, name) {
			return fmt.Errorf("the column %q is in WatchTable.Redact and in WatchTable.Plain: take it out of one", name)
		}
	}
	idle, err := c.idleNames(ctx, db, watched)
	if err != nil {
		return err
	}
	for _, name := range idle {
		if !slices.Contains(before.config.Redact, name) {
			return fmt.Errorf("field WatchTable.Redact holds the name %q, which fits no column, and there is no JSON in which it could be a key: %s",
				name, c.insteadOf(name, before))
		}
	}
	return nil
}

// idleNames returns the names in Redact that fit no column, if the table has no
// JSON in which they could be keys.
func (c *watchConfig) idleNames(ctx context.Context, db querier, watched table) (idle []string, err error) {
	for _, name := range c.Redact {
		if !slices.ContainsFunc(c.columnNames(), func(column string) bool { return secrets.Fits(column, name) }) {
			idle = append(idle, name)
		}
	}
	if idle == nil {
		return nil, nil
	}
	var keys bool
	err = db.QueryRow(ctx, `WITH RECURSIVE types AS (
			SELECT atttypid AS oid FROM pg_attribute WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped
			UNION SELECT part.oid FROM types JOIN pg_type AS t ON t.oid = types.oid CROSS JOIN LATERAL (VALUES (t.typbasetype), (t.typelem)) AS part (oid) WHERE part.oid <> 0)
		SELECT EXISTS (SELECT FROM types JOIN pg_type AS t ON t.oid = types.oid WHERE t.typname IN ('json', 'jsonb', 'hstore'))`, watched.OID).Scan(&keys)
	if err != nil {
		return nil, fmt.Errorf("reading its types: %w", err)
	}
	if keys {
		return nil, nil
	}
	return idle, nil
}

// hiddenInRelatives returns the columns that are hidden in a watched partition,
// child or parent of the table: the same values pass through both.
func hiddenInRelatives(ctx context.Context, db querier, entries, watched table) (map[string]bool, error) {
	all, err := captures(ctx, db, entries)
	if err != nil {
		return nil, err
	}
	related, err := relatives(ctx, db, watched.OID)
	if err != nil {
		return nil, err
	}
	hidden := map[string]bool{}
	for _, c := range all {
		if !slices.Contains(related, c.relation.OID) || c.config.Columns == nil {
			continue
		}
		columns, err := describeColumns(ctx, db, c.relation.OID, c.config)
		if err != nil {
			return nil, err
		}
		for _, column := range columns {
			if column.hidden {
				hidden[column.name] = true
			}
		}
	}
	return hidden, nil
}

// relatives returns the partitions, children and parents of a table, at any
// distance.
func relatives(ctx context.Context, db querier, relation uint32) ([]uint32, error) {
	rows, err := db.Query(ctx, `WITH RECURSIVE above AS (
			SELECT inhparent AS oid FROM pg_inherits WHERE inhrelid = $1
			UNION SELECT i.inhparent FROM above JOIN pg_inherits AS i ON i.inhrelid = above.oid),
		below AS (
			SELECT inhrelid AS oid FROM pg_inherits WHERE inhparent = $1
			UNION SELECT i.inhrelid FROM below JOIN pg_inherits AS i ON i.inhparent = below.oid)
		TABLE above UNION TABLE below`, relation)
	if err != nil {
		return nil, fmt.Errorf("looking for its partitions and parents: %w", err)
	}
	oids, err := pgx.CollectRows(rows, pgx.RowTo[uint32])
	if err != nil {
		return nil, fmt.Errorf("looking for its partitions and parents: %w", err)
	}
	return oids, nil
}
