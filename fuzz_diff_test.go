package audit_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// canary begins every text that the generator hides under a secret name.
const canary = "canary"

// fuzzRecord has a field of each kind that a host's records have.
type fuzzRecord struct {
	ID int
	fuzzBase
	*FuzzExtra
	Name     string
	Password string
	Pin      string `audit:",redact"`
	Skipped  string `audit:"-"`
	hidden   string //nolint:unused // must not be recorded
	Note     *string
	Count    **int
	Any      any
	Token    any
	Map      map[string]any
	Numbers  map[int]float64
	Texts    map[string]fuzzText
	List     []any
	Grid     [][]string
	Pair     fuzzPair[string]
	Pairs    []fuzzPair[any]
	Array    [2]fuzzPair[any]
	Secrets  struct{ Login, Plain string }
	Bytes    []byte
	Raw      json.RawMessage
	When     *time.Time
	Price    decimal.Decimal
	Big      *big.Int
	Null     sql.Null[int64]
	Column   fuzzColumn
	Address  netip.Addr
	Up       *fuzzRecord   `audit:"up"`
	Kids     []*fuzzRecord `audit:"kids"`
	Others   []fuzzRecord  // associations, not recorded
}

type fuzzBase struct {
	CreatedAt time.Time
	Key       uuid.UUID
}

type FuzzExtra struct {
	Extra       any
	AccessToken string
}

type fuzzPair[T any] struct {
	Left, Right T
	Secret      T
}

// fuzzText is a text by a method of its pointer.
type fuzzText struct{ n int }

func (f *fuzzText) MarshalText() ([]byte, error) { return fmt.Appendf(nil, "text %d", f.n), nil }

// fuzzColumn is a JSON column.
type fuzzColumn struct{ Theme, APIKey string }

func (f fuzzColumn) Value() (driver.Value, error) {
	return json.Marshal(map[string]string{"theme": f.Theme, "api_key": f.APIKey})
}

// fuzzMaker builds values from fuzz bytes; after the last of them all is zero,
// so that every value ends.
type fuzzMaker struct {
	data   []byte
	tight  bool // for small limits: nothing whose cut remainder equals nothing, and no keys that are values
	secret bool // below a secret name: every text is a canary
	root   *fuzzRecord
}

func (m *fuzzMaker) byte() byte {
	if len(m.data) == 0 {
		return 0
	}
	b := m.data[0]
	m.data = m.data[1:]
	return b
}

func (m *fuzzMaker) below(n int) int { return int(m.byte()) % n }

func (m *fuzzMaker) text() string {
	texts := []string{"", "a", "b", "Ω😀", "line\nfeed", "nul\x00", "\xff\xfe", `\x00`, `{"a":1}`, `"quoted"`, "null", "1e2", "\u2028", "<b>", strings.Repeat("long ", 300)}
	text := texts[m.below(len(texts))]
	if m.secret {
		return canary + text
	}
	return text
}

func (m *fuzzMaker) key() string {
	return pick(m, "a", "b", "c", "d.e", `f\g`, "$audit", "$$audit", "", "Ω", "k\x00", "updated_at", "token_count", "password", "X-Api-Key", "accessToken", "otp2")
}

func pick[T any](m *fuzzMaker, from ...T) T { return from[m.below(len(from))] }

// under builds what belongs under a name.
func under[T any](m *fuzzMaker, secret bool, build func() T) T {
	before := m.secret
	m.secret = before || secret
	defer func() { m.secret = before }()
	return build()
}

func isSecretKey(key string) bool {
	return slices.Contains([]string{"password", "X-Api-Key", "accessToken", "otp2"}, key)
}

func (m *fuzzMaker) float() float64 {
	f := pick(m, 0, 1, -1.5, 1e300, 5e-324, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN())
	if m.tight && math.IsNaN(f) {
		return 7
	}
	return f
}

