package auditgorm

import (
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm/clause"
)

// keyless pairs the rows of a table without a key before and after an update,
// by the columns that the update does not assign to.
type keyless struct {
	columns []string        // of the table
	set     map[string]bool // those assigned to
}

func (s *statement) keyless() keyless {
	k := keyless{columns: s.before.columns, set: map[string]bool{}}
	set, _ := s.db.Statement.Clauses["SET"].Expression.(clause.Set)
	for _, assignment := range set {
		k.set[assignment.Column.Name] = true
	}
	return k
}

// rest returns the values of a row that an update leaves, as one text.
func (k keyless) rest(r *row) string {
	var values []any
	for i, column := range k.columns {
		if !k.set[column] {
			values = append(values, r.table[i])
		}
	}
	return keyOf(values)
}

// groups returns the rows by what an update leaves of them.
func (k keyless) groups(list []*row) map[string][]*row {
	groups := map[string][]*row{}
	for _, r := range list {
		rest := k.rest(r)
		groups[rest] = append(groups[rest], r)
	}
	return groups
}

// checkKeyless refuses an update that makes different rows of rows that are
// alike.
func (s *statement) checkKeyless() error {
	set, _ := s.db.Statement.Clauses["SET"].Expression.(clause.Set)
	computed := slices.ContainsFunc(set, func(a clause.Assignment) bool { return a.Value != nil && isComputed(a.Value) })
	for _, group := range s.keyless().groups(s.before.all) {
		if computed && len(group) > 1 {
			return fmt.Errorf("its table has no key, so of %d rows that are alike in the other columns it is not known which becomes which: give the table a key, or change one at once", len(group))
		}
	}
	return nil
}

var errNotPaired = errors.New("its table has no key, and it is not known which row became which: others came in between, or a trigger changes other columns; give the table a key")

// pair returns for each row that an update returned the one that it was.
func (s *statement) pair(list []*row) (map[*row]*row, error) {
	k, was := s.keyless(), make(map[*row]*row, len(list))
	before := k.groups(s.before.all)
	for rest, group := range k.groups(list) {
		old := before[rest]
		if len(old) != len(group) {
			return nil, errNotPaired
		}
		for i, r := range group {
			if keyOf(r.table) != keyOf(group[0].table) {
				return nil, errNotPaired
			}
			was[r] = old[i]
		}
	}
	return was, nil
}
