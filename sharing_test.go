package audit_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// patched is a record as a PATCH handler has it: nullable columns are pointers.
type patched struct {
	ID    int             `json:"id"`
	Note  *string         `json:"note"`
	Limit *int            `json:"limit"`
	On    *bool           `json:"on"`
	Until *time.Time      `json:"until"`
	Meta  json.RawMessage `json:"meta"`
	Tags  []string        `json:"tags"`
	Attrs map[string]any  `json:"attrs"`
}

func newPatched() patched {
	until := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return patched{
		1, new("old"), new(10), new(false), &until, json.RawMessage(`{"role":"user"}`), []string{"a", "b"}, map[string]any{"a": 1.0},
	}
}

// A handler that decodes a request over a copy of the record writes into the
// memory of the original.
func TestDecodingOverACopyIsRefused(t *testing.T) {
	t.Parallel()
	const all = "note, limit, on, until, meta, tags, attrs"
	for _, body := range []string{
		`{"note":"new"}`, `{"limit":1000}`, `{"on":true}`, `{"until":"2027-01-01T00:00:00Z"}`,
		`{"meta":{"role":"root"}}`, `{"meta":{}}`, `{"meta":null}`, `{"tags":["x"]}`, `{"tags":[]}`, `{"tags":["x","y","z"]}`, `{"attrs":{"a":2}}`, `{}`,
	} {
		before := newPatched()
		after := before
		require.NoError(t, json.Unmarshal([]byte(body), &after))
		_, err := newLog(t, audit.Config{}).Prepare(t.Context(), audit.Updated(before, after))
		require.ErrorIs(t, err, audit.ErrShared, body)
		require.ErrorIs(t, err, audit.ErrInvalidEvent, body)
		field := audit.FieldErrors(err)[0]
		for name := range strings.SplitSeq(field.Field, ", ") {
			assert.Contains(t, all, name, body)
		}
		assert.Contains(t, field.Remedy, "audit.Snapshot")

		before = newPatched()
		after = audit.Snapshot(before)
		require.NoError(t, json.Unmarshal([]byte(body), &after))
		entries, err := newLog(t, audit.Config{}).Prepare(t.Context(), audit.Updated(before, after))
		require.NoError(t, err, body)
		assert.Len(t, entries, min(len(body)-2, 1), body)
	}
	before := newPatched()
	assert.Equal(t, all, fails(t, audit.Updated(before, before)).Field, "one error names them all")
}

type (
	flags   struct{ on map[string]bool } // a type of the host's own, with a method that changes it in place
	ordered struct {                     // as orderedmap.OrderedMap
		keys   []string
		values map[string]any
	}
	jsonType[T any] struct{ data T } // as datatypes.JSONType
	named           []byte
	pair            struct{ Left, Right *string }
	part            struct{ Names []string }
	status          struct{ name string } // an enumeration of singletons
)

func (f flags) MarshalJSON() ([]byte, error)        { return json.Marshal(f.on) }
func (o ordered) MarshalJSON() ([]byte, error)      { return json.Marshal(o.values) }
func (o *ordered) UnmarshalJSON(b []byte) error     { return json.Unmarshal(b, &o.values) }
func (j jsonType[T]) MarshalJSON() ([]byte, error)  { return json.Marshal(j.data) }
func (j *jsonType[T]) UnmarshalJSON(b []byte) error { return json.Unmarshal(b, &j.data) }
func (j jsonType[T]) Value() (driver.Value, error)  { return json.Marshal(j.data) }
func (p pair) Value() (driver.Value, error)         { return json.Marshal(p) }
func number(text string) (n pgtype.Numeric)         { _ = n.Scan(text); return n }
func inAny(values ...any) map[string]any {
	return map[string]any{"deep": []any{map[string]any{"x": values}}}
}