func (m *fuzzMaker) time() time.Time {
	at := time.Unix(int64(m.byte())*1e7, int64(m.byte())).UTC()
	return pick(m, at, at.In(time.FixedZone("east", 3600)), time.Time{})
}

func (m *fuzzMaker) mapping(depth int) map[string]any {
	made := map[string]any{}
	for range m.below(5) {
		key := m.key()
		made[key] = under(m, isSecretKey(key), func() any { return m.value(depth - 1) })
	}
	return made
}

func (m *fuzzMaker) list(depth int) []any {
	made := []any{}
	for range m.below(4) {
		made = append(made, m.value(depth-1))
	}
	return made
}

// value builds any value.
func (m *fuzzMaker) value(depth int) any {
	if depth <= 0 {
		return m.text()
	}
	switch m.below(22) {
	case 0:
		return nil
	case 1:
		return m.text()
	case 2:
		return int64(m.byte()) << m.below(60)
	case 3:
		return m.float()
	case 4:
		return m.byte() > 99
	case 5:
		return m.mapping(depth)
	case 6:
		return m.list(depth)
	case 7:
		return m.json(depth)
	case 8:
		return []byte(m.json(depth))
	case 9:
		return []byte{m.byte(), m.byte()}
	case 10:
		return m.pair(depth)
	case 11:
		pair := m.pair(depth)
		return &pair
	case 12:
		return m.time()
	case 13:
		return json.Number(m.number())
	case 14:
		return decimal.New(int64(m.byte()), int32(m.below(5)))
	case 15:
		return map[string]fuzzText{"a": {m.below(3)}}
	case 16:
		return uuid.UUID{m.byte()}
	case 17:
		return [2]any{m.value(depth - 1), m.value(depth - 1)}
	case 18:
		return []fuzzPair[any]{m.pair(depth), m.pair(depth)}
	case 19:
		return complex(1, float64(m.byte()))
	case 20:
		return m.root // a cycle
	default:
		inner := m.value(depth - 1)
		return &inner
	}
}

func (m *fuzzMaker) pair(depth int) fuzzPair[any] {
	return fuzzPair[any]{m.value(depth - 1), m.value(depth - 1), under(m, true, func() any { return m.value(depth - 1) })}
}

func (m *fuzzMaker) number() string {
	return fmt.Sprintf("%s%d.%d%de%d", pick(m, "", "-"), m.byte(), m.below(10), m.below(3)*100, (m.below(11)-5)*pick(m, 0, 1, 10, 100))
}

// json builds JSON text, in whatever spelling.
func (m *fuzzMaker) json(depth int) json.RawMessage {
	var write func(depth int) string
	quoted := func(s string) string { b, _ := json.Marshal(s); return string(b) }
	write = func(depth int) string {
		switch n := m.below(6); {
		case n == 0 || depth <= 0:
			return quoted(m.text())
		case n == 1:
			return m.number()
		case n == 2:
			return pick(m, "null", "true", "false", "[]", " { } ")
		case n == 3:
			return "[" + write(depth-1) + " , " + write(depth-1) + "]"
		default:
			a, b := m.key(), m.key()
			return "{" + quoted(a) + ":" + under(m, isSecretKey(a), func() string { return write(depth - 1) }) +
				"," + quoted(b) + " : " + under(m, isSecretKey(b), func() string { return write(depth - 1) }) + "}"
		}
	}
	return json.RawMessage(write(depth))
}

