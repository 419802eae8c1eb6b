package auditgorm

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"gorm.io/gorm/clause"
)

// refusedModifier matches what INSERT and UPDATE can have on SQLite: REPLACE
// removes other rows, FAIL keeps what came before the error, and ROLLBACK ends
// the transaction.
var refusedModifier = regexp.MustCompile(`(?i)\b(REPLACE|FAIL|ROLLBACK)\b`)

// checkModifiers refuses what removes rows that nobody looked at, and what ends
// a statement or a transaction half-way.
func (s *statement) checkModifiers() error {
	for _, name := range []string{"INSERT", "UPDATE"} {
		var modifier string
		switch c := s.db.Statement.Clauses[name].Expression.(type) {
		case clause.Insert:
			modifier = c.Modifier
		case clause.Update:
			modifier = c.Modifier
		}
		if refusedModifier.MatchString(modifier) {
			return fmt.Errorf("its modifier %q removes rows or stops half-way, which cannot be followed: use clause.OnConflict", modifier)
		}
	}
	if s.table.replaces && s.op != deleting {
		return errors.New("a constraint of the table is declared ON CONFLICT REPLACE, so the statement may remove rows, which cannot be followed: declare it without")
	}
	return nil
}

// checkKey refuses an update that gives the key another value. What an expression
// makes of the key shows afterwards.
func (s *statement) checkKey() error {
	set, _ := s.db.Statement.Clauses["SET"].Expression.(clause.Set)
	for _, assignment := range set {
		at := slices.Index(s.before.columns, assignment.Column.Name)
		if at < 0 || !slices.Contains(s.key, assignment.Column.Name) {
			continue
		}
		for _, r := range s.before.list {
			if isOther(r.table[at], assignment.Value) {
				return fmt.Errorf("it gives the primary key's %q another value: a change of the key cannot be followed; create the new record and delete the old one", assignment.Column.Name)
			}
		}
	}
	return nil
}

// isOther reports whether a number or a text is surely another one than was read.
func isOther(raw, value any) bool {
	v := reflect.Indirect(reflect.ValueOf(value))
	text, isText := raw.(string)
	_, isValuer := value.(driver.Valuer)
	switch {
	case isValuer:
		return false // the database sees something else
	case !v.IsValid():
		return raw != nil
	case v.CanInt():
		number, ok := raw.(int64)
		return ok && number != v.Int()
	case v.CanUint():
		number, ok := raw.(int64)
		return ok && uint64(number) != v.Uint()
	case v.Kind() == reflect.String && isText:
		return strings.TrimRight(text, " ") != strings.TrimRight(v.String(), " ")
	}
	return false
}
