package audit_test

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// Types that keep their memory behind unexported fields, and write it in place.
type (
	optional[T any] struct{ v *T }
	unwritten       struct{ v *int } // nothing but its decoder
	inInterface     struct{ v any }
	reusedBytes     struct{ text []byte }
	reusedList      struct{ items []string }
	inList          struct{ items []*int }
	deepInside      struct{ in struct{ at [2]*int } }
	innerReused     struct{ in *innerList } // the pointer is new, the list is not
	innerList       struct{ items []int }
	embeds          struct{ content }
	content         struct{ in *innerList }
	byText          struct{ v *string }
	byBinary        struct{ v *[4]byte }
	byGob           struct{ v *int }
	byScan          struct{ v *string }
	pointerMethods  struct{ v *int }
	locked          struct{ state *lockedState }
	lockedState     struct {
		mu sync.Mutex
		v  int
	}
	oneWay   struct{ v *int } // does not read what it writes
	panicky  struct{ v *int }
	twoParts struct {
		a *int // replaced
		b []int
	}
)

func (o optional[T]) MarshalJSON() ([]byte, error) { return json.Marshal(o.v) }
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	if o.v == nil {
		o.v = new(T)
	}
	return json.Unmarshal(b, o.v)
}

func (u *unwritten) UnmarshalJSON(b []byte) error { return (*pointerMethods)(u).UnmarshalJSON(b) }

func (i inInterface) MarshalJSON() ([]byte, error) { return json.Marshal(i.v) }
func (i *inInterface) UnmarshalJSON(b []byte) error {
	if i.v == nil {
		i.v = new(int)
	}
	return json.Unmarshal(b, &i.v)
}

func (r reusedBytes) MarshalJSON() ([]byte, error) { return r.text, nil }
func (r *reusedBytes) UnmarshalJSON(text []byte) error {
	r.text = append(r.text[:0], text...)
	return nil
}
func (r reusedList) MarshalJSON() ([]byte, error)     { return json.Marshal(r.items) }
func (r *reusedList) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &r.items) }
func (i inList) MarshalJSON() ([]byte, error)         { return json.Marshal(i.items) }
func (i *inList) UnmarshalJSON(text []byte) error     { return json.Unmarshal(text, &i.items) }
func (d deepInside) MarshalJSON() ([]byte, error)     { return json.Marshal(d.in.at) }
func (d *deepInside) UnmarshalJSON(text []byte) error { return json.Unmarshal(text, &d.in.at) }
func (i innerReused) MarshalJSON() ([]byte, error)    { return json.Marshal(i.in.items) }
func (i *innerReused) UnmarshalJSON(text []byte) error {
	made := &innerList{}
	if i.in != nil {
		made.items = i.in.items[:0]
	}
	i.in = made
	return json.Unmarshal(text, &made.items)
}

func (e embeds) MarshalJSON() ([]byte, error) { return json.Marshal(e.in.items) }
func (e *embeds) UnmarshalJSON(text []byte) error {
	if e.in == nil {
		e.in = &innerList{}
	}
	return json.Unmarshal(text, &e.in.items)
}

func (b byText) MarshalText() ([]byte, error) { return []byte(*b.v), nil }
func (b *byText) UnmarshalText(text []byte) error {
	if b.v == nil {
		b.v = new(string)
	}
	*b.v = string(text)
	return nil
}

func (b byBinary) MarshalJSON() ([]byte, error)   { return json.Marshal(string(b.v[:])) }
func (b byBinary) MarshalBinary() ([]byte, error) { return b.v[:], nil }
func (b *byBinary) UnmarshalBinary(data []byte) error {
	if b.v == nil {
		b.v = new([4]byte)
	}
	copy(b.v[:], data)
	return nil
}

func (b byGob) MarshalJSON() ([]byte, error) { return json.Marshal(b.v) }
func (b byGob) GobEncode() ([]byte, error)   { return json.Marshal(b.v) }
func (b *byGob) GobDecode(data []byte) error { return (*pointerMethods)(b).UnmarshalJSON(data) }

func (b byScan) Value() (driver.Value, error) { return *b.v, nil }
func (b *byScan) Scan(value any) error {
	text, ok := value.(string)
	if !ok {
		return errors.New("not a string")
	}
	return (*byText)(b).UnmarshalText([]byte(text))
}

func (p *pointerMethods) MarshalJSON() ([]byte, error) { return json.Marshal(p.v) }
func (p *pointerMethods) UnmarshalJSON(text []byte) error {
	if p.v == nil {
		p.v = new(int)
	}
	return json.Unmarshal(text, p.v)
}

