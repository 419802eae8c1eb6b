package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// insertSQL inserts any number of entries in one statement; COPY would be
// faster, but knows neither ON CONFLICT nor row-level security. Every
// parameter is an array of texts, cast here and not by the driver: the types
// are then the same in every query mode of pgx and with every other driver.
//
// An ID that is already taken is left out, here or by another transaction that
// commits meanwhile; what was left out is then compared.
var insertSQL = func() string {
	var values, parameters strings.Builder
	for i, column := range entrysql.Columns {
		if i > 0 {
			values.WriteString(", ")
			parameters.WriteString(", ")
		}
		switch column {
		case "id":
			column = "id::uuid"
		case "occurred_at":
			column = "occurred_at::timestamptz"
		case "changes":
			column = "changes::jsonb"
		case "metadata":
			column = "nullif(metadata, '')::jsonb"
		case "format":
			column = "format::smallint"
		}
		values.WriteString(column)
		fmt.Fprintf(&parameters, "$%d::text[]", i+1)
	}
	columns := strings.Join(entrysql.Columns[:], ", ")
	return "INSERT INTO audit_entries (" + columns + ")" +
		" SELECT " + values.String() +
		" FROM unnest(" + parameters.String() + ") AS given (" + columns + ")" +
		" ON CONFLICT (org_id, id) DO NOTHING"
}()

// takenSQL reads the entries of some organizations and IDs.
const takenSQL = "SELECT " + entrysql.ReadColumns +
	" FROM unnest($1::text[], $2::text[]) AS given (org_id, id)" +
	" JOIN audit_entries AS e ON e.org_id = given.org_id AND e.id = given.id::uuid"

// maxStatementBytes bounds the texts of one statement: PostgreSQL takes no
// parameter of 1 GB, and would hold all of it in memory. No more than a call
// with many large entries needs a second statement.
const maxStatementBytes = 16 << 20

// handle is what an insert needs of pgx or of database/sql.
type handle interface {
	exec(ctx context.Context, query string, arrays [][]string) (affected int64, err error)
	entries(ctx context.Context, query string, arrays [][]string) ([]audit.Entry, error)
}

// insert implements the rules of [audit.Tx].
func insert(ctx context.Context, db handle, entries []audit.Entry) error {
	rows := make([]entrysql.Row, len(entries))
	for i, e := range entries {
		rows[i] = entrysql.RowOf(e)
	}
	for len(rows) > 0 {
		n, size := 1, rows[0].Size()
		for ; n < len(rows) && size+rows[n].Size() <= maxStatementBytes; n++ {
			size += rows[n].Size()
		}
		affected, err := db.exec(ctx, insertSQL, arraysOf(rows[:n], len(entrysql.Columns)))
		if err != nil {
			return fmt.Errorf("inserting entries: %w", err)
		}
		if affected != int64(n) {
			stored, err := db.entries(ctx, takenSQL, arraysOf(rows[:n], 2))
			if err != nil {
				return fmt.Errorf("inserting entries: reading those whose ID is taken: %w", err)
			}
			if err := entrysql.CheckTaken(entries[:n], stored); err != nil {
				return fmt.Errorf("inserting entries: %w", err)
			}
		}
		entries, rows = entries[n:], rows[n:]
	}
	return nil
}

// arraysOf turns rows into an array for each of the first columns.
func arraysOf(rows []entrysql.Row, columns int) [][]string {
	arrays := make([][]string, columns)
	texts := make([]string, columns*len(rows))
	for c := range arrays {
		arrays[c], texts = texts[:len(rows):len(rows)], texts[len(rows):]
		for r := range rows {
			arrays[c][r] = rows[r][c]
		}
	}
	return arrays
}
