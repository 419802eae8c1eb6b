package diff

import (
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/auditkeep/audit/internal/jsontext"
)

// special takes apart a value by the first of these that its type has: a shape,
// time.Time, json.Number, json.Marshaler, driver.Valuer, encoding.TextMarshaler.
// docs/types.md lists the results.
func (in *inspector) special(v reflect.Value, plain bool) (n *node, err error) {
	t := v.Type()
	if !v.CanAddr() { // methods may be those of the pointer
		addressable := reflect.New(t).Elem()
		addressable.Set(v)
		v = addressable
	}
	s := shapeOf(t)
	if s != noShape && s != decimalShape {
		n, err = in.shaped(s, v, plain)
	} else {
		n, err = in.byMethod(v, plain)
	}
	if err != nil {
		return nil, err
	}
	if s == decimalShape {
		n = decimal(n)
	}
	if n.kind == jsontext.KindString && in.hides(v, plain) {
		n, err = in.plainKind(v, plain)
	}
	if n != nil && n.kind != jsontext.KindCut && n.comparer == nil {
		n.source, n.byMethod = v, true
	}
	return n, err
}

// hides reports whether a text could hide a secret that the names of the value's
// keys or fields would reveal.
func (in *inspector) hides(v reflect.Value, plain bool) bool {
	switch v.Kind() {
	case reflect.Map:
		return !v.IsNil()
	case reflect.Struct:
		return !plain && in.planner.holdsSecret(v.Type())
	}
	return false
}

// byMethod takes apart a value by its first method.
func (in *inspector) byMethod(v reflect.Value, plain bool) (n *node, err error) {
	t, method := v.Type(), "MarshalText"
	defer func() {
		if r := recover(); r != nil { // its message could hold the value
			n, err = nil, fmt.Errorf("%s of %s panicked with a %T", method, t, r)
		}
	}()
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		return timeNode(*x), nil
	case *json.Number:
		return numberNode(string(*x)), nil
	case json.Marshaler:
		method = "MarshalJSON"
		text, err := x.MarshalJSON()
		if valuer, ok := x.(driver.Valuer); ok && isUnsupported(err) { // NaN, which JSON does not have
			if value, valueErr := valuer.Value(); valueErr == nil {
				return in.driverValue(value, v, plain)
			}
		}
		if err != nil {
			return in.failed(method, v, err, plain)
		}
		return in.marshaled(x, text, v, plain)
	case driver.Valuer:
		method = "Value"
		value, err := x.Value()
		if err != nil {
			return in.failed(method, v, err, plain)
		}
		return in.driverValue(value, v, plain)
	default:
		if v.Kind() == reflect.Slice && v.IsNil() {
			return &node{kind: jsontext.KindNull}, nil
		}
		text, err := x.(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return in.failed(method, v, err, plain)
		}
		return &node{kind: jsontext.KindString, text: string(text)}, nil
	}
}

// failed takes apart a value whose method returned an error. Data must not stop
// the host: a plain value, a list or a map is recorded without the method, and
// broken JSON within a struct becomes a mark. Any other error of a struct's method
// is a mistake of the host, and is returned.
func (in *inspector) failed(method string, v reflect.Value, err error, plain bool) (*node, error) {
	switch {
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return in.invalidJSON(v.Bytes(), plain), nil
	case v.Kind() != reflect.Struct && v.Kind() != reflect.Interface && v.Kind() != reflect.Pointer && v.Kind() != reflect.Func:
		return in.plainKind(v, plain)
	case isBrokenJSON(err) || isUnsupported(err):
		if in.comparer == nil {
			in.comparer = newComparer()
		}
		return &node{kind: jsontext.KindInvalidJSON, source: v, comparer: in.comparer}, nil
	}
	return nil, fmt.Errorf("%s of %s: %w", method, v.Type(), err)
}

func isBrokenJSON(err error) bool {
	_, broken := errors.AsType[*json.SyntaxError](err)
	return broken
}

func isUnsupported(err error) bool {
	_, unsupported := errors.AsType[*json.UnsupportedValueError](err)
	return unsupported
}

