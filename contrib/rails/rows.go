package rails

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/auditkeep/audit"
)

// readRows reads the next rows behind an ID, all columns as texts.
func readRows(ctx context.Context, db *sql.DB, table string, after int64) ([]map[string]string, error) {
	rows, err := db.QueryContext(ctx, fmt.Sprintf("SELECT * FROM %s WHERE id > %d ORDER BY id LIMIT %d", table, after, batch))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []map[string]string
	for rows.Next() {
		values := make([]any, len(names))
		for i := range values {
			values[i] = new(any)
		}
		if err := rows.Scan(values...); err != nil {
			return nil, err
		}
		columns := make(map[string]string, len(names))
		for i, name := range names {
			switch v := (*values[i].(*any)).(type) {
			case nil:
			case []byte:
				columns[name] = string(v)
			case time.Time:
				// Rails keeps UTC in columns without a zone.
				columns[name] = v.UTC().Format(time.RFC3339Nano)
			default:
				columns[name] = fmt.Sprint(v)
			}
		}
		out = append(out, columns)
	}
	return out, rows.Err()
}

// quoted is a table's name in SQL, with its schema where that is given.
func quoted(name string) (string, error) {
	parts := strings.Split(name, ".")
	for i, part := range parts {
		if part == "" || strings.ContainsAny(part, "\"\x00") {
			return "", fmt.Errorf("rails: Options.Table %q: not a table's name; give one such as \"audits\" or \"legacy.audits\"", name)
		}
		parts[i] = `"` + part + `"`
	}
	return strings.Join(parts, "."), nil
}

// rowID makes an entry's ID from its row: the time, then the row's ID, so that
// rows of one instant keep their order, then which gem it was.
func rowID(gem string, at time.Time, row int64) audit.ID {
	id := audit.FirstID(at)
	sum := sha256.Sum256([]byte(gem))
	low := uint64(row)<<16&(1<<62-1) | uint64(binary.BigEndian.Uint16(sum[:2]))
	binary.BigEndian.PutUint64(id[8:], 1<<63|low)
	return id
}

// snakeCase writes a Ruby class as an object type.
func snakeCase(class string) string {
	var out strings.Builder
	runes := []rune(strings.ReplaceAll(class, "::", "_"))
	for i, r := range runes {
		if unicode.IsUpper(r) && i > 0 && runes[i-1] != '_' &&
			(!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// cut bounds a text in bytes, visibly.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	end := most - len("…")
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
