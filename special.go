package audit

import (
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// special takes apart a value that says itself what it is, by the first of:
// time.Time, json.Number, json.Marshaler, driver.Valuer, encoding.TextMarshaler.
func (in *inspector) special(v reflect.Value, plain bool) (n *node, err error) {
	t := v.Type()
	if !v.CanAddr() { // methods may be those of the pointer
		addressable := reflect.New(t).Elem()
		addressable.Set(v)
		v = addressable
	}
	method := "MarshalText"
	defer func() {
		if r := recover(); r != nil { // its message could hold the value
			n, err = nil, fmt.Errorf("%s of %s panicked with a %T", method, t, r)
		} else if err == nil && n.kind != Cut {
			n.source, n.byMethod = v, true
		}
	}()
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		return timeNode(*x), nil
	case *json.Number:
		return numberNode(string(*x)), nil
	case json.Marshaler:
		method = "MarshalJSON"
		if raw, ok := x.(*json.RawMessage); ok && len(*raw) == 0 {
			return &node{kind: Null}, nil // a column without a value
		}
		text, err := x.MarshalJSON()
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", method, t, err)
		}
		return in.marshaled(x, text, t, plain)
	case driver.Valuer:
		method = "Value"
		value, err := x.Value()
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", method, t, err)
		}
		return in.driverValue(value, v, plain)
	default:
		text, err := x.(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", method, t, err)
		}
		return &node{kind: String, text: string(text)}, nil
	}
}

// marshaled takes apart the JSON that a value of type t gave.
func (in *inspector) marshaled(x json.Marshaler, text []byte, t reflect.Type, plain bool) (*node, error) {
	if len(text) > in.json && looksLikeJSON(text) {
		return in.cut(reflect.ValueOf(text)), nil
	}
	tree, err := decodeJSON(text)
	if err != nil && strings.Contains(err.Error(), "max depth") {
		return in.cut(reflect.ValueOf(text)), nil
	}
	if err != nil {
		return nil, fmt.Errorf("MarshalJSON of %s gave invalid JSON", t)
	}
	// A nullable time in another zone is the same instant: pgtype.Timestamptz.
	if valuer, ok := x.(driver.Valuer); ok {
		if s, isText := tree.(string); isText && len(s) >= len("2006-01-02T15:04:05Z") {
			value, err := valuer.Value()
			if at, isTime := value.(time.Time); err == nil && isTime {
				return timeNode(at), nil
			}
		}
	}
	return in.node(reflect.ValueOf(tree), plain)
}

// driverValue takes apart what a Valuer gives to its database. A map, a list,
// or a struct that is no nullable text, which gives JSON, is recorded as that.
func (in *inspector) driverValue(value driver.Value, v reflect.Value, plain bool) (*node, error) {
	t := v.Type()
	if text, ok := value.(string); ok {
		switch t.Kind() {
		case reflect.Struct:
			if _, nullable := t.FieldByName("Valid"); nullable {
				break
			}
			fallthrough
		case reflect.Map, reflect.Slice, reflect.Array:
			if looksLikeJSON([]byte(text)) {
				return in.bytes([]byte(text), plain)
			}
		}
	}
	given := reflect.ValueOf(value)
	for given.IsValid() && given.Kind() == reflect.Pointer && !given.IsNil() {
		given = given.Elem()
	}
	if given.IsValid() && given.Type() == t {
		return in.plainKind(given, plain) // it gave itself: do not ask it again
	}
	return in.node(reflect.ValueOf(value), plain)
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
	return &node{kind: String, text: string(appendTime(nil, t))}
}
