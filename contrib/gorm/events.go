package auditgorm

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"gorm.io/gorm/clause"

	"github.com/auditkeep/audit"
)

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
	var was map[*row]*row // of rows without a key
	if len(s.ident) == 0 && s.op == updating {
		var err error
		if was, err = s.pair(done.list); err != nil {
			return nil, err
		}
	}
	var images *image
	events := make([]audit.Event, 0, len(done.list))
	for _, r := range done.list {
		now, old := after.index[r.key], s.before.index[r.key]
		if len(s.ident) == 0 {
			old = was[r]
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
