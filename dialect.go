package audit

import (
	"slices"

	sq "github.com/Masterminds/squirrel"
)

// Dialect is the flavour of SQL that a condition is written in.
type Dialect int

// The dialects of the two stores.
const (
	PostgreSQL Dialect = iota
	SQLite
)

// IDArg returns the ID as the dialect's driver takes it: text, which
// PostgreSQL reads as uuid, or 16 bytes.
func (d Dialect) IDArg(id ID) any {
	if d == SQLite {
		return id[:]
	}
	return id.String()
}

// mostGaps is how many values are excluded by the gaps between them.
const mostGaps = 50

// notIn returns the condition that a column has none of the values. For
// PostgreSQL it names what is left, the gaps between the values: if few
// entries lie in them, an index finds those, but for NOT IN PostgreSQL would read
// every entry of the organization.
func notIn(d Dialect, column string, values []string) sq.Sqlizer {
	if d != PostgreSQL || len(values) > mostGaps {
		return sq.NotEq{column: values}
	}
	values = slices.Compact(slices.Sorted(slices.Values(values)))
	gaps := sq.Or{sq.Lt{column: values[0]}}
	for i, value := range values[1:] {
		gaps = append(gaps, sq.And{sq.Gt{column: values[i]}, sq.Lt{column: value}})
	}
	return append(gaps, sq.Gt{column: values[len(values)-1]})
}