func (l locked) MarshalJSON() ([]byte, error) {
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return json.Marshal(l.state.v)
}

func (l *locked) UnmarshalJSON(text []byte) error {
	if l.state == nil {
		l.state = &lockedState{}
	}
	l.state.mu.Lock()
	defer l.state.mu.Unlock()
	return json.Unmarshal(text, &l.state.v)
}

func (o oneWay) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]*int{"value": o.v}) }
func (o *oneWay) UnmarshalJSON(text []byte) error {
	if o.v == nil {
		o.v = new(int)
	}
	return json.Unmarshal(text, o.v)
}

func (p panicky) MarshalJSON() ([]byte, error) { return json.Marshal(p.v) }
func (p *panicky) UnmarshalJSON(text []byte) error {
	if n, err := strconv.Atoi(string(text)); err == nil && n%2 == 1 {
		panic("an odd number")
	}
	return (*pointerMethods)(p).UnmarshalJSON(text)
}

func (t twoParts) MarshalJSON() ([]byte, error) { return json.Marshal(t.b) }
func (t *twoParts) UnmarshalJSON(text []byte) error {
	t.a = new(1)
	return json.Unmarshal(text, &t.b)
}

// Types that write new memory.
type (
	replaced[T any] struct{ v *T }
	currency        struct{ code *currencyCode } // a singleton
	currencyCode    struct{ name string }
	newList         struct{ items []string }
)

func (r replaced[T]) MarshalJSON() ([]byte, error) { return json.Marshal(r.v) }
func (r *replaced[T]) UnmarshalJSON(text []byte) error {
	r.v = new(T)
	return json.Unmarshal(text, r.v)
}

var currencies = []*currencyCode{{"EUR"}, {"CHF"}}

func (c currency) MarshalText() ([]byte, error) { return []byte(c.code.name), nil }
func (c *currency) UnmarshalText(text []byte) error {
	i := slices.IndexFunc(currencies, func(known *currencyCode) bool { return known.name == string(text) })
	if i < 0 {
		return errors.New("unknown currency")
	}
	c.code = currencies[i]
	return nil
}

func (n newList) MarshalJSON() ([]byte, error) { return json.Marshal(n.items) }
func (n *newList) UnmarshalJSON(text []byte) error {
	n.items = nil
	return json.Unmarshal(text, &n.items)
}

// sameChange checks what becomes of values of one type that are changed in a copy.
type sameChange func(t *testing.T, r *rand.Rand) (refused bool)

// changing returns a check: before is made from one text and the copy is changed
// to the other. make makes a value, and change writes to one.
func changing[T any](texts []string, make func(text string) (T, error), change func(v *T, text string) error) sameChange {
	type record struct {
		ID    int
		Value T
	}
	return func(t *testing.T, r *rand.Rand) (refused bool) {
		t.Helper()
		log := newLog(t, audit.Config{})
		of := func(text string) record {
			v, err := make(text)
			require.NoError(t, err)
			return record{1, v}
		}
		from, to := texts[r.IntN(len(texts))], texts[r.IntN(len(texts))]
		wanted, err := log.Prepare(t.Context(), audit.Updated(of(from), of(to)))
		require.NoError(t, err)

		before := of(from)
		after := before
		require.NoError(t, change(&after.Value, to))
		entries, err := log.Prepare(t.Context(), audit.Updated(before, after))
		if refused = errors.Is(err, audit.ErrShared); !refused {
			require.NoError(t, err)
			requireChanges(t, wanted, entries, from, to)
		}

		before = of(from)
		after = audit.Snapshot(before)
		entries, err = log.Prepare(t.Context(), audit.Updated(before, after))
		require.NoError(t, err)
		require.Empty(t, entries, "a copy is the same")
		require.NoError(t, change(&after.Value, to))
		entries, err = log.Prepare(t.Context(), audit.Updated(before, after))
		require.NoError(t, err, "a copy shares nothing")
		requireChanges(t, wanted, entries, from, to)
		return refused
	}
}

func requireChanges(t *testing.T, wanted, entries []audit.Entry, from, to string) {
	t.Helper()
	require.Len(t, entries, len(wanted), "from %s to %s", from, to)
	for i := range entries {
		require.Equal(t, wanted[i].Changes.JSON(), entries[i].Changes.JSON(), "from %s to %s", from, to)
	}
}