// shareable are values that lead to memory that a program can write through.
func shareable() map[string]any {
	text, number8 := "a", int8(1)
	pointer := &text
	network, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	return map[string]any{
		"*string": &text, "*int8": &number8, "*bool": new(true), "*float64": new(1.5), "*time.Time": new(time.Now()), "**string": &pointer,
		"*[2]int": new([2]int{1, 2}), "*any": new(any("a")), "*struct": &part{}, "*decimal": new(decimal.New(15, -1)), "*uuid": new(uuid.New()), "*netip.Addr": new(netip.MustParseAddr("::1")),
		"*sql.NullString": &sql.NullString{}, "*json.Number": new(json.Number("1")), "*json.RawMessage": new(json.RawMessage("1")),
		"bytes": []byte("abc"), "named bytes": named("abc"), "RawMessage": json.RawMessage(`{"a":1}`), "broken JSON as bytes": []byte(`{`), "RawBytes": sql.RawBytes("x"),
		"net.IP": net.ParseIP("10.0.0.1"), "*net.IPNet": &net.IPNet{IP: net.IPv4zero, Mask: net.CIDRMask(8, 32)}, "net.IPNet": net.IPNet{IP: net.ParseIP("10.0.0.0"), Mask: net.CIDRMask(8, 32)},
		"net.HardwareAddr": net.HardwareAddr{1, 2, 3, 4, 5, 6}, "*url.URL": &url.URL{Host: "acme.test"},
		"list": []string{"a"}, "list of lists": [][]string{{"a"}}, "list of pointers": []*string{&text}, "list of bytes": [][]byte{[]byte("a")}, "array of lists": [2][]int{{1}, {2}},
		"map": map[string]int{"a": 1}, "empty map": map[string]int{}, "map of pointers": map[string]*string{"a": &text}, "map of bytes": map[int][]byte{1: []byte("a")},
		"Hstore": pgtype.Hstore{"a": &text}, "Array": pgtype.Array[string]{Elements: []string{"a"}, Valid: true}, "FlatArray": pgtype.FlatArray[int]{1}, "Numeric": number("1.5"),
		"Bits": pgtype.Bits{Bytes: []byte{1}, Len: 8, Valid: true}, "Range": pgtype.Range[*int]{Lower: new(1), Valid: true}, "Null of bytes": sql.Null[[]byte]{V: []byte("a"), Valid: true},
		"*big.Int": big.NewInt(5), "big.Int": *network, "*big.Rat": big.NewRat(1, 3), "big.Float": *big.NewFloat(1.5),
		"a Valuer": pair{Left: &text}, "a map behind a method": flags{map[string]bool{"a": true}}, "an ordered map": ordered{[]string{"a"}, map[string]any{"a": 1}},
		"JSONType of a map": jsonType[map[string]int]{map[string]int{"a": 1}}, "JSONType of a struct": jsonType[part]{part{[]string{"a"}}},
		"JSONType of a list": jsonType[[]string]{[]string{"a"}}, "JSONType of a pointer": jsonType[*part]{&part{}},
		"in interfaces": inAny([]byte("abc")), "a pointer in interfaces": inAny(&text), "a list in a struct": part{[]string{"a"}}, "a struct in a list": []part{{[]string{"a"}}},
		"a singleton": &status{"active"},
	}
}

// record holds a value in a field of the value's own type.
func recordOf(value any) reflect.Value {
	t := reflect.StructOf([]reflect.StructField{
		{Name: "ID", Type: reflect.TypeFor[int]()},
		{Name: "Value", Type: reflect.TypeOf(value)},
	})
	record := reflect.New(t).Elem()
	record.Field(0).SetInt(1)
	record.Field(1).Set(reflect.ValueOf(value))
	return record
}

