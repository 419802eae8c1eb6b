package auditent_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"entgo.io/ent/dialect"
	"github.com/stretchr/testify/require"
)

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// dump is what a database holds: tables, rows by their primary key, and the
// columns' values as comparable texts. It is read by plain SQL over the
// catalogue, and knows nothing of the adapter.
type dump map[string]map[string]map[string]string

// rowsOf reads a query as texts by column.
func rowsOf(t *testing.T, q querier, query string, args ...any) (all []map[string]any) {
	t.Helper()
	rows, err := q.QueryContext(t.Context(), query, args...)
	require.NoError(t, err, query)
	defer rows.Close()
	columns, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range dest {
			dest[i] = &values[i]
		}
		require.NoError(t, rows.Scan(dest...))
		row := map[string]any{}
		for i, c := range columns {
			row[c] = values[i]
		}
		all = append(all, row)
	}
	require.NoError(t, rows.Err())
	return all
}

func (w *world) dump(t *testing.T, q querier) dump {
	t.Helper()
	tables := "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	key := "SELECT name FROM pragma_table_info('%s') WHERE pk > 0 ORDER BY pk"
	if w.dialect == dialect.Postgres {
		tables = "SELECT tablename::text AS name FROM pg_tables WHERE schemaname = current_schema()"
		key = "SELECT column_name::text AS name FROM information_schema.key_column_usage WHERE table_schema = current_schema() AND table_name = '%s' AND constraint_name LIKE '%%_pkey' ORDER BY ordinal_position"
	}
	all := dump{}
	for _, table := range rowsOf(t, q, tables) {
		name := fmt.Sprint(table["name"])
		if strings.HasPrefix(name, "audit") {
			continue
		}
		var keys []string
		for _, k := range rowsOf(t, q, fmt.Sprintf(key, name)) {
			keys = append(keys, fmt.Sprint(k["name"]))
		}
		all[name] = map[string]map[string]string{}
		for _, row := range rowsOf(t, q, "SELECT * FROM "+name) {
			var id []string
			for _, k := range keys {
				id = append(id, fmt.Sprint(row[k]))
			}
			texts := map[string]string{}
			for column, value := range row {
				if !slices.Contains(keys, column) {
					texts[column] = textOfColumn(name, column, value)
				}
			}
			all[name][strings.Join(id, ",")] = texts
		}
	}
	return all
}

// textOfColumn returns a value of the database as one text, in which both
// databases and the log agree.
func textOfColumn(table, column string, v any) string {
	if b, ok := v.([]byte); ok {
		switch column {
		case "photo":
			return `"\\x` + hex.EncodeToString(b) + `"`
		case "ip":
			return fmt.Sprintf("%q", net.IP(b).String())
		}
		v = string(b)
	}
	switch v := v.(type) {
	case nil:
		return "null"
	case bool:
		return map[bool]string{true: "true", false: "false"}[v]
	case time.Time:
		return fmt.Sprintf("%q", v.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano))
	case int64:
		if column == "active" {
			return map[int64]string{1: "true", 0: "false"}[v]
		}
	case string:
		switch column {
		case "best", "items", "size", "profile", "settings", "labels":
			return canonical(v)
		case "link":
			var u url.URL
			if json.Unmarshal([]byte(v), &u) == nil {
				v = u.String()
			}
		case "balance":
			return v
		}
		return fmt.Sprintf("%q", v)
	}
	_ = table
	return fmt.Sprint(v)
}

func canonical(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	if m, ok := v.(map[string]any); ok {
		for _, secret := range []string{"ssn", "password"} {
			if _, ok := m[secret]; ok {
				m[secret] = map[string]string{"$audit": "redacted"}
			}
		}
	}
	out, _ := json.Marshal(v)
	return string(out)
}

// recorded is a change of a row, with the old and new texts of the columns.
type recorded struct {
	action  string
	changes map[string][2]string
}

const absent = "-"

