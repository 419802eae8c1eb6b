package auditent

import (
	stdsql "database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"entgo.io/ent/dialect/sql"
)

// layout says how rows of a table are recorded: as values of a struct type made
// for it that has the columns as its fields, with the audit tags of the
// entity's. So package audit treats them by its rules for structs, under the
// names of the columns.
type layout struct {
	columns []column
	key     []int // the places of the primary key
	image   reflect.Type
	places  []int // the columns of the image's fields
}

// column is a column of a table.
type column struct {
	name string
	kind string       // the database's type, in capitals
	of   reflect.Type // of the entity's field; nil for columns without a field
	tags bool         // values of JSON have their own audit tags
}

// layoutOf returns the layout of rows that were read.
func (t *table) layoutOf(rows *sql.Rows) (*layout, error) {
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	columns := make([]column, len(names))
	var id strings.Builder
	for i, name := range names {
		columns[i] = column{name: name}
		if i < len(types) {
			columns[i].kind = kindOf(types[i])
		}
		fmt.Fprintf(&id, "%q %s,", name, columns[i].kind)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if known := t.layouts[id.String()]; known != nil {
		return known, nil
	}
	made, err := t.newLayout(columns)
	if err == nil {
		t.layouts[id.String()] = made
	}
	return made, err
}

func kindOf(t *stdsql.ColumnType) string {
	kind, _, _ := strings.Cut(strings.ToUpper(t.DatabaseTypeName()), "(")
	return kind
}

func (t *table) newLayout(columns []column) (*layout, error) {
	l := &layout{columns: columns}
	for _, name := range t.key {
		place := slices.IndexFunc(columns, func(c column) bool { return c.name == name })
		if place < 0 {
			return nil, fmt.Errorf("the column %q of the primary key is not there", name)
		}
		l.key = append(l.key, place)
	}
	// Fields in the order of the entity, then the columns that are none.
	var order []int
	if t.entity != nil {
		for _, name := range t.entity.columns {
			if i := slices.IndexFunc(columns, func(c column) bool { return c.name == name }); i >= 0 {
				order = append(order, i)
			}
		}
	}
	for i := range columns {
		if !slices.Contains(order, i) {
			order = append(order, i)
		}
	}
	secrets := t.entity.sensitive()
	ownID := t.entity != nil && slices.ContainsFunc(t.entity.fields, func(f reflect.StructField) bool {
		return tagOf(f.Tag).has("id")
	})
	var fields []reflect.StructField
	names := map[string]bool{}
	for _, i := range order {
		c := &columns[i]
		field, known := t.entity.fieldOf(c.name)
		var tag fieldTag
		name := fmt.Sprintf("Column%d", i)
		if known {
			c.of, name, tag = field.Type, field.Name, tagOf(field.Tag)
			c.tags = hasTags(field.Type, nil)
			if slices.Contains(secrets, field.Name) && !tag.has("plain") {
				tag = tag.secret()
			}
		}
		if slices.Contains(l.key, i) && !ownID {
			tag = tag.identity()
		}
		if tag.skip {
			continue
		}
		if names[name] {
			return nil, errors.New("two fields have the name " + name)
		}
		names[name] = true
		fields = append(fields, reflect.StructField{Name: name, Type: reflect.TypeFor[any](), Tag: tag.of(c.name)})
		l.places = append(l.places, i)
	}
	l.image = reflect.StructOf(fields)
	return l, nil
}

// image returns the row as a value of the layout's type, behind a pointer.
func (r *row) image() any {
	image := reflect.New(r.layout.image)
	for i, place := range r.layout.places {
		if v := r.values[place]; v != nil {
			image.Elem().Field(i).Set(reflect.ValueOf(v))
		}
	}
	return image.Interface()
}
