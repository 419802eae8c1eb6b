package auditgorm

import (
	"database/sql"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm/schema"

	"github.com/auditkeep/audit"
)

// image makes the values that are recorded of rows: of a struct type that has
// the columns as its fields. So package audit applies its rules for structs,
// with the names of the columns, without fields that have no column, and with
// embedded structs flattened as GORM does. A column that may be NULL has a
// field that may be nil.
type image struct {
	typ    reflect.Type
	fields []imageField
}

// imageField is where a field's value comes from.
type imageField struct {
	column int           // in the row
	field  *schema.Field // of the model; nil for a raw value
	kind   string        // the column's type, for raw values
}

// imageKey identifies an image.
type imageKey struct {
	schema *schema.Schema
	shape  string
}

// imageOf returns the image for rows of one table. Columns that the model lacks
// come last, as do all without a model; key are those that are the object's ID.
func (p *Plugin) imageOf(m *model, r *rows, key []string, odd map[string]bool) *image {
	id := imageKey{shape: strings.Join(r.columns, "\x00") + "\x01" + strings.Join(key, "\x00")}
	if m != nil {
		id.schema = m.schema
	}
	for _, t := range r.types {
		id.shape += "\x01" + t.DatabaseTypeName()
	}
	for _, column := range r.columns {
		if odd[column] {
			id.shape += "\x02" + column
		}
	}
	if known, ok := p.images.Load(id); ok {
		return known.(*image)
	}
	made, _ := p.images.LoadOrStore(id, newImage(m, r.columns, r.types, key, odd))
	return made.(*image)
}

func newImage(m *model, columns []string, types []*sql.ColumnType, key []string, odd map[string]bool) *image {
	made := new(image)
	var fields []reflect.StructField
	add := func(column int, f *schema.Field, t tag, raw bool) {
		name, typ := columns[column], reflect.TypeFor[any]()
		from := imageField{column: column, kind: types[column].DatabaseTypeName()}
		if !raw && !odd[name] {
			from.field, typ = f, nullable(f.FieldType)
		}
		made.fields = append(made.fields, from)
		field := reflect.StructField{Name: goName(f, len(fields)), Type: typ, Tag: t.of(name)}
		for slices.ContainsFunc(fields, func(other reflect.StructField) bool { return other.Name == field.Name }) {
			field.Name += "_"
		}
		fields = append(fields, field)
	}
	ownKey := false // the model says what the ID is
	if m != nil {
		for _, c := range m.columns {
			ownKey = ownKey || c.tag.id
		}
		for _, c := range m.columns {
			if at := slices.Index(columns, c.field.DBName); at >= 0 {
				t := c.tag
				t.id = t.id || !ownKey && slices.Contains(key, c.field.DBName)
				add(at, c.field, t, c.raw)
			}
		}
	}
	for at, column := range columns {
		if m != nil && m.schema.FieldsByDBName[column] != nil && isColumn(m.schema, m.schema.FieldsByDBName[column]) {
			continue // or left out by its tag
		}
		t := tag{id: !ownKey && slices.Contains(key, column)}
		if t.id {
			t.rest = []string{"plain"}
		}
		add(at, nil, t, true)
	}
	made.typ = reflect.StructOf(fields)
	return made
}

// goName returns a name for a field of the image. By it, package audit knows a
// secret whose column is called otherwise.
func goName(f *schema.Field, n int) string {
	if f == nil {
		return "Column" + strconv.Itoa(n)
	}
	name := strings.Join(f.BindNames, "")
	if first := name[0]; first < 'A' || first > 'Z' {
		return "Column" + strconv.Itoa(n)
	}
	return name
}

// nullable returns a type that has room for NULL beside the values of t.
func nullable(t reflect.Type) reflect.Type {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
		return t
	}
	return reflect.PointerTo(t)
}

// of returns a row as a value of the image's type, behind a pointer.
func (m *image) of(r *row) any {
	made := reflect.New(m.typ)
	for i, from := range m.fields {
		raw := r.table[from.column]
		if raw == nil {
			continue
		}
		to := made.Elem().Field(i)
		if from.field == nil {
			to.Set(reflect.ValueOf(rawValue(raw, from.kind)))
			continue
		}
		value := fieldOf(r.model, from.field)
		switch {
		case !value.IsValid():
		case to.Type() == value.Type():
			to.Set(value)
		default:
			to.Set(reflect.New(value.Type()))
			to.Elem().Set(value)
		}
	}
	return made.Interface()
}

// rawValue returns what a driver gives as the value that its type means.
func rawValue(raw any, kind string) any {
	if bytes, ok := raw.([]byte); ok {
		if kind == "BYTEA" || kind == "BLOB" {
			return bytes
		}
		raw = string(bytes)
	}
	switch v := raw.(type) {
	case time.Time:
		if strings.EqualFold(kind, "date") {
			return v.Format(time.DateOnly)
		}
	case string:
		switch strings.ToUpper(kind) {
		case "NUMERIC":
			if json.Valid([]byte(v)) {
				return json.Number(v)
			}
		case "JSON", "JSONB":
			if json.Valid([]byte(v)) {
				return json.RawMessage(v)
			}
		}
	}
	return raw
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

// objectOf says which object a row is. Its ID is left to the image, unless the
// model knows it itself, or the table has no key. If the table is not the
// model's, it is another type, so that rows of two tables are never one object.
func (s *statement) objectOf(of *rows, r *row) audit.Object {
	var object audit.Object
	if r.model.IsValid() {
		if auditable, ok := r.model.Addr().Interface().(audit.Auditable); ok {
			object = auditable.AuditObject()
		}
	}
	switch {
	case object.ID != "":
	case len(s.key) == 0:
		object.ID = r.digest()
	case len(s.key) == 1 && r.isEmptyKey(of, s.key[0]):
		object.ID = `""` // an object has an ID
	}
	switch {
	case s.model == nil || !s.ownTable:
		object.Type = s.target.name
	case object.Type == "":
		object.Type = s.model.objectType
	}
	return object
}

// isEmptyKey reports whether the key's only column is an empty text.
func (r *row) isEmptyKey(of *rows, column string) bool {
	at := slices.Index(of.columns, column)
	return at >= 0 && (r.table[at] == "" || reflect.DeepEqual(r.table[at], []byte{}))
}
