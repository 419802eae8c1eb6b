package diff

import (
	"math"
	"reflect"
	"strconv"
	"time"

	"github.com/auditkeep/audit/internal/jsontext"
)

// direct is how a field's values are compared and written without nodes. A field
// that did not change then costs only its comparison. It is for plain values
// without methods that decide how they are recorded, and for pointers to such
// values (nullable columns). Direct values do not count towards Limits.Nodes,
// since the struct's type bounds their number.
type direct int

const (
	notDirect direct = iota
	directBool
	directInt
	directUint
	directFloat32
	directFloat64
	directString
	directTime
)

// directOf returns how values of the type are handled.
func directOf(t reflect.Type) direct {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == timeType {
		return directTime
	}
	if isSpecial(t) {
		return notDirect
	}
	switch t.Kind() {
	case reflect.Bool:
		return directBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return directInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return directUint
	case reflect.Float32:
		return directFloat32
	case reflect.Float64:
		return directFloat64
	case reflect.String:
		return directString
	}
	return notDirect
}

// followed returns what a field's pointers lead to, or an invalid Value if one of
// them is nil.
func followed(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	return v
}

// same reports whether a direct field's values, which may be missing, are
// recorded alike.
func (f *field) same(a, b reflect.Value) bool {
	if f.pointer && a.IsValid() && b.IsValid() {
		a, b = followed(a), followed(b)
	}
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	return f.direct.equal(a, b)
}

// equal compares two values that no pointer is in front of.
func (d direct) equal(a, b reflect.Value) bool {
	switch d {
	case directString:
		return a.String() == b.String()
	case directInt:
		return a.Int() == b.Int()
	case directBool:
		return a.Bool() == b.Bool()
	case directTime:
		return timeOf(a).Equal(timeOf(b))
	case directUint:
		return a.Uint() == b.Uint()
	default:
		x, y := a.Float(), b.Float()
		return x == y || math.IsNaN(x) && math.IsNaN(y)
	}
}

// append appends a value as canonical JSON. A text longer than limit bytes becomes a
// mark. The limit is at least minValueBytes, which all other values fit.
func (d direct) append(buf []byte, v reflect.Value, limit int) []byte {
	if v = followed(v); !v.IsValid() {
		return append(buf, "null"...)
	}
	switch d {
	case directString:
		return jsontext.AppendBounded(buf, v.String(), limit)
	case directInt:
		return strconv.AppendInt(buf, v.Int(), 10)
	case directBool:
		return strconv.AppendBool(buf, v.Bool())
	case directTime:
		buf = append(buf, '"')
		return append(appendTime(buf, timeOf(v)), '"')
	case directUint:
		return strconv.AppendUint(buf, v.Uint(), 10)
	case directFloat32:
		return floatNode(v.Float(), 32).append(buf, limit)
	default:
		return floatNode(v.Float(), 64).append(buf, limit)
	}
}

// idText returns a value as an object's ID.
func (d direct) idText(v reflect.Value) string {
	if v = followed(v); !v.IsValid() {
		return ""
	}
	switch d {
	case directString:
		return v.String()
	case directInt:
		return strconv.FormatInt(v.Int(), 10)
	case directUint:
		return strconv.FormatUint(v.Uint(), 10)
	case directBool:
		return strconv.FormatBool(v.Bool())
	case directTime:
		return string(appendTime(nil, timeOf(v)))
	case directFloat32:
		return idText(floatNode(v.Float(), 32))
	default:
		return idText(floatNode(v.Float(), 64))
	}
}

func timeOf(v reflect.Value) time.Time {
	t, _ := reflect.TypeAssert[time.Time](v) // as Interface returns it, without a copy on the heap
	return t
}

// appendTime appends an instant as it is recorded, in UTC.
func appendTime(buf []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(buf, time.RFC3339Nano)
}
