package entrysql

import (
	"strings"

	sq "github.com/Masterminds/squirrel"

	"github.com/auditkeep/audit"
)

// sortColumns are the columns behind the page's headers; a timestamp's order
// is that of the IDs, which every order ends with.
var sortColumns = map[audit.Column]string{
	audit.ByObjectType:  "e.object_type",
	audit.ByID:          "e.object_sort",
	audit.ByAction:      "e.action",
	audit.ByChanges:     "e.changed_fields",
	audit.ByPerformedBy: "e.actor_email",
	audit.ByIPAddress:   "e.ip_key",
}

// List returns the statement that reads a walk's entries.
func List(d audit.Dialect, w audit.Walk) (query string, args []any, err error) {
	where, err := w.Filter.Where(d, "e")
	if err != nil {
		return "", nil, err
	}
	order := orderOf(w)
	matching := sq.And{where}
	if !w.After.IsZero() {
		matching = append(matching, order.beyond(d, w.After))
	}
	if w.Offset == 0 && !sortsRange(d, w) {
		return toSQL(d, sq.Select(ReadColumns).
			From("audit_entries AS e").Where(matching).OrderBy(order.by()).
			Suffix("LIMIT ?", w.Limit))
	}
	// What is passed over is read from the index alone: a subquery finds the
	// keys, and only the rows that are wanted are fetched by them.
	keys := sq.Select("e.org_id", "e.id").
		From("audit_entries AS e").Where(matching).OrderBy(order.by()).
		Suffix("LIMIT ? OFFSET ?", w.Limit, w.Offset)
	return toSQL(d, sq.Select(ReadColumns).
		FromSelect(keys, "k").Join("audit_entries AS e ON e.org_id = k.org_id AND e.id = k.id").
		OrderBy(order.by()))
}

// sortsRange reports whether the database would read every entry in a range of
// time, only to sort them by another column. SQLite would: it knows no
// histogram, takes every range to be short, and so prefers it to the index
// that gives the order. A query for keys alone it answers from that index.
func sortsRange(d audit.Dialect, w audit.Walk) bool {
	f := w.Filter
	return d == audit.SQLite && w.Sort.By != audit.ByTimestamp &&
		(!f.From.IsZero() || !f.Until.IsZero() || !f.AsOf.IsZero())
}

// order is the order of a walk.
type order struct {
	columns    []string
	descending bool
}

func orderOf(w audit.Walk) order {
	o := order{columns: []string{"e.id"}, descending: (w.Sort.Dir == audit.Descending) != w.Backward}
	if column, ok := sortColumns[w.Sort.By]; ok {
		o.columns = []string{column, "e.id"}
	}
	return o
}

// by returns the ORDER BY terms. A reversed order reverses every column, the
// ID too, so that one index (org_id, column, id) serves both directions.
func (o order) by() string {
	if !o.descending {
		return strings.Join(o.columns, ", ")
	}
	return strings.Join(o.columns, " DESC, ") + " DESC"
}

// beyond returns the condition that an entry lies behind the cursor. It
// compares whole rows, which both databases turn into one range of the index.
func (o order) beyond(d audit.Dialect, c audit.Cursor) sq.Sqlizer {
	operator := " > "
	if o.descending {
		operator = " < "
	}
	if len(o.columns) == 1 {
		return sq.Expr("e.id"+operator+"?", d.IDArg(c.ID()))
	}
	return sq.Expr("("+strings.Join(o.columns, ", ")+")"+operator+"(?, ?)", c.Key(), d.IDArg(c.ID()))
}

// toSQL writes a statement with the dialect's placeholders.
func toSQL(d audit.Dialect, statement sq.Sqlizer) (string, []any, error) {
	query, args, err := statement.ToSql()
	if err != nil || d == audit.SQLite {
		return query, args, err
	}
	query, err = sq.Dollar.ReplacePlaceholders(query)
	return query, args, err
}
