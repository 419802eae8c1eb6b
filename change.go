package audit

import (
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/internal/stored"
)

// Change is one field: its old value and its new value. A create has only new
// values, a destroy only old ones.
type Change struct {
	// Field is the field's name, or its path: "address.city". A dot within a
	// name is written `\.`, a backslash `\\`, an empty name `\e`.
	Field string
	// Old and New are absent where that side had no such field.
	Old, New Value
}

// Changes are the changed fields of one entry, in the struct's field order.
type Changes []Change

// Fields returns the names of the changed fields.
func (c Changes) Fields() []string {
	fields := make([]string, len(c))
	for i, change := range c {
		fields[i] = change.Field
	}
	return fields
}

// Get returns the change of a field.
func (c Changes) Get(field string) (Change, bool) {
	for _, change := range c {
		if change.Field == field {
			return change, true
		}
	}
	return Change{}, false
}

// fieldsKey is what the Changes column sorts by, so that no sort reads JSON.
func (c Changes) fieldsKey() string {
	var key strings.Builder
	for i, change := range c {
		if i > 0 {
			key.WriteByte(',')
		}
		key.WriteString(change.Field)
		if key.Len() > maxFieldsKeyBytes {
			break
		}
	}
	return stored.Clean(key.String(), maxFieldsKeyBytes)
}

// JSON returns the changes as they are stored: an array of objects with the
// keys "field", "old" and "new" in canonical form, absent values left out, so
// that PostgreSQL finds every entry that touched a field with
// changes @> '[{"field":"email"}]'.
func (c Changes) JSON() string {
	size := len("[]")
	for _, change := range c {
		size += len(`{"field":"","new":,"old":},`) + len(change.Field) + len(change.New.json) + len(change.Old.json)
	}
	buf := append(make([]byte, 0, size), '[')
	for i, change := range c {
		if i > 0 {
			buf = append(buf, ',')
		}
		buf = append(buf, `{"field":`...)
		buf = jsontext.AppendString(buf, change.Field)
		if !change.New.IsAbsent() {
			buf = append(append(buf, `,"new":`...), change.New.json...)
		}
		if !change.Old.IsAbsent() {
			buf = append(append(buf, `,"old":`...), change.Old.json...)
		}
		buf = append(buf, '}')
	}
	return string(append(buf, ']'))
}

// MarshalJSON returns [Changes.JSON].
func (c Changes) MarshalJSON() ([]byte, error) { return []byte(c.JSON()), nil }
