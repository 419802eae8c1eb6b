package postgres

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// WatchTable says which table to watch, and how to record its changes.
type WatchTable struct {
	// Name is the table as SQL spells it: with quotes if the name needs them, and
	// with its schema if the Admin's search_path does not find it.
	Name string
	// Type is the objects' type. Defaults to the table's name without its schema.
	Type string
	// Key names the columns of an object's ID. Several are joined by commas, as
	// [audit.Updated] joins them. They must be NOT NULL and have a unique index.
	// Defaults to the primary key.
	Key []string
	// Ignore names columns that are not recorded, in addition to updated_at and
	// lock_version, as [audit.Config] does. Defaults to none.
	Ignore []string
	// Record names columns that are recorded although Ignore has them by default:
	// updated_at, lock_version. Defaults to none.
	Record []string
	// Redact names columns and keys of JSON whose values are never kept, in
	// addition to the built-in names (password, token, api_key …), by the same rules
	// as [audit.Config]. A name that fits no column is an error, unless it can be a
	// key of JSON, or fitted a column at an earlier call of Watch. Defaults to none.
	//
	// A redacted column stays redacted if it gets another name or type, after a dump
	// and restore, and if Watch is called again without the name. Plain ends it.
	Redact []string
	// Plain names columns whose values are kept although their name, or Redact at
	// an earlier call of Watch, makes them secrets. Keys within JSON stay redacted,
	// and so do columns whose type hides its fields. Defaults to none.
	Plain []string
	// OrgColumn is the column that holds a row's organization. If the column is
	// NULL or empty, Org counts. Defaults to Org for all rows.
	OrgColumn string
	// Org is the organization of all rows. Defaults to that of [SetContext], and
	// without SetContext to [audit.PlatformOrg], so that no write by psql is lost.
	Org string
	// ParentColumns are the columns that hold the key of the object that a row
	// belongs to, in the order of the parent's key: for a line, the order's. The
	// row's entries are then in the parent's history too, as with the tag
	// audit:",parent". A row with NULL in one of them has no parent. Defaults to none.
	ParentColumns []string
	// ParentType is the parent's object type. Defaults to the Type of ParentTable,
	// and without ParentTable to the column's name without "_id".
	ParentType string
	// ParentTable is the parent's table, which must be watched already. Without
	// OrgColumn and Org, rows take the organization of their parent's row, or of its
	// parent's. Defaults to none.
	ParentTable string
	// Skippable lets [SkipCapture] silence the triggers, for transactions that
	// record changes of this table themselves. Defaults to false: then the
	// application's role has no way to keep a change from being recorded.
	Skippable bool
}

// Watch captures the changes of a table by triggers, so that they are recorded
// whoever makes them: the application, a migration, psql. A change is recorded
// as [audit.Updated] would record it, in its own transaction, with source
// "trigger". Watch can be called again at any time. With the same WatchTable it
// repairs what was altered since. With another one it changes what is recorded.
//
// The Admin's role needs the privilege TRIGGER on the table; other writers need
// no privilege on the log. The call waits max two seconds for transactions that
// write to the table. docs/capture.md says what is captured and what is not.
func (a *Admin) Watch(ctx context.Context, t WatchTable) error {
	if strings.TrimSpace(t.Name) == "" {
		return errors.New("watching a table: WatchTable.Name is empty: give the table's name, with its schema if need be")
	}
	err := a.exclusively(ctx, func(tx pgx.Tx, entries table) error {
		if err := refuseCreators(ctx, tx, entries); err != nil {
			return err
		}
		watched, err := findWatched(ctx, tx, t.Name)
		if err != nil {
			return err
		}
		var parent uint32
		if err := tx.QueryRow(ctx, "SELECT coalesce(to_regclass(nullif($1, ''))::oid, 0)", t.ParentTable).Scan(&parent); err != nil {
			return fmt.Errorf("looking for WatchTable.ParentTable, %q: %w", t.ParentTable, err)
		}
		// The log's functions find each other as those of the triggers will.
		if _, err := tx.Exec(ctx, "SELECT set_config('search_path', $1, true)", capturePath(entries)); err != nil {
			return err
		}
		before, err := findHistory(ctx, tx, entries, watched)
		if err != nil {
			return err
		}
		config, err := t.config(ctx, tx, entries, watched, before, parent)
		if err != nil {
			return err
		}
		if err := capture(ctx, tx, entries, watched, config); err != nil {
			return err
		}
		// The configuration knows all columns now.
		if err := forgetSeen(ctx, tx, entries, config.Identity, before.config.Identity); err != nil {
			return err
		}
		return keepOrgs(ctx, tx, entries, watched, before, config)
	})
	if err != nil {
		return fmt.Errorf("watching table %q: %w", t.Name, err)
	}
	return nil
}

func findWatched(ctx context.Context, db querier, name string) (table, error) {
	var t table
	var kind string
	err := db.QueryRow(ctx, `SELECT c.oid, n.nspname, c.relname, pg_get_userbyid(c.relowner), c.relkind::text
		FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
		WHERE c.oid = to_regclass($1)`, name).Scan(&t.OID, &t.Schema, &t.Name, &t.Owner, &kind)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return t, errors.New("there is no such table in the connection's search_path: name its schema too")
	case err != nil:
		return t, fmt.Errorf("looking for it: %w", err)
	case kind != "r" && kind != "p":
		return t, errors.New("it is not a table: only tables can be watched, such as those that a view writes to")
	case strings.HasPrefix(t.Name, "audit_entries") || slices.Contains(besideEntries, t.Name):
		return t, errors.New("it is the log's own: watch the tables of the application")
	}
	return t, nil
}

