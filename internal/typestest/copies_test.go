package typestest

import (
	"database/sql"
	"encoding/json"
	"errors"
	"math/big"
	"net/netip"
	"testing"
	"time"

	"github.com/Rhymond/go-money"
	"github.com/aarondl/opt/null"
	"github.com/aarondl/opt/omit"
	"github.com/bits-and-blooms/bitset"
	"github.com/cockroachdb/apd/v3"
	gofrs "github.com/gofrs/uuid/v5"
	"github.com/google/uuid"
	guregu "github.com/guregu/null/v6"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/lib/pq"
	"github.com/samber/mo"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	orderedmap "github.com/wk8/go-ordered-map/v2"
	"gorm.io/datatypes"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

// copied changes a copy of a value, made from one text and changed to the other
// by its own decoder, and reports whether that is refused. If not, the entry
// has the right values. A Snapshot is never refused.
func copied[T any](from, to string) func(t *testing.T) bool {
	type record struct {
		ID    int
		Value T
	}
	return func(t *testing.T) (refused bool) {
		t.Helper()
		log, _ := audittest.New(t)
		of := func(text string) record {
			r := record{ID: 1}
			require.NoError(t, decodeInto(&r.Value, text))
			return r
		}
		changes := func(before, after record) (string, error) {
			entries, err := log.Prepare(t.Context(), audit.Updated(before, after))
			if len(entries) == 0 {
				return "", err
			}
			return entries[0].Changes.JSON(), nil
		}
		want, err := changes(of(from), of(to))
		require.NoError(t, err)
		require.NotEmpty(t, want)

		before := of(from)
		after := before
		require.NoError(t, decodeInto(&after.Value, to))
		got, err := changes(before, after)
		if refused = errors.Is(err, audit.ErrShared); !refused {
			require.NoError(t, err)
			assert.Equal(t, want, got)
		}

		before = of(from)
		after = audit.Snapshot(before)
		got, err = changes(before, after)
		require.NoError(t, err)
		assert.Empty(t, got, "a copy is the same")
		require.NoError(t, decodeInto(&after.Value, to))
		got, err = changes(before, after)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		return refused
	}
}

// decodeInto writes over a value as a handler does, or as a driver.
func decodeInto(v any, text string) error {
	if scanner, ok := v.(sql.Scanner); ok && text[0] == '!' {
		return scanner.Scan([]byte(text[1:]))
	}
	return json.Unmarshal([]byte(text), v)
}

// TestCopies: a copy of a value that shares its memory with the original is
// refused if the type's decoder writes in place. If it makes new memory, the
// entry has the right values.
func TestCopies(t *testing.T) {
	t.Parallel()
	const id, other = `"6f1c1f5e-2f0b-4b0e-9f6a-2d0b8a2b7c11"`, `"7f1c1f5e-2f0b-4b0e-9f6a-2d0b8a2b7c11"`
	const big1, big2 = "12345678901234567890123456789012345678901234567890", "22345678901234567890123456789012345678901234567890"
	for name, test := range map[string]struct {
		copied  func(t *testing.T) bool
		refused bool
	}{
		"decimal.Decimal":          {copied[decimal.Decimal]("1.5", big1), false},
		"decimal.Decimal, large":   {copied[decimal.Decimal](big1, big2), false},
		"decimal.Decimal, scanned": {copied[decimal.Decimal]("!"+big1, "!"+big2), false},
		"decimal.NullDecimal":      {copied[decimal.NullDecimal](big1, big2), false},
		"google/uuid":              {copied[uuid.UUID](id, other), false},
		"gofrs/uuid":               {copied[gofrs.UUID](id, other), false},
		"gofrs/uuid.NullUUID":      {copied[gofrs.NullUUID](id, other), false},
		"time.Time":                {copied[time.Time](`"2026-01-02T03:04:05+01:00"`, `"2026-01-02T03:04:06+01:00"`), false},
		"netip.Addr":               {copied[netip.Addr](`"fe80::1%eth0"`, `"fe80::1%eth1"`), false},
		"netip.Prefix":             {copied[netip.Prefix](`"10.0.0.0/8"`, `"10.0.0.0/9"`), false},
		"datatypes.URL":            {copied[datatypes.URL]("!https://dana@acme.test/", "!https://dana:x@acme.test/"), false},
		"big.Int":                  {copied[big.Int](big1, big2), true},
		"json.RawMessage":          {copied[json.RawMessage](`{"a":1}`, `{"a":2}`), true},
		"sql.Null[int]":            {copied[sql.Null[int]](`{"V":1,"Valid":true}`, `{"V":2,"Valid":true}`), false},
		"sql.Null[[]byte]":         {copied[sql.Null[[]byte]](`{"V":"YWJj","Valid":true}`, `{"V":"YWJk","Valid":true}`), false},
		"sql.NullTime":             {copied[sql.NullTime](`{"Time":"2026-01-02T03:04:05Z","Valid":true}`, `{"Time":"2027-01-02T03:04:05Z","Valid":true}`), false},
		"pgtype.Text":              {copied[pgtype.Text](`"a"`, `"b"`), false},
		"pgtype.Int8":              {copied[pgtype.Int8](`1`, `2`), false},
		"pgtype.Timestamptz":       {copied[pgtype.Timestamptz](`"2026-01-02T03:04:05Z"`, `"2027-01-02T03:04:05Z"`), false},
		"pgtype.UUID":              {copied[pgtype.UUID](id, other), false},
		"pgtype.Numeric":           {copied[pgtype.Numeric]("1.5", "2.5"), false},
		"pgtype.Hstore":            {copied[pgtype.Hstore](`{"a":"b"}`, `{"a":"c"}`), true},
		"pgtype.Array":             {copied[pgtype.Array[int]](`{"Elements":[1],"Valid":true}`, `{"Elements":[2],"Valid":true}`), true},
		"pq.StringArray":           {copied[pq.StringArray]("!{a,b}", "!{c,d}"), false},
		"datatypes.JSON":           {copied[datatypes.JSON](`{"a":1}`, `{"a":2}`), false},
		"datatypes.JSONType":       {copied[datatypes.JSONType[[]int]](`[1]`, `[2]`), true},
		"datatypes.JSONMap":        {copied[datatypes.JSONMap](`{"a":1}`, `{"a":2}`), false},
		"datatypes.Date":           {copied[datatypes.Date](`"2026-01-02T00:00:00Z"`, `"2026-01-03T00:00:00Z"`), false},
		"mo.Option[int]":           {copied[mo.Option[int]](`1`, `2`), false},
		"mo.Option[[]int]":         {copied[mo.Option[[]int]](`[1]`, `[2]`), false},
		"mo.Option[*int]":          {copied[mo.Option[*int]](`1`, `2`), false},
		"mo.Option[Decimal]":       {copied[mo.Option[decimal.Decimal]](`1`, `2`), false},
		"opt/null.Val[string]":     {copied[null.Val[string]](`"a"`, `"b"`), false},
		"opt/null.Val[[]string]":   {copied[null.Val[[]string]](`["a"]`, `["b"]`), true},
		"opt/omit.Val[*int]":       {copied[omit.Val[*int]](`1`, `2`), true},
		"guregu/null.String":       {copied[guregu.String](`"a"`, `"b"`), false},
		"guregu/null.Time":         {copied[guregu.Time](`"2026-01-02T03:04:05Z"`, `"2027-01-02T03:04:05Z"`), false},
		"guregu/null.Value[[]int]": {copied[guregu.Value[[]int]](`[1]`, `[2]`), true},
		"apd.Decimal":              {copied[apd.Decimal](`"`+big1+`"`, `"`+big2+`"`), false},
		"apd.NullDecimal":          {copied[apd.NullDecimal]("!"+big1, "!"+big2), false},
		"bitset.BitSet":            {copied[bitset.BitSet](bits(t, 1), bits(t, 2)), true},
		"orderedmap.OrderedMap":    {copied[orderedmap.OrderedMap[string, int]](`{"a":1}`, `{"a":2}`), true},
		"money.Money":              {copied[money.Money](`{"amount":1,"currency":"EUR"}`, `{"amount":2,"currency":"EUR"}`), false},
		"pgtype.Timestamp":         {copied[pgtype.Timestamp](`"2026-01-02T03:04:05"`, `"2026-01-02T03:04:06"`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, test.refused, test.copied(t))
		})
	}
}

// bits is a bit set's own JSON.
func bits(t *testing.T, i uint) string {
	t.Helper()
	text, err := bitset.New(8).Set(i).MarshalJSON()
	require.NoError(t, err)
	return string(text)
}
