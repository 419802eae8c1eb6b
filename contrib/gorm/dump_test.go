package auditgorm_test

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

// dump is all that the tables hold, by table and key. It is read by plain SQL
// over the catalogue, and knows nothing of the plugin.
type dump map[string]map[string]dumped

// dumped is a row: its columns as JSON, without those of the key.
type dumped map[string]string

// objectTypes are the models' names for the tables that have one.
var objectTypes = map[string]string{
	"agencies": "agency", "authors": "author", "profiles": "profile", "books": "book", "tags": "tag", "rates": "rate", "hours": "hours",
	"seconds": "seconds", "millis": "millis", "flaggeds": "flagged", "pairings": "pairing", "lines": "line", "hookeds": "hooked",
	"author_tags": "author_tags", "books_2025": "books_2025", "books_2026": "books_2026",
}

func dumpOf(t *testing.T, db *gorm.DB) dump {
	t.Helper()
	all := dump{}
	for table := range objectTypes {
		all[table] = map[string]dumped{}
		key := keyColumns(t, db, table)
		for _, row := range queried(t, db, "SELECT * FROM "+table) {
			var id []string
			for _, column := range key {
				id = append(id, strings.ReplaceAll(strings.Trim(row[column], `"`), ",", `\,`))
				delete(row, column)
			}
			name := strings.Join(id, ",")
			if len(key) == 0 {
				name = fmt.Sprintf("? %v", row)
			}
			for all[table][name] != nil {
				name += " again" // a row without a key
			}
			all[table][name] = row
		}
	}
	return all
}

var knownKeys sync.Map // the tables are made once

// keyColumns asks the catalogue, and knows what the documentation says of tables
// without a key.
func keyColumns(t *testing.T, db *gorm.DB, table string) (columns []string) {
	t.Helper()
	if known, ok := knownKeys.Load(db.Name() + table); ok {
		return known.([]string)
	}
	defer func() { knownKeys.Store(db.Name()+table, columns) }()
	question := "SELECT name FROM pragma_table_info('" + table + "') WHERE pk > 0 ORDER BY cid"
	if db.Name() == "postgres" {
		question = "SELECT a.attname AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey) WHERE i.indisprimary AND i.indrelid = '" + table + "'::regclass ORDER BY a.attnum"
	}
	for _, row := range queried(t, db, question) {
		columns = append(columns, strings.Trim(row["name"], `"`))
	}
	if table == "pairings" {
		columns = []string{"author_id", "book_id"}
	}
	return columns
}

func queried(t *testing.T, db *gorm.DB, question string) (found []dumped) {
	t.Helper()
	rows, err := db.Statement.ConnPool.QueryContext(context.Background(), question)
	require.NoError(t, err)
	defer rows.Close()
	names, err := rows.Columns()
	require.NoError(t, err)
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		require.NoError(t, rows.Scan(into...))
		row := dumped{}
		for i, name := range names {
			row[name] = shown(t, name, values[i])
		}
		found = append(found, row)
	}
	require.NoError(t, rows.Err())
	return found
}

// shown returns a column's value as an entry is to show it.
func shown(t *testing.T, column string, value any) string {
	t.Helper()
	if bytes, ok := value.(sql.RawBytes); ok {
		value = string(bytes)
	}
	if bytes, ok := value.([]byte); ok {
		value = string(bytes)
	}
	if text, ok := value.(string); ok {
		switch column {
		case "likes":
			return text
		case "remark":
			plain, err := hex.DecodeString(text)
			require.NoError(t, err)
			value = string(plain)
		case "diagnosis":
			return text // compared here, never shown
		}
	}
	if at, ok := value.(time.Time); ok {
		value = at.UTC()
	}
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

const redacted = `{"$audit":"redacted"}`

// changes returns what must be recorded of the difference of two dumps. Rows
// that deleting has marked are destroyed.
func (before dump) changes(after dump, deleting bool) (lines []string) {
	for table, rows := range after {
		old := before[table]
		ids := map[string]bool{}
		for id := range rows {
			ids[id] = true
		}
		for id := range old {
			ids[id] = true
		}
		for id := range ids {
			was, is := old[id], rows[id]
			object := objectTypes[table] + " " + id
			if strings.HasPrefix(id, "?") {
				object = objectTypes[table] + " ?"
			}
			switch {
			case was == nil:
				lines = append(lines, "create "+object+": "+is.list("="))
			case is == nil:
				lines = append(lines, "destroy "+object+": "+was.list("="))
			case maps.Equal(was, is):
			case deleting && (marked(was, is, "deleted_at") || marked(was, is, "removed")):
				lines = append(lines, "destroy "+object+": "+was.list("="))
			default:
				lines = append(lines, "update "+object+": "+was.difference(is))
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func marked(was, is dumped, column string) bool {
	return (was[column] == "null" || was[column] == "0") && was[column] != is[column]
}

func (d dumped) list(sign string) string {
	var parts []string
	for column, value := range d {
		if column == "diagnosis" {
			value = redacted // that there is none is not shown either
		}
		parts = append(parts, column+sign+value)
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func (d dumped) difference(now dumped) string {
	var parts []string
	for column, value := range now {
		switch old := d[column]; {
		case old == value:
		case column == "diagnosis":
			parts = append(parts, column+" "+redacted+"→"+redacted)
		default:
			parts = append(parts, column+" "+old+"→"+value)
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}
