package diff

import (
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/auditkeep/audit/internal/jsontext"
)

// shape is a kind of type that is recorded by rules of this package: it has no
// method for that, or its method writes it differently from a database. Types of
// other modules are known by their fields, so that this package imports none.
type shape int

const (
	noShape         shape = iota
	timeShape             // a type made of time.Time, without its methods
	dateShape             // such a type named Date
	locationShape         // time.Location
	urlShape              // url.URL, and types made of it
	ipNetShape            // net.IPNet
	hardwareShape         // net.HardwareAddr
	addressShape          // netip.Addr and Prefix, whose zero is NULL
	floatShape            // big.Float
	decimalShape          // decimals, which write JSON as a text
	rangeShape            // pgtype.Range
	multirangeShape       // pgtype.Multirange
	arrayShape            // pgtype.Array
	intervalShape         // pgtype.Interval
	clockShape            // pgtype.Time
	genericShape          // pq.GenericArray
	nullShape             // sql.Null
)

var shapes sync.Map // reflect.Type to shape

// shapeOf returns the type's shape. It is computed once per type.
func shapeOf(t reflect.Type) shape {
	switch t.Kind() {
	case reflect.Struct, reflect.Slice:
	default:
		return noShape
	}
	if known, ok := shapes.Load(t); ok {
		return known.(shape)
	}
	s := findShape(t)
	shapes.Store(t, s)
	return s
}

func findShape(t reflect.Type) shape {
	switch t {
	case timeType:
		return noShape
	case reflect.TypeFor[time.Location]():
		return locationShape
	case reflect.TypeFor[net.HardwareAddr]():
		return hardwareShape
	case reflect.TypeFor[netip.Addr](), reflect.TypeFor[netip.Prefix]():
		return addressShape
	case reflect.TypeFor[big.Float]():
		return floatShape
	}
	if t.Kind() == reflect.Slice {
		if strings.HasPrefix(t.Name(), "Multirange[") && shapeOf(t.Elem()) == rangeShape {
			return multirangeShape
		}
		return noShape
	}
	switch {
	case t.ConvertibleTo(timeType) && t.Name() == "Date":
		return dateShape
	case t.ConvertibleTo(timeType) && !has(t, marshalerType) && !has(t, valuerType) && !has(t, textType):
		return timeShape
	case t.ConvertibleTo(reflect.TypeFor[url.URL]()):
		return urlShape
	case t.ConvertibleTo(reflect.TypeFor[net.IPNet]()):
		return ipNetShape
	case (t.Name() == "Decimal" || t.Name() == "NullDecimal") && (has(t, marshalerType) || has(t, textType)):
		return decimalShape
	case hasFields(t, "Lower", "Upper", "LowerType", "UpperType", "Valid") && t.Field(2).Type.Kind() == reflect.Uint8 && t.Field(3).Type.Kind() == reflect.Uint8:
		return rangeShape
	case hasFields(t, "Elements", "Dims", "Valid") && t.Field(0).Type.Kind() == reflect.Slice && t.Field(1).Type.Kind() == reflect.Slice &&
		hasFields(t.Field(1).Type.Elem(), "Length", "LowerBound"):
		return arrayShape
	case hasFields(t, "Microseconds", "Days", "Months", "Valid") && hasInts(t, 3):
		return intervalShape
	case hasFields(t, "Microseconds", "Valid") && hasInts(t, 1):
		return clockShape
	case hasFields(t, "V", "Valid"):
		return nullShape
	case t.Name() == "GenericArray" && hasFields(t, "A") && has(t, valuerType):
		return genericShape
	}
	return noShape
}

// hasFields reports whether a struct type has exactly these fields, in this
// order. A field Valid is a bool.
func hasFields(t reflect.Type, names ...string) bool {
	if t.Kind() != reflect.Struct || t.NumField() != len(names) {
		return false
	}
	for i, name := range names {
		if f := t.Field(i); f.Name != name || name == "Valid" && f.Type.Kind() != reflect.Bool {
			return false
		}
	}
	return true
}

func hasInts(t reflect.Type, fields int) bool {
	for i := range fields {
		if k := t.Field(i).Type.Kind(); k != reflect.Int64 && k != reflect.Int32 {
			return false
		}
	}
	return true
}

// shaped takes apart a value whose type has a shape.
func (in *inspector) shaped(s shape, v reflect.Value, plain bool) (*node, error) {
	if v.Kind() == reflect.Slice && v.IsNil() || v.Kind() == reflect.Struct && isInvalid(v) {
		return &node{kind: jsontext.KindNull}, nil
	}
	text := func(s string) (*node, error) { return &node{kind: jsontext.KindString, text: s}, nil }
	switch s {
	case timeShape:
		return timeNode(timeOf(v.Convert(timeType))), nil
	case dateShape:
		return text(timeOf(v.Convert(timeType)).Format(time.DateOnly))
	case locationShape:
		return text(v.Addr().Interface().(*time.Location).String())
	case urlShape:
		return urlNode(v.Convert(reflect.TypeFor[url.URL]()).Interface().(url.URL)), nil
	case ipNetShape:
		network := v.Convert(reflect.TypeFor[net.IPNet]()).Interface().(net.IPNet)
		if network.IP == nil {
			return &node{kind: jsontext.KindNull}, nil
		}
		return text(network.String())
	case hardwareShape:
		return text(net.HardwareAddr(v.Bytes()).String())
	case addressShape:
		if v.IsZero() {
			return &node{kind: jsontext.KindNull}, nil
		}
		return text(fmt.Sprint(v.Interface()))
	case floatShape:
		return numberNode(v.Addr().Interface().(*big.Float).Text('g', -1)), nil
	case rangeShape:
		return in.rangeNode(v)
	case multirangeShape:
		return in.multirange(v)
	case arrayShape:
		return in.array(v, plain)
	case intervalShape:
		return text(intervalText(v.Field(0).Int(), v.Field(1).Int(), v.Field(2).Int()))
	case clockShape:
		return text(clockText(v.Field(0).Int()))
	default: // genericShape, nullShape: it is what the first field holds
		return in.node(v.Field(0), plain)
	}
}

// isInvalid reports whether a nullable struct is NULL.
func isInvalid(v reflect.Value) bool {
	f := v.FieldByName("Valid")
	return f.IsValid() && f.Kind() == reflect.Bool && !f.Bool()
}

// urlNode returns a URL as text, without the password in it.
func urlNode(u url.URL) *node {
	n := &node{kind: jsontext.KindString, text: u.Redacted()}
	if u.User != nil {
		n.hidden, _ = u.User.Password()
	}
	return n
}

// decimal returns a decimal's text as the number that its column holds.
func decimal(n *node) *node {
	if n.kind == jsontext.KindString {
		return numberNode(n.text)
	}
	return n
}
