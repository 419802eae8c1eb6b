package audit

import (
	"cmp"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// inspector takes one side of an event apart into nodes, within the limits.
type inspector struct {
	planner *planner
	depth   int // how much deeper it may go
	nodes   int // how many more nodes it may make
	path    map[visit]struct{}
}

// visit is a reference on the way from the top to the present value.
type visit struct {
	at  uintptr
	typ reflect.Type
}

func newInspector(p *planner, l Limits) *inspector {
	return &inspector{planner: p, depth: l.Depth, nodes: l.Nodes, path: map[visit]struct{}{}}
}

// node takes a value apart. With plain, names that look like secrets are none.
// An error comes only from a method of the value's own.
func (in *inspector) node(v reflect.Value, plain bool) (*node, error) {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		if v.IsNil() {
			in.nodes--
			return &node{kind: Null}, nil
		}
		if v.Kind() == reflect.Pointer {
			leave, cycle := in.enter(v)
			if cycle {
				return &node{kind: Cycle}, nil
			}
			defer leave()
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return &node{kind: Null}, nil
	}
	if in.nodes--; in.nodes < 0 || in.depth <= 0 {
		return &node{kind: Cut, source: v}, nil
	}
	in.depth--
	defer func() { in.depth++ }()
	if isSpecial(v.Type()) {
		return in.special(v, plain)
	}
	return in.plainKind(v, plain)
}

// enter notes a reference, and reports whether the walk is already within it.
func (in *inspector) enter(v reflect.Value) (leave func(), cycle bool) {
	at := visit{v.Pointer(), v.Type()}
	if _, cycle = in.path[at]; cycle {
		return nil, true
	}
	in.path[at] = struct{}{}
	return func() { delete(in.path, at) }, false
}

func (in *inspector) plainKind(v reflect.Value, plain bool) (*node, error) {
	switch v.Kind() {
	case reflect.Bool:
		return &node{kind: Bool, text: strconv.FormatBool(v.Bool())}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &node{kind: Number, text: strconv.FormatInt(v.Int(), 10)}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return &node{kind: Number, text: strconv.FormatUint(v.Uint(), 10)}, nil
	case reflect.Float32:
		return floatNode(v.Float(), 32), nil
	case reflect.Float64:
		return floatNode(v.Float(), 64), nil
	case reflect.Complex64, reflect.Complex128:
		return &node{kind: String, text: strconv.FormatComplex(v.Complex(), 'g', -1, 128)}, nil
	case reflect.String:
		return &node{kind: String, text: v.String()}, nil
	case reflect.Slice, reflect.Array:
		return in.list(v, plain)
	case reflect.Map:
		return in.mapping(v, plain)
	case reflect.Struct:
		return in.structure(v, plain)
	default:
		return &node{kind: Opaque, text: v.Type().String()}, nil
	}
}

// floatNode spells what JSON has no number for as PostgreSQL does.
func floatNode(f float64, bits int) *node {
	text := strconv.FormatFloat(f, 'g', -1, bits)
	switch text {
	case "NaN":
		return &node{kind: String, text: "NaN"}
	case "+Inf":
		return &node{kind: String, text: "Infinity"}
	case "-Inf":
		return &node{kind: String, text: "-Infinity"}
	}
	return numberNode(text)
}

// numberNode returns a number in the one spelling that equal numbers share, so
// that 0 and -0, or 1.50 and 1.5, are no change. What is no number by the
// rules of JSON, or out of all proportion, is a text.
func numberNode(literal string) *node {
	if json.Valid([]byte(literal)) {
		if canonical := string(appendNumber(nil, literal)); canonical[0] != '"' {
			return &node{kind: Number, text: canonical}
		}
	}
	return &node{kind: String, text: literal}
}

func (in *inspector) list(v reflect.Value, plain bool) (*node, error) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		return &node{kind: Null}, nil
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return in.bytes(bytesOf(v), plain)
	}
	if v.Kind() == reflect.Slice && v.Len() > 0 {
		leave, cycle := in.enter(v)
		if cycle {
			return &node{kind: Cycle}, nil
		}
		defer leave()
	}
	n := &node{kind: Array, items: make([]*node, 0, min(v.Len(), max(in.nodes, 0)+1))}
	for i := range v.Len() {
		if in.nodes <= 0 {
			// What is left is compared as a whole, and marked as cut.
			rest := reflect.MakeSlice(reflect.SliceOf(v.Type().Elem()), v.Len()-i, v.Len()-i)
			for j := range rest.Len() {
				rest.Index(j).Set(v.Index(i + j))
			}
			n.items = append(n.items, &node{kind: Cut, source: rest})
			break
		}
		item, err := in.node(v.Index(i), plain)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		n.items = append(n.items, item)
	}
	return n, nil
}

