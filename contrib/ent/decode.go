package auditent

import (
	stdsql "database/sql"
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// decode returns a column's value as it is recorded: what the column holds, NULL
// too, in the Go type of the entity's field where that reads better (times,
// booleans, enumerations, durations, addresses). What a field's own scanner
// makes of the column is not asked for: it may have been encrypted.
func (c *column) decode(raw any) any {
	if raw == nil {
		return nil
	}
	of := c.of
	for of != nil && of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	if c.holdsJSON(of, raw) {
		return c.decodeJSON(of, raw)
	}
	if of != nil {
		if v, ok := convert(of, raw); ok {
			return v
		}
	}
	return plainValue(c.kind, raw)
}

// holdsJSON reports whether the column's value is JSON.
func (c *column) holdsJSON(of reflect.Type, raw any) bool {
	if c.kind == "JSON" || c.kind == "JSONB" {
		return true
	}
	text, ok := textOf(raw)
	if of == nil || !ok || isScanner(of) || isBytes(of) || of == timeType {
		return false
	}
	switch of.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Array, reflect.Interface:
		return json.Valid([]byte(text)) // a JSON field whose SchemaType is a text
	}
	return false
}

// decodeJSON returns JSON as it is, or as a value of the field's type if that
// has audit tags.
func (c *column) decodeJSON(of reflect.Type, raw any) any {
	text, ok := textOf(raw)
	if !ok {
		encoded, err := json.Marshal(raw)
		if err != nil {
			return raw
		}
		text = string(encoded)
	}
	if of != nil && (c.tags || of == urlType) {
		if v := reflect.New(of); json.Unmarshal([]byte(text), v.Interface()) == nil {
			return v.Interface()
		}
	}
	return json.RawMessage(text)
}

var (
	urlType     = reflect.TypeFor[url.URL]()
	timeType    = reflect.TypeFor[time.Time]()
	scannerType = reflect.TypeFor[stdsql.Scanner]()
)

func isScanner(t reflect.Type) bool { return reflect.PointerTo(t).Implements(scannerType) }

func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

func textOf(raw any) (string, bool) {
	switch raw := raw.(type) {
	case string:
		return raw, true
	case []byte:
		return string(raw), true
	}
	return "", false
}

// convert returns the value in the field's type, if that has no scanner or one
// of a package that is known.
func convert(of reflect.Type, raw any) (any, bool) {
	if of == timeType {
		return timeOf(raw)
	}
	if isScanner(of) {
		return scan(of, raw)
	}
	text, isText := textOf(raw)
	switch v := reflect.New(of).Elem(); of.Kind() {
	case reflect.Bool:
		switch raw := raw.(type) {
		case bool:
			v.SetBool(raw)
		case int64:
			v.SetBool(raw != 0)
		default:
			return nil, false
		}
		return v.Interface(), true
	case reflect.String:
		if !isText {
			return nil, false
		}
		v.SetString(text)
		return v.Interface(), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64,
		reflect.Float32, reflect.Float64:
		n := reflect.ValueOf(raw)
		if !n.CanInt() && !n.CanFloat() {
			return json.Number(text), isText && json.Valid([]byte(text))
		}
		if converted := n.Convert(of); n.CanInt() && (converted.CanInt() && converted.Int() == n.Int() || converted.CanUint() && n.Int() >= 0 && converted.Uint() == uint64(n.Int())) || of.Kind() == reflect.Float64 {
			return converted.Interface(), true
		}
		return raw, true
	case reflect.Slice:
		if isBytes(of) && isText {
			v.SetBytes([]byte(text))
			return v.Interface(), true
		}
	}
	return nil, false
}

// scan reads a value with the scanner of a type that is known to keep what the
// column holds.
func scan(of reflect.Type, raw any) (any, bool) {
	known := []string{"database/sql", "github.com/google/uuid", "github.com/gofrs/uuid", "github.com/lib/pq", "github.com/jackc/pgx", "github.com/shopspring/decimal"}
	if !slices.ContainsFunc(known, func(path string) bool {
		return of.PkgPath() == path || strings.HasPrefix(of.PkgPath(), path+"/")
	}) {
		return nil, false
	}
	v := reflect.New(of)
	if v.Interface().(stdsql.Scanner).Scan(raw) != nil {
		return nil, false
	}
	return v.Elem().Interface(), true
}

// timeLayouts are how SQLite's drivers write times.
var timeLayouts = []string{
	time.RFC3339Nano, "2006-01-02 15:04:05.999999999-07:00", "2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05.999999999", "2006-01-02 15:04", time.DateOnly, "2006-01-02 15:04:05.999999999 -0700 MST",
}

func timeOf(raw any) (any, bool) {
	switch raw := raw.(type) {
	case time.Time:
		return raw, true
	case string:
		text, _, _ := strings.Cut(raw, " m=")
		for _, layout := range timeLayouts {
			if t, err := time.Parse(layout, text); err == nil {
				return t, true
			}
		}
	}
	return nil, false
}

// plainValue returns the value of a column without a field in the entity, and
// so without a Go type.
func plainValue(kind string, raw any) any {
	switch v := raw.(type) {
	case int64:
		if strings.HasPrefix(kind, "BOOL") {
			return v != 0
		}
	case []byte:
		if kind != "BYTEA" && kind != "BLOB" && utf8.Valid(v) {
			return string(v)
		}
		return slices.Clone(v)
	}
	return raw
}