func TestMemoryThatBothSidesCanWriteToIsRefused(t *testing.T) {
	t.Parallel()
	thing := audit.Object{Type: "thing", ID: "1"}
	for name, value := range shareable() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			record := recordOf(value).Interface()
			err := fails(t, audit.Updated(record, record).WithObject(thing))
			assert.True(t, strings.HasPrefix(err.Field, "value"), err.Field)
			type dynamic struct {
				ID    int
				Value any
			}
			err = fails(t, audit.Updated(dynamic{1, value}, dynamic{1, value}))
			assert.Equal(t, "value", err.Field, "in an interface")
			row := map[string]any{"id": 1, "value": value}
			err = fails(t, audit.Updated(map[string]any{"id": 1, "value": value}, row).WithObject(thing))
			assert.Equal(t, "value", err.Field, "in a map")

			// Snapshot copies whatever the check looks at.
			for _, event := range []audit.Event{
				audit.Updated(record, audit.Snapshot(record)), audit.Updated(audit.Snapshot(record), record),
				audit.Updated(dynamic{1, value}, audit.Snapshot(dynamic{1, value})), audit.Updated(row, audit.Snapshot(row)),
			} {
				_, err := newLog(t, audit.Config{}).Prepare(t.Context(), event.WithObject(thing))
				if name != "broken JSON as bytes" {
					require.NoError(t, err)
				}
				require.NotErrorIs(t, err, audit.ErrShared)
			}
		})
	}
}

func TestMemoryThatNothingWritesToMayBeShared(t *testing.T) {
	t.Parallel()
	var none *string
	for name, value := range map[string]any{
		"nil pointer": none, "nil map": map[string]int(nil), "nil bytes": []byte(nil), "no bytes": []byte{}, "no items": []string{}, "text": "a",
		"time": time.Now(), "time zone": time.UTC, "decimal": decimal.New(15, -1), "uuid": uuid.New(), "address": netip.MustParseAddr("fe80::1%eth0"),
		"nothing": &struct{}{}, "list of nothing": []struct{}{{}}, "a lock": &sync.Mutex{}, "an error": fmt.Errorf("a"), "money": money{1, "EUR"},
		"a column": pgtype.Timestamptz{Time: time.Now(), Valid: true}, "array": [2]byte{1, 2}, "function": newPatched, "no value": sql.Null[[]string]{},
	} {
		record := recordOf(value).Interface()
		_, err := newLog(t, audit.Config{}).Prepare(t.Context(), audit.Updated(record, record).WithObject(audit.Object{Type: "thing", ID: "1"}))
		assert.NoError(t, err, name)
	}
}

// Slices of one array share it at any offset and length: append(x[:1], …)
// writes over what comes after.
func TestListsThatOverlapAreRefused(t *testing.T) {
	t.Parallel()
	type record struct {
		ID    int
		Tags  []string
		Bytes []byte
		Lines []*line
		Other []string
	}
	for name, change := range map[string]func(r *record){
		"append to the first":    func(r *record) { r.Tags = append(r.Tags[:1], "x") },
		"append to none":         func(r *record) { r.Tags = append(r.Tags[:0], "x") },
		"nothing left":           func(r *record) { r.Tags = append(r.Tags[:0], "x")[:0] },
		"shorter":                func(r *record) { r.Tags = r.Tags[:2] },
		"without the first":      func(r *record) { r.Tags = r.Tags[1:] },
		"longer":                 func(r *record) { r.Tags = append(r.Tags, "x") },
		"deleted":                func(r *record) { r.Tags = slices.Delete(r.Tags, 0, 1) },
		"sorted":                 func(r *record) { slices.Reverse(r.Tags) },
		"bytes":                  func(r *record) { r.Bytes = append(r.Bytes[:0], "xyz"...) },
		"bytes further on":       func(r *record) { r.Bytes = append(r.Bytes[2:2], "x"...) },
		"pointers in a new list": func(r *record) { r.Lines = slices.Clone(r.Lines)[1:]; r.Lines[0].Qty = 9 },
		"under another name":     func(r *record) { r.Other, r.Tags = r.Tags, nil },
	} {
		before := record{ID: 1, Tags: append(make([]string, 0, 8), "a", "b", "c"), Bytes: []byte("abc"), Lines: []*line{{1}, {2}}}
		after := before
		switch {
		case strings.HasPrefix(name, "bytes"):
			after.Tags, after.Lines = slices.Clone(before.Tags), []*line{{1}, {2}}
		case strings.HasPrefix(name, "pointers"):
			after.Tags, after.Bytes = slices.Clone(before.Tags), []byte("abc")
		default:
			after.Bytes, after.Lines = []byte("abc"), []*line{{1}, {2}}
		}
		change(&after)
		_, err := newLog(t, audit.Config{}).Prepare(t.Context(), audit.Updated(before, after))
		assert.ErrorIs(t, err, audit.ErrShared, name)
	}
	// An empty list that is appended to overwrites nothing.
	before := record{ID: 1, Tags: make([]string, 0, 8)}
	after := before
	after.Tags = append(after.Tags, "x")
	assert.Equal(t, []string{`tags: [] -> ["x"]`}, changesOf(t, audit.Updated(before, after)))
}