func bytesOf(v reflect.Value) []byte {
	if v.Kind() == reflect.Slice {
		return v.Bytes()
	}
	b := make([]byte, v.Len())
	reflect.Copy(reflect.ValueOf(b), v)
	return b
}

// bytes takes apart what a database gave as bytes: a JSON object or array as
// that, all else as bytea is shown.
func (in *inspector) bytes(b []byte, plain bool) (*node, error) {
	if tree, ok := decodeContainer(b); ok {
		return in.node(reflect.ValueOf(tree), plain)
	}
	return &node{kind: String, text: bytesText(b)}, nil
}

// decodeContainer decodes a JSON object or array.
func decodeContainer(b []byte) (any, bool) {
	trimmed := strings.TrimLeft(string(b[:min(len(b), 64)]), " \t\r\n")
	if trimmed == "" || trimmed[0] != '{' && trimmed[0] != '[' {
		return nil, false
	}
	tree, err := decodeJSON(b)
	return tree, err == nil
}

func (in *inspector) mapping(v reflect.Value, plain bool) (*node, error) {
	if v.IsNil() {
		return &node{kind: Null}, nil
	}
	leave, cycle := in.enter(v)
	if cycle {
		return &node{kind: Cycle}, nil
	}
	defer leave()
	type entry struct {
		key   string
		value reflect.Value
	}
	entries := make([]entry, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		key, err := in.key(iter.Key())
		if err != nil {
			return nil, err
		}
		entries = append(entries, entry{key, iter.Value()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	n := &node{kind: Map, sorted: true, keys: make([]string, 0, len(entries)), items: make([]*node, 0, len(entries))}
	for i, e := range entries {
		if i > 0 && e.key == entries[i-1].key {
			// Keys of a map[any]any may read alike: 1 and "1".
			return nil, fmt.Errorf("the map has two keys that read %s", quote(e.key))
		}
		if err := in.member(n, e.key, e.value, plain, false); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// key returns a map's key as text.
func (in *inspector) key(v reflect.Value) (string, error) {
	if v.Kind() == reflect.String && !has(v.Type(), textType) {
		return printableKey(v.String()), nil
	}
	n, err := in.node(v, true)
	if err != nil {
		return "", fmt.Errorf("map key: %w", err)
	}
	if n.text == "" && n.kind != String {
		n.text = n.encode(maxPathBytes).JSON()
	}
	return printableKey(n.text), nil
}

// member adds one key to a Map.
func (in *inspector) member(n *node, key string, v reflect.Value, plain, secret bool) error {
	item, err := in.node(v, plain)
	secret = secret || !plain && in.planner.redactor.secret(key)
	if err != nil {
		return fmt.Errorf(".%s: %w", key, err)
	}
	item.secret = secret
	n.keys, n.items = append(n.keys, key), append(n.items, item)
	return nil
}

func (in *inspector) structure(v reflect.Value, plain bool) (*node, error) {
	p, err := in.planner.nested(v.Type())
	if err != nil {
		return nil, err
	}
	n := &node{kind: Map}
	for _, f := range p.fields {
		fv := f.get(v)
		if !fv.IsValid() {
			continue
		}
		if err := in.member(n, f.name, fv, plain || f.plain, f.secret); err != nil {
			return nil, err
		}
	}
	return n, nil
}

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
		if r := recover(); r != nil {
			n, err = nil, fmt.Errorf("%s of %s panicked: %v", method, t, r)
		} else if err == nil && n.kind != Cut {
			n.source = v
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
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", method, t, err)
		}
		tree, err := decodeJSON(text)
		if err != nil {
			return nil, fmt.Errorf("%s of %s gave invalid JSON: %w", method, t, err)
		}
		return in.node(reflect.ValueOf(tree), plain)
	case driver.Valuer:
		method = "Value"
		value, err := x.Value()
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", method, t, err)
		}
		return in.driverValue(value, t, plain)
	default:
		text, err := x.(encoding.TextMarshaler).MarshalText()
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", method, t, err)
		}
		return &node{kind: String, text: string(text)}, nil
	}
}

// driverValue takes apart what a Valuer gives to its database. A struct, map
// or list that gives JSON is recorded as that.
func (in *inspector) driverValue(value driver.Value, t reflect.Type, plain bool) (*node, error) {
	if text, ok := value.(string); ok {
		switch t.Kind() {
		case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array:
			if tree, ok := decodeContainer([]byte(text)); ok {
				return in.node(reflect.ValueOf(tree), plain)
			}
		}
	}
	if v := reflect.ValueOf(value); v.IsValid() && v.Type() == t {
		return in.plainKind(v, plain) // it gave itself: do not ask it again
	}
	return in.node(reflect.ValueOf(value), plain)
}

func timeNode(t time.Time) *node {
	return &node{kind: String, text: t.UTC().Format(time.RFC3339Nano)}
}
