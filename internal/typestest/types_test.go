package typestest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	gofrs "github.com/gofrs/uuid/v5"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/lib/pq"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/datatypes"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

type (
	// JSONMap is the JSON column of a hundred blog posts.
	JSONMap map[string]any
	// Pairs is a map that the database gets as another text than JSON.
	Pairs map[string]string
	// Tags is a list that the database gets as a text.
	Tags []string
	// Credentials is a composite value.
	Credentials struct{ User, Password string }
	// Money is one too, without secrets.
	Money struct {
		Amount   int
		Currency string
	}
	// NullDocument is a JSON column that may be NULL.
	NullDocument struct {
		Document map[string]any
		Valid    bool
	}
	// Status is an enumeration.
	Status int
	// Role is an enumeration that says its text.
	Role int
	// At is a time without its methods.
	At time.Time
)

func (m JSONMap) Value() (driver.Value, error) { return json.Marshal(map[string]any(m)) }

func (p Pairs) Value() (driver.Value, error) {
	var parts []string
	for key, value := range p {
		parts = append(parts, key+"="+value)
	}
	return strings.Join(parts, ","), nil
}

func (t Tags) Value() (driver.Value, error) { return strings.Join(t, ","), nil }

func (c Credentials) Value() (driver.Value, error) { return "(" + c.User + "," + c.Password + ")", nil }

func (m Money) Value() (driver.Value, error) { return fmt.Sprintf("%d %s", m.Amount, m.Currency), nil }

func (n NullDocument) Value() (driver.Value, error) {
	if !n.Valid {
		return nil, nil
	}
	text, err := json.Marshal(n.Document)
	return string(text), err
}

func (s Status) String() string { return "active" }

func (r Role) MarshalText() ([]byte, error) { return []byte("admin"), nil }

func pointer[T any](v T) *T { return &v }

func numeric(t *testing.T, text string) (n pgtype.Numeric) {
	t.Helper()
	require.NoError(t, n.Scan(text))
	return n
}

var (
	secret = "canary"
	noon   = time.Date(2026, 11, 22, 12, 0, 0, 500_000_000, time.UTC)
)

// example is a value of a Go type, and the same in a column of PostgreSQL.
type example struct {
	name  string
	value any
	want  string // its JSON by Record; several changes, by path, if it begins with a blank
	// The column's type and the value in SQL; empty for a Go type without its
	// own. trigger is what a trigger records, if that differs.
	column, literal, trigger string
}

const redacted = `{"$audit":"redacted"}`

