package auditgorm

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// conflict says which rows an INSERT … ON CONFLICT DO UPDATE may meet.
type conflict struct {
	columns []string // of the constraint, if the clause names them
	values  [][]any  // what the statement gives for them
	// exact says that the values decide which rows are met. If not (another
	// constraint, an expression, a default, a trigger), the statement is
	// executed first, then undone if it has met rows that were not read.
	exact bool
}

// conflict returns the conflict of the statement, or nil if it updates nothing.
func (s *statement) conflict() (*conflict, error) {
	given, ok := s.db.Statement.Clauses["ON CONFLICT"]
	if !ok || s.op != creating {
		return nil, nil
	}
	on, ok := given.Expression.(clause.OnConflict)
	if !ok {
		return nil, fmt.Errorf("its ON CONFLICT is a %T, which cannot be followed: use clause.OnConflict", given.Expression)
	}
	if on.DoNothing {
		return nil, nil // whatever row it meets is left alone
	}
	if len(s.ident) == 0 {
		return nil, errors.New("its table has no primary key, so the rows that its ON CONFLICT updates cannot be distinguished: give it a key")
	}
	c := &conflict{exact: len(on.Columns) > 0 && on.OnConstraint == "" && !s.table.triggered && !s.table.surprised.Load()}
	if !isSQLite(s.db) && !s.table.versions {
		c.exact = false // nothing would show that the values did not decide it after all
	}
	for _, column := range on.Columns {
		name := column.Name
		if s.db.Statement.Schema != nil {
			if f := s.db.Statement.Schema.LookUpField(name); f != nil && f.DBName != "" {
				name = f.DBName
			}
		}
		c.exact = c.exact && !column.Raw && !slices.Contains(s.table.rounds, name)
		c.columns = append(c.columns, name)
	}
	for _, assignment := range on.DoUpdates {
		if err := s.checkAssignment(c, assignment); err != nil {
			return nil, err
		}
	}
	if !slices.ContainsFunc(on.Columns, func(c clause.Column) bool { return c.Raw }) && on.OnConstraint == "" {
		c.take(s.db.Statement)
	}
	return c, nil
}

// checkAssignment refuses an assignment to the key, unless the conflict is about
// it and it stays as it is.
func (s *statement) checkAssignment(c *conflict, to clause.Assignment) error {
	name := to.Column.Name
	if !slices.Contains(s.key, name) && !slices.Contains(s.table.key, name) {
		return nil
	}
	from, ok := to.Value.(clause.Column)
	if ok && from.Table == "excluded" && from.Name == name && slices.Contains(c.columns, name) {
		return nil
	}
	return fmt.Errorf("its ON CONFLICT assigns to %q of the primary key: a change of the key cannot be followed", name)
}

// take takes the values that the statement gives for the constraint's columns.
func (c *conflict) take(stmt *gorm.Statement) {
	values, _ := stmt.Clauses["VALUES"].Expression.(clause.Values)
	places := make([]int, len(c.columns))
	for i, name := range c.columns {
		places[i] = slices.IndexFunc(values.Columns, func(column clause.Column) bool { return column.Name == name })
	}
	if len(places) == 0 || slices.Contains(places, -1) {
		c.exact = false
		return
	}
	for _, row := range values.Values {
		key := make([]any, len(places))
		for i, place := range places {
			key[i] = row[place]
		}
		if slices.ContainsFunc(key, isComputed) {
			c.exact = false
			continue
		}
		c.values = append(c.values, key)
	}
}

// isComputed reports whether only the database knows the value.
func isComputed(value any) bool {
	switch value.(type) {
	case nil, clause.Expression, gorm.Valuer, *gorm.DB:
		return true
	}
	return false
}

// readConflicting reads and locks the rows that an upsert is known to meet.
func (s *statement) readConflicting(c *conflict) error {
	if c == nil || len(c.values) == 0 {
		return nil
	}
	return s.readWhere(c.columns, c.values, &s.before, "NO KEY UPDATE")
}

// maxTries is how often a statement is executed until all rows that it meets are
// known. The first time shows those of an upsert.
const maxTries = 3

// execute executes the statement. If it meets rows which were not read, it is
// undone, those are read, and it is executed again.
func (s *statement) execute(text string, args []any, hasReturning bool, c *conflict) (*returned, error) {
	if s.mayMeetOthers() {
		return s.executeAgain(text, args, hasReturning)
	}
	if c == nil || c.exact {
		done, err := s.execOnce(text, args, hasReturning, c)
		if err != nil || c == nil || !s.surprises(done) {
			return done, err
		}
		s.table.surprised.Store(true) // looked at more closely from now on
		return nil, s.plugin.failure(s.db, s.ConnPool, errors.New("it has updated rows that were not there right before: others came in between; try again"))
	}
	absent := map[string]bool{} // not there before the statement
	for range maxTries {
		if err := s.savepoint("SAVEPOINT "); err != nil {
			return nil, err
		}
		done, err := s.execOnce(text, args, hasReturning, c)
		if err != nil {
			if isSQLite(s.db) { // PostgreSQL's transaction has failed as a whole
				_ = s.undo() // the error says more
			}
			return nil, err
		}
		var unread []*row
		for _, r := range done.list {
			if known := absent[r.key]; s.before.index[r.key] == nil {
				if s.table.versions {
					known = r.fresh
				}
				if !known {
					unread = append(unread, r)
				}
			}
		}
		if len(unread) == 0 {
			return done, s.savepoint("RELEASE SAVEPOINT ")
		}
		if err := s.undo(); err != nil {
			return nil, err
		}
		if err := s.readAgain(unread, &s.before, "NO KEY UPDATE"); err != nil {
			return nil, err
		}
		for _, r := range unread {
			absent[r.key] = s.before.index[r.key] == nil
		}
	}
	return nil, s.plugin.refusal(s.db, errors.New("its ON CONFLICT meets other rows each time, which cannot be followed: name the columns of the constraint, and give their values"))
}

// surprises reports whether the statement has updated a row that was not read.
func (s *statement) surprises(done *returned) bool {
	return s.table.versions && slices.ContainsFunc(done.all, func(r *row) bool { return !r.fresh && s.before.index[r.key] == nil })
}

// undo goes back to the savepoint and forgets it.
func (s *statement) undo() error {
	return errors.Join(s.savepoint("ROLLBACK TO SAVEPOINT "), s.savepoint("RELEASE SAVEPOINT "))
}

func (s *statement) savepoint(command string) error {
	_, err := s.connection().ExecContext(context.WithoutCancel(s.ctx), command+"auditgorm")
	return err
}
