package auditent

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// fieldTag is what the audit tag of an entity's field says.
type fieldTag struct {
	given   bool
	skip    bool
	name    string
	options []string
}

func tagOf(tag reflect.StructTag) fieldTag {
	text, ok := tag.Lookup("audit")
	if !ok {
		return fieldTag{}
	}
	t := fieldTag{given: true, skip: text == "-"}
	name, options, _ := strings.Cut(text, ",")
	if !t.skip {
		t.name = name
	}
	for option := range strings.SplitSeq(options, ",") {
		if option != "" {
			t.options = append(t.options, option)
		}
	}
	return t
}

func (t fieldTag) has(option string) bool { return slices.Contains(t.options, option) }

func (t fieldTag) with(option string) fieldTag {
	t.given, t.skip = true, false
	if !t.has(option) {
		t.options = append(slices.Clone(t.options), option)
	}
	return t
}

// secret is the tag of a sensitive field. If another field of its entity has an
// audit tag, ent gives it the tag "-", which nobody has asked for.
func (t fieldTag) secret() fieldTag { return t.with("redact") }

// identity is the tag of a column of the primary key.
func (t fieldTag) identity() fieldTag { return t.with("id") }

// of returns the tag for the image's field. A name in a db tag leaves the field
// to Config.Ignore, as a struct's own would without an audit tag.
func (t fieldTag) of(column string) reflect.StructTag {
	text := "db:" + strconv.Quote(column)
	if t.given {
		text += " audit:" + strconv.Quote(strings.Join(append([]string{t.name}, t.options...), ","))
	}
	return reflect.StructTag(text)
}

// sensitive returns the names of the entity's fields that its schema calls
// Sensitive. Generated code says so in two places: the JSON tag "-", and
// <sensitive> in place of the value in the entity's String.
func (e *entity) sensitive() (names []string) {
	if e == nil {
		return nil
	}
	shown := ""
	if s, ok := reflect.New(e.of).Interface().(fmt.Stringer); ok {
		shown = s.String()
	}
	own := strings.HasPrefix(shown, e.of.Name()+"(")
	told := map[string]bool{}
	for part := range strings.SplitSeq(shown, "=<sensitive>") {
		name := part[strings.LastIndexAny(part, " (,")+1:]
		told[strings.ToLower(strings.ReplaceAll(name, "_", ""))] = true
	}
	for _, f := range e.fields {
		if f.Tag.Get("json") == "-" && (!own || told[strings.ToLower(f.Name)]) {
			names = append(names, f.Name)
		}
	}
	return names
}

// hasTags reports whether a type, at any depth, has a struct with audit tags.
func hasTags(t reflect.Type, within []reflect.Type) bool {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		if t = t.Elem(); slices.Contains(within, t) {
			return false
		}
		within = append(slices.Clone(within), t)
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	within = append(slices.Clone(within), t)
	for i := range t.NumField() {
		f := t.Field(i)
		if _, ok := f.Tag.Lookup("audit"); ok || !slices.Contains(within, f.Type) && hasTags(f.Type, within) {
			return true
		}
	}
	return false
}

// snakeCase returns a type's name as an object type: APIKey is api_key.
func snakeCase(name string) string {
	var b strings.Builder
	upper := func(i int) bool { return i >= 0 && i < len(name) && name[i] >= 'A' && name[i] <= 'Z' }
	for i := range len(name) {
		if upper(i) && i > 0 && name[i-1] != '_' && (!upper(i-1) || i+1 < len(name) && !upper(i+1) && name[i+1] != '_') {
			b.WriteByte('_')
		}
		b.WriteByte(name[i])
	}
	return strings.ToLower(b.String())
}
