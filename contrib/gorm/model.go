package auditgorm

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm/schema"
	"gorm.io/gorm/utils"

	"github.com/auditkeep/audit"
)

// model says how rows of a GORM model are recorded: as values of a struct type
// made for it that has the columns as its fields. So package audit treats them
// by the rules for structs, but under the names of the columns, without what
// is no column, and with embedded structs as GORM flattens them.
type model struct {
	schema     *schema.Schema
	objectType string
	image      reflect.Type
	fields     []*schema.Field // those of image, in its order
}

func (p *Plugin) modelOf(s *schema.Schema) (*model, error) {
	known, ok := p.models.Load(s)
	if !ok {
		made, err := newModel(s)
		if known = made; err != nil {
			known = err
		}
		p.models.Store(s, known)
	}
	if err, failed := known.(error); failed {
		return nil, err
	}
	return known.(*model), nil
}

func newModel(s *schema.Schema) (*model, error) {
	if len(s.PrimaryFields) == 0 {
		return nil, errors.New("its model has no primary key: give it one, or name the table in Options.Skip")
	}
	m := &model{schema: s, objectType: s.Table}
	if name, _, _ := strings.Cut(s.ModelType.Name(), "["); name != "" { // a join table's type has no name
		m.objectType = schema.NamingStrategy{}.ColumnName("", name)
	}
	ownID := slices.ContainsFunc(s.Fields, func(f *schema.Field) bool {
		tag, ok := tagOf(s.ModelType, f)
		return ok && tag.id
	})
	names := map[string]bool{}
	var fields []reflect.StructField
	for _, f := range s.Fields {
		if !isColumn(s, f) {
			continue
		}
		tag, ok := tagOf(s.ModelType, f)
		if !ok && (!f.PrimaryKey || ownID) {
			continue
		}
		tag.id = tag.id || f.PrimaryKey && !ownID
		name := strings.Join(f.BindNames, "")
		for names[name] {
			name += "_"
		}
		names[name] = true
		fields = append(fields, reflect.StructField{Name: name, Type: f.FieldType, Tag: tag.of(f.DBName)})
		m.fields = append(m.fields, f)
	}
	m.image = reflect.StructOf(fields)
	return m, nil
}

// isColumn reports whether the field is a column of the table itself, and not
// one that only some SELECT computes.
func isColumn(s *schema.Schema, f *schema.Field) bool {
	return f.DBName != "" && s.FieldsByDBName[f.DBName] == f && (f.Creatable || f.Updatable || !f.IgnoreMigration)
}

// tag is what a model's audit tags say of a column.
type tag struct {
	given bool
	id    bool
	name  string
	rest  []string // further options
}

// tagOf collects the audit tags on the way to a field, from the structs that it
// is embedded in on. It reports false for a field that is left out.
func tagOf(t reflect.Type, f *schema.Field) (tag, bool) {
	var found tag
	for i, name := range f.BindNames {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		sf, ok := t.FieldByName(name)
		if !ok {
			break
		}
		t = sf.Type
		text, ok := sf.Tag.Lookup("audit")
		if text == "-" {
			return tag{}, false
		}
		if !ok {
			continue
		}
		name, options, _ := strings.Cut(text, ",")
		for option := range strings.SplitSeq(options, ",") {
			switch {
			case option == "id":
				found.id = i == len(f.BindNames)-1
			case option != "":
				found.rest = append(found.rest, option)
			}
		}
		if i == len(f.BindNames)-1 {
			found.given, found.name = true, name
		}
	}
	return found, true
}

// of returns the tag for the image's field. A name in a db tag leaves the field
// to Config.Ignore, as a model's own would without an audit tag.
func (t tag) of(column string) reflect.StructTag {
	options := t.rest
	if t.id {
		options = append(slices.Clone(options), "id")
	}
	text := "db:" + strconv.Quote(column)
	if t.given || len(options) > 0 {
		text += " audit:" + strconv.Quote(strings.Join(append([]string{t.name}, options...), ","))
	}
	return reflect.StructTag(text)
}

// imageOf returns the row as a value of the image's type, behind a pointer.
func (m *model) imageOf(row reflect.Value) any {
	image := reflect.New(m.image)
	for i, f := range m.fields {
		if value := fieldOf(row, f); value.IsValid() {
			image.Elem().Field(i).Set(value)
		}
	}
	return image.Interface()
}

// fieldOf returns a model's field, or an invalid Value where it is within an
// embedded pointer that is nil. GORM's own function would allocate that.
func fieldOf(v reflect.Value, f *schema.Field) reflect.Value {
	for _, i := range f.StructField.Index {
		if i >= 0 {
			v = v.Field(i)
			continue
		}
		v = v.Field(-i - 1)
		if v.IsNil() {
			return reflect.Value{}
		}
		v = v.Elem()
	}
	return v
}

// keyOf returns a row's primary key, as one text.
func (m *model) keyOf(ctx context.Context, row reflect.Value) string {
	parts := make([]string, len(m.schema.PrimaryFields))
	for i, f := range m.schema.PrimaryFields {
		value, _ := f.ValueOf(ctx, row)
		parts[i] = strconv.Quote(utils.ToStringKey(value))
	}
	return strings.Join(parts, ",")
}

// object says which object a row is. Its ID is left to the image, where the
// model does not know it itself.
func (m *model) object(row reflect.Value) audit.Object {
	if auditable, ok := row.Addr().Interface().(audit.Auditable); ok {
		return auditable.AuditObject()
	}
	return audit.Object{Type: m.objectType}
}

func (m *model) created(row reflect.Value) audit.Event {
	return audit.Created(m.imageOf(row)).WithObject(m.object(row))
}

func (m *model) updated(before, after reflect.Value) audit.Event {
	return audit.Updated(m.imageOf(before), m.imageOf(after)).WithObject(m.object(after))
}

func (m *model) destroyed(row reflect.Value) audit.Event {
	return audit.Destroyed(m.imageOf(row)).WithObject(m.object(row))
}
