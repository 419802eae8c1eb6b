package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// readParent completes and checks what the Table says of the parents of its rows.
func (c *watchConfig) readParent(ctx context.Context, db querier, entries, watched table, before history, parentTable string, oid uint32) error {
	all, err := captures(ctx, db, entries)
	if err != nil {
		return err
	}
	c.Mapped = slices.ContainsFunc(all, func(child captured) bool { return child.config.takesFrom(c.Source) })
	if len(c.ParentColumns) == 0 {
		if c.ParentType != "" || parentTable != "" {
			return fmt.Errorf("field WatchTable.ParentColumns is empty, and WatchTable.ParentType is %q and WatchTable.ParentTable %q: name the columns that hold the parent's key", c.ParentType, parentTable)
		}
		return nil
	}
	for i, column := range c.ParentColumns {
		if slices.Contains(c.ParentColumns[:i], column) {
			return fmt.Errorf("field WatchTable.ParentColumns is %q, which names the column %q twice: name each column of the parent's key once", c.ParentColumns, column)
		}
		if now := before.now(column, *c); now != "" && slices.Contains(before.config.ParentColumns, column) {
			return fmt.Errorf("field WatchTable.ParentColumns names the column %q, but the one that was called so when Watch was called is %q now: "+
				"name that one, or call Unwatch first if another column holds the parent's key from now on", column, now)
		}
	}
	if parentTable != "" {
		if err := c.readParentTable(ctx, db, all, watched, parentTable, oid); err != nil {
			return err
		}
	}
	if c.ParentType == "" && len(c.ParentColumns) == 1 {
		c.ParentType, _ = strings.CutSuffix(c.ParentColumns[0], "_id")
		if c.ParentType == c.ParentColumns[0] {
			c.ParentType = ""
		}
	}
	if c.ParentType == "" {
		return fmt.Errorf("field WatchTable.ParentType is empty, and WatchTable.ParentColumns, %q, do not say it, since they are not one column whose name ends in _id: "+
			"give the parent's object type, or its table in WatchTable.ParentTable", c.ParentColumns)
	}
	return nil
}

// readParentTable finds the parent's table among those that are watched.
func (c *watchConfig) readParentTable(ctx context.Context, db querier, all []captured, watched table, name string, oid uint32) error {
	at := slices.IndexFunc(all, func(c captured) bool { return oid != 0 && c.relation.OID == oid })
	switch {
	case oid == watched.OID:
		return fmt.Errorf("field WatchTable.ParentTable is %q, the table itself: give WatchTable.ParentType, and WatchTable.OrgColumn for the organization", name)
	case at < 0:
		return fmt.Errorf("field WatchTable.ParentTable is %q, which is not a watched table: call Watch for it first, and name it with its schema", name)
	}
	parent := all[at]
	switch {
	case c.ParentType != "" && c.ParentType != parent.config.Type:
		return fmt.Errorf("field WatchTable.ParentType is %q, but %s is watched with the type %q: give that one, or none", c.ParentType, parent.relation.sql(), parent.config.Type)
	case len(c.ParentColumns) != len(parent.config.Key):
		return fmt.Errorf("field WatchTable.ParentColumns is %q, but the key of %s is %q: name one column for each of those, in their order", c.ParentColumns, parent.relation.sql(), parent.config.Key)
	}
	if err := c.checkReferences(ctx, db, watched, parent); err != nil {
		return err
	}
	c.ParentType, c.ParentSource = parent.config.Type, parent.function
	c.OrgOfParent = c.OrgColumn == "" && c.Org == ""
	for next := parent; c.OrgOfParent && next.config.OrgOfParent; {
		if next.config.ParentSource == c.Source {
			return fmt.Errorf("field WatchTable.ParentTable is %q, whose rows take their organization from this table: give one of the two an OrgColumn", name)
		}
		at := slices.IndexFunc(all, func(c captured) bool { return c.function == next.config.ParentSource })
		if at < 0 {
			break
		}
		next = all[at]
	}
	return nil
}

