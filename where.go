package audit

import (
	"fmt"
	"slices"
	"time"

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

// Where returns the filter as a condition on the table audit_entries, its
// columns qualified by the alias (unless that is empty), so that a host can
// join the log with its own tables. Only what the filter uses is in the
// condition. It validates the filter first.
func (f Filter) Where(d Dialect, alias string) (sq.Sqlizer, error) {
	if err := f.Validate(); err != nil {
		return nil, err
	}
	if d != PostgreSQL && d != SQLite {
		return nil, invalidFilter("dialect", fmt.Sprint(int(d)), "not a dialect", "use PostgreSQL or SQLite")
	}
	if alias != "" && !isAlias(alias) {
		return nil, invalidFilter("alias", alias, "not a plain name", "use letters, digits and underscores, or none")
	}
	column := func(name string) string {
		if alias == "" {
			return name
		}
		return alias + "." + name
	}
	where := sq.And{sq.Eq{column("org_id"): f.Org}}
	add := func(condition sq.Sqlizer) { where = append(where, condition) }

	if !f.From.IsZero() {
		add(sq.GtOrEq{column("id"): d.IDArg(firstIDNotBefore(f.From))})
	}
	if !f.Until.IsZero() {
		add(sq.Lt{column("id"): d.IDArg(firstIDNotBefore(f.Until))})
	}
	if !f.NotAfter.IsZero() {
		add(sq.LtOrEq{column("id"): d.IDArg(f.NotAfter)})
	}
	for i := range conditions {
		where = conditions[i].where(where, &f, d, column)
	}
	for i := range addressConditions {
		where = addressConditions[i].where(where, &f, column)
	}
	return where, nil
}

// isAlias reports whether a text is a name that needs no quotes: it becomes a
// part of the statement.
func isAlias(s string) bool {
	for i, c := range []byte(s) {
		if c != '_' && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// mostGaps is how many values are excluded by the gaps between them.
const mostGaps = 50

// notIn returns the condition that a column has none of the values. For
// PostgreSQL it names what is left, the gaps between the values: where few
// entries lie in them, an index finds those, and NOT IN would have every entry
// of the organization looked at.
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

// firstIDNotBefore returns the smallest ID at or after t. Entries' times are
// whole microseconds, so a bound between two of them is the later one.
func firstIDNotBefore(t time.Time) ID { return FirstID(ceilMicro(t)) }

// ceilMicro rounds a time up to the microsecond.
func ceilMicro(t time.Time) time.Time {
	if cut := t.Truncate(time.Microsecond); cut.Before(t) {
		return cut.Add(time.Microsecond)
	}
	return t
}
