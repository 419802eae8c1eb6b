package auditgorm

import (
	"errors"
	"fmt"
	"reflect"

	"gorm.io/gorm"
	"gorm.io/gorm/schema"

	"github.com/auditkeep/audit"
)

// beforeCreate reads the rows that an INSERT … ON CONFLICT may meet.
func (p *Plugin) beforeCreate(db *gorm.DB) {
	keep(db, nil)
	if !p.audits(db) {
		return
	}
	m, err := p.prepare(db)
	if err != nil {
		refuse(db, err)
		return
	}
	b := &before{model: m}
	keep(db, b)
	given, err := m.given(db)
	if err == nil && len(given) > p.options.MaxRows {
		err = fmt.Errorf("it creates %d rows, the limit of Options.MaxRows is %d: create fewer at once, or raise it", len(given), p.options.MaxRows)
	}
	if err == nil {
		b.conflict, err = conflictOf(db, m)
	}
	if err == nil && b.conflict != nil {
		err = b.conflict.read(db, m, given, true, &b.rows)
	}
	if err != nil {
		refuse(db, err)
	}
}

// afterCreate reads the rows that were created, and records them. In an INSERT
// … ON CONFLICT, those that were there before are updates.
func (p *Plugin) afterCreate(db *gorm.DB) {
	b := kept(db)
	if b == nil {
		return
	}
	if err := p.recordCreate(db, b); err != nil {
		fail(db, err)
	}
}

func (p *Plugin) recordCreate(db *gorm.DB, b *before) error {
	given, err := b.model.given(db)
	if err != nil {
		return err
	}
	after := new(rows)
	switch {
	case b.conflict != nil:
		err = b.conflict.read(db, b.model, given, false, after)
	case len(withKey(db, b.model, given)) < len(given):
		err = errors.New("GORM does not know the primary key that the database gave: create it from the model instead of a map")
	default:
		after, err = b.model.readAgain(db, given)
	}
	if err != nil {
		return err
	}
	if int64(len(after.list)) < db.RowsAffected || b.conflict == nil && len(after.list) < len(given) {
		return fmt.Errorf("of %d rows only %d could be read after they were created: a trigger or a policy of the database hides them", max(int64(len(given)), db.RowsAffected), len(after.list))
	}
	events := make([]audit.Event, len(after.list))
	for i, now := range after.list {
		if old := b.get(b.model.keyOf(db.Statement.Context, now)); old.IsValid() {
			events[i] = b.model.updated(old, now)
		} else {
			events[i] = b.model.created(now)
		}
	}
	return p.record(db, events)
}

// given returns what a create is given, as values of the model.
func (m *model) given(db *gorm.DB) ([]reflect.Value, error) {
	v := db.Statement.ReflectValue
	if v.Kind() != reflect.Slice && v.Kind() != reflect.Array {
		one, err := m.givenOne(db, v)
		return []reflect.Value{one}, err
	}
	all := make([]reflect.Value, v.Len())
	for i := range all {
		var err error
		if all[i], err = m.givenOne(db, v.Index(i)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (m *model) givenOne(db *gorm.DB, v reflect.Value) (reflect.Value, error) {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.IsValid() && v.Type() == m.schema.ModelType {
		return v, nil
	}
	if !v.IsValid() || v.Kind() != reflect.Map || v.Type().Key().Kind() != reflect.String {
		return reflect.Value{}, fmt.Errorf("it is given something else than its model %s", m.schema.ModelType)
	}
	row := reflect.New(m.schema.ModelType).Elem()
	for iter := v.MapRange(); iter.Next(); {
		field := m.schema.LookUpField(iter.Key().String())
		if iter.Key().String() == "@id" { // how GORM gives back what the database made
			field = m.schema.PrioritizedPrimaryField
		}
		if field == nil {
			continue
		}
		if err := field.Set(db.Statement.Context, row, iter.Value().Interface()); err != nil && field.PrimaryKey {
			return reflect.Value{}, fmt.Errorf("reading the primary key: %w", err)
		} // others may be expressions, which only the database can tell
	}
	return row, nil
}

// withKey returns the rows whose primary key is known.
func withKey(db *gorm.DB, m *model, given []reflect.Value) []reflect.Value {
	return withValues(db, m.schema.PrimaryFields, given)
}

// withValues returns the rows in which one of the fields, at least, is not
// zero. A part of a compound key may well be zero.
func withValues(db *gorm.DB, fields []*schema.Field, given []reflect.Value) (known []reflect.Value) {
	for _, row := range given {
		for _, f := range fields {
			if _, zero := f.ValueOf(db.Statement.Context, row); !zero {
				known = append(known, row)
				break
			}
		}
	}
	return known
}
