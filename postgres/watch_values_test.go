package postgres_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// valueRow is a row of the table of value types as a host would read it.
type valueRow struct {
	ID       int
	B        *bool
	I2       *int16
	I4       *int32
	I8       *int64
	F4       *float32
	F8       *float64
	Num      json.Number
	T        *string
	Vc       *string
	Ch       *string
	U        *string
	Tstz     *time.Time
	Ts       *time.Time
	By       []byte
	Ip       *netip.Addr
	Net      *netip.Prefix
	Texts    []string
	Ints     []int32
	Times    []time.Time
	Bools    []*bool
	En       *string
	Ens      []string
	Dom      *string
	Password *string
	Meta     any
	Plain    any
	Gen      *int32
}

const valueTable = `CREATE TYPE mood AS ENUM ('sad', 'ok "quoted"');
	CREATE DOMAIN shout AS char(8) CHECK (value = upper(value));
	CREATE TABLE vals (id int PRIMARY KEY, b bool, i2 int2, i4 int4, i8 int8, f4 float4, f8 float8, num numeric, t text, vc varchar(20), ch char(5),
		u uuid, tstz timestamptz, ts timestamp, by bytea, ip inet, net cidr, texts text[], ints int[], times timestamptz[], bools bool[],
		en mood, ens mood[], dom shout, password text, meta jsonb, plain json, gen int GENERATED ALWAYS AS (i4 * 2) STORED)`

var valueColumns = map[string][]string{
	"b": {"true", "false"}, "i2": {"-5", "32767"}, "i4": {"0", "-214748364", "7"}, "i8": {"9223372036854775807", "-1"},
	"f4":   {"0.1", "3e20", "'NaN'", "'-Infinity'", "1e-7", "16777216", "'-0'"},
	"f8":   {"0.1", "1e300", "'NaN'", "'Infinity'", "-1e-300", "123456789.123", "5e-324", "1e21"},
	"num":  {"1.50", "1.5", "0", "-123456789012345678901234567890.000100", "1e50", "1e-50"},
	"t":    {"''", `'a "b" \ é ' || chr(1) || chr(10) || chr(8232)`, "'null'", "repeat('long', 100)"},
	"vc":   {"'x'", "'X'"},
	"ch":   {"'ab'", "'abcde'"},
	"u":    {"'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12'"},
	"tstz": {"'2026-11-22 22:41:07.123456+02'", "'2026-11-22 22:41:07.1+00'", "'1999-12-31 23:59:59+00'", "'0044-01-01 00:00:00+00'", "'2026-11-22 20:41:07.123456+00'", "'9999-12-31 23:59:59.999999+00'"},
	"ts":   {"'2026-11-22 22:41:07.120'", "'1970-01-01'"},
	"by":   {`'\x'`, `'\xdeadbeef'`, `'\x00'`},
	"ip":   {"'10.0.0.1'", "'2001:db8::1'"}, "net": {"'10.0.0.0/8'", "'2001:db8::/32'"},
	"texts": {"'{}'", `ARRAY['a', 'b "c"', '']`, "ARRAY['{']"}, "ints": {"'{1,2}'", "'{}'"},
	"times": {"ARRAY['2026-11-22 22:41:07.1+02'::timestamptz]", "'{}'"}, "bools": {"'{t,f,NULL}'", "'{}'"},
	"en": {"'sad'", `'ok "quoted"'`}, "ens": {`ARRAY['sad', 'ok "quoted"']::mood[]`, "'{}'"}, "dom": {"'LOUD'", "'ÜBER'"},
	"password": {"'hunter2'", "'hunter3'"},
	"meta": {
		`'{}'`, `'{"a": 1, "b": {"c": [1, {"token": "canary"}], "d": null}, "api_key": "canary"}'`, `'{"a": 1.0, "b": {"c": [1, {"token": "canary2"}], "d": 2}}'`,
		`'[1, {"$audit": "redacted", "password": {"x": 1}}]'`, `'"text"'`, `'null'`, `'{"b": 5, "$audit": "cut", "a.b": 1, "": {"\\": 2}, "Ω": "é\u0001"}'`, `'{"b": {}, "$$audit": 1}'`, `'1e3'`,
	},
	"plain": {`'{"a" : 1, "a": 2}'`, `'{"x": {"secret": "canary", "n": 1.50}}'`, `'{"x":{"n":1.5,"secret":"canary"}}'`, `'[]'`, `'3'`},
}