// checkReferences compares the columns with the foreign key on them, if there is
// one: it must lead to the columns that are the parents' IDs, in their order.
func (c *watchConfig) checkReferences(ctx context.Context, db querier, watched table, parent captured) error {
	rows, err := db.Query(ctx, `SELECT ARRAY(SELECT theirs.attname::text FROM unnest($3::text[]) WITH ORDINALITY AS given (name, place)
			JOIN pg_attribute AS own ON own.attrelid = f.conrelid AND own.attname = given.name
			JOIN pg_attribute AS theirs ON theirs.attrelid = f.confrelid AND theirs.attnum = f.confkey[array_position(f.conkey, own.attnum)]
			ORDER BY given.place)
		FROM pg_constraint AS f WHERE f.contype = 'f' AND f.conrelid = $1 AND f.confrelid = $2 AND cardinality(f.conkey) = cardinality($3::text[])`,
		watched.OID, parent.relation.OID, c.ParentColumns)
	if err != nil {
		return fmt.Errorf("reading its foreign keys: %w", err)
	}
	references, err := pgx.CollectRows(rows, pgx.RowTo[[]string])
	if err != nil {
		return fmt.Errorf("reading its foreign keys: %w", err)
	}
	now := watchConfig{Columns: map[string]int{}}
	if err := now.readColumns(ctx, db, parent.relation); err != nil {
		return err
	}
	fits, err := parent.fits(ctx, db)
	if err != nil {
		return err
	}
	key := slices.Clone(parent.config.Key)
	for i, column := range key {
		if name := (history{config: parent.config, fits: fits}).now(column, now); name != "" {
			key[i] = name
		}
	}
	for _, to := range references {
		if len(to) == len(key) && !slices.Equal(to, key) { // a foreign key of other columns has fewer
			return fmt.Errorf("field WatchTable.ParentColumns is %q, which reference %q of %s, but the IDs of its objects are %q: "+
				"name the columns that hold those, in this order", c.ParentColumns, to, parent.relation.sql(), key)
		}
	}
	return nil
}

// takesFrom reports whether rows take their organization from those of the table
// with this function.
func (c watchConfig) takesFrom(source string) bool { return c.OrgOfParent && c.ParentSource == source }

// keepOrgs lets the triggers of the parent's table keep its rows' organizations,
// and keeps those that there are: of the parent if it has become one, and of the
// table itself if its children may find another organization now.
func keepOrgs(ctx context.Context, tx pgx.Tx, entries, watched table, before history, config watchConfig) error {
	all, err := captures(ctx, tx, entries)
	if err != nil {
		return err
	}
	if before.config.OrgOfParent && !config.takesFrom(before.config.ParentSource) {
		gone := captured{config: before.config}
		if err := forgetOrgs(ctx, tx, entries, all, gone); err != nil {
			return err
		}
	}
	if config.Mapped && !(before.fits && before.config.Mapped && sameOrgs(before.config, config)) {
		if err := mapOrgs(ctx, tx, watched, config); err != nil {
			return err
		}
	}
	if !config.OrgOfParent {
		return nil
	}
	at := slices.IndexFunc(all, func(c captured) bool { return c.function == config.ParentSource })
	parent := all[at]
	if parent.config.Mapped {
		return nil
	}
	parent.config.Mapped = true
	if err := capture(ctx, tx, entries, parent.relation, parent.config); err != nil {
		return fmt.Errorf("keeping the organizations of %s: %w", parent.relation.sql(), err)
	}
	return mapOrgs(ctx, tx, parent.relation, parent.config)
}

// sameOrgs reports whether both configurations find the same organizations and
// IDs for all rows.
func sameOrgs(a, b watchConfig) bool {
	return slices.Equal(a.Key, b.Key) && a.OrgColumn == b.OrgColumn && a.Org == b.Org && a.OrgOfParent == b.OrgOfParent &&
		a.ParentSource == b.ParentSource && slices.Equal(a.ParentColumns, b.ParentColumns) && maps.Equal(a.Columns, b.Columns) && reflect.DeepEqual(a.KeyTypes, b.KeyTypes)
}

