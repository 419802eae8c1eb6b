package auditgorm

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/auditkeep/audit"
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
	ident    []string // what tells a row from the others: the key's columns, or SQLite's number
	before   rows
}

// run executes the statement and records what it did. hasReturning says that
// the SQL ends in a RETURNING clause of its own.
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

// prepare looks for all that can be known to be wrong with the statement, and
// finds out how its rows are told apart.
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

// findModel finds the model of the statement's table: the statement's own, unless
// that is the model of another table; then the one that the plugin knows.
func (s *statement) findModel() error {
	p := s.plugin
	if schema := s.db.Statement.Schema; schema != nil {
		s.model = p.modelOf(schema)
		s.ownTable = s.target.name == schema.Table
		if !s.ownTable && base(s.target.name) == base(schema.Table) {
			own, err := p.tableOf(s.ctx, s.db, s.connection(), schema.Table)
			if err != nil {
				return err
			}
			s.ownTable = own.id == s.table.id
		}
	}
	if known, ok := p.seen.Load(s.target.name); ok && !s.ownTable {
		s.model, s.ownTable = known.(*model), true
	}
	return nil
}

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
		return fmt.Errorf("a constraint of the table is declared ON CONFLICT REPLACE, so the statement may remove rows, which cannot be followed: declare it without")
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
	if len(s.ident) > 0 || len(s.before.all) < 2 || s.op == deleting {
		return nil
	}
	return fmt.Errorf("its table has no primary key, so of %d rows it is not known which becomes which: give it a key, or change one at once", len(s.before.all))
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

// events returns what the statement did.
func (s *statement) events(done *returned) ([]audit.Event, error) {
	if s.op == deleting {
		return s.destroyed(done)
	}
	after := &done.rows
	if len(s.ident) > 0 && len(done.list) > 0 {
		after = new(rows)
		if err := s.readAgain(done.list, after, ""); err != nil {
			return nil, err
		}
	}
	if len(s.ident) == 0 && s.op == updating && len(done.all) > len(s.before.all) {
		return nil, s.unknown()
	}
	var images *image
	events := make([]audit.Event, 0, len(done.list))
	for _, r := range done.list {
		now, old := after.index[r.key], s.before.index[r.key]
		if len(s.ident) == 0 {
			if old = nil; s.op == updating {
				old = s.before.all[0]
			}
		}
		switch {
		case now == nil && s.op == creating:
			return nil, fmt.Errorf("of %d rows only %d could be read after they were created: a trigger or a policy of the database hides them", len(done.list), len(after.list))
		case now == nil:
			return nil, errors.New("a row is not there any more after it was changed: a trigger or a policy of the database hides it")
		case old == nil && s.op == updating:
			return nil, s.unknown()
		case old != nil && s.keyOf(&s.before, old) != s.keyOf(after, now):
			return nil, errKeyChanged
		}
		if images == nil {
			images = s.plugin.imageOf(s.model, after, s.key, s.odd(after))
		}
		switch {
		case old == nil:
			events = append(events, audit.Created(images.of(now)).WithObject(s.objectOf(after, now)))
		case len(s.key) == 0: // it is called by what it was
			events = append(events, audit.Updated(images.of(old), images.of(now)).WithObject(s.objectOf(&s.before, old)))
		default:
			events = append(events, audit.Updated(images.of(old), images.of(now)).WithObject(s.objectOf(after, now)))
		}
	}
	return events, nil
}

var errKeyChanged = errors.New("a row is not there any more under its primary key: a change of the key cannot be followed; create the new record and delete the old one")

// unknown says why a row was changed that was not read before.
func (s *statement) unknown() error {
	set, _ := s.db.Statement.Clauses["SET"].Expression.(clause.Set)
	for _, assignment := range set {
		if name := assignment.Column.Name; slices.Contains(s.key, name) || slices.Contains(s.table.key, name) {
			return errKeyChanged
		}
	}
	return errors.New("rows were changed that did not match right before: others came in between; try again")
}

// destroyed returns the events of the rows that a delete removed, or that a soft
// delete has marked.
func (s *statement) destroyed(done *returned) ([]audit.Event, error) {
	events := make([]audit.Event, 0, len(done.list))
	var images *image
	if len(s.ident) == 0 && s.isUpdate() && len(done.all) != len(s.before.all) {
		return nil, fmt.Errorf("of %d rows without a primary key %d were changed, and it is not known which: others came in between, or a trigger keeps them", len(s.before.all), len(done.all))
	}
	for i, r := range done.list {
		old := s.before.index[r.key]
		switch {
		case len(s.ident) > 0:
		case s.isUpdate():
			old = s.before.all[i] // all of them were
		default:
			old = r
		}
		if old == nil {
			return nil, s.unknown()
		}
		if images == nil {
			images = s.plugin.imageOf(s.model, &s.before, s.key, s.odd(&s.before))
		}
		events = append(events, audit.Destroyed(images.of(old)).WithObject(s.objectOf(&s.before, old)))
	}
	return events, nil
}

// keyOf returns the values of the object's ID as one text.
func (s *statement) keyOf(of *rows, r *row) string {
	var values []any
	for _, column := range s.key {
		if at := slices.Index(of.columns, column); at >= 0 {
			values = append(values, r.table[at])
		}
	}
	return keyOf(values)
}

// odd returns the columns that are recorded as the driver gives them: those whose
// values the model's fields do not take, on either side of the statement, and
// those that changed although the model reads the same.
func (s *statement) odd(after *rows) map[string]bool {
	odd := map[string]bool{}
	for _, side := range []*rows{&s.before, after} {
		for _, r := range side.all {
			maps.Copy(odd, r.odd)
		}
	}
	if s.model == nil {
		return odd
	}
	for _, now := range after.list {
		old := s.before.index[now.key]
		if old == nil || len(old.table) != len(now.table) {
			continue
		}
		for at, column := range after.columns {
			f := s.model.schema.FieldsByDBName[column]
			if f != nil && !odd[column] && hidesChange(old.table[at], now.table[at], fieldOf(old.model, f), fieldOf(now.model, f)) {
				odd[column] = true
			}
		}
	}
	return odd
}

// hidesChange reports whether two texts differ, but not what a model's field has
// made of them. JSON may be written in several ways.
func hidesChange(old, now any, oldField, nowField reflect.Value) bool {
	before, ok := old.(string)
	after, isText := now.(string)
	if !ok || !isText || before == after || json.Valid([]byte(before)) && json.Valid([]byte(after)) {
		return false
	}
	return oldField.IsValid() && nowField.IsValid() && reflect.DeepEqual(oldField.Interface(), nowField.Interface())
}

// connection returns the connection for the plugin's own queries.
func (s *statement) connection() gorm.ConnPool { return unprepared(s.ConnPool) }
