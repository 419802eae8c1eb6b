package auditgorm

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// target is the table that a statement changes.
type target struct {
	name  string       // as the statement gives it, with its schema if it has one
	alias string       // what the statement's SQL calls it
	expr  clause.Table // how it is written
}

// tablePattern matches what db.Table takes for a table: its name, and perhaps
// an alias.
var tablePattern = regexp.MustCompile("(?i)^\\s*([^\\s`\"]+|[`\"].+?[`\"])(?:\\s+(?:AS\\s+)?[`\"]?(\\w+)[`\"]?)?\\s*$")

// targetOf returns the table that a statement changes.
func targetOf(db *gorm.DB) target {
	stmt := db.Statement
	t := target{name: stmt.Table, alias: stmt.Table, expr: clause.Table{Name: clause.CurrentTable}}
	if stmt.Table == "" && stmt.Schema != nil {
		t.name, t.alias = stmt.Schema.Table, base(stmt.Schema.Table)
	}
	if stmt.TableExpr != nil {
		if match := tablePattern.FindStringSubmatch(stmt.TableExpr.SQL); match != nil && len(stmt.TableExpr.Vars) == 0 {
			t.name = strings.NewReplacer("`", "", `"`, "").Replace(match[1])
			if t.alias == "" { // GORM does not understand all names
				t.alias = cmp.Or(match[2], base(t.name))
			}
		}
	}
	if len(stmt.BuildClauses) > 0 && stmt.BuildClauses[0] == "INSERT" && isSQLite(db) && stmt.Table != "" {
		// GORM's dialect inserts by this name, without schema or alias.
		t = target{name: stmt.Table, alias: stmt.Table, expr: clause.Table{Name: stmt.Table}}
	}
	for _, name := range []string{"INSERT", "UPDATE"} {
		var given clause.Table
		switch c := stmt.Clauses[name].Expression.(type) {
		case clause.Insert:
			given = c.Table
		case clause.Update:
			given = c.Table
		}
		t = t.or(given)
	}
	return t
}

// or returns the table that a clause gives, if it gives one.
func (t target) or(given clause.Table) target {
	if given.Name == "" || given.Name == clause.CurrentTable || given.Raw {
		return t
	}
	t = target{name: given.Name, alias: base(given.Name), expr: given}
	if given.Alias != "" {
		t.alias = given.Alias
	}
	return t
}

// base returns a table's name without its schema.
func base(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

// isIn reports whether a list names the table, with its schema or without. In
// SQLite, names that differ in case only are one name.
func (t target) isIn(names []string, fold bool) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return name == t.name || name == base(t.name) || fold && (strings.EqualFold(name, t.name) || strings.EqualFold(name, base(t.name)))
	})
}

// checkDelete refuses a DELETE that names its tables itself in a way that
// cannot be followed.
func checkDelete(db *gorm.DB, t target) (target, error) {
	from, ok := db.Statement.Clauses["FROM"].Expression.(clause.From)
	switch {
	case !ok:
		return t, nil
	case len(from.Tables) > 1 || len(from.Joins) > 0:
		return t, fmt.Errorf("its FROM clause has other tables than %q, which cannot be followed: select the primary keys first", t.name)
	case len(from.Tables) == 1:
		return t.or(from.Tables[0]), nil
	}
	return t, nil
}
