package audittest

import (
	"database/sql"
	"encoding/json"
	"reflect"
	"time"
)

// maxFill is the max depth of pointers, lists and maps to fill, so that filling
// a type that contains itself ends.
const maxFill = 5

var timeType = reflect.TypeFor[time.Time]()

// fill sets v to a value without nil in it.
func fill(v reflect.Value, depth int) {
	if !v.CanSet() || depth < 0 {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		v.SetUint('1') // bytes are then a number in JSON
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.String:
		v.SetString("1")
	case reflect.Pointer:
		made := reflect.New(v.Type().Elem())
		fill(made.Elem(), depth-1)
		v.Set(made.Convert(v.Type()))
	case reflect.Slice:
		made := reflect.MakeSlice(v.Type(), 2, 2)
		for i := range made.Len() {
			fill(made.Index(i), depth-1)
		}
		v.Set(made)
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), depth)
		}
	case reflect.Map:
		fillMap(v, depth)
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(map[string]any{"key": []any{"1"}}))
		}
	case reflect.Struct:
		fillStruct(v, depth)
	}
}

func fillMap(v reflect.Value, depth int) {
	made := reflect.MakeMap(v.Type())
	key, item := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
	fill(item, depth-1)
	if fill(key, depth-1); key.Comparable() {
		made.SetMapIndex(key, item)
	}
	v.Set(made)
}

func fillStruct(v reflect.Value, depth int) {
	if v.Type() == timeType {
		v.Set(reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
		return
	}
	exported := false
	for i := range v.NumField() {
		switch sf := v.Type().Field(i); {
		case sf.IsExported():
			exported = true
			fill(v.Field(i), depth)
		case sf.Anonymous && sf.Type.Kind() == reflect.Struct:
			exported = true
			fillStruct(v.Field(i), depth)
		case sf.Anonymous && sf.Type.Kind() == reflect.Pointer && sf.Type.Elem().Kind() == reflect.Struct && depth > 0:
			exported = true
			embedded := reflect.NewAt(sf.Type, v.Field(i).Addr().UnsafePointer()).Elem()
			embedded.Set(reflect.New(sf.Type.Elem()))
			fillStruct(embedded.Elem(), depth-1)
		}
	}
	if !exported {
		decode(v)
	}
}

// samples are texts that a type with unexported fields may decode.
var samples = []string{`{"key":["1"]}`, `{"key":"1"}`, `{"key":1}`, `["1"]`, `[1]`, `"1"`, `12345678901234567890`, `1`, `true`}

// decode fills a value by its own method, with the first sample that it takes.
func decode(v reflect.Value) {
	defer func() { _ = recover() }() // a method that does not like the sample
	for _, sample := range samples {
		made := reflect.New(v.Type())
		var err error
		switch x := made.Interface().(type) {
		case json.Unmarshaler:
			err = x.UnmarshalJSON([]byte(sample))
		case sql.Scanner:
			err = x.Scan(sample)
		default:
			return
		}
		if err == nil && !made.Elem().IsZero() {
			v.Set(made.Elem())
			return
		}
	}
}
