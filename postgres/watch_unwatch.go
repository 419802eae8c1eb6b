package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/auditkeep/audit/internal/ignored"
)

// Unwatch ends the capture of a table. Its entries stay. If a table was dropped
// while it was watched, Unwatch removes what is left of its capture; give the
// name that [Admin.Check] gives. A table that is not watched is an error.
func (a *Admin) Unwatch(ctx context.Context, name string) error {
	err := a.exclusively(ctx, func(tx pgx.Tx, entries table) error {
		all, err := captures(ctx, tx, entries)
		if err != nil {
			return err
		}
		var oid uint32
		if err := tx.QueryRow(ctx, "SELECT coalesce(to_regclass($1)::oid, 0)", name).Scan(&oid); err != nil {
			return fmt.Errorf("looking for it: %w", err)
		}
		at := slices.IndexFunc(all, func(c captured) bool { return oid != 0 && c.relation.OID == oid })
		if at < 0 {
			at = slices.IndexFunc(all, func(c captured) bool { return c.relation.OID == 0 && (c.config.Table == name || c.function == name) })
		}
		if at < 0 {
			return fmt.Errorf("it is not watched: Admin.Watched lists the tables that are")
		}
		if err := refuseChildren(all, all[at]); err != nil {
			return err
		}
		// CASCADE drops the triggers too, also those on another owner's table.
		if _, err = tx.Exec(ctx, "DROP FUNCTION "+entries.sibling(all[at].function)+"() CASCADE"); err != nil {
			return err
		}
		if err := forgetSeen(ctx, tx, entries, all[at].config.Identity); err != nil {
			return err
		}
		return forgetOrgs(ctx, tx, entries, slices.Delete(slices.Clone(all), at, at+1), all[at])
	})
	if err != nil {
		return fmt.Errorf("unwatching table %q: %w", name, err)
	}
	return nil
}

// Watched returns the watched tables, each with what [Admin.Watch] was given
// and its defaults. Tables and columns have their present names.
func (a *Admin) Watched(ctx context.Context) ([]WatchTable, error) {
	entries, err := a.find(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing watched tables: %w", err)
	}
	all, err := captures(ctx, a.pool, entries)
	if err != nil {
		return nil, fmt.Errorf("listing watched tables: %w", err)
	}
	var tables []WatchTable
	for _, c := range all {
		if c.relation.OID == 0 {
			continue
		}
		now := watchConfig{Columns: map[string]int{}}
		if err := now.readColumns(ctx, a.pool, c.relation); err != nil {
			return nil, fmt.Errorf("listing watched tables: %w", err)
		}
		fits, err := c.fits(ctx, a.pool)
		if err != nil {
			return nil, fmt.Errorf("listing watched tables: %w", err)
		}
		before := history{config: c.config, fits: fits}
		named := func(columns ...string) []string {
			columns = slices.Clone(columns)
			for i, column := range columns {
				if name := before.now(column, now); name != "" {
					columns[i] = name
				}
			}
			return columns
		}
		tables = append(tables, WatchTable{
			Name: c.relation.sql(), Type: c.config.Type, Key: named(c.config.Key...), Ignore: named(c.config.further()...), Record: named(c.config.Record...), Redact: named(c.config.Redact...),
			Plain: named(c.config.Plain...), OrgColumn: named(c.config.OrgColumn)[0], Org: c.config.Org, Skippable: c.config.Skippable,
			ParentColumns: named(c.config.ParentColumns...), ParentType: c.config.ParentType, ParentTable: parentTable(all, c.config),
		})
	}
	return tables, nil
}

// further returns the ignored columns without the built-in ones, which the table
// need not have.
func (c watchConfig) further() []string {
	return slices.DeleteFunc(slices.Clone(c.Ignore), func(name string) bool { return slices.Contains(ignored.Names, name) })
}