// captureTriggers are the triggers of a watched table.
var captureTriggers = []struct{ name, on string }{
	{"audit_capture_insert", "AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows"},
	{"audit_capture_update", "AFTER UPDATE ON %s REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"},
	{"audit_capture_delete", "AFTER DELETE ON %s REFERENCING OLD TABLE AS old_rows"},
	{"audit_capture_truncate", "AFTER TRUNCATE ON %s"},
}

// capture makes the function and the triggers, or replaces them.
func capture(ctx context.Context, tx pgx.Tx, entries, watched table, config watchConfig) error {
	encoded, err := json.Marshal(config)
	if err != nil {
		return fmt.Errorf("encoding its configuration: %w", err)
	}
	if err := rehearse(ctx, tx, watched, string(encoded), config.Mapped); err != nil {
		return err
	}
	var source, settings string
	if err := tx.QueryRow(ctx, "SELECT audit_capture_source($1, $2::text::jsonb), audit_capture_settings($1)", watched.OID, string(encoded)).Scan(&source, &settings); err != nil {
		return fmt.Errorf("making its function: %w", err)
	}
	function := entries.sibling(config.Source) + "()"
	statements := []string{
		"CREATE OR REPLACE FUNCTION " + function + " RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = " + capturePath(entries) +
			settings + " AS " + literal(source),
		"ALTER FUNCTION " + function + " OWNER TO " + grantee(entries.Owner),
		// Others could make triggers of it, and so write any entry.
		"REVOKE ALL ON FUNCTION " + function + " FROM PUBLIC",
		"COMMENT ON FUNCTION " + function + " IS " + literal(string(encoded)),
	}
	for _, trigger := range captureTriggers {
		statements = append(statements,
			"CREATE OR REPLACE TRIGGER "+trigger.name+" "+fmt.Sprintf(trigger.on, watched.sql())+
				" FOR EACH STATEMENT EXECUTE FUNCTION "+function,
		)
	}
	for _, statement := range statements {
		if _, err := tx.Exec(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", strings.SplitN(statement, "\n", 2)[0], err)
		}
	}
	return nil
}

// newFunction returns the name of the function for a table that was not watched
// before. It does not depend on the table's OID, which a restore changes. It is not
// only the table's name, which another table may have later.
func newFunction(watched table) string {
	own := watched.Name[:min(len(watched.Name), 30)]
	return "audit_capture_of_" + strings.ToValidUTF8(own, "") + "_" + strings.ToLower(rand.Text()[:8])
}

// capturePath is the search_path of the functions that capture. Temporary tables
// and types come last, since every session can make some.
func capturePath(entries table) string {
	return "pg_catalog, " + quoteName(entries.Schema) + ", pg_temp"
}

// rehearse plans the statements of the triggers on rows without values, so that
// Watch refuses a table whose every write would fail. That needs no privilege on the
// table.
func rehearse(ctx context.Context, tx pgx.Tx, watched table, config string, mapped bool) error {
	rows := "MATERIALIZED (SELECT (NULL::" + watched.sql() + ").*)"
	if mapped {
		for _, way := range []struct {
			operation string
			single    bool
		}{{"MAP", false}, {"GONE", false}, {"GONE", true}} {
			var statement string
			if err := tx.QueryRow(ctx, "SELECT audit_capture_sql($1, $2, $3::text::jsonb, $4)", watched.OID, way.operation, config, way.single).Scan(&statement); err != nil {
				return fmt.Errorf("making the statements that keep its organizations: %w", err)
			}
			if _, err := tx.Exec(ctx, "EXPLAIN WITH old_rows AS "+rows+", new_rows AS "+rows+" "+statement); err != nil {
				return fmt.Errorf("its organizations cannot be kept: %w", err)
			}
		}
	}
	for _, way := range []struct {
		operation string
		single    bool
	}{{"INSERT", false}, {"UPDATE", true}, {"UPDATE", false}, {"DELETE", false}, {"TRUNCATE", false}} {
		var statement string
		if err := tx.QueryRow(ctx, "SELECT audit_capture_sql($1, $2, $3::text::jsonb, $4)", watched.OID, way.operation, config, way.single).Scan(&statement); err != nil {
			return fmt.Errorf("making its statements: %w", err)
		}
		// The last match counts, since a column may have this name.
		const from = "OFFSET 0) AS e"
		end := strings.LastIndex(statement, from) + len(from)
		statement = statement[:end] + ` CROSS JOIN (SELECT (NULL::audit_capture_context).* OFFSET 0) AS caller
			CROSS JOIN (SELECT now() AS at, ''::text AS id_start, 0::bigint AS id_end OFFSET 0) AS context` + statement[end:]
		if _, err := tx.Exec(ctx, "EXPLAIN WITH old_rows AS "+rows+", new_rows AS "+rows+" "+statement); err != nil {
			return fmt.Errorf("its changes cannot be captured by %s: %w", way.operation, err)
		}
	}
	return nil
}

// literal is a text as statements spell it.
func literal(text string) string {
	return " E'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(text) + "'"
}
