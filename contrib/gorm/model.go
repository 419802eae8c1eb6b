package auditgorm

import (
	"reflect"
	"slices"
	"strconv"
	"strings"

	"gorm.io/gorm/schema"
)

// model says how the columns of a GORM model are recorded: which, in which
// order, and with which audit tags.
type model struct {
	schema     *schema.Schema
	objectType string
	columns    []modelColumn
}

// modelColumn is one recorded column.
type modelColumn struct {
	field *schema.Field
	tag   tag
	raw   bool // what it means is not shown: that the stored value changed is
}

func (p *Plugin) modelOf(s *schema.Schema) *model {
	if known, ok := p.models.Load(s); ok {
		return known.(*model)
	}
	made, _ := p.models.LoadOrStore(s, newModel(s))
	return made.(*model)
}

func newModel(s *schema.Schema) *model {
	m := &model{schema: s, objectType: s.Table}
	if name, _, _ := strings.Cut(s.ModelType.Name(), "["); name != "" { // a join table's type has no name
		m.objectType = schema.NamingStrategy{}.ColumnName("", name)
	}
	ownID := m.hasOwnID()
	for _, f := range s.Fields {
		if !isColumn(s, f) {
			continue
		}
		tag, ok := tagOf(s.ModelType, f)
		if !ok && (!f.PrimaryKey || ownID) {
			continue
		}
		tag.id = tag.id || f.PrimaryKey && !ownID
		raw := false
		if isTransformed(f) && !slices.Contains(tag.rest, "plain") && !slices.Contains(tag.rest, "redact") {
			tag.rest, raw = append(slices.Clone(tag.rest), "redact"), true
		}
		m.columns = append(m.columns, modelColumn{f, tag, raw})
	}
	return m
}

// hasOwnID reports whether a tag of the model says what its object's ID is.
func (m *model) hasOwnID() bool {
	return slices.ContainsFunc(m.schema.Fields, func(f *schema.Field) bool {
		tag, ok := tagOf(m.schema.ModelType, f)
		return ok && tag.id
	})
}

// keyColumns returns the columns of the model's primary key.
func (m *model) keyColumns() []string {
	if m == nil {
		return nil
	}
	return m.schema.PrimaryFieldDBNames
}

// isColumn reports whether the field is a column of the table itself, and not
// one that only some SELECT computes.
func isColumn(s *schema.Schema, f *schema.Field) bool {
	return f.DBName != "" && s.FieldsByDBName[f.DBName] == f && (f.Creatable || f.Updatable || !f.IgnoreMigration)
}

// isTransformed reports whether a serializer other than GORM's own stands
// between the field and its column. It may encrypt.
func isTransformed(f *schema.Field) bool {
	switch f.Serializer.(type) {
	case nil, schema.JSONSerializer, schema.UnixSecondSerializer, schema.GobSerializer:
		return false
	}
	return true
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