// mapOrgs keeps the organizations of all rows that a table has. Nobody writes to
// it meanwhile: its triggers were just made, which locks it.
func mapOrgs(ctx context.Context, tx pgx.Tx, relation table, config watchConfig) error {
	encoded, err := json.Marshal(config)
	if err != nil {
		return fmt.Errorf("encoding its configuration: %w", err)
	}
	// Rows that a policy hides would be missing: then this is an error.
	if _, err := tx.Exec(ctx, "SET LOCAL row_security = off"); err != nil {
		return err
	}
	var statement string
	err = tx.QueryRow(ctx, "SELECT audit_capture_sql($1, 'MAP', $2::text::jsonb, false)", relation.OID, string(encoded)).Scan(&statement)
	if err == nil {
		_, err = tx.Exec(ctx, "WITH new_rows AS MATERIALIZED (SELECT * FROM "+relation.sql()+") "+statement)
	}
	if err != nil {
		return fmt.Errorf("reading the organizations of %s, which needs SELECT on all its rows: %w", relation.sql(), err)
	}
	return nil
}

// refuseChildren keeps a table watched as long as others take its organizations.
func refuseChildren(all []captured, c captured) error {
	var children []string
	for _, child := range all {
		if child.config.takesFrom(c.function) {
			children = append(children, child.relation.sql())
		}
	}
	if children != nil {
		return fmt.Errorf("%s take their organizations from it: call Unwatch for them first, or Watch with an OrgColumn", strings.Join(children, ", "))
	}
	return nil
}

// forgetOrgs forgets what was kept for the children of a table that is not
// watched any more, and for the table itself if it was its parent's last child.
func forgetOrgs(ctx context.Context, tx pgx.Tx, entries table, rest []captured, gone captured) error {
	forget := []string{gone.function}
	parent := slices.IndexFunc(rest, func(c captured) bool { return gone.config.takesFrom(c.function) })
	if parent >= 0 && !slices.ContainsFunc(rest, func(c captured) bool { return c.config.takesFrom(rest[parent].function) }) {
		forget = append(forget, rest[parent].function)
		if rest[parent].relation.OID != 0 {
			if _, err := tx.Exec(ctx, "SELECT set_config('search_path', $1, true)", capturePath(entries)); err != nil {
				return err
			}
			rest[parent].config.Mapped = false
			if err := capture(ctx, tx, entries, rest[parent].relation, rest[parent].config); err != nil {
				return fmt.Errorf("ending to keep the organizations of %s: %w", rest[parent].relation.sql(), err)
			}
		}
	}
	if _, err := tx.Exec(ctx, "DELETE FROM "+entries.sibling("audit_capture_orgs")+" WHERE source = ANY ($1)", forget); err != nil {
		return fmt.Errorf("forgetting organizations: %w", err)
	}
	return nil
}

// parentTable returns the name of the parent's table, or "".
func parentTable(all []captured, config watchConfig) string {
	for _, c := range all {
		if config.ParentSource != "" && c.function == config.ParentSource && c.relation.OID != 0 {
			return c.relation.sql()
		}
	}
	return ""
}

// checkParents finds tables whose parent's table is not watched as they need it.
func checkParents(all []captured) (findings []Finding) {
	for _, c := range all {
		if c.relation.OID == 0 || c.config.ParentSource == "" {
			continue
		}
		at := slices.IndexFunc(all, func(p captured) bool { return p.function == c.config.ParentSource })
		problem, remedy := "", watchAgain
		switch {
		case at < 0 || all[at].relation.OID == 0:
			problem, remedy = "the table of its WatchTable.ParentTable is not watched any more", "call Admin.Watch for that table, and then for this one"
		case all[at].config.Type != c.config.ParentType:
			problem = fmt.Sprintf("its parents are recorded with the type %q, and are watched with the type %q", c.config.ParentType, all[at].config.Type)
		case len(all[at].config.Key) != len(c.config.ParentColumns):
			problem = fmt.Sprintf("WatchTable.ParentColumns is %q, and the key of the parent's table is %q", c.config.ParentColumns, all[at].config.Key)
		case c.config.OrgOfParent && !all[at].config.Mapped:
			problem = "the organizations of its parents are not kept, so entries go to another"
		}
		if problem != "" {
			findings = append(findings, Finding{FindingCapture, c.relation.sql(), problem, remedy, nil})
		}
	}
	return findings
}