// decoding is changing by JSON.
func decoding[T any](texts ...string) sameChange {
	return changing(texts, func(text string) (v T, err error) { return v, json.Unmarshal([]byte(text), &v) },
		func(v *T, text string) error { return json.Unmarshal([]byte(text), v) })
}

var (
	numberTexts = []string{"1", "2", "30", "12345"}
	textTexts   = []string{`"a"`, `"b"`, `"longer"`, `""`}
	// Of one length: a list that grows leaves the shared memory, which its
	// decoder has written to before, and no check can see that.
	listTexts = []string{`["a","b"]`, `["c","d"]`, `["e","f"]`}
	intTexts  = []string{`[1,2]`, `[3,4]`, `[5,6]`}
)

// TestACopyThatIsChangedIsNeverSilent changes copies of types that keep their
// memory to themselves: there is an entry with the right values, or an error.
func TestACopyThatIsChangedIsNeverSilent(t *testing.T) {
	t.Parallel()
	scanned := func(text string) (v byScan, err error) { return v, v.Scan(text) }
	for name, check := range map[string]struct {
		same    sameChange
		refused bool
	}{
		"optional number":             {decoding[optional[int]](numberTexts...), true},
		"optional text":               {decoding[optional[string]](textTexts...), true},
		"optional list":               {decoding[optional[[]string]](listTexts...), true},
		"optional time":               {decoding[optional[time.Time]](`"2026-01-02T03:04:05Z"`, `"2027-01-02T03:04:05Z"`), true},
		"optional optional":           {decoding[optional[optional[int]]](numberTexts...), true},
		"with a decoder only":         {decoding[unwritten](numberTexts...), true},
		"methods of the pointer":      {decoding[pointerMethods](numberTexts...), true},
		"in an interface":             {decoding[inInterface](numberTexts...), true},
		"reused bytes":                {decoding[reusedBytes](`{"a":1}`, `{"a":2}`, `{}`), true},
		"reused list":                 {decoding[reusedList](listTexts...), true},
		"pointers in a list":          {decoding[inList](intTexts...), true},
		"deep inside":                 {decoding[deepInside](`[1,2]`, `[3,4]`), true},
		"reused behind a new pointer": {decoding[innerReused](intTexts...), true},
		"in an embedded struct":       {decoding[embeds](intTexts...), true},
		"by text":                     {decoding[byText](textTexts...), true},
		"behind a lock":               {decoding[locked](numberTexts...), true},
		"does not read what it wrote": {decoding[oneWay](numberTexts...), true},
		"panics for some":             {decoding[panicky]("2", "30", "4"), true},
		"one part of two":             {decoding[twoParts](intTexts...), true},
		"in an array":                 {decoding[[2]optional[int]](`[1,2]`, `[3,4]`), true},
		"in a struct":                 {decoding[struct{ A optional[int] }](`{"A":1}`, `{"A":2}`), true},
		"raw JSON":                    {decoding[json.RawMessage](`{"a":1}`, `{"a":2}`), true},
		"big.Int":                     {decoding[big.Int](numberTexts...), true},
		"by binary": {changing([]string{"abcd", "efgh"}, func(text string) (v byBinary, err error) { return v, v.UnmarshalBinary([]byte(text)) },
			func(v *byBinary, text string) error { return v.UnmarshalBinary([]byte(text)) }), true},
		"by gob": {changing(numberTexts, func(text string) (v byGob, err error) { return v, v.GobDecode([]byte(text)) },
			func(v *byGob, text string) error { return v.GobDecode([]byte(text)) }), true},
		"by Scan": {changing(textTexts, scanned, func(v *byScan, text string) error { return v.Scan(text) }), true},

		"replaced number":  {decoding[replaced[int]](numberTexts...), false},
		"replaced text":    {decoding[replaced[string]](textTexts...), false},
		"replaced big.Int": {decoding[replaced[big.Int]](numberTexts...), false},
		"new list":         {decoding[newList](listTexts...), false},
		"singleton":        {decoding[currency](`"EUR"`, `"CHF"`), false},
		"decimal.Decimal":  {decoding[decimal.Decimal]("1.5", "2.5", "1234567890123456789012345678901234567890.5"), false},
		"time.Time":        {decoding[time.Time](`"2026-01-02T03:04:05+01:00"`, `"2027-01-02T03:04:05Z"`), false},
		"netip.Addr":       {decoding[netip.Addr](`"10.0.0.1"`, `"fe80::1%eth0"`), false},
		"netip.Prefix":     {decoding[netip.Prefix](`"10.0.0.0/8"`, `"::/0"`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, uint64(len(name))))
			for range 50 {
				require.Equal(t, check.refused, check.same(t, r))
			}
		})
	}
}

