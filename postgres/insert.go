package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// newSQL inserts any number of entries in one statement; COPY would be faster,
// but knows neither ON CONFLICT nor row-level security. Every parameter is an
// array of texts, cast here and not by the driver: the types are then the same
// in every query mode of pgx and with every other driver.
//
// An ID that is already taken is an error, which the library's own never are.
var newSQL = func() string {
	columns, values, parameters := make([]string, 0, 32), make([]string, 0, 32), make([]string, 0, 32)
	for i, column := range entrysql.Columns {
		columns = append(columns, column)
		values = append(values, givenColumn(column))
		parameters = append(parameters, fmt.Sprintf("$%d::text[]", i+1))
	}
	names := strings.Join(columns, ", ")
	return "INSERT INTO audit_entries (" + names + ")" +
		" SELECT " + strings.Join(values, ", ") +
		" FROM unnest(" + strings.Join(parameters, ", ") + ") AS given (" + names + ")"
}()

// givenColumn is what is stored of a given text.
func givenColumn(column string) string {
	switch given := "given." + column; column {
	case "id":
		return given + "::uuid"
	case "occurred_at":
		return given + "::timestamptz"
	case "changes":
		return given + "::jsonb"
	case "metadata":
		return "nullif(" + given + ", '')::jsonb"
	case "format":
		return given + "::smallint"
	default:
		return given
	}
}

// insertSQL leaves out what has an ID that is already taken, here or by another
// transaction that commits meanwhile; what was left out is then compared.
var insertSQL = newSQL + " ON CONFLICT (org_id, id) DO NOTHING"

// checkSQL, behind insertSQL and with the same parameters, compares it in the
// database: it inserts what is not there with the same content, which is
// nothing, or an error where the ID is taken by other content. A second
// statement, because it sees what another transaction has committed while the
// first one waited for it.
var checkSQL = func() string {
	var stored, given []string
	for _, column := range entrysql.Columns {
		stored = append(stored, "e."+column)
		given = append(given, givenColumn(column))
	}
	return newSQL + " WHERE NOT EXISTS (SELECT FROM audit_entries AS e" +
		" WHERE e.org_id = given.org_id AND e.id = given.id::uuid" +
		" AND (" + strings.Join(stored, ", ") + ") IS NOT DISTINCT FROM (" + strings.Join(given, ", ") + "))"
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
		n := statementRows(rows)
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

// statementRows returns how many of the rows, one or more, go into one
// statement.
func statementRows(rows []entrysql.Row) int {
	n, size := 1, rows[0].Size()
	for ; n < len(rows) && size+rows[n].Size() <= maxStatementBytes; n++ {
		size += rows[n].Size()
	}
	return n
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