// marshaled takes apart the JSON that a value gave.
func (in *inspector) marshaled(x json.Marshaler, text []byte, v reflect.Value, plain bool) (*node, error) {
	if len(text) == 0 && v.Kind() == reflect.Slice {
		return &node{kind: jsontext.KindNull}, nil // a column without a value
	}
	if v.Kind() == reflect.Slice && v.Len() == 0 && v.Type().Elem().Kind() == reflect.Uint8 {
		return &node{kind: jsontext.KindNull}, nil
	}
	if len(text) > in.json {
		return in.cut(reflect.ValueOf(text)), nil
	}
	tree, err := jsontext.Decode(text)
	if err != nil && strings.Contains(err.Error(), "max depth") {
		return in.cut(reflect.ValueOf(text)), nil
	}
	if err != nil || !isText(text) {
		return in.invalidJSON(text, plain), nil
	}
	// A nullable time in another zone is the same instant: pgtype.Timestamptz.
	if valuer, ok := x.(driver.Valuer); ok {
		if s, isText := tree.(string); isText && len(s) >= len("2006-01-02T15:04:05") {
			value, err := valuer.Value()
			if at, isTime := value.(time.Time); err == nil && isTime {
				return timeNode(at), nil
			}
		}
	}
	return in.node(reflect.ValueOf(tree), plain)
}

// driverValue takes apart what a Valuer returns for its database. JSON of a map, a
// list, or a struct that is not a nullable text is taken apart. A map or list
// whose text is not JSON is recorded by its items: hstore and the arrays of lib/pq
// are texts only for the database.
func (in *inspector) driverValue(value driver.Value, v reflect.Value, plain bool) (*node, error) {
	t := v.Type()
	text, isText := value.(string)
	if bytes, ok := value.([]byte); ok && bytes != nil {
		text, isText = string(bytes), t.Kind() != reflect.Struct
	}
	if isText {
		switch t.Kind() {
		case reflect.Struct:
			if !isNullableText(t) && looksLikeJSON([]byte(text)) {
				n, err := in.bytes([]byte(text), plain)
				if err == nil && n.kind == jsontext.KindInvalidJSON && n.shown {
					break // PostgreSQL's own texts may look so: [(0,0),(1,1)]
				}
				return n, err
			}
		case reflect.Map, reflect.Slice, reflect.Array:
			if t.Kind() != reflect.Map && t.Elem().Kind() == reflect.Uint8 {
				break // a UUID, JSON
			}
			if n, err := in.bytes([]byte(text), plain); err == nil && (n.kind == kindOf(t) || n.kind == jsontext.KindNull || n.kind == jsontext.KindCut) {
				return n, nil
			}
			return in.plainKind(v, plain)
		}
	}
	given := reflect.ValueOf(value)
	for given.IsValid() && given.Kind() == reflect.Pointer && !given.IsNil() {
		given = given.Elem()
	}
	if given.IsValid() && given.Type() == t {
		return in.plainKind(given, plain) // it returned itself: do not call the method again
	}
	return in.node(reflect.ValueOf(value), plain)
}

// kindOf returns the JSON kind of a map or a list.
func kindOf(t reflect.Type) jsontext.Kind {
	if t.Kind() == reflect.Map {
		return jsontext.KindMap
	}
	return jsontext.KindArray
}

// isNullableText reports whether a struct is a text that may be NULL, such as
// sql.NullString. Its value is a text even if it looks like JSON.
func isNullableText(t reflect.Type) bool {
	if f, ok := t.FieldByName("Valid"); !ok || f.Type.Kind() != reflect.Bool {
		return false
	}
	for i := range t.NumField() {
		if t.Field(i).Type.Kind() == reflect.String {
			return true
		}
	}
	return false
}

// isNumber reports whether the literal is a number by the grammar of JSON.
func isNumber(literal string) bool {
	if literal == "" || literal[0] != '-' && (literal[0] < '0' || literal[0] > '9') {
		return false
	}
	last := literal[len(literal)-1]
	return last >= '0' && last <= '9' && json.Valid([]byte(literal))
}

func timeNode(t time.Time) *node {
	return &node{kind: jsontext.KindString, text: string(appendTime(nil, t))}
}
