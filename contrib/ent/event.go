package auditent

import (
	stdsql "database/sql"
	"encoding/json"
	"fmt"
	"reflect"

	"github.com/auditkeep/audit"
)

// event returns what happened to a row, if it is still another than before.
func (s step) event() (audit.Event, bool, error) {
	switch {
	case s.before == nil && s.after == nil:
		return audit.Event{}, false, nil // made and removed within one mutation
	case s.before == nil:
		return audit.Created(s.after.image()).WithObject(s.table.object(s.after)), true, nil
	case s.after == nil, s.deletion != nil && !s.deletion.deleted:
		return audit.Destroyed(s.before.image()).WithObject(s.table.object(s.before)), true, nil
	case s.before.layout != s.after.layout:
		return audit.Event{}, false, fmt.Errorf("the columns of %s have changed in the middle of a mutation: try again", s.table.name)
	}
	return audit.Updated(s.before.image(), s.after.image()).WithObject(s.table.object(s.after)), true, nil
}

// object says which object a row is. Its ID is left to the image, unless the
// entity has a method that knows it.
func (t *table) object(r *row) audit.Object {
	if t.entity == nil {
		return audit.Object{Type: t.name.name}
	}
	if reflect.PointerTo(t.entity.of).Implements(reflect.TypeFor[audit.Auditable]()) {
		return t.entity.value(r).(audit.Auditable).AuditObject()
	}
	return audit.Object{Type: snakeCase(t.typ)}
}

// value returns the row as an entity, for its method AuditObject.
func (e *entity) value(r *row) any {
	made := reflect.New(e.of)
	for i, c := range r.layout.columns {
		field, ok := e.fieldOf(c.name)
		if !ok || r.raw[i] == nil {
			continue
		}
		to := made.Elem().FieldByIndex(field.Index)
		if to.Kind() == reflect.Pointer {
			to.Set(reflect.New(to.Type().Elem()))
			to = to.Elem()
		}
		switch v := reflect.ValueOf(r.values[i]); {
		case v.Type().AssignableTo(to.Type()):
			to.Set(v)
		case v.Type() == reflect.TypeFor[json.RawMessage]():
			_ = json.Unmarshal(v.Bytes(), to.Addr().Interface()) // what does not fit stays zero
		default:
			if scanner, ok := to.Addr().Interface().(stdsql.Scanner); ok {
				_ = scanner.Scan(r.raw[i])
			}
		}
	}
	return made.Interface()
}
