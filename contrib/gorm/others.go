package auditgorm

import (
	"slices"

	"gorm.io/gorm/clause"
)

// mayMeetOthers reports whether an UPDATE or DELETE may change rows that did not
// match yet when they were read, because another transaction has committed them
// meanwhile. SQLite has one writer only. A condition on the whole key names the
// rows themselves.
func (s *statement) mayMeetOthers() bool {
	return s.op != creating && !isSQLite(s.db) && len(s.ident) > 0 && !s.isByKey()
}

// executeAgain executes an UPDATE or DELETE. If it changes rows that were not
// read, it is undone, the rows are read again, and it is executed again. The rows
// that were read stay locked meanwhile.
func (s *statement) executeAgain(text string, args []any, hasReturning bool) (*returned, error) {
	for try := 1; ; try++ {
		if err := s.savepoint("SAVEPOINT "); err != nil {
			return nil, err
		}
		done, err := s.execOnce(text, args, hasReturning, nil)
		if err != nil {
			return nil, err
		}
		others := slices.ContainsFunc(done.list, func(r *row) bool { return s.before.index[r.key] == nil })
		if !others || try == maxTries {
			return done, s.savepoint("RELEASE SAVEPOINT ")
		}
		if err := s.undo(); err != nil {
			return nil, err
		}
		s.before = rows{}
		if err := s.readBefore(nil); err != nil {
			return nil, s.plugin.refusal(s.db, err)
		}
	}
}

// isByKey reports whether the statement's condition gives the values of all
// columns of the key.
func (s *statement) isByKey() bool {
	where, _ := s.db.Statement.Clauses["WHERE"].Expression.(clause.Where)
	var named []string
	for _, e := range where.Exprs {
		switch e := e.(type) {
		case clause.Eq:
			named = append(named, columnNames(e.Column)...)
		case clause.IN:
			named = append(named, columnNames(e.Column)...)
		case clause.OrConditions:
			return false
		}
	}
	if len(s.key) == 1 && slices.Contains(named, clause.PrimaryKey) {
		return true
	}
	return len(s.key) > 0 && !slices.ContainsFunc(s.key, func(name string) bool { return !slices.Contains(named, name) })
}

func columnNames(column any) (names []string) {
	switch c := column.(type) {
	case string:
		names = []string{c}
	case clause.Column:
		names = []string{c.Name}
	case []clause.Column:
		for _, one := range c {
			names = append(names, one.Name)
		}
	}
	return names
}
