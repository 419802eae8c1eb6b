package audit_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// The types here are those that once lost a change, leaked a secret or brought
// the program down.

// settings is the usual hand-written JSON column.
type settings struct {
	Theme string
	Flags map[string]bool
}

func (s settings) Value() (driver.Value, error) { return json.Marshal(s) }

type meta struct{ Tags []string }

type line struct{ Qty int }

type holder struct {
	ID       int
	Column   settings
	Pointer  *settings
	Amount   *big.Int
	Note     *sql.NullString
	Lines    []*line
	Grid     [][]string
	Anything []any
	List     *[]string
	meta
}

func newHolder() holder {
	return holder{
		ID: 1, Column: settings{"a", map[string]bool{"x": false}}, Pointer: &settings{Theme: "light"}, Amount: big.NewInt(5),
		Note: &sql.NullString{String: "n", Valid: true}, Lines: []*line{{1}}, Grid: [][]string{{"a"}}, Anything: []any{map[string]any{"k": 1}},
		List: &[]string{"a"}, meta: meta{Tags: []string{"a"}},
	}
}

// inPlace are changes of a holder that replace nothing.
var inPlace = map[string]func(*holder){
	"column.Flags.x":  func(h *holder) { h.Column.Flags["x"] = true },
	"pointer.Theme":   func(h *holder) { h.Pointer.Theme = "dark" },
	"amount":          func(h *holder) { h.Amount.Add(h.Amount, big.NewInt(1)) },
	"note":            func(h *holder) { h.Note.String = "m" },
	"lines":           func(h *holder) { h.Lines[0].Qty = 2 },
	"grid":            func(h *holder) { h.Grid[0][0] = "b" },
	"anything":        func(h *holder) { h.Anything[0].(map[string]any)["k"] = 2 },
	"list":            func(h *holder) { (*h.List)[0] = "b" },
	"tags":            func(h *holder) { h.Tags[0] = "b" },
	"a longer tags":   func(h *holder) { h.Tags = append(h.Tags, "b") },
	"a new reference": func(h *holder) { h.Lines = []*line{{3}} },
}

func TestSnapshotSharesNothingThatChangesInPlace(t *testing.T) {
	t.Parallel()
	for field, change := range inPlace {
		record := newHolder()
		before := audit.Snapshot(record)
		change(&record)
		assert.Len(t, changesOf(t, audit.Updated(before, record)), 1, field)
	}
}

func TestAShallowCopyIsRefusedOrTellsTheChange(t *testing.T) {
	t.Parallel()
	for field, change := range inPlace {
		record := newHolder()
		before := record
		change(&record)
		_, err := newLog(t, audit.Config{}).Prepare(context.Background(), audit.Updated(before, record))
		assert.ErrorIs(t, err, audit.ErrInvalidEvent, field)
	}
}

func TestSharedAssociationsThatAreRecordedAreRefused(t *testing.T) {
	t.Parallel()
	type parent struct {
		ID    int
		Title string
	}
	type doc struct {
		*parent
		X int
	}
	type tagged struct {
		ID     int
		Parent *parent `audit:"parent"`
	}
	type untagged struct {
		ID     int
		Parent *parent
	}
	p := &parent{ID: 1}
	fails(t, audit.Updated(doc{p, 1}, doc{p, 1}))
	fails(t, audit.Updated(tagged{1, p}, tagged{1, p}))
	assert.Nil(t, changesOf(t, audit.Updated(untagged{1, p}, untagged{1, p})), "what is not recorded may be shared")
}

func TestWhatOnlyLooksAlikeIsAChange(t *testing.T) {
	t.Parallel()
	type record struct {
		ID   int
		Text sql.NullString
	}
	text := func(s string) record { return record{1, sql.NullString{String: s, Valid: true}} }
	assert.Equal(t, []string{`text: "{\"a\":1}" -> "{\"a\": 1.0}"`}, changesOf(t, audit.Updated(text(`{"a":1}`), text(`{"a": 1.0}`))))
	one := "1"
	row := audit.Object{Type: "t", ID: "1"}
	assert.Equal(t, []string{`a: null -> "1"`}, changesOf(t, audit.Updated(pgtype.Hstore{"a": nil}, pgtype.Hstore{"a": &one}).WithObject(row)))
}