func TestAMapThatLostItsKeysIsRefused(t *testing.T) {
	t.Parallel()
	before := newPatched()
	after := audit.Snapshot(before)
	after.Attrs = before.Attrs
	clear(after.Attrs)
	assert.Equal(t, "attrs", fails(t, audit.Updated(before, after)).Field)
}

func TestOnlyWhatIsRecordedMustNotBeShared(t *testing.T) {
	t.Parallel()
	type hidden struct {
		Name      *string
		UpdatedAt *time.Time
	}
	type record struct {
		hidden
		ID      int
		Name    string // hides hidden.Name
		Cache   map[string]int
		Skipped []byte `audit:"-"`
		Owner   *owner
		Status  *status `audit:",immutable"`
		Inner   *struct {
			Cache *string `audit:"-"`
			Name  string
		}
	}
	before := record{
		hidden: hidden{new("a"), new(time.Now())}, ID: 1, Cache: map[string]int{"a": 1}, Skipped: []byte("a"), Owner: &owner{ID: 1}, Status: &status{"active"},
	}
	log := newLog(t, audit.Config{Ignore: []string{"cache"}})
	after := before
	after.Name = "b"
	rules, err := log.Describe(before)
	require.NoError(t, err)
	assert.Contains(t, fmt.Sprint(rules), "cache: left out (ignored")
	entries, err := log.Prepare(t.Context(), audit.Updated(before, after))
	require.NoError(t, err)
	assert.Equal(t, []string{"name"}, entries[0].Changes.Fields())
	_, err = newLog(t, audit.Config{}).Prepare(t.Context(), audit.Updated(before, after))
	assert.ErrorContains(t, err, "cache: before and after share its memory")

	row := map[string]any{"id": 1, "cache": before.Cache}
	_, err = log.Prepare(t.Context(), audit.Updated(row, map[string]any{"id": 1, "cache": before.Cache, "b": 1}).WithObject(audit.Object{Type: "row"}))
	assert.NoError(t, err)
}

func TestAnEmbeddedPointerIsTheMemoryOfItsFields(t *testing.T) {
	t.Parallel()
	type base struct {
		Name string
		Note *string
	}
	type record struct {
		ID int
		*base
	}
	r := record{1, &base{"a", new("n")}}
	assert.Equal(t, "name, note", fails(t, audit.Updated(r, r)).Field)
	kept := audit.Snapshot(r)
	r.base.Name, *r.base.Note = "b", "m"
	assert.Equal(t, []string{`name: "a" -> "b"`, `note: "n" -> "m"`}, changesOf(t, audit.Updated(kept, r)))
}

func TestAnErrorNamesNoMoreThanTwentyFields(t *testing.T) {
	t.Parallel()
	row := map[string]*int{}
	for i := range 30 {
		row[fmt.Sprintf("f%02d", i)] = new(i)
	}
	other := map[string]*int{}
	for key, value := range row {
		other[key] = value
	}
	field := fails(t, audit.Updated(row, other).WithObject(audit.Object{Type: "row", ID: "1"})).Field
	assert.True(t, strings.HasPrefix(field, "f00, f01, f02"), field)
	assert.True(t, strings.HasSuffix(field, "f19 and 10 more"), field)
}