// captured is the function of a watched table, as the catalogue knows it.
type captured struct {
	function string
	config   watchConfig
	comment  bool     // config is from the function's comment; else from its source
	relation table    // zero if no trigger calls the function
	triggers []string // those that are enabled and as Watch makes them
	source   string
	settings []string // the function's own
	path     string   // the search_path that it must have
	defined  bool     // SECURITY DEFINER, the owner's, in PL/pgSQL, and nobody else may call it
}

// captures returns the functions that Watch made, by the names of their tables.
func captures(ctx context.Context, db querier, entries table) ([]captured, error) {
	rows, err := db.Query(ctx, `SELECT p.proname, obj_description(p.oid, 'pg_proc'), p.prosrc, coalesce(p.proconfig, '{}'),
			p.prosecdef AND p.prolang = (SELECT oid FROM pg_language WHERE lanname = 'plpgsql') AND p.proowner = e.relowner AND p.proacl IS NOT NULL AND NOT EXISTS (SELECT FROM aclexplode(p.proacl) AS a WHERE a.grantee <> p.proowner),
			coalesce(c.oid, 0), coalesce(n.nspname, ''), coalesce(c.relname, ''), coalesce(pg_get_userbyid(c.relowner), ''),
			ARRAY(SELECT t.tgname::text FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND t.tgfoid = p.oid
				AND t.tgenabled IN ('O', 'A') AND t.tgqual IS NULL AND t.tgattr::text = '' AND t.tgtype =
				CASE t.tgname WHEN 'audit_capture_insert' THEN 4 WHEN 'audit_capture_update' THEN 16 WHEN 'audit_capture_delete' THEN 8 WHEN 'audit_capture_truncate' THEN 32 END)
		FROM pg_class AS e
		JOIN pg_proc AS p ON p.pronamespace = e.relnamespace AND p.proname LIKE 'audit\_capture\_of\_%' AND p.prorettype = 'trigger'::regtype
		LEFT JOIN LATERAL (SELECT DISTINCT tgrelid FROM pg_trigger WHERE tgfoid = p.oid) AS on_table ON true
		LEFT JOIN pg_class AS c ON c.oid = on_table.tgrelid
		LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE e.oid = $1
		ORDER BY n.nspname, c.relname, p.proname`, entries.OID)
	if err != nil {
		return nil, fmt.Errorf("reading the functions of watched tables: %w", err)
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (captured, error) {
		c := captured{path: capturePath(entries)}
		var comment *string
		err := row.Scan(&c.function, &comment, &c.source, &c.settings, &c.defined,
			&c.relation.OID, &c.relation.Schema, &c.relation.Name, &c.relation.Owner, &c.triggers)
		if err != nil {
			return c, err
		}
		if c.comment = comment != nil; !c.comment {
			// The source begins with the same JSON. If it cannot be read, it is lost.
			line, _, _ := strings.Cut(strings.TrimPrefix(c.source, "\n-- "), "\n")
			if json.Unmarshal([]byte(line), &c.config) != nil {
				c.config = watchConfig{}
			}
			return c, nil
		}
		if err := json.Unmarshal([]byte(*comment), &c.config); err != nil {
			return c, fmt.Errorf("reading the comment of function %s, which holds its table's configuration: %w", c.function, err)
		}
		return c, nil
	})
}

// fits reports whether the numbers of columns in the configuration are those of
// the table, as audit_capture_identity does, which only the owner may call.
func (c captured) fits(ctx context.Context, db querier) (bool, error) {
	var identity string
	var whole bool
	err := db.QueryRow(ctx, `SELECT $1::oid::text || '/' || d.oid, has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE')
		FROM pg_database AS d WHERE d.datname = current_database()`, c.relation.OID).Scan(&identity, &whole)
	if err == nil && whole {
		err = db.QueryRow(ctx, "SELECT $1 || '/' || system_identifier FROM pg_control_system()", identity).Scan(&identity)
	}
	if err != nil {
		return false, fmt.Errorf("identifying %s: %w", c.relation.sql(), err)
	}
	if !whole {
		return strings.HasPrefix(c.config.Identity+"/", identity+"/"), nil
	}
	return strings.HasPrefix(identity+"/", c.config.Identity+"/"), nil
}