// difference returns what happened between two dumps. The rows of soft are
// deleted softly if they are marked so.
func difference(before, after dump, soft bool) map[string]recorded {
	all := map[string]recorded{}
	for table, rows := range after {
		for id, now := range rows {
			old, known := before[table][id]
			event := recorded{"create", map[string][2]string{}}
			for column, v := range now {
				if known && old[column] != v {
					event.changes[column] = [2]string{old[column], v}
				} else if !known {
					event.changes[column] = [2]string{absent, v}
				}
			}
			if known {
				event.action = "update"
				if len(event.changes) == 0 {
					continue
				}
			}
			if soft && known && table == "docs" && old["delete_time"] == "null" && now["delete_time"] != "null" {
				event = recorded{"destroy", map[string][2]string{}}
				for column, v := range old {
					event.changes[column] = [2]string{v, absent}
				}
			}
			all[table+" "+id] = event
		}
	}
	for table, rows := range before {
		for id, old := range rows {
			if _, still := after[table][id]; still {
				continue
			}
			event := recorded{"destroy", map[string][2]string{}}
			for column, v := range old {
				event.changes[column] = [2]string{v, absent}
			}
			all[table+" "+id] = event
		}
	}
	for at, event := range all {
		event.changes = spread(event.changes)
		all[at] = event
	}
	return all
}

// spread gives the changes within JSON objects their paths, if both sides are
// objects, or one is and the other is not there.
func spread(changes map[string][2]string) map[string][2]string {
	all := map[string][2]string{}
	for field, sides := range changes {
		var objects [2]map[string]json.RawMessage
		fits := 0
		for i, side := range sides {
			if side == absent {
				fits++
			} else if strings.HasPrefix(side, "{") && !strings.HasPrefix(side, `{"$audit"`) && json.Unmarshal([]byte(side), &objects[i]) == nil {
				fits++
			}
		}
		if fits < 2 || len(objects[0])+len(objects[1]) == 0 {
			all[field] = sides
			continue
		}
		within := map[string][2]string{}
		for i, o := range objects {
			for key, raw := range o {
				s, known := within[field+"."+key]
				if !known {
					s = [2]string{absent, absent}
				}
				s[i] = canonical(string(raw))
				within[field+"."+key] = s
			}
		}
		for path, s := range spread(within) {
			if s[0] != s[1] {
				all[path] = s
			}
		}
	}
	return all
}

// objectTables are the tables of the object types of entities.
var objectTables = map[string]string{
	"user": "users", "card": "cards", "pet": "pets", "toy": "toys", "group": "groups",
	"doc": "docs", "like": "likes", "invoice": "invoices", "signup": "signups",
}

// logged reads the entries from n on by plain SQL. The second result is how
// many there are in all.
func (w *world) logged(t *testing.T, q querier, n int) (map[string]recorded, int) {
	t.Helper()
	all := map[string]recorded{}
	rows := rowsOf(t, q, "SELECT action, object_type, object_id, changes FROM audit_entries ORDER BY org_id, id LIMIT 1000000 OFFSET "+strconv.Itoa(n))
	for _, row := range rows {
		at, event := recordedOf(t, row)
		require.NotContains(t, all, at, "doubled")
		all[at] = event
	}
	return all, n + len(rows)
}

// recordedOf returns the change in an entry, and its row.
func recordedOf(t *testing.T, row map[string]any) (at string, event recorded) {
	t.Helper()
	text := func(column string) string {
		if b, ok := row[column].([]byte); ok {
			return string(b)
		}
		return fmt.Sprint(row[column])
	}
	var changes []struct {
		Field    string
		Old, New json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(text("changes")), &changes))
	event = recorded{text("action"), map[string][2]string{}}
	for _, c := range changes {
		event.changes[c.Field] = [2]string{textOfJSON(c.Field, c.Old), textOfJSON(c.Field, c.New)}
	}
	table := text("object_type")
	if known, ok := objectTables[table]; ok {
		table = known
	}
	return table + " " + text("object_id"), event
}

// textOfJSON returns a value of the log as the same text as the database's.
func textOfJSON(field string, raw json.RawMessage) string {
	if raw == nil {
		return absent
	}
	switch field {
	case "born", "liked_at", "create_time", "update_time", "delete_time":
		var at time.Time
		if json.Unmarshal(raw, &at) == nil && string(raw) != "null" {
			return fmt.Sprintf("%q", at.UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano))
		}
	}
	return canonical(string(raw))
}