// TestSharedFieldsCanBeMarked: a host whose types share much records the update
// all the same, and the entry says what it could not compare.
func TestSharedFieldsCanBeMarked(t *testing.T) {
	t.Parallel()
	log := newLog(t, audit.Config{Shared: audit.SharedMarked})
	changes := func(event audit.Event) string {
		entries, err := log.Prepare(context.Background(), event)
		require.NoError(t, err)
		require.Len(t, entries, 1, "never nothing")
		again, err := audit.ParseChanges(entries[0].Changes.JSON())
		require.NoError(t, err)
		assert.Equal(t, entries[0].Changes, again)
		return entries[0].Changes.JSON()
	}
	const mark = `{"$audit":"shared"}`
	type record struct {
		ID       int
		Name     string
		Note     *string
		Password *string
		Meta     json.RawMessage
	}
	before := record{1, "a", new("old"), new("hunter2"), json.RawMessage(`{"a":1}`)}
	after := before
	require.NoError(t, json.Unmarshal([]byte(`{"Note":"new","Name":"b"}`), &after))
	assert.Equal(t, `[{"field":"name","new":"b","old":"a"},{"field":"note","new":"new","old":`+mark+`},`+
		`{"field":"password","new":{"$audit":"redacted"},"old":`+mark+`},{"field":"meta","new":{"a":1},"old":`+mark+`}]`, changes(audit.Updated(before, after)))
	assert.Equal(t, `[{"field":"note","new":null,"old":`+mark+`}]`, changes(audit.Updated(
		ofNote{1, before.Note, nil}, ofNote{1, nil, before.Note}).WithObject(audit.Object{Type: "t", ID: "1"}))[:len(`[{"field":"note","new":null,"old":`+mark+`}`)]+"]")

	one := &record{ID: 1, Name: "a"}
	assert.Equal(t, `[{"field":"name","new":"a","old":`+mark+`},{"field":"note","new":null,"old":`+mark+`},`+
		`{"field":"password","new":{"$audit":"redacted"},"old":`+mark+`},{"field":"meta","new":null,"old":`+mark+`}]`, changes(audit.Updated(one, one)))
	row := audit.Object{Type: "row", ID: "1"}
	keys := map[string]any{"id": 1, "a": 2}
	assert.Equal(t, `[{"field":"a","new":2,"old":`+mark+`}]`, changes(audit.Updated(keys, keys).WithObject(row)))
	clear(keys)
	assert.Equal(t, `[{"field":"…","old":`+mark+`}]`, changes(audit.Updated(keys, keys).WithObject(row)))
	text := json.RawMessage(`{"id":1,"a":1}`)
	other := append(text[:0], `{"a":2}`...)
	assert.Equal(t, `[{"field":"a","new":2,"old":`+mark+`}]`, changes(audit.Updated(text, other).WithObject(row)))

	entries, err := log.Prepare(t.Context(), audit.Updated(before, after))
	require.NoError(t, err)
	assert.Equal(t, audit.KindShared, entries[0].Changes[1].Old.Kind())
	assert.Equal(t, "not compared", entries[0].Changes[1].Old.Text())
	_, err = audit.New(nowhere{}, audit.Config{Shared: 7})
	assert.ErrorContains(t, err, "Config.Shared is 7")
}

type ofNote struct {
	ID          int
	Note, Other *string
}

// Snapshot copies a long way down, and what is shared within a record stays so.
func TestSnapshotReachesTheNearestFirst(t *testing.T) {
	t.Parallel()
	type chain struct {
		Next *chain
		Leaf *string
	}
	type record struct {
		ID    int
		Far   *chain
		Near  *chain
		Names []string
	}
	leaf := "a"
	end := &chain{Leaf: &leaf}
	far := end
	for range 600 {
		far = &chain{Next: far}
	}
	r := record{1, far, end, nil}
	kept := audit.Snapshot(r)
	_, err := newLog(t, audit.Config{}).Prepare(t.Context(), audit.Updated(r, kept))
	require.NoError(t, err)
	leaf = "b"
	assert.Equal(t, "a", *kept.Near.Leaf)
}