// What a trigger records of a row is what audit.Updated records of a struct that
// pgx read from it.
func TestWatchValues(t *testing.T) {
	t.Parallel()
	w := watch(t, valueTable, postgres.WatchTable{Name: "vals", Type: "value_row"})
	log := newLog(t, w.store)
	read := func() []valueRow {
		rows, err := w.pool.Query(t.Context(), "SELECT id, b, i2, i4, i8, f4, f8, coalesce(num, 0)::text AS num, t, vc, ch, u::text, tstz, ts, by, ip, net, texts, ints, times, bools, en::text, ens::text[], dom, password, meta, plain, gen FROM vals ORDER BY id")
		require.NoError(t, err)
		all, err := pgx.CollectRows(rows, pgx.RowToStructByName[valueRow])
		require.NoError(t, err)
		return all
	}
	check := func(what string, event audit.Event) {
		t.Helper()
		prepared, err := log.Prepare(t.Context(), event)
		require.NoError(t, err, what)
		entries := w.entries(t)
		require.Len(t, entries, len(prepared), what)
		for i := range prepared {
			assert.Equal(t, prepared[i].Object, entries[i].Object, what)
			assert.Equal(t, prepared[i].Action, entries[i].Action, what)
			assert.Equal(t, strings.ReplaceAll(prepared[i].Changes.JSON(), "}},{", "}},\n{"), strings.ReplaceAll(entries[i].Changes.JSON(), "}},{", "}},\n{"), what)
			assert.NotContains(t, entries[i].Changes.JSON(), "canary")
			assert.NotContains(t, entries[i].Changes.JSON(), "hunter")
		}
	}
	w.exec(t, "INSERT INTO vals (id, num) VALUES (1, 0)")
	check("all NULL", audit.Created(read()[0]))
	random := rand.New(rand.NewPCG(1, 2))
	set := func(column string) string {
		values := valueColumns[column]
		if n := random.IntN(len(values) + 1); n < len(values) {
			return values[n]
		} else if column == "num" {
			return "0"
		}
		return "NULL"
	}
	// One column after the other, from each value to each.
	for column, values := range valueColumns {
		for range 3 {
			for _, value := range append(values, "NULL") {
				if column == "num" && value == "NULL" {
					continue
				}
				before := read()
				w.exec(t, fmt.Sprintf("UPDATE vals SET %s = %s", column, value))
				check(column+" = "+value, audit.Updated(before[0], read()[0]))
				if random.IntN(2) == 0 {
					before = read()
					value = set(column)
					w.exec(t, fmt.Sprintf("UPDATE vals SET %s = %s", column, value))
					check(column+" = "+value, audit.Updated(before[0], read()[0]))
				}
			}
		}
	}
	// All at once, coming and going.
	for range 50 {
		var columns, values []string
		for column := range valueColumns {
			columns, values = append(columns, column), append(values, set(column))
		}
		before := read()
		w.exec(t, "UPDATE vals SET ("+strings.Join(columns, ", ")+") = ROW ("+strings.Join(values, ", ")+")")
		check("all", audit.Updated(before[0], read()[0]))
		before = read()
		w.exec(t, "DELETE FROM vals")
		check("delete", audit.Destroyed(before[0]))
		w.exec(t, "INSERT INTO vals (id, "+strings.Join(columns, ", ")+") VALUES (1, "+strings.Join(values, ", ")+")")
		check("insert", audit.Created(read()[0]))
	}
}
