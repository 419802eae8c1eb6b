package postgres

import (
	"context"
	"fmt"
	"strings"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// statement is SQL that takes rows, given (…), as parameters. One row comes in a
// VALUES list and many in arrays, since reading arrays costs a single row about
// as much as inserting it. Every parameter is a text, cast here and not by the
// driver: the types are then the same in every query mode of pgx and with every
// other driver.
type statement struct{ one, many string }

func newStatement(build func(given string) string) statement {
	texts, arrays := make([]string, len(entrysql.Columns)), make([]string, len(entrysql.Columns))
	for i := range entrysql.Columns {
		texts[i] = fmt.Sprintf("$%d::text", i+1)
		arrays[i] = texts[i] + "[]"
	}
	as := " AS given (" + columns + ")"
	return statement{
		one:  build("(VALUES (" + strings.Join(texts, ", ") + "))" + as),
		many: build("unnest(" + strings.Join(arrays, ", ") + ")" + as),
	}
}

// with returns the SQL and the arguments for some rows.
func (s statement) with(rows []entrysql.Row) (query string, args []any) {
	if len(rows) > 1 {
		return s.many, arraysOf(rows, len(entrysql.Columns))
	}
	args = make([]any, len(entrysql.Columns))
	for i := range args {
		args[i] = rows[0][i]
	}
	return s.one, args
}

var columns = strings.Join(entrysql.Columns, ", ")

// statements are what the store writes with, on one spelling of the table.
type statements struct {
	// fresh inserts rows in one statement; COPY would be faster for many, but
	// knows neither ON CONFLICT nor row-level security. An ID that is already
	// taken is an error, which the library's own never are.
	fresh statement
	// given leaves out what has an ID that is already taken, here or by another
	// transaction that commits meanwhile; what was left out is then compared.
	given statement
	// check, behind given and with the same parameters, compares it in the
	// database: it inserts what is not there with the same content, which is
	// nothing, or an error if the ID is taken by other content. A second
	// statement, because it sees what another transaction has committed while
	// the first one waited for it.
	check statement
	// taken reads the entries of some organizations and IDs.
	taken string
}

// bySearchPath finds the table as the connection does. PostgreSQL looks for a
// table among the session's temporary ones first, so these statements refuse to
// run beside a temporary table of that name.
var bySearchPath = newStatements(unqualified, noTemporary)

const (
	unqualified = "audit_entries"
	// The text is put together at run time: PostgreSQL would evaluate a constant
	// while it plans. In a subquery it is asked once, not for every row.
	noTemporary = " WHERE CASE WHEN (SELECT pg_catalog.to_regclass('pg_temp.audit_entries')) IS NULL THEN true" +
		" ELSE pg_catalog.concat('" + hiddenByTemporary + "; format ', given.format)::boolean END"
	hiddenByTemporary = "a temporary table audit_entries stands before the log"
)

func newStatements(table, where string) *statements {
	values := strings.Join(entrysql.PostgreSQLValues("given"), ", ")
	insert := func(given string) string {
		return "INSERT INTO " + table + " (" + columns + ") SELECT " + values + " FROM " + given + where
	}
	there := "e." + strings.Join(entrysql.Columns, ", e.")
	missing := " WHERE "
	if where != "" {
		missing = " AND "
	}
	missing += "NOT EXISTS (SELECT FROM " + table + " AS e" +
		" WHERE e.org_id = given.org_id AND e.id = given.id::uuid" +
		" AND (" + there + ") IS NOT DISTINCT FROM (" + values + "))"
	return &statements{
		fresh: newStatement(insert),
		given: newStatement(func(given string) string { return insert(given) + " ON CONFLICT (org_id, id) DO NOTHING" }),
		check: newStatement(func(given string) string { return insert(given) + missing }),
		taken: "SELECT " + entrysql.ReadColumns +
			" FROM unnest($1::text[], $2::text[]) AS given (org_id, id)" +
			" JOIN " + table + " AS e ON e.org_id = given.org_id AND e.id = given.id::uuid",
	}
}

// maxStatementBytes bounds the texts of one statement: PostgreSQL takes no
// parameter of 1 GB, and would hold all of it in memory. No more than a call
// with many large entries needs a second statement.
const maxStatementBytes = 16 << 20

// handle is what an insert needs of pgx or of database/sql. Arguments are
// texts and lists of texts.
type handle interface {
	exec(ctx context.Context, query string, args []any) (affected int64, err error)
	entries(ctx context.Context, query string, args []any) ([]audit.Entry, error)
}

// insert implements the rules of [audit.Tx].
func (s *statements) insert(ctx context.Context, db handle, entries []audit.Entry) error {
	rows := rowsOf(entries)
	for len(rows) > 0 {
		n := statementRows(rows)
		query, args := s.given.with(rows[:n])
		affected, err := db.exec(ctx, query, args)
		if err != nil {
			return fmt.Errorf("inserting entries: %w", unmigrated(err))
		}
		if affected != int64(n) {
			stored, err := db.entries(ctx, s.taken, arraysOf(rows[:n], 2))
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

// insertNew inserts entries whose IDs cannot be taken, without the look for
// those that are, which costs a single entry about a tenth more.
func (s *statements) insertNew(ctx context.Context, db handle, entries []audit.Entry) error {
	rows := rowsOf(entries)
	for len(rows) > 0 {
		n := statementRows(rows)
		query, args := s.fresh.with(rows[:n])
		affected, err := db.exec(ctx, query, args)
		if err != nil {
			return fmt.Errorf("inserting entries: %w", asConflict(unmigrated(err)))
		}
		if err := allStored(affected, n); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// allStored reports entries that the database accepted and did not store.
func allStored(affected int64, n int) error {
	if affected == int64(n) {
		return nil
	}
	return fmt.Errorf("inserting entries: %d of %d were stored: a trigger, a rule or a policy on audit_entries drops entries; Admin.Check names it", affected, n)
}

func rowsOf(entries []audit.Entry) []entrysql.Row {
	rows := make([]entrysql.Row, len(entries))
	for i := range entries {
		rows[i] = entrysql.RowOf(&entries[i])
	}
	return rows
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

// arraysOf turns rows into a list for each of the first columns.
func arraysOf(rows []entrysql.Row, columns int) []any {
	arrays := make([]any, columns)
	texts := make([]string, columns*len(rows))
	for c := range arrays {
		array := texts[:len(rows):len(rows)]
		texts = texts[len(rows):]
		for r := range rows {
			array[r] = rows[r][c]
		}
		arrays[c] = array
	}
	return arrays
}
