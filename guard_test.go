package audit_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unique"
	"unsafe"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

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
	moment   struct{ at *time.Time } // nothing but this package writes to it
	couple   struct{ both [2]*int }
	bitset   struct{ words []uint64 }
	setter   struct{ words []uint64 } // its method has a value as receiver
	register struct {
		in   *innerList
		name string
	}
)

func (m moment) MarshalJSON() ([]byte, error) { return json.Marshal(m.at) }
func (c couple) MarshalJSON() ([]byte, error) { return json.Marshal(c.both) }
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
		"a time behind a pointer": changing(bits, func(text string) (moment, error) {
			return moment{new(time.Unix(int64(number(text)), 0).UTC())}, nil
		}, func(m *moment, text string) error { *m.at = time.Unix(int64(number(text)), 0).UTC(); return nil }),
		"pointers in an array": changing(bits, func(text string) (couple, error) {
			return couple{[2]*int{new(number(text)), new(1)}}, nil
		}, func(c *couple, text string) error { *c.both[0] = number(text); return nil }),
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

// interned changes by taking another handle.
type interned struct{ name unique.Handle[string] }

func (i interned) MarshalText() ([]byte, error) { return []byte(i.name.Value()), nil }
func (i *interned) Set(name string)             { i.name = unique.Make(name) }

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
		Interned interned
	}
	link, err := url.Parse("https://dana@acme.test/")
	require.NoError(t, err)
	before := record{1, currency{currencies[1]}, netip.MustParseAddr("fe80::1%eth0"), *link, strings.Builder{}, status{"x"}, time.Now(), &sync.Mutex{}, interned{unique.Make("x")}}
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

// A builder points to itself in a way that the compiler does not see. A copy's
// pointer may lead to a stack that has gone since, which must not be read.
func TestACopiedBuilderIsComparedByItsText(t *testing.T) {
	t.Parallel()
	type record struct {
		ID   int
		Text strings.Builder
	}
	astray := func(text, stack string) record {
		r := record{ID: 1}
		r.Text.WriteString(text)
		addr := reflect.ValueOf(&r.Text).Elem().FieldByName("addr")
		*(**byte)(addr.Addr().UnsafePointer()) = unsafe.StringData(stack)
		return r
	}
	// Constants, in whose place the garbage collector finds nothing wrong.
	const once, then = "what was on the stack that is gone", "and what has come in its place by now"
	before, same, other := astray("a", once), astray("a", then), astray("b", then)
	log := newLog(t, audit.Config{})
	entries, err := log.Prepare(t.Context(), audit.Updated(before, same))
	require.NoError(t, err)
	assert.Empty(t, entries)
	entries, err = log.Prepare(t.Context(), audit.Updated(before, other))
	require.NoError(t, err)
	assert.Len(t, entries, 1)
	_, err = log.Prepare(t.Context(), audit.Created(audit.Snapshot(before)))
	require.NoError(t, err)
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

// A lock is not copied while somebody holds it: the copy has one of its own.
func TestSnapshotCopiesNoLock(t *testing.T) {
	t.Parallel()
	type record struct {
		ID    int
		Value locked
	}
	r := record{1, locked{&lockedState{v: 5}}}
	audit.Snapshot(r) // what the type does is known from here on
	r.Value.state.mu.Lock()
	time.AfterFunc(20*time.Millisecond, r.Value.state.mu.Unlock)
	kept := audit.Snapshot(r)
	assert.NotSame(t, r.Value.state, kept.Value.state)
	require.True(t, kept.Value.state.mu.TryLock())
	assert.Equal(t, 5, kept.Value.state.v)
}