// Types that change by other methods than decoders.
type (
	bitset   struct{ words []uint64 }
	setter   struct{ words []uint64 } // its method has a value as receiver
	register struct {
		in   *innerList
		name string
	}
)

func (b bitset) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprint(b.words)) }
func (b *bitset) UnmarshalJSON([]byte) error  { b.words = make([]uint64, 2); return nil }
func (b *bitset) Set(i int)                   { b.words[i/64] |= 1 << (i % 64) }
func (s setter) MarshalJSON() ([]byte, error) { return json.Marshal(s.words) }
func (s setter) Set(i int)                    { s.words[i/64] |= 1 << (i % 64) }
func (r register) MarshalJSON() ([]byte, error) {
	return json.Marshal(append([]int{len(r.name)}, r.in.items...))
}
func (r *register) Put(i, n int) { r.in.items[i] = n }

// TestACopyThatIsChangedByAMethodIsNeverSilent: what is no decoder may write.
func TestACopyThatIsChangedByAMethodIsNeverSilent(t *testing.T) {
	t.Parallel()
	bits := []string{"1", "2", "70"}
	number := func(text string) int { n, _ := strconv.Atoi(text); return n }
	newBits := func(text string) (bitset, error) {
		b := bitset{make([]uint64, 2)}
		b.Set(number(text))
		return b, nil
	}
	for name, check := range map[string]sameChange{
		"a bit set": changing(bits, newBits, func(b *bitset, text string) error {
			clear(b.words)
			b.Set(number(text))
			return nil
		}),
		"a method of the value": changing(bits, func(text string) (setter, error) {
			b, err := newBits(text)
			return setter(b), err
		}, func(s *setter, text string) error { clear(s.words); s.Set(number(text)); return nil }),
		"behind a pointer": changing(bits, func(text string) (register, error) {
			return register{&innerList{[]int{number(text)}}, "r"}, nil
		}, func(r *register, text string) error { r.Put(0, number(text)); return nil }),
		"bytes.Buffer": changing([]string{"abc", "xyz"}, func(text string) (bytes.Buffer, error) {
			return *bytes.NewBufferString(text), nil
		}, func(b *bytes.Buffer, text string) error { b.Reset(); b.WriteString(text); return nil }),
		"big.Rat": changing(bits, func(text string) (big.Rat, error) {
			return *big.NewRat(int64(number(text)), 7), nil
		}, func(r *big.Rat, text string) error { r.SetFrac64(int64(number(text)), 7); return nil }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(2, 2))
			for range 30 {
				require.True(t, check(t, r))
			}
		})
	}
}

// Values that a copy shares without harm are neither refused nor copied.
func TestWhatNothingWritesIsNotCopied(t *testing.T) {
	t.Parallel()
	type record struct {
		ID       int
		Currency currency
		Address  netip.Addr
		Link     url.URL
		Text     strings.Builder
		Status   status
		At       time.Time
		Lock     *sync.Mutex
	}
	link, err := url.Parse("https://dana@acme.test/")
	require.NoError(t, err)
	before := record{1, currency{currencies[1]}, netip.MustParseAddr("fe80::1%eth0"), *link, strings.Builder{}, status{"x"}, time.Now(), &sync.Mutex{}}
	before.Text.WriteString("text")
	for _, after := range []*record{&before, new(audit.Snapshot(before))} {
		copied := *after
		copied.Status = status{"y"}
		assert.Equal(t, before.Currency, copied.Currency)
		assert.Same(t, currencies[1], copied.Currency.code)
		assert.Equal(t, before.Address, copied.Address)
		_, err = newLog(t, audit.Config{}).Prepare(t.Context(), audit.Updated(before, copied))
		require.NoError(t, err)
	}
}

// The trial of a type happens once, and hands its methods values of its own.
func TestATrialLeavesTheValueAlone(t *testing.T) {
	t.Parallel()
	type record struct {
		ID    int
		Value optional[[]int]
	}
	r := record{1, optional[[]int]{&[]int{1, 2, 3}}}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			_, err := newLog(t, audit.Config{}).Prepare(t.Context(), audit.Updated(r, r))
			assert.ErrorIs(t, err, audit.ErrShared)
			assert.NotSame(t, r.Value.v, audit.Snapshot(r).Value.v)
		})
	}
	group.Wait()
	assert.Equal(t, []int{1, 2, 3}, *r.Value.v)
}
