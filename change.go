package audit

import (
	"encoding/json"
	"errors"
	"fmt"
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

// ParseChanges reads the form that [Changes.JSON] writes, in any notation of
// the same JSON: a database may reorder keys and rewrite numbers.
func ParseChanges(text string) (Changes, error) {
	if changes, ok := quickChanges(text); ok {
		return changes, nil
	}
	return parseChanges(text)
}

// parseChanges is ParseChanges for any notation.
func parseChanges(text string) (Changes, error) {
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		if broken, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, fmt.Errorf("parsing changes: not JSON: %w", broken)
		}
		return nil, errors.New("parsing changes: not a list")
	}
	if len(items) == 0 {
		return nil, nil
	}
	changes := make(Changes, len(items))
	for i, item := range items {
		change, err := parseChange(item)
		if err != nil {
			return nil, fmt.Errorf("parsing changes: change %d %w", i+1, err)
		}
		changes[i] = change
	}
	return changes, nil
}

// parseChange reads one change. It refuses keys that no change has: a filter by
// field would not find one that is spelled "Field".
func parseChange(item json.RawMessage) (c Change, err error) {
	var parts map[string]json.RawMessage
	if json.Unmarshal(item, &parts) != nil || parts == nil {
		return c, fmt.Errorf("is %s, not an object", stored.Quote(string(item)))
	}
	field := parts["field"]
	if len(field) == 0 || field[0] != '"' || json.Unmarshal(field, &c.Field) != nil {
		return c, errors.New(`has no text under "field"`)
	}
	for key, raw := range parts {
		switch key {
		case "field":
		case "old":
			c.Old, err = ParseValue(string(raw))
		case "new":
			c.New, err = ParseValue(string(raw))
		default:
			return c, fmt.Errorf(`has the key %s besides "field", "old" and "new"`, stored.Quote(key))
		}
		if err != nil {
			return c, fmt.Errorf("of the field %s: %w", stored.Quote(c.Field), err)
		}
	}
	return c, nil
}

// UnmarshalJSON reads what [ParseChanges] reads.
func (c *Changes) UnmarshalJSON(text []byte) error {
	parsed, err := ParseChanges(string(text))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}
