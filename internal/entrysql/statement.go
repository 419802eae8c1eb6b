package entrysql

import (
	"strconv"
	"strings"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// Statement is a statement that reads the table.
type Statement struct {
	SQL  string
	Args []any
	// Planning says whether the best way to run it depends on the arguments.
	Planning Planning
	// Most is how many rows there are at most, for room to be made for them at
	// once. Zero if nothing is known.
	Most int
}

// Planning says when PostgreSQL is to plan a statement. Left to itself, it
// plans five times with the arguments and then decides by an estimate.
type Planning int

const (
	// PlanOnce is for statements that can only be run in one way, from an index
	// in its order: with a partition for every month, planning takes several
	// times as long as running.
	PlanOnce Planning = iota
	// PlanEach is for statements whose best plan depends on how many entries
	// have the values that a filter wants.
	PlanEach
)

// newStatement writes a statement with the dialect's placeholders.
func newStatement(d audit.Dialect, statement sq.Sqlizer, planning Planning) (Statement, error) {
	query, args, err := statement.ToSql()
	if err == nil && d == audit.PostgreSQL {
		query, err = sq.Dollar.ReplacePlaceholders(query)
	}
	return Statement{SQL: query, Args: args, Planning: planning}, err
}

// limit returns a LIMIT clause. Its number is written out: of a parameter,
// PostgreSQL supposes that it means a tenth of all rows, and reads and sorts
// them.
func limit(n int) string { return "LIMIT " + strconv.Itoa(n) }

// upTo rounds a limit up, so that the pages of a list share few statements.
func upTo(n int) int {
	const few = 1024
	if n > few {
		return (n + few - 1) / few * few
	}
	rounded := 64
	for rounded < n {
		rounded *= 4
	}
	return rounded
}

// textArray writes a text[] as PostgreSQL reads it.
func textArray(texts []string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = `"` + escape.Replace(text) + `"`
	}
	return "{" + strings.Join(quoted, ",") + "}"
}

// idArray writes a uuid[] as PostgreSQL reads it.
func idArray(ids []audit.ID) string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return "{" + strings.Join(texts, ",") + "}"
}
