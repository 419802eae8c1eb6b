package audit

import (
	"fmt"

	sq "github.com/Masterminds/squirrel"
)

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