func examples(t *testing.T) []example {
	point := pgtype.Vec2{X: 1, Y: 2.5}
	span := func(lower, upper int32) pgtype.Range[pgtype.Int4] {
		return pgtype.Range[pgtype.Int4]{Lower: pgtype.Int4{Int32: lower, Valid: true}, Upper: pgtype.Int4{Int32: upper, Valid: true}, LowerType: pgtype.Inclusive, UpperType: pgtype.Exclusive, Valid: true}
	}
	day := pgtype.Date{Time: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Valid: true}
	address, err := url.Parse("https://dana:canary@acme.test/a?b=1")
	require.NoError(t, err)
	_, network, err := net.ParseCIDR("10.1.0.0/16")
	require.NoError(t, err)
	id := "6f1c1f5e-2f0b-4b0e-9f6a-2d0b8a2b7c11"
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return []example{
		// pgtype
		{"pgtype.Text", pgtype.Text{String: "x", Valid: true}, `"x"`, "text", "'x'", ""},
		{"pgtype.Text, NULL", pgtype.Text{}, `null`, "text", "NULL", ""},
		{"pgtype.Int2", pgtype.Int2{Int16: 5, Valid: true}, `5`, "int2", "5", ""},
		{"pgtype.Int4", pgtype.Int4{Int32: 5, Valid: true}, `5`, "int4", "5", ""},
		{"pgtype.Int8", pgtype.Int8{Int64: math.MaxInt64, Valid: true}, `9223372036854775807`, "int8", "9223372036854775807", ""},
		{"pgtype.Float4", pgtype.Float4{Float32: 0.1, Valid: true}, `0.1`, "float4", "0.1", ""},
		{"pgtype.Float8", pgtype.Float8{Float64: 0.1, Valid: true}, `0.1`, "float8", "0.1", ""},
		{"pgtype.Float8, NaN", pgtype.Float8{Float64: math.NaN(), Valid: true}, `"NaN"`, "float8", "'NaN'", ""},
		{"pgtype.Float8, infinite", pgtype.Float8{Float64: math.Inf(-1), Valid: true}, `"-Infinity"`, "float8", "'-Infinity'", ""},
		{"pgtype.Bool", pgtype.Bool{Bool: true, Valid: true}, `true`, "bool", "true", ""},
		{"pgtype.Date", day, `"2026-11-22"`, "date", "'2026-11-22'", ""},
		{"pgtype.Date, infinite", pgtype.Date{InfinityModifier: pgtype.Infinity, Valid: true}, `"infinity"`, "date", "'infinity'", ""},
		{"pgtype.Time", pgtype.Time{Microseconds: 14706500000, Valid: true}, `"04:05:06.5"`, "time", "'04:05:06.5'", ""},
		{"pgtype.Timestamp", pgtype.Timestamp{Time: noon, Valid: true}, `"2026-11-22T12:00:00.5Z"`, "timestamp", "'2026-11-22 12:00:00.5'", ""},
		{"pgtype.Timestamp of a second", pgtype.Timestamp{Time: noon.Truncate(time.Second), Valid: true}, `"2026-11-22T12:00:00Z"`, "timestamp", "'2026-11-22 12:00:00'", ""},
		{"pgtype.Timestamptz", pgtype.Timestamptz{Time: noon.In(time.FixedZone("", 3600)), Valid: true}, `"2026-11-22T12:00:00.5Z"`, "timestamptz", "'2026-11-22 12:00:00.5+00'", ""},
		{"pgtype.Timestamptz, infinite", pgtype.Timestamptz{InfinityModifier: pgtype.NegativeInfinity, Valid: true}, `"-infinity"`, "timestamptz", "'-infinity'", ""},
		{"pgtype.Interval", pgtype.Interval{Months: 14, Days: -3, Microseconds: 14706500000, Valid: true}, `"1 year 2 mons -3 days +04:05:06.5"`, "interval", "'1 year 2 months -3 days 04:05:06.5'", ""},
		{"pgtype.Interval, nothing", pgtype.Interval{Valid: true}, `"00:00:00"`, "interval", "'0'", ""},
		{"pgtype.Interval, back", pgtype.Interval{Months: -1, Days: 1, Microseconds: -90061000000, Valid: true}, `"-1 mons +1 day -25:01:01"`, "interval", "'-1 month 1 day -25:01:01'", ""},
		{"pgtype.Interval, NULL", pgtype.Interval{}, `null`, "interval", "NULL", ""},
		{"pgtype.Numeric", numeric(t, "12.50"), `12.5`, "numeric", "12.50", ""},
		{"pgtype.Numeric, NaN", pgtype.Numeric{NaN: true, Valid: true}, `"NaN"`, "numeric", "'NaN'", ""},
		{"pgtype.UUID", pgtype.UUID{Bytes: uuid.MustParse(id), Valid: true}, `"` + id + `"`, "uuid", "'" + id + "'", ""},
		{
			"pgtype.Hstore",
			pgtype.Hstore{"password": &secret, "API-Key": &secret, "theme": pointer("da\"rk\\"), "n": nil},
			` API-Key ` + redacted + ` n null password ` + redacted + ` theme "da\"rk\\"`,
			"hstore", `hstore(ARRAY['password','API-Key','theme','n'], ARRAY['canary','canary','da"rk\',NULL])`, "",
		},
		{"pgtype.Hstore, empty", pgtype.Hstore{}, `{}`, "hstore", "''", ""},
		{"pgtype.Hstore, NULL", pgtype.Hstore(nil), `null`, "hstore", "NULL", ""},
		{"map[string]*string", map[string]*string{"password": &secret, "a": nil}, ` a null password ` + redacted, "hstore", `'password=>canary, a=>NULL'`, ""},
		{"hstore[]", nil, ``, "hstore[]", `ARRAY['password=>canary'::hstore]`, `{"$audit":"opaque","type":"hstore[]"}`},
		{"pgtype.Range[Int4]", span(1, 5), `"[1,5)"`, "int4range", "'[1,5)'", ""},
		{"pgtype.Range, open", pgtype.Range[pgtype.Int4]{LowerType: pgtype.Unbounded, UpperType: pgtype.Unbounded, Valid: true}, `"(,)"`, "int4range", "'(,)'", ""},
		{"pgtype.Range, empty", pgtype.Range[pgtype.Int4]{LowerType: pgtype.Empty, UpperType: pgtype.Empty, Valid: true}, `"empty"`, "int4range", "'empty'", ""},
		{"pgtype.Range, NULL", pgtype.Range[pgtype.Int4]{}, `null`, "int4range", "NULL", ""},
		{"pgtype.Range[Date]", pgtype.Range[pgtype.Date]{Lower: day, LowerType: pgtype.Inclusive, UpperType: pgtype.Unbounded, Valid: true}, `"[2026-11-22,)"`, "daterange", "'[2026-11-22,)'", ""},
		{
			"pgtype.Range[Timestamptz]",
			pgtype.Range[pgtype.Timestamptz]{Lower: pgtype.Timestamptz{Time: noon, Valid: true}, LowerType: pgtype.Inclusive, UpperType: pgtype.Unbounded, Valid: true},
			`"[\"2026-11-22 12:00:00.5+00\",)"`, "tstzrange", "'[2026-11-22 12:00:00.5+00,)'", "",
		},
		{
			"pgtype.Range[Timestamp]",
			pgtype.Range[pgtype.Timestamp]{Lower: pgtype.Timestamp{Time: noon, Valid: true}, LowerType: pgtype.Inclusive, UpperType: pgtype.Unbounded, Valid: true},
			`"[\"2026-11-22 12:00:00.5\",)"`, "tsrange", "'[2026-11-22 12:00:00.5,)'", "",
		},
		{
			"pgtype.Range[time.Time]",
			pgtype.Range[time.Time]{Lower: noon, Upper: noon.Add(time.Hour), LowerType: pgtype.Exclusive, UpperType: pgtype.Inclusive, Valid: true},
			`"(\"2026-11-22 12:00:00.5+00\",\"2026-11-22 13:00:00.5+00\"]"`, "tstzrange", "'(2026-11-22 12:00:00.5+00,2026-11-22 13:00:00.5+00]'", "",
		},
		{"pgtype.Range[Numeric]", pgtype.Range[pgtype.Numeric]{Lower: numeric(t, "1.50"), Upper: numeric(t, "2"), LowerType: pgtype.Inclusive, UpperType: pgtype.Inclusive, Valid: true}, `"[1.50,2]"`, "numrange", "'[1.50,2]'", ""},
		{"pgtype.Multirange", pgtype.Multirange[pgtype.Range[pgtype.Int4]]{span(1, 3), span(5, 7)}, `"{[1,3),[5,7)}"`, "int4multirange", "'{[1,3),[5,7)}'", ""},
		{"[]pgtype.Range", []pgtype.Range[pgtype.Int4]{span(1, 3)}, `["[1,3)"]`, "int4range[]", "ARRAY['[1,3)'::int4range]", ""},
		{"pgtype.Array", pgtype.Array[int32]{Elements: []int32{1, 2}, Dims: []pgtype.ArrayDimension{{Length: 2, LowerBound: 1}}, Valid: true}, `[1,2]`, "int[]", "'{1,2}'", ""},
		{"pgtype.Array of two dimensions", pgtype.Array[int32]{Elements: []int32{1, 2, 3, 4}, Dims: []pgtype.ArrayDimension{{Length: 2, LowerBound: 1}, {Length: 2, LowerBound: 1}}, Valid: true}, `[[1,2],[3,4]]`, "int[]", "'{{1,2},{3,4}}'", ""},
		{"pgtype.Array, empty", pgtype.Array[int32]{Valid: true}, `[]`, "int[]", "'{}'", ""},
		{"pgtype.Array, NULL", pgtype.Array[int32]{}, `null`, "int[]", "NULL", ""},
		{"pgtype.FlatArray", pgtype.FlatArray[pgtype.Text]{{String: "a", Valid: true}, {}}, `["a",null]`, "text[]", "ARRAY['a',NULL]", ""},
		{"pgtype.Point", pgtype.Point{P: point, Valid: true}, `"(1,2.5)"`, "point", "'(1,2.5)'", ""},
		{"pgtype.Box", pgtype.Box{P: [2]pgtype.Vec2{{X: 3, Y: 4}, point}, Valid: true}, `"(3,4),(1,2.5)"`, "box", "'(3,4),(1,2.5)'", ""},
		{"pgtype.Line", pgtype.Line{A: 1, B: 2, C: 3, Valid: true}, `"{1,2,3}"`, "line", "'{1,2,3}'", ""},
		{"pgtype.Lseg", pgtype.Lseg{P: [2]pgtype.Vec2{{X: 0, Y: 0}, {X: 1, Y: 1}}, Valid: true}, `"[(0,0),(1,1)]"`, "lseg", "'[(0,0),(1,1)]'", ""},
		{"pgtype.Path", pgtype.Path{P: []pgtype.Vec2{{X: 0, Y: 0}, {X: 1, Y: 1}}, Valid: true}, `"[(0,0),(1,1)]"`, "path", "'[(0,0),(1,1)]'", ""},
		{"pgtype.Polygon", pgtype.Polygon{P: []pgtype.Vec2{{X: 0, Y: 0}, {X: 1, Y: 1}}, Valid: true}, `"((0,0),(1,1))"`, "polygon", "'((0,0),(1,1))'", ""},
		{"pgtype.Circle", pgtype.Circle{P: point, R: 3, Valid: true}, `"<(1,2.5),3>"`, "circle", "'<(1,2.5),3>'", ""},
		{"pgtype.Bits", pgtype.Bits{Bytes: []byte{0xa0}, Len: 4, Valid: true}, `"1010"`, "bit(4)", "'1010'", ""},
		{"pgtype.TID", pgtype.TID{BlockNumber: 1, OffsetNumber: 2, Valid: true}, `"(1,2)"`, "tid", "'(1,2)'", ""},
		{"pgtype.Uint32", pgtype.Uint32{Uint32: 7, Valid: true}, `7`, "oid", "7", ""},
		{"pgtype.TSVector", pgtype.TSVector{Lexemes: []pgtype.TSVectorLexeme{{Word: "a"}, {Word: "b"}}, Valid: true}, `"'a' 'b'"`, "tsvector", "'a b'", ""},

		// lib/pq
		{"pq.StringArray", pq.StringArray{"x", "y z", `"{\`}, `["x","y z","\"{\\"]`, "text[]", `ARRAY['x','y z','"{\']`, ""},
		{"pq.StringArray, empty", pq.StringArray{}, `[]`, "text[]", "'{}'", ""},
		{"pq.StringArray, NULL", pq.StringArray(nil), `null`, "text[]", "NULL", ""},
		{"pq.StringArray of JSON", pq.StringArray{"1"}, `["1"]`, "text[]", "'{1}'", ""},
		{"pq.Int64Array", pq.Int64Array{1, 2}, `[1,2]`, "int8[]", "'{1,2}'", ""},
		{"pq.Int64Array, empty", pq.Int64Array{}, `[]`, "int8[]", "'{}'", ""},
		{"pq.Int32Array", pq.Int32Array{1}, `[1]`, "int4[]", "'{1}'", ""},
		{"pq.Float64Array", pq.Float64Array{0.5}, `[0.5]`, "float8[]", "'{0.5}'", ""},
		{"pq.BoolArray", pq.BoolArray{true, false}, `[true,false]`, "bool[]", "'{t,f}'", ""},
		{"pq.ByteaArray", pq.ByteaArray{{0xde, 0xad}, nil}, `["\\xdead",null]`, "bytea[]", `ARRAY['\xdead'::bytea, NULL]`, ""},
		{"pq.GenericArray", pq.GenericArray{A: []string{"a", "b"}}, `["a","b"]`, "text[]", "'{a,b}'", ""},
		{"pq.Array", pq.Array([]string{"a"}), `["a"]`, "text[]", "'{a}'", ""},

		// database/sql
		{"sql.NullString", sql.NullString{String: `{"password":"x"}`, Valid: true}, `"{\"password\":\"x\"}"`, "text", `'{"password":"x"}'`, ""},
		{"sql.NullInt64", sql.NullInt64{}, `null`, "int8", "NULL", ""},
		{"sql.NullInt16", sql.NullInt16{Int16: 5, Valid: true}, `5`, "int2", "5", ""},
		{"sql.NullFloat64", sql.NullFloat64{Float64: 0.5, Valid: true}, `0.5`, "float8", "0.5", ""},
		{"sql.NullBool", sql.NullBool{Bool: true, Valid: true}, `true`, "bool", "true", ""},
		{"sql.NullByte", sql.NullByte{Byte: 5, Valid: true}, `5`, "int2", "5", ""},
		{"sql.NullTime", sql.NullTime{Time: noon, Valid: true}, `"2026-11-22T12:00:00.5Z"`, "timestamptz", "'2026-11-22 12:00:00.5+00'", ""},
		{"sql.Null[string]", sql.Null[string]{V: "x", Valid: true}, `"x"`, "text", "'x'", ""},
		{"sql.Null[map]", sql.Null[map[string]string]{V: map[string]string{"password": secret}, Valid: true}, ` password ` + redacted, "jsonb", `'{"password":"canary"}'`, ""},
		{"sql.RawBytes", sql.RawBytes(`{"a":1}`), ` a 1`, "jsonb", `'{"a":1}'`, ""},

		// gorm.io/datatypes
		{"datatypes.JSON", datatypes.JSON(`{"password":"canary","a":1E2}`), ` a 100 password ` + redacted, "jsonb", `'{"password":"canary","a":1E2}'`, ""},
		{"datatypes.JSON, null", datatypes.JSON(`null`), `null`, "jsonb", `'null'`, ""},
		{"datatypes.JSON, a number", datatypes.JSON(`5`), `5`, "jsonb", `'5'`, ""},
		{"datatypes.JSON, empty", datatypes.JSON(``), `null`, "jsonb", `NULL`, ""},
		{"datatypes.JSON, broken", datatypes.JSON(`{"a":`), `{"$audit":"invalid_json","text":"{\"a\":"}`, "", "", ""},
		{"datatypes.JSONMap", datatypes.JSONMap{"password": secret, "a": 1}, ` a 1 password ` + redacted, "jsonb", `'{"password":"canary","a":1}'`, ""},
		{"datatypes.JSONMap, NULL", datatypes.JSONMap(nil), `null`, "jsonb", `NULL`, ""},
		{"datatypes.JSONType", datatypes.NewJSONType(map[string]string{"token": secret}), ` token ` + redacted, "jsonb", `'{"token":"canary"}'`, ""},
		{"datatypes.JSONSlice", datatypes.NewJSONSlice([]string{"a"}), `["a"]`, "jsonb", `'["a"]'`, ""},
		{"datatypes.Date", datatypes.Date(time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)), `"2026-11-22"`, "date", "'2026-11-22'", ""},
		{"datatypes.Time", datatypes.NewTime(4, 5, 6, 0), `"04:05:06"`, "time", "'04:05:06'", ""},
		{"datatypes.UUID", datatypes.UUID(uuid.MustParse(id)), `"` + id + `"`, "uuid", "'" + id + "'", ""},
		{"datatypes.URL", datatypes.URL(*address), `"https://dana:xxxxx@acme.test/a?b=1"`, "", "", ""},

		// UUIDs and decimals
		{"google/uuid", uuid.MustParse(id), `"` + id + `"`, "uuid", "'" + id + "'", ""},
		{"google/uuid.NullUUID", uuid.NullUUID{}, `null`, "uuid", "NULL", ""},
		{"gofrs/uuid", gofrs.Must(gofrs.FromString(id)), `"` + id + `"`, "uuid", "'" + id + "'", ""},
		{"decimal.Decimal", decimal.RequireFromString("12.50"), `12.5`, "numeric", "12.50", ""},
		{"decimal.NullDecimal", decimal.NullDecimal{}, `null`, "numeric", "NULL", ""},
		{"decimal.NullDecimal, set", decimal.NewNullDecimal(decimal.New(125, -1)), `12.5`, "numeric", "12.50", ""},

		// net, net/netip, net/url
		{"netip.Addr", netip.MustParseAddr("10.0.0.1"), `"10.0.0.1"`, "inet", "'10.0.0.1'", ""},
		{"netip.Addr, zero", netip.Addr{}, `null`, "inet", "NULL", ""},
		{"netip.Prefix", netip.MustParsePrefix("10.0.0.0/8"), `"10.0.0.0/8"`, "cidr", "'10.0.0.0/8'", ""},
		{"netip.Prefix, zero", netip.Prefix{}, `null`, "cidr", "NULL", ""},
		{"net.IP", net.ParseIP("2001:db8::1"), `"2001:db8::1"`, "inet", "'2001:db8::1'", ""},
		{"net.IP, nil", net.IP(nil), `null`, "inet", "NULL", ""},
		{"net.IPNet", *network, `"10.1.0.0/16"`, "cidr", "'10.1.0.0/16'", ""},
		{"*net.IPNet", network, `"10.1.0.0/16"`, "cidr", "'10.1.0.0/16'", ""},
		{"net.HardwareAddr", net.HardwareAddr{8, 0, 0x2b, 1, 2, 3}, `"08:00:2b:01:02:03"`, "macaddr", "'08:00:2b:01:02:03'", ""},
		{"url.URL", *address, `"https://dana:xxxxx@acme.test/a?b=1"`, "", "", ""},
		{"*url.URL", address, `"https://dana:xxxxx@acme.test/a?b=1"`, "", "", ""},

		// time, numbers, enumerations
		{"time.Time", noon.In(berlin), `"2026-11-22T12:00:00.5Z"`, "timestamptz", "'2026-11-22 12:00:00.5+00'", ""},
		{"a type made of time.Time", At(noon), `"2026-11-22T12:00:00.5Z"`, "timestamptz", "'2026-11-22 12:00:00.5+00'", ""},
		{"time.Duration", 90 * time.Second, `90000000000`, "int8", "90000000000", ""},
		{"*time.Location", berlin, `"Europe/Berlin"`, "text", "'Europe/Berlin'", ""},
		{"time.Month", time.November, `11`, "int4", "11", ""},
		{"time.Weekday", time.Sunday, `0`, "int4", "0", ""},
		{"*big.Int", big.NewInt(5), `5`, "numeric", "5", ""},
		{"*big.Float", big.NewFloat(1.5), `1.5`, "numeric", "1.50", ""},
		{"*big.Rat", big.NewRat(3, 2), `"3/2"`, "", "", ""},
		{"json.Number", json.Number("1.50"), `1.5`, "numeric", "1.50", ""},
		{"an enumeration with String", Status(1), `1`, "int4", "1", ""},
		{"an enumeration with MarshalText", Role(1), `"admin"`, "", "", ""},

		// lists, bytes, columns by hand
		{"[]string", []string{"a"}, `["a"]`, "text[]", "'{a}'", ""},
		{"[][]byte", [][]byte{{1}, nil}, `["\\x01",null]`, "bytea[]", `ARRAY['\x01'::bytea, NULL]`, ""},
		{"[]byte", []byte{0xde, 0xad}, `"\\xdead"`, "bytea", `'\xdead'`, ""},
		{"[]byte of jsonb", []byte(`"x"`), `"x"`, "jsonb", `'"x"'`, ""},
		{"[]byte of jsonb, null", []byte(`null`), `null`, "jsonb", `'null'`, ""},
		{"json.RawMessage", json.RawMessage(`5`), `5`, "json", `'5'`, ""},
		{"a map with Value, JSON", JSONMap{"color": "red", "api_key": secret}, ` api_key ` + redacted + ` color "red"`, "jsonb", `'{"color":"red","api_key":"canary"}'`, ""},
		{"a map with Value, nil", JSONMap(nil), `null`, "jsonb", `'null'`, ""},
		{"a map with Value, a text", Pairs{"password": secret}, ` password ` + redacted, "", "", ""},
		{"a list with Value, a text", Tags{"a", "b"}, `["a","b"]`, "", "", ""},
		{"a struct with Value and a secret", Credentials{"dana", secret}, ` user "dana" password ` + redacted, "", "", ""},
		{"a struct with Value", Money{5, "EUR"}, `"5 EUR"`, "", "", ""},
		{"a nullable struct of JSON", NullDocument{map[string]any{"password": secret}, true}, ` password ` + redacted, "jsonb", `'{"password":"canary"}'`, ""},

		// columns without their own Go type
		{"citext", "X", `"X"`, "citext", "'X'", ""},
		{"ltree", "a.b", `"a.b"`, "ltree", "'a.b'", ""},
		{"xml", "<a/>", `"<a/>"`, "xml", "'<a/>'", ""},
		{"money", "$1.50", `"$1.50"`, "money", "1.50::money", ""},
		{"varbit", "101", `"101"`, "varbit", "'101'", ""},
		{"jsonpath", `$."a"`, `"$.\"a\""`, "jsonpath", "'$.a'", ""},
		{"an enum", "happy", `"happy"`, "mood", "'happy'", ""},
		{"a domain over hstore", pgtype.Hstore{"password": &secret}, ` password ` + redacted, "settings", "'password=>canary'", ""},
		{"a composite type", nil, ``, "credentials", "ROW('dana','canary')", `{"$audit":"opaque","type":"credentials"}`},
	}
}

// record returns a record whose field has the example's type.
func record(v any) any {
	t := reflect.StructOf([]reflect.StructField{
		{Name: "ID", Type: reflect.TypeFor[int]()}, {Name: "Value", Type: reflect.TypeOf(v), Tag: `audit:"value"`},
	})
	r := reflect.New(t)
	r.Elem().Field(0).SetInt(1)
	r.Elem().Field(1).Set(reflect.ValueOf(v))
	return r.Interface()
}

// inShort returns the changes of one field: its value, or the values within by
// their paths.
func inShort(e audit.Entry, field string) string {
	var out strings.Builder
	for _, c := range e.Changes {
		if c.Field == field {
			return c.New.JSON()
		}
		if path, ok := strings.CutPrefix(c.Field, field+"."); ok {
			out.WriteString(" " + path + " " + c.New.JSON())
		}
	}
	return out.String()
}

func TestTypes(t *testing.T) {
	t.Parallel()
	pool := database(t)
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	log, err := audit.New(store, audit.Config{Org: audit.PlatformOrg})
	require.NoError(t, err)
	all := examples(t)
	definitions, columns, literals := []string{"id int PRIMARY KEY"}, []string{"id"}, []string{"1"}
	for i, x := range all {
		if x.column != "" {
			definitions = append(definitions, fmt.Sprintf("c%d %s", i, x.column))
			columns, literals = append(columns, fmt.Sprintf("c%d", i)), append(literals, x.literal)
		}
	}
	for _, statement := range []string{
		"REVOKE CREATE ON SCHEMA public FROM PUBLIC", // before 15, everybody has it
		"CREATE EXTENSION hstore", "CREATE EXTENSION citext", "CREATE EXTENSION ltree", "CREATE TYPE mood AS ENUM ('happy')",
		"CREATE DOMAIN settings AS hstore", "CREATE TYPE credentials AS (name text, password text)",
		"CREATE TABLE types (" + strings.Join(definitions, ", ") + ")",
	} {
		_, err := pool.Exec(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	require.NoError(t, postgres.NewAdmin(pool).Watch(t.Context(), postgres.WatchTable{Name: "types"}))
	_, err = pool.Exec(t.Context(), "INSERT INTO types ("+strings.Join(columns, ", ")+") VALUES ("+strings.Join(literals, ", ")+")")
	require.NoError(t, err)
	_, err = pool.Exec(t.Context(), "UPDATE types SET ("+strings.Join(columns[1:], ", ")+") = ROW ("+strings.Repeat("NULL, ", len(columns)-2)+"NULL)")
	require.NoError(t, err)
	page, err := log.Page(t.Context(), audit.Query{Sort: audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}})
	require.NoError(t, err)
	require.Len(t, page.Entries, 2)
	created, cleared := page.Entries[0], page.Entries[1]
	assert.NotContains(t, created.Changes.JSON()+cleared.Changes.JSON(), secret)
	for i, x := range all {
		t.Run(x.name, func(t *testing.T) {
			if x.value != nil {
				prepared, err := log.Prepare(t.Context(), audit.Created(record(x.value)).WithObject(audit.Object{Type: "record"}))
				require.NoError(t, err)
				assert.Equal(t, x.want, inShort(prepared[0], "value"), "by Record")
				assert.NotContains(t, prepared[0].Changes.JSON(), secret)
				same, err := log.Prepare(t.Context(), audit.Updated(record(x.value), audit.Snapshot(record(x.value))).WithObject(audit.Object{Type: "record"}))
				require.NoError(t, err)
				assert.Empty(t, same, "the same value is no change")
			}
			if x.column != "" {
				want := x.trigger
				if want == "" {
					want = x.want
				}
				assert.Equal(t, want, inShort(created, fmt.Sprintf("c%d", i)), "by a trigger")
			}
		})
	}
}

// That a password changed is recorded, and the password never.
func TestURLPassword(t *testing.T) {
	t.Parallel()
	log, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme"})
	require.NoError(t, err)
	parse := func(text string) any {
		u, err := url.Parse(text)
		require.NoError(t, err)
		return record(*u)
	}
	entries, err := log.Prepare(t.Context(), audit.Updated(parse("https://dana:canary@acme.test/"), parse("https://dana:canary2@acme.test/")).WithObject(audit.Object{Type: "hook"}))
	require.NoError(t, err)
	require.Len(t, entries, 1)
	assert.NotContains(t, entries[0].Changes.JSON(), secret)
	entries, err = log.Prepare(t.Context(), audit.Updated(parse("https://dana:canary@acme.test/"), parse("https://dana:canary@acme.test/")).WithObject(audit.Object{Type: "hook"}))
	require.NoError(t, err)
	assert.Empty(t, entries)
}

// database makes a new database, since extensions are of the whole database.
func database(t *testing.T) *pgxpool.Pool {
	t.Helper()
	pool := pgtest.New(t)
	name := "types_" + strings.ToLower(rand.Text())
	_, err := pool.Exec(t.Context(), "CREATE DATABASE "+name)
	require.NoError(t, err)
	config, err := pgxpool.ParseConfig(os.Getenv(pgtest.URLVariable))
	require.NoError(t, err)
	config.ConnConfig.Database = name
	own, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() {
		own.Close()
		_, err := pool.Exec(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)")
		assert.NoError(t, err)
	})
	return own
}