func (m *fuzzMaker) record(depth int) *fuzzRecord {
	secret := func() string { return under(m, true, m.text) }
	r := &fuzzRecord{ID: 7}
	if m.root == nil {
		m.root = r
	}
	r.CreatedAt, r.Key = m.time(), uuid.UUID{15: m.byte()}
	if m.byte()&1 == 1 {
		r.FuzzExtra = &FuzzExtra{Extra: m.value(depth), AccessToken: secret()}
	}
	r.Name, r.Password, r.Pin, r.Skipped, r.hidden = m.text(), secret(), secret(), secret(), secret()
	if m.byte()&1 == 1 {
		note, count, when := m.text(), new(int), m.time()
		*count = m.below(3)
		r.Note, r.Count, r.When, r.Big = &note, &count, &when, big.NewInt(int64(m.byte()))
	}
	r.Any = m.value(depth)
	r.Token = under(m, true, func() any { return m.value(depth) })
	if m.byte()&1 == 1 {
		r.Map, r.List, r.Bytes, r.Raw = m.mapping(depth), m.list(depth), []byte(m.text()), m.json(depth)
		r.Texts = map[string]fuzzText{m.key(): {m.below(3)}}
		r.Grid = [][]string{{m.text()}, nil, {}}
		if !m.tight {
			r.Numbers = map[int]float64{m.below(3) - 1: m.float(), 5: m.float()}
		}
	} else {
		r.Raw = json.RawMessage("null")
	}
	r.Pair = fuzzPair[string]{m.text(), m.text(), secret()}
	r.Secrets.Login, r.Secrets.Plain = secret(), secret()
	if m.byte()&1 == 1 {
		r.Pairs, r.Array = []fuzzPair[any]{m.pair(depth)}, [2]fuzzPair[any]{m.pair(depth)}
	}
	r.Price = decimal.New(int64(m.below(3)*10), -int32(m.below(3)))
	r.Null = sql.Null[int64]{V: int64(m.byte()), Valid: m.byte()&1 == 1}
	r.Column = fuzzColumn{pick(m, "dark", "light"), secret()}
	r.Address = pick(m, netip.Addr{}, netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1"))
	if depth > 1 && m.byte()&3 == 3 {
		r.Up, r.Kids = m.record(depth-2), []*fuzzRecord{m.record(depth - 2), nil, m.root}
	}
	r.Others = []fuzzRecord{{Name: canary}}
	return r
}

// spoil changes in place whatever can be reached and changed in place.
func (r *fuzzRecord) spoil(seen map[any]bool) {
	if r == nil || seen[r] {
		return
	}
	seen[r] = true
	r.Name, r.Array[0].Left, r.Column.Theme = "spoilt", "spoilt", "spoilt"
	if r.Note != nil {
		*r.Note, **r.Count, *r.When = "spoilt", 99, time.Unix(1, 1)
	}
	for i := range r.Pairs {
		r.Pairs[i].Left = "spoilt"
	}
	for i := range r.Bytes {
		r.Bytes[i] ^= 1
	}
	copy(r.Raw, "9999")
	if r.Grid != nil {
		r.Grid[0][0] = "spoilt"
	}
	if r.Numbers != nil {
		r.Numbers[5] = 99
	}
	for _, v := range []any{r.Any, r.Map, r.List} {
		spoilAny(v, seen)
	}
	r.Up.spoil(seen)
	for _, kid := range r.Kids {
		kid.spoil(seen)
	}
}

func spoilAny(v any, seen map[any]bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, item := range v {
			spoilAny(item, seen)
		}
		if v != nil {
			v["spoilt"] = true
		}
	case []any:
		for i, item := range v {
			spoilAny(item, seen)
			v[i] = "spoilt"
		}
	case *any:
		spoilAny(*v, seen)
		*v = "spoilt"
	case *fuzzPair[any]:
		spoilAny(v.Left, seen)
		v.Left = "spoilt"
	case *fuzzRecord:
		v.spoil(seen)
	}
}

// flat is a record as the paths and values that a create tells of it. Empty
// objects are left out, since an object that loses its last key says so by
// that key only.
type flat map[string]audit.Value

func flattened(t *testing.T, entry audit.Entry) flat {
	t.Helper()
	f := flat{}
	for _, c := range entry.Changes {
		require.NotContains(t, f, c.Field, "one path is told twice")
		require.True(t, c.Old.IsAbsent())
		f.put(t, c.Field, c.New)
	}
	return f
}

