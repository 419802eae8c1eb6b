package auditgorm

import (
	"context"
	"fmt"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// statement is an audited statement while it is executed.
type statement struct {
	*followed
	ctx      context.Context
	target   target
	table    *table
	model    *model   // nil without one
	ownTable bool     // the table is the model's own
	key      []string // the columns of the object's ID
	ident    []string // what identifies a row: the key's columns, or SQLite's number
	before   rows
}

// run executes the statement and records what it did. hasReturning says that
// the SQL ends in its own RETURNING clause.
func (f *followed) run(ctx context.Context, text string, args []any, hasReturning bool) (*returned, error) {
	s := &statement{followed: f, ctx: ctx}
	s.lockSQLite()
	if err := s.prepare(); err != nil {
		return nil, f.plugin.refusal(f.db, err)
	}
	conflict, err := s.conflict()
	if err == nil {
		err = s.readBefore(conflict)
	}
	if err != nil {
		return nil, f.plugin.refusal(f.db, err)
	}
	done, err := s.execute(text, args, hasReturning, conflict)
	if err != nil {
		return nil, err
	}
	events, err := s.events(done)
	if err == nil {
		err = f.plugin.record(f.db, f.ConnPool, events)
	}
	if err != nil {
		return nil, f.plugin.failure(f.db, f.ConnPool, err)
	}
	return done, nil
}

// prepare returns every error that can be found before the statement runs, and
// finds out what identifies its rows.
func (s *statement) prepare() (err error) {
	p := s.plugin
	if _, err := p.adapt(s.ConnPool); err != nil {
		return err
	}
	// No event yet, but what is wrong with organization and actor shows now,
	// before anything has changed.
	if _, err := p.trail.Prepare(s.ctx); err != nil {
		return err
	}
	s.target = targetOf(s.db)
	if s.op == deleting {
		if s.target, err = checkDelete(s.db, s.target); err != nil {
			return err
		}
	}
	if s.table, err = p.tableOf(s.ctx, s.db, s.connection(), s.target.name); err != nil {
		return err
	}
	if err := s.refresh(); err != nil {
		return err
	}
	if err := s.findModel(); err != nil {
		return err
	}
	s.key = s.model.keyColumns()
	if len(s.key) == 0 {
		s.key = s.table.objectKey()
	}
	switch {
	case s.table.rowid != "":
		s.ident = []string{s.table.rowid}
	case len(s.table.key) > 0:
		s.ident = s.table.key
	default:
		s.ident = s.model.keyColumns()
	}
	return s.checkModifiers()
}

// refresh asks the catalogue again if the statement names a column that the table
// did not have.
func (s *statement) refresh() (err error) {
	var names []string
	if values, ok := s.db.Statement.Clauses["VALUES"].Expression.(clause.Values); ok {
		for _, column := range values.Columns {
			names = append(names, column.Name)
		}
	}
	if set, ok := s.db.Statement.Clauses["SET"].Expression.(clause.Set); ok {
		for _, assignment := range set {
			names = append(names, assignment.Column.Name)
		}
	}
	for _, name := range names {
		if !slices.Contains(s.table.columns, name) {
			s.plugin.tables.Delete(s.target.name)
			s.table, err = s.plugin.tableOf(s.ctx, s.db, s.connection(), s.target.name)
			return err
		}
	}
	return nil
}

// readBefore reads the rows as they are before the statement.
func (s *statement) readBefore(c *conflict) error {
	if s.op == creating {
		if given := s.given(); given > s.plugin.options.MaxRows {
			return fmt.Errorf("it creates %d rows, the limit of Options.MaxRows is %d: create fewer at once, or raise it", given, s.plugin.options.MaxRows)
		}
		return s.readConflicting(c)
	}
	if err := s.readAffected(&s.before); err != nil {
		return err
	}
	if n := s.plugin.options.MaxRows; len(s.before.all) > n {
		return fmt.Errorf("it changes more than %d rows, the limit of Options.MaxRows: change fewer at once, or raise it", n)
	}
	if err := s.checkKey(); err != nil {
		return err
	}
	if len(s.ident) > 0 || s.op == deleting {
		return nil
	}
	return s.checkKeyless()
}

// isUpdate reports whether the statement's SQL is an UPDATE, as that of a soft
// delete is.
func (s *statement) isUpdate() bool {
	_, ok := s.db.Statement.Clauses["SET"]
	return ok
}

// given returns how many rows an INSERT gives.
func (s *statement) given() int {
	values, _ := s.db.Statement.Clauses["VALUES"].Expression.(clause.Values)
	return len(values.Values)
}

// connection returns the connection for the plugin's own queries.
func (s *statement) connection() gorm.ConnPool { return unprepared(s.ConnPool) }
