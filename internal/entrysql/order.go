package entrysql

import (
	"strings"

	"github.com/auditkeep/audit"
)

// Order is the order of a walk.
type Order struct {
	Columns    []string // the last one is id
	Descending bool
}

func orderOf(w audit.Walk) Order {
	o := Order{Columns: []string{"id"}, Descending: (w.Sort.Dir == audit.Descending) != w.Backward}
	if column, ok := sortColumns[w.Sort.By]; ok {
		o.Columns = []string{column, "id"}
	}
	return o
}

// By returns the ORDER BY terms. A reversed order reverses every column, the
// ID too, so that one index (org_id, column, id) serves both directions.
func (o Order) By(alias string) string {
	terms := make([]string, len(o.Columns))
	for i, column := range o.Columns {
		terms[i] = alias + column
		if o.Descending {
			terms[i] += " DESC"
		}
	}
	return strings.Join(terms, ", ")
}

// Keys returns the columns that an entry is found by, and ordered by.
func (o Order) Keys(alias string) string {
	return alias + strings.Join(append([]string{"org_id"}, o.Columns...), ", "+alias)
}

// Of returns the order by a column and ID in the same direction.
func (o Order) Of(column string) Order {
	return Order{Columns: []string{column, "id"}, Descending: o.Descending}
}