func TestWhatOnlyLooksDifferentIsNone(t *testing.T) {
	t.Parallel()
	type record struct {
		ID   int
		At   pgtype.Timestamptz
		Tag  string
		Big  []int
		List []any
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a := record{1, pgtype.Timestamptz{Time: at, Valid: true}, "a", make([]int, 20_000), []any{make([]int, 9_990), at}}
	b := record{1, pgtype.Timestamptz{Time: at.In(time.FixedZone("", 3600)), Valid: true}, "b", make([]int, 20_000), []any{make([]int, 9_990), at.Local()}}
	assert.Equal(t, []string{`tag: "a" -> "b"`}, changesOf(t, audit.Updated(a, b)))
}

type (
	tree   map[string]tree
	nested []nested
	myByte byte
)

type itself struct{ A int }

func (i *itself) Value() (driver.Value, error) { return i, nil }

func TestNothingPanicsOrHangs(t *testing.T) {
	t.Parallel()
	var loop any
	loop = &loop
	list := make([]any, 1)
	list[0] = list
	dag := []any{1}
	for range 40 {
		dag = []any{dag, dag}
	}
	type chain struct{ Next *chain }
	var long *chain
	for range 500_000 {
		long = &chain{long}
	}
	huge := map[int]int{}
	for i := range 10_001 {
		huge[i] = i
	}
	type record struct {
		ID    int
		Value any
	}
	type recursive struct {
		ID     int
		Tree   tree
		Nested nested
		Bytes  [2]myByte
	}
	deep := strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000)
	for name, value := range map[string]any{
		"a list of itself": list, "shared lists": dag, "a long chain": long, "many numbered keys": huge,
		"NaN keys": map[float64]int{math.NaN(): 1, math.Copysign(math.NaN(), -1): 1}, "keys that read alike": map[any]any{1: "a", "1": "b"},
		"channel keys": map[chan int]int{make(chan int): 1, make(chan int): 2}, "deep JSON": json.RawMessage(deep), "deep bytes": []byte(deep),
		"keys that show alike": json.RawMessage(`{"\u0000":1,"\\x00":2}`), "huge exponents": json.RawMessage(`[1e9223372036854775807,1e-9223372036854775808,0.1e-9223372036854775807]`),
		"nothing": []struct{}{{}}, "a pointer to nothing": &struct{}{}, "a Valuer of itself": &itself{1}, "numbers that are none": []json.Number{" 1", "null", "[1, 2]", "1 "},
	} {
		lines := changesOf(t, audit.Created(record{1, value}))
		require.NotEmpty(t, lines, name)
		if name == "NaN keys" || name == "channel keys" {
			continue // nothing says which is which
		}
		assert.Empty(t, changesOf(t, audit.Updated(record{1, value}, audit.Snapshot(record{1, value}))), name)
	}
	changesOf(t, audit.Created(recursive{1, tree{"a": tree{}}, nested{nested{}}, [2]myByte{1, 2}}))
	assert.Equal(t, "after", fails(t, audit.Created(loop)).Field)
	assert.Nil(t, audit.Snapshot[any](nil))
	_, err := audit.ParseValue("1e9223372036854775807")
	assert.NoError(t, err)
}

func TestLargeInputTakesBoundedWork(t *testing.T) {
	// Not parallel: it counts allocations.
	type record struct {
		ID   int
		JSON []byte
	}
	text := []byte("[" + strings.Repeat("1,", 5_000_000) + "1]")
	allocs := testing.AllocsPerRun(1, func() {
		assert.Equal(t, []string{fmt.Sprintf(`json: absent -> {"$audit":"cut","bytes":%d}`, len(text))}, changesOf(t, audit.Created(record{1, text})))
	})
	assert.Less(t, allocs, 1000.0, "it is not decoded")
}

type leaky struct{ secret string }

func (l leaky) MarshalJSON() ([]byte, error) { return nil, errors.New("cannot write " + l.secret) }

