package diff

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
)

// decoder is a way in which a type reads a value into itself.
type decoder struct {
	target reflect.Type
	// encode is how the type writes what decode reads.
	encode func(x any) (driver.Value, error)
	decode func(x any, input driver.Value) error
}

var errNoEncoder = errors.New("the type does not write what it reads")

// asBytes makes a decoder of two methods that write and read bytes.
func asBytes[E, D any](encode func(E) ([]byte, error), decode func(D, []byte) error) decoder {
	return decoder{
		target: reflect.TypeFor[D](),
		encode: func(x any) (driver.Value, error) {
			encoder, ok := x.(E)
			if !ok {
				return nil, errNoEncoder
			}
			return encode(encoder)
		},
		decode: func(x any, input driver.Value) error {
			switch text := input.(type) {
			case []byte:
				return decode(x.(D), bytes.Clone(text))
			case string:
				return decode(x.(D), []byte(text))
			}
			return fmt.Errorf("a %T is not bytes", input)
		},
	}
}

var decoders = []decoder{
	asBytes(json.Marshaler.MarshalJSON, json.Unmarshaler.UnmarshalJSON),
	asBytes(encoding.TextMarshaler.MarshalText, encoding.TextUnmarshaler.UnmarshalText),
	asBytes(encoding.BinaryMarshaler.MarshalBinary, encoding.BinaryUnmarshaler.UnmarshalBinary),
	asBytes(gobEncoder.GobEncode, gobDecoder.GobDecode),
	{
		target: reflect.TypeFor[sql.Scanner](),
		encode: func(x any) (driver.Value, error) {
			valuer, ok := x.(driver.Valuer)
			if !ok {
				return nil, errNoEncoder
			}
			return valuer.Value()
		},
		decode: func(x any, input driver.Value) error {
			if text, ok := input.([]byte); ok {
				input = bytes.Clone(text)
			}
			return x.(sql.Scanner).Scan(input)
		},
	},
}

// gobEncoder and gobDecoder are those of encoding/gob.
type (
	gobEncoder interface{ GobEncode() ([]byte, error) }
	gobDecoder interface{ GobDecode(data []byte) error }
)

// samples are inputs for a type that cannot read what it writes.
var samples = []driver.Value{
	[]byte(`{"a":1}`), []byte(`{"a":"b"}`), []byte(`{"a":["b"]}`), []byte(`["a"]`), []byte(`[1]`), []byte(`"a"`), []byte(`1`), []byte(`true`),
	[]byte(`"2026-01-02T03:04:05Z"`), []byte(`a`), []byte(`{a}`), []byte(`{1}`), "a", "1", int64(1), 1.5, true,
}

// sight is what a trial saw about the memory behind a field.
type sight int

const (
	unseen  sight = iota
	renewed       // decoders make new memory
	kept          // it is one memory for all values
	written       // a decoder writes in place
)

// trial lets each decoder of a struct's type read twice what the type writes: into
// a new value, and into a copy of that value. If a decoder writes in place, both
// then have the same memory. If a third new value has that memory too, the type
// keeps it for all values, such as the zone of a time.
//
// It returns what it saw, by field. A field is missing if it was empty. It is also
// missing if it seems harmless and one of the decoders could read nothing. The
// trial writes only to values that it makes.
func (g *guard) trial(v reflect.Value) map[int]sight {
	original := reflect.New(v.Type())
	original.Elem().Set(v)
	var inputs []driver.Value
	own := make([]driver.Value, len(decoders))
	for i, d := range decoders {
		if input, err := guarded(func() (driver.Value, error) { return d.encode(original.Interface()) }); err == nil && input != nil {
			own[i] = input
			inputs = append(inputs, input)
		}
	}
	inputs = append(inputs, samples...)
	found, silent := map[int]sight{}, false
	for i, d := range decoders {
		if !original.Type().Implements(d.target) {
			continue
		}
		reads := false
		for _, input := range append([]driver.Value{own[i]}, inputs...) {
			if input == nil || !g.observe(d, input, v.Type(), found) {
				continue
			}
			reads = true
			if len(found) == len(g.fields) {
				break
			}
		}
		silent = silent || !reads
	}
	if silent {
		maps.DeleteFunc(found, func(_ int, seen sight) bool { return seen == renewed })
	}
	return found
}

// reread returns a value made by decoding what v encodes, if a lock guards what a
// field leads to. Copying the lock has no use, and what it guards may be written
// at any time. For other memory it reports false, since an encoding may leave
// something out.
func (g *guard) reread(v reflect.Value, field int) (reflect.Value, bool) {
	if !g.tries() || !leadsToMachinery(v.Type().Field(field).Type, map[reflect.Type]bool{}) {
		return reflect.Value{}, false
	}
	original, made := reflect.New(v.Type()), reflect.New(v.Type())
	original.Elem().Set(v)
	for _, d := range decoders {
		if !made.Type().Implements(d.target) {
			continue
		}
		_, err := guarded(func() (driver.Value, error) {
			input, err := d.encode(original.Interface())
			if err != nil {
				return nil, err
			}
			return nil, d.decode(made.Interface(), input)
		})
		if err == nil {
			return made.Elem(), true
		}
	}
	return reflect.Value{}, false
}

// leadsToMachinery reports whether there is a pointer to machinery.
func leadsToMachinery(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer:
		return isMachinery(t.Elem()) || leadsToMachinery(t.Elem(), seen)
	case reflect.Slice, reflect.Array, reflect.Map:
		return leadsToMachinery(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if leadsToMachinery(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}

// observe adds to found what one decoder does with one input, and reports whether
// the decoder reads it.
func (g *guard) observe(d decoder, input driver.Value, t reflect.Type, found map[int]sight) bool {
	read := func(x reflect.Value) bool {
		_, err := guarded(func() (driver.Value, error) { return nil, d.decode(x.Interface(), input) })
		return err == nil
	}
	first, second, other := reflect.New(t), reflect.New(t), reflect.New(t)
	if !read(first) {
		return false
	}
	second.Elem().Set(first.Elem())
	if !read(second) || !read(other) {
		return false
	}
	for _, field := range g.fields {
		one, two, three := regionsBehind(first, field), regionsBehind(second, field), regionsBehind(other, field)
		if len(one) == 0 {
			continue
		}
		if one = slices.DeleteFunc(one, func(r region) bool { return touches(r, three) }); len(one) == 0 {
			found[field] = kept
		} else if slices.ContainsFunc(one, func(r region) bool { return touches(r, two) }) {
			found[field] = written
		} else if found[field] == unseen {
			found[field] = renewed
		}
	}
	runtime.KeepAlive(first)
	runtime.KeepAlive(second)
	runtime.KeepAlive(other)
	return true
}

// touches reports whether a region overlaps one of the others.
func touches(r region, others []region) bool {
	return slices.ContainsFunc(others, func(o region) bool { return r.start < o.end && o.start < r.end })
}

// guarded calls a method of the host's type, and returns its panic as an error.
func guarded(call func() (driver.Value, error)) (value driver.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("it panicked with a %T", r)
		}
	}()
	return call()
}

// regionsBehind returns the memory behind a field of the struct at v.
func regionsBehind(v reflect.Value, field int) []region {
	var regions []region
	s := sharing{seen: map[sliceVisit]struct{}{}, regions: &regions, machinery: true}
	s.value(v.Elem().Field(field), maxSharedDepth, 1)
	s.drain()
	return regions
}
