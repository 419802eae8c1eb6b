package diff

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
)

// inspector takes one side of an event apart into nodes, within the limits.
type inspector struct {
	planner  *planner
	depth    int // how much deeper it may go
	nodes    int // how many more nodes it may make
	json     int // how long a JSON text may be to be decoded
	comparer *comparer
	path     map[visit]struct{}
}

// visit is a reference on the way from the record to the current value.
type visit struct {
	at  uintptr
	typ reflect.Type
}

// maxJSONFactor bounds the JSON texts that are decoded, as a multiple of the bytes
// that an event keeps. A decoded text takes many times its length in memory.
const maxJSONFactor = 16

func newInspector(p *planner, l Limits) *inspector {
	return &inspector{planner: p, depth: l.Depth, nodes: l.Nodes, json: maxJSONFactor * l.Bytes}
}

// node takes a value apart. If plain is true, names are not checked for secrets.
// Errors come only from methods of the value.
func (in *inspector) node(v reflect.Value, plain bool) (*node, error) {
	for v.IsValid() && (v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer) {
		if v.IsNil() {
			in.nodes--
			return &node{kind: jsontext.KindNull}, nil
		}
		if v.Kind() == reflect.Pointer {
			leave, cycle := in.enter(v)
			if cycle {
				return &node{kind: jsontext.KindCycle}, nil
			}
			defer leave()
		}
		v = v.Elem()
	}
	if !v.IsValid() {
		return &node{kind: jsontext.KindNull}, nil
	}
	if in.nodes--; in.nodes < 0 || in.depth <= 0 {
		return in.cut(v), nil
	}
	in.depth--
	defer func() { in.depth++ }()
	var n *node
	var err error
	if isSpecial(v.Type()) {
		n, err = in.special(v, plain)
	} else {
		n, err = in.plainKind(v, plain)
	}
	if n != nil && !n.byMethod {
		n.source = v
	}
	return n, err
}

// cut returns the node of a value that is not taken apart.
func (in *inspector) cut(v reflect.Value) *node {
	if in.comparer == nil {
		in.comparer = newComparer()
	}
	return &node{kind: jsontext.KindCut, source: v, comparer: in.comparer}
}

// enter keeps a reference in mind, and reports whether the walk is already within
// it.
func (in *inspector) enter(v reflect.Value) (leave func(), cycle bool) {
	at := visit{v.Pointer(), v.Type()}
	if _, cycle = in.path[at]; cycle {
		return nil, true
	}
	if in.path == nil {
		in.path = map[visit]struct{}{}
	}
	in.path[at] = struct{}{}
	return func() { delete(in.path, at) }, false
}

func (in *inspector) plainKind(v reflect.Value, plain bool) (*node, error) {
	switch v.Kind() {
	case reflect.Bool:
		return &node{kind: jsontext.KindBool, text: strconv.FormatBool(v.Bool())}, nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return &node{kind: jsontext.KindNumber, text: strconv.FormatInt(v.Int(), 10)}, nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return &node{kind: jsontext.KindNumber, text: strconv.FormatUint(v.Uint(), 10)}, nil
	case reflect.Float32:
		return floatNode(v.Float(), 32), nil
	case reflect.Float64:
		return floatNode(v.Float(), 64), nil
	case reflect.Complex64, reflect.Complex128:
		return &node{kind: jsontext.KindString, text: strconv.FormatComplex(v.Complex(), 'g', -1, 128)}, nil
	case reflect.String:
		return &node{kind: jsontext.KindString, text: v.String()}, nil
	case reflect.Slice, reflect.Array:
		return in.list(v, plain)
	case reflect.Map:
		return in.mapping(v, plain)
	case reflect.Struct:
		return in.structure(v, plain)
	default:
		return &node{kind: jsontext.KindOpaque, text: v.Type().String()}, nil
	}
}

// floatNode returns a number. NaN and the infinities, which JSON does not have, are
// texts, spelled as in PostgreSQL.
func floatNode(f float64, bits int) *node {
	text := strconv.FormatFloat(f, 'g', -1, bits)
	switch text {
	case "NaN":
		return &node{kind: jsontext.KindString, text: "NaN"}
	case "+Inf":
		return &node{kind: jsontext.KindString, text: "Infinity"}
	case "-Inf":
		return &node{kind: jsontext.KindString, text: "-Infinity"}
	}
	return numberNode(text)
}

// numberNode returns a number in the one spelling that equal numbers share: 0 and
// -0 are equal, and so are 1.50 and 1.5. A literal that is not JSON, or has too
// large an exponent, is a text.
func numberNode(literal string) *node {
	if isNumber(literal) {
		if canonical := string(jsontext.AppendNumber(nil, literal)); canonical[0] != '"' {
			return &node{kind: jsontext.KindNumber, text: canonical}
		}
	}
	return &node{kind: jsontext.KindString, text: literal}
}

// list takes a list apart. It leaves a list whole that has more items than the
// limits still allow.
func (in *inspector) list(v reflect.Value, plain bool) (*node, error) {
	if v.Kind() == reflect.Slice && v.IsNil() {
		return &node{kind: jsontext.KindNull}, nil
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return in.bytes(bytesOf(v), plain)
	}
	if v.Len() > in.nodes {
		return in.cut(v), nil
	}
	if v.Kind() == reflect.Slice && v.Len() > 0 {
		leave, cycle := in.enter(v)
		if cycle {
			return &node{kind: jsontext.KindCycle}, nil
		}
		defer leave()
	}
	n := &node{kind: jsontext.KindArray, items: make([]*node, v.Len())}
	for i := range n.items {
		item, err := in.node(v.Index(i), plain)
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		n.items[i] = item
	}
	return n, nil
}