func TestSecretsAreKeptUnderWhateverName(t *testing.T) {
	t.Parallel()
	type record struct {
		ID       int
		Password string `db:"pw"`
		APIKey   string `audit:"key"`
		Headers  map[string]string
		Padded   []byte
		Marked   []byte
		Broken   []byte
	}
	lines := strings.Join(changesOf(t, audit.Created(record{
		1, "canary", "canary",
		map[string]string{"smtp.password": "canary", "user[password]": "canary", "db:password": "canary", "password:": "canary", "APIkey": "canary", "password_confirmation": "canary"},
		[]byte(strings.Repeat(" ", 100) + `{"password":"canary"}`), []byte("\xef\xbb\xbf" + `{"password":"canary"}`), []byte(`{"password":"canary",`),
	})), "\n")
	assert.NotContains(t, lines, "canary")
	assert.NotContains(t, lines, fmt.Sprintf("%x", "canary"))

	type withMap struct {
		ID   int
		Data map[string]any
	}
	err := fails(t, audit.Created(withMap{1, map[string]any{"password": leaky{"canary"}}}))
	assert.NotContains(t, err.Error(), "canary")
	type tokenID struct {
		Token string `audit:",id"`
	}
	assert.Contains(t, fails(t, audit.Created(tokenID{"canary"})).Problem, "looks like a secret")

	log := newLog(t, audit.Config{Redact: []string{"address2"}})
	entries, prepareErr := log.Prepare(context.Background(), audit.Created(map[string]any{"id": 1, "address2": "canary"}).WithObject(audit.Object{Type: "t"}))
	require.NoError(t, prepareErr)
	assert.NotContains(t, entries[0].Changes.JSON(), "canary")
}

func TestOneValueInTwoFieldsIsTwoChanges(t *testing.T) {
	t.Parallel()
	type record struct {
		ID   int
		A, B []int
	}
	lists := func(last int) record {
		list := append(make([]int, 20_000), last)
		return record{1, list, list}
	}
	assert.Len(t, changesOf(t, audit.Updated(lists(1), lists(2))), 2)
}

func TestStructsThatGoAllows(t *testing.T) {
	t.Parallel()
	type a struct{ Name string }
	type b struct{ Name string }
	type both struct {
		ID int
		a
		b
		Name string
	}
	assert.Equal(t, []string{`name: absent -> "outer"`}, changesOf(t, audit.Created(both{1, a{"a"}, b{"b"}, "outer"})))

	type inner struct {
		Code string `audit:",id"`
	}
	type outer struct {
		ID    int
		Inner inner `audit:"inner"`
	}
	entries, err := newLog(t, audit.Config{}).Prepare(context.Background(), audit.Created(outer{7, inner{"x"}}))
	require.NoError(t, err)
	assert.Equal(t, "7", entries[0].Object.ID)

	type pair struct {
		A string `audit:",id"`
		B string `audit:",id"`
	}
	entries, err = newLog(t, audit.Config{}).Prepare(context.Background(), audit.Created(pair{"a,b", "c"}), audit.Created(pair{"a", "b,c"}))
	require.NoError(t, err)
	assert.NotEqual(t, entries[0].Object, entries[1].Object)

	entries, err = newLog(t, audit.Config{}).Prepare(context.Background(), audit.Created[any](selfNamed{}))
	require.NoError(t, err)
	assert.Equal(t, audit.Object{Type: "doc", ID: "9"}, entries[0].Object)

	type unexported struct {
		ID   int
		name string `audit:"name"`
	}
	assert.Contains(t, fails(t, audit.Created(unexported{1, "x"})).Problem, "not exported")
}

func TestPathsAreApart(t *testing.T) {
	t.Parallel()
	row := audit.Object{Type: "t", ID: "1"}
	long := strings.Repeat("k", 300)
	entries, err := newLog(t, audit.Config{}).Prepare(context.Background(), audit.Created(map[string]any{
		"": map[string]any{"x": 1}, "x": 2, long + "1": 1, long + "2": 2,
	}).WithObject(row))
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, field := range entries[0].Changes.Fields() {
		assert.False(t, seen[field], field)
		assert.LessOrEqual(t, len(field), 255)
		seen[field] = true
	}
	assert.Len(t, seen, 4)
}

func TestEventsOfOneTimeKeepTheirOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	var events []audit.Event
	for i := range 50 {
		events = append(events, audit.Performed("step", audit.Object{Type: "t", ID: fmt.Sprint(i)}).WithTime(at))
	}
	entries, err := newLog(t, audit.Config{}).Prepare(context.Background(), events...)
	require.NoError(t, err)
	for i := 1; i < len(entries); i++ {
		assert.Equal(t, 1, entries[i].ID.Compare(entries[i-1].ID))
		assert.Equal(t, at, entries[i].OccurredAt)
	}
	_, err = newLog(t, audit.Config{Now: func() time.Time { return time.Unix(-1, 0) }}).Prepare(context.Background(), events[0].WithTime(time.Time{}))
	assert.ErrorIs(t, err, audit.ErrInvalidEvent)
}