// put sets a path to a value, objects taken apart.
func (f flat) put(t *testing.T, path string, v audit.Value) {
	t.Helper()
	for known := range f {
		if known == path || strings.HasPrefix(known, path+".") {
			delete(f, known)
		}
	}
	switch v.Kind() {
	case audit.KindAbsent:
	case audit.KindMap:
		var items map[string]json.RawMessage
		require.NoError(t, v.Decode(&items))
		for key, item := range items {
			if rest := strings.TrimLeft(key, "$"); rest == "audit" && len(key) > len("$audit") {
				key = key[1:]
			}
			inner, err := audit.ParseValue(string(item))
			require.NoError(t, err)
			name := strings.NewReplacer(`\`, `\\`, `.`, `\.`).Replace(key)
			if name == "" {
				name = `\e`
			}
			f.put(t, path+"."+name, inner)
		}
	default:
		f[path] = v
	}
}

// FuzzDiff builds two records of every kind of value and holds what is
// recorded of them against what must be true of any record.
func FuzzDiff(f *testing.F) {
	f.Add([]byte{}, []byte{}, false)
	f.Add([]byte("one record"), []byte("and another, somewhat longer"), false)
	f.Add([]byte("small limits cut what is larger"), []byte("and mark the cut"), true)
	for i := range 40 {
		var one, other []byte
		for j := range 400 {
			one = append(one, byte(j*j*(2*i+1)>>3+i))
			other = append(other, byte(j*j*(2*i+3)>>2+i))
		}
		f.Add(one, other, i%4 == 3)
	}
	f.Fuzz(func(t *testing.T, one, other []byte, tight bool) {
		if len(one)+len(other) > 4096 {
			t.Skip()
		}
		config := audit.Config{}
		if tight {
			config.Limits = audit.Limits{Depth: 3, Nodes: 50, Bytes: 1024}
		}
		log := newLog(t, config)
		record := func(event audit.Event) (audit.Entry, bool) {
			entries, err := log.Prepare(context.Background(), event)
			require.NoError(t, err)
			if len(entries) == 0 {
				return audit.Entry{}, false
			}
			text := entries[0].Changes.JSON()
			require.True(t, json.Valid([]byte(text)))
			require.NotContains(t, text, canary)
			require.NotContains(t, text, hex.EncodeToString([]byte(canary)))
			again, err := audit.ParseChanges(text)
			require.NoError(t, err)
			require.Equal(t, entries[0].Changes, again)
			return entries[0], true
		}
		before := (&fuzzMaker{data: bytes.Clone(one), tight: tight}).record(4)
		after := (&fuzzMaker{data: bytes.Clone(other), tight: tight}).record(4)

		created, _ := record(audit.Created(before))
		destroyed, _ := record(audit.Destroyed(before))
		require.Equal(t, created.Changes.Fields(), destroyed.Changes.Fields())

		kept := audit.Snapshot(before)
		same, changed := record(audit.Updated(before, kept))
		require.False(t, changed, "a snapshot differs: %s", same.Changes.JSON())

		updated, _ := record(audit.Updated(before, after))
		back, _ := record(audit.Updated(after, before))
		if !tight {
			createdAfter, _ := record(audit.Created(after))
			was, is := flattened(t, created), flattened(t, createdAfter)
			there, again := maps.Clone(was), maps.Clone(is)
			for _, c := range updated.Changes {
				there.put(t, c.Field, c.New)
				again.put(t, c.Field, c.Old)
			}
			require.Equal(t, is, there, "the changes lead from before to after")
			require.Equal(t, was, again, "the changes lead from after to before")
			require.ElementsMatch(t, updated.Changes.Fields(), back.Changes.Fields())
		}

		before.spoil(map[any]bool{})
		again, _ := record(audit.Created(kept))
		require.Equal(t, created.Changes, again.Changes, "the snapshot shares memory with the record")
	})
}
