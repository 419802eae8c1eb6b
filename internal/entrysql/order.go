package entrysql

import (
	"strings"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// order is the order of a walk.
type order struct {
	columns    []string
	descending bool
}

func orderOf(w audit.Walk) order {
	o := order{columns: []string{"id"}, descending: (w.Sort.Dir == audit.Descending) != w.Backward}
	if column, ok := sortColumns[w.Sort.By]; ok {
		o.columns = []string{column, "id"}
	}
	return o
}

// by returns the ORDER BY terms. A reversed order reverses every column, the
// ID too, so that one index (org_id, column, id) serves both directions.
func (o order) by(alias string) string {
	terms := make([]string, len(o.columns))
	for i, column := range o.columns {
		terms[i] = alias + column
		if o.descending {
			terms[i] += " DESC"
		}
	}
	return strings.Join(terms, ", ")
}

// keys returns the columns that an entry is found by, and ordered by.
func (o order) keys(alias string) string {
	return alias + strings.Join(append([]string{"org_id"}, o.columns...), ", "+alias)
}

// beyond returns the condition that an entry lies behind the cursor. It
// compares whole rows, which both databases turn into one range of the index.
//
// Where PostgreSQL plans for the values, the comparison includes its end, which
// is therefore the next ID: it is estimated by the first column alone, and of
// what is less than "create" no entry would be expected that is a create itself.
// Otherwise it leaves its end out: given one that includes its end, PostgreSQL
// looks for where to begin by conditions on the ID alone, if there are such.
func (o order) beyond(d audit.Dialect, c audit.Cursor, planning Planning) sq.Sqlizer {
	operator, end := ">", c.ID()
	if o.descending {
		operator = "<"
	}
	if len(o.columns) == 1 {
		return sq.Expr("e.id "+operator+" ?", d.IDArg(end))
	}
	if planning == PlanEach && d == audit.PostgreSQL {
		if operator += "="; o.descending {
			end = precedingID(end)
		} else {
			end = followingID(end)
		}
	}
	return sq.Expr("(e."+strings.Join(o.columns, ", e.")+") "+operator+" (?, ?)", keyArg(d, c.Key()), d.IDArg(end))
}

// keyArg returns a cursor's key as the dialect's driver takes it. PostgreSQL has
// no text with a NUL or broken UTF-8, so no page of it gave such a key.
func keyArg(d audit.Dialect, key string) string {
	if d == audit.PostgreSQL {
		return strings.ReplaceAll(strings.ToValidUTF8(key, "\uFFFD"), "\x00", "\uFFFD")
	}
	return key
}