func bytesOf(v reflect.Value) []byte {
	if v.Kind() == reflect.Slice {
		return v.Bytes()
	}
	b := make([]byte, v.Len())
	for i := range b {
		b[i] = byte(v.Index(i).Uint())
	}
	return b
}

// bytes takes apart what a database returned as bytes. JSON of any kind is taken
// apart; other bytes are a text in the form of bytea. What only looks like JSON is
// marked, since secrets in it could not be found.
func (in *inspector) bytes(b []byte, plain bool) (*node, error) {
	trimmed := bytes.TrimPrefix(b, byteOrderMark)
	if looksLikeJSON(b) && len(b) > in.json {
		return in.cut(reflect.ValueOf(b)), nil
	}
	if !beginsLikeJSON(trimmed) || len(b) > in.json {
		return &node{kind: jsontext.KindString, text: bytesText(b)}, nil
	}
	tree, err := jsontext.Decode(trimmed)
	switch {
	case err == nil && isText(b):
		return in.node(reflect.ValueOf(tree), plain)
	case !looksLikeJSON(b):
		return &node{kind: jsontext.KindString, text: bytesText(b)}, nil
	case err != nil && strings.Contains(err.Error(), "max depth"):
		return in.cut(reflect.ValueOf(b)), nil
	}
	n := in.invalidJSON(b, plain)
	if n.shown && !isText(b) { // more likely not JSON at all
		n = &node{kind: jsontext.KindString, text: bytesText(b)}
	}
	return n, nil
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// looksLikeJSON reports whether the bytes begin as a JSON object or array does.
func looksLikeJSON(b []byte) bool {
	b = bytes.TrimLeft(bytes.TrimPrefix(b, byteOrderMark), " \t\r\n")
	return len(b) > 0 && (b[0] == '{' || b[0] == '[')
}

// beginsLikeJSON reports whether the bytes begin as any JSON value does.
func beginsLikeJSON(b []byte) bool {
	b = bytes.TrimLeft(b, " \t\r\n")
	return len(b) > 0 && bytes.IndexByte([]byte(`{["tfn-0123456789`), b[0]) >= 0
}

// mapping takes a map apart. Like list, it leaves a large one whole.
func (in *inspector) mapping(v reflect.Value, plain bool) (*node, error) {
	if v.IsNil() {
		return &node{kind: jsontext.KindNull}, nil
	}
	if v.Len() > in.nodes {
		return in.cut(v), nil
	}
	leave, cycle := in.enter(v)
	if cycle {
		return &node{kind: jsontext.KindCycle}, nil
	}
	defer leave()
	return in.keys(v, plain)
}

// keys takes a map apart key by key, however many there are.
func (in *inspector) keys(v reflect.Value, plain bool) (*node, error) {
	keys := make([]jsontext.Key, 0, v.Len())
	for iter := v.MapRange(); iter.Next(); {
		key, err := in.key(iter.Key())
		if err != nil {
			return nil, err
		}
		key.Value = iter.Value()
		keys = append(keys, key)
	}
	jsontext.SortKeys(keys)
	n := &node{kind: jsontext.KindMap, sorted: true, keys: make([]string, 0, len(keys)), items: make([]*node, 0, len(keys))}
	for _, key := range keys {
		if err := in.member(n, key.Text, key.Value, plain, false); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// key returns a map's key as text.
func (in *inspector) key(v reflect.Value) (jsontext.Key, error) {
	for v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	raw := v.Type().String()
	var text string
	switch {
	case isSpecial(v.Type()):
		n, err := newInspector(in.planner, Limits{Depth: 4, Nodes: 16, Bytes: jsontext.MaxPath}).node(v, true)
		if err != nil {
			return jsontext.Key{}, fmt.Errorf("map key: %w", err)
		}
		if text = n.text; n.kind != jsontext.KindString && n.kind != jsontext.KindNumber {
			text = n.encode(jsontext.MaxPath)
		}
	case v.Kind() == reflect.String:
		text, raw = v.String(), v.String()
	case v.CanInt():
		text = strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		text = strconv.FormatUint(v.Uint(), 10)
	case v.CanFloat():
		text = strconv.FormatFloat(v.Float(), 'g', -1, 64)
	default:
		n, err := newInspector(in.planner, Limits{Depth: 4, Nodes: 16, Bytes: jsontext.MaxPath}).node(v, true)
		if err != nil {
			return jsontext.Key{}, fmt.Errorf("map key: %w", err)
		}
		text = n.encode(jsontext.MaxPath)
	}
	return jsontext.Key{Text: jsontext.PrintableKey(text), Raw: raw}, nil
}

// member adds one key to a map.
func (in *inspector) member(n *node, key string, v reflect.Value, plain, secret bool) error {
	secret = secret || !plain && in.planner.redactor.secret(key)
	item, err := in.node(v, plain)
	if err != nil && secret {
		err = errSecretMethod // its own message could hold the secret
	}
	if err != nil {
		return fmt.Errorf(".%s: %w", key, err)
	}
	item.secret = secret
	n.keys, n.items = append(n.keys, key), append(n.items, item)
	return nil
}

var errSecretMethod = errors.New("a method of its value failed")

func (in *inspector) structure(v reflect.Value, plain bool) (*node, error) {
	p, err := in.planner.nested(v.Type())
	if err != nil {
		return nil, err
	}
	if p.closed {
		if in.comparer == nil {
			in.comparer = newComparer()
		}
		return &node{kind: jsontext.KindOpaque, text: v.Type().String(), comparer: in.comparer}, nil
	}
	n := &node{kind: jsontext.KindMap}
	for i := range p.fields {
		f := &p.fields[i]
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
