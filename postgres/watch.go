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
	// Name is the table, as SQL spells it: with its schema where the Admin's
	// search_path does not find it, quoted where it needs quotes.
	Name string
	// Type is the objects' type. Defaults to the table's name without its schema.
	Type string
	// Key names the columns that make up an object's ID; several are joined by
	// commas, as [audit.Updated] joins them. A unique index must be on them, and
	// none may be NULL. Defaults to the primary key.
	Key []string
	// Ignore names further columns that are not recorded, beside updated_at and
	// lock_version, as [audit.Config] does. Defaults to none.
	Ignore []string
	// Record names those of updated_at and lock_version that are recorded all the
	// same. Defaults to none.
	Record []string
	// Redact names further columns and keys of JSON whose values are never kept,
	// beside the built-in ones (password, token, api_key …), by the same rules
	// as [audit.Config]. A name that fits no column is an error, unless it can be
	// a key of JSON, or fitted one when Watch was called before. What was redacted
	// stays so when the column gets another name or type, after a dump and
	// restore, and if Watch is called again without the name: see Plain. Defaults
	// to none.
	Redact []string
	// Plain names columns whose values are kept although their name or what was
	// said before makes them secrets. Keys within JSON stay redacted, and so do
	// columns whose type hides its fields. Defaults to none.
	Plain []string
	// OrgColumn is the column that holds a row's organization. Where it is NULL
	// or empty, and by default, Org counts.
	OrgColumn string
	// Org is the organization of all rows. Defaults to that of [SetContext], and
	// without one to [audit.PlatformOrg], so that a write by psql is not lost.
	Org string
	// ParentColumns are the columns that hold the key of the object that a row
	// belongs to, such as the order of a line, in the order of the parent's key. Its
	// entries then are in the parent's history too, as by the tag audit:",parent". A
	// row in which one of them is NULL has no parent. Defaults to none.
	ParentColumns []string
	// ParentType is the parent's object type. Defaults to the Type of ParentTable,
	// and without one to the name of the column without "_id".
	ParentType string
	// ParentTable is the parent's table, which must be watched already. If the table
	// has neither OrgColumn nor Org, its rows take the organization of the parent's
	// row, or of that one's parent. Defaults to none.
	ParentTable string
	// Skippable lets [SkipCapture] silence the triggers, for transactions that
	// record changes of this table themselves. Defaults to false: then nothing
	// that the application's role can do keeps a change from being recorded.
	Skippable bool
}

// Watch captures the changes of a table by triggers, so that they are recorded
// whoever makes them: the application, a migration, psql. A change is recorded
// as [audit.Updated] would, in its own transaction, with source "trigger". Watch
// can be called again at any time: with the same Table it puts right what was
// altered since, with another one it changes what is recorded.
//
// The Admin's role needs the privilege TRIGGER on the table; other writers need
// none on the log. The call waits for transactions that write to the table, no
// longer than two seconds. docs/capture.md says what is captured and what not.
func (a *Admin) Watch(ctx context.Context, t WatchTable) error {
	if strings.TrimSpace(t.Name) == "" {
		return errors.New("watching a table: WatchTable.Name is empty: give the table's name, with its schema if need be")
	}
	err := a.alone(ctx, func(tx pgx.Tx, entries table) error {
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
		return t, errors.New("it is no table: only tables can be watched, and what views write to")
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
		// Whoever could make a trigger of it could write entries at will.
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

// newFunction names the function of a table that was not watched before: not by
// the table's number, which is another after a restore, nor by its name alone,
// which another table may have one day.
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
// Watch refuses what would fail at every write. That takes no privilege on the
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
		// The last of them: a column may be called so.
		const from = "OFFSET 0) AS e"
		end := strings.LastIndex(statement, from) + len(from)
		statement = statement[:end] + ` CROSS JOIN (SELECT (NULL::audit_capture_context).* OFFSET 0) AS told
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
