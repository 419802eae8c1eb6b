package audit_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"math"
	"math/big"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// nowhere is a store for tests that only prepare entries.
type nowhere struct{ audit.Store }

func newLog(t testing.TB, config audit.Config) *audit.Log {
	t.Helper()
	if config.Org == "" {
		config.Org = "acme"
	}
	log, err := audit.New(nowhere{}, config)
	require.NoError(t, err)
	return log
}

// changesOf prepares one event and returns its changes, one line each.
func changesOf(t testing.TB, event audit.Event) []string {
	t.Helper()
	entries, err := newLog(t, audit.Config{}).Prepare(context.Background(), event)
	require.NoError(t, err)
	if len(entries) == 0 {
		return nil
	}
	var lines []string
	for _, c := range entries[0].Changes {
		lines = append(lines, c.Field+": "+side(c.Old)+" -> "+side(c.New))
	}
	return lines
}

func side(v audit.Value) string {
	if v.IsAbsent() {
		return "absent"
	}
	return v.JSON()
}

func fails(t testing.TB, event audit.Event) *audit.FieldError {
	t.Helper()
	_, err := newLog(t, audit.Config{}).Prepare(context.Background(), event)
	require.ErrorIs(t, err, audit.ErrInvalidEvent)
	fields := audit.FieldErrors(err)
	require.NotEmpty(t, fields)
	return fields[0]
}

type address struct {
	City string
	Zip  string `audit:"postcode"`
}

type owner struct {
	ID   int
	Name string
}

type base struct {
	ID        int
	CreatedAt time.Time
	UpdatedAt time.Time
}

type apiKey struct {
	base
	Name       string
	Secret     string
	LastUsedAt *time.Time
	Scopes     []string
	Address    address
	Owner      *owner
	Members    []owner
	Notes      map[string]any
	Internal   string `audit:"-"`
	hidden     int
	Hook       func()
}

func TestUpdatedTellsFieldByField(t *testing.T) {
	t.Parallel()
	used := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	before := apiKey{
		base: base{ID: 7, UpdatedAt: used}, Name: "ci", Secret: "s1", Scopes: []string{"read"},
		Address: address{City: "Oslo", Zip: "0150"}, Owner: &owner{1, "a"}, Notes: map[string]any{"a": 1, "gone": true, "deep": map[string]any{"x": 1, "token": "t1"}},
		Internal: "x", hidden: 1,
	}
	after := apiKey{
		base: base{ID: 7, UpdatedAt: used.Add(1)}, Name: "deploy", Secret: "s2", LastUsedAt: &used, Scopes: []string{"read", "write"},
		Address: address{City: "Bergen", Zip: "0150"}, Owner: &owner{2, "b"}, Notes: map[string]any{"a": 1, "deep": map[string]any{"x": 2, "token": "t2"}, "new": nil},
		Internal: "y", hidden: 2,
	}
	assert.Equal(t, []string{
		`name: "ci" -> "deploy"`,
		`secret: {"$audit":"redacted"} -> {"$audit":"redacted"}`,
		`last_used_at: null -> "2026-01-02T03:04:05.000006Z"`,
		`scopes: ["read"] -> ["read","write"]`,
		`address.city: "Oslo" -> "Bergen"`,
		`notes.deep.token: {"$audit":"redacted"} -> {"$audit":"redacted"}`,
		`notes.deep.x: 1 -> 2`,
		`notes.gone: true -> absent`,
		`notes.new: absent -> null`,
	}, changesOf(t, audit.Updated(&before, &after)))
	assert.Nil(t, changesOf(t, audit.Updated(before, audit.Snapshot(before))), "no change, nothing recorded")
}

func TestCreatedAndDestroyedTellEveryField(t *testing.T) {
	t.Parallel()
	key := apiKey{base: base{ID: 7}, Name: "ci", Notes: map[string]any{"a": map[string]any{"b": 1, "c": map[string]any{}}}}
	assert.Equal(t, []string{
		`created_at: absent -> "0001-01-01T00:00:00Z"`,
		`name: absent -> "ci"`,
		`secret: absent -> {"$audit":"redacted"}`,
		`last_used_at: absent -> null`,
		`scopes: absent -> null`,
		`address.city: absent -> ""`,
		`address.postcode: absent -> ""`,
		`notes.a.b: absent -> 1`,
		`notes.a.c: absent -> {}`,
	}, changesOf(t, audit.Created(key)))
	assert.Contains(t, changesOf(t, audit.Destroyed(&key)), `name: "ci" -> absent`)
}

func TestObjectIsWhatTheRecordSaysOrTheHost(t *testing.T) {
	t.Parallel()
	log := newLog(t, audit.Config{})
	object := func(event audit.Event) audit.Object {
		entries, err := log.Prepare(context.Background(), event)
		require.NoError(t, err)
		require.Len(t, entries, 1)
		return entries[0].Object
	}
	type composite struct {
		Shelf int    `audit:",id"`
		Book  string `audit:"book_no,id"`
	}
	type HTTPServerID struct {
		ID uuid.UUID
	}
	id := uuid.MustParse("019c0000-0000-7000-8000-000000000000")
	assert.Equal(t, audit.Object{Type: "api_key", ID: "7"}, object(audit.Created(apiKey{base: base{ID: 7}})))
	assert.Equal(t, audit.Object{Type: "composite", ID: "3,b-1"}, object(audit.Created(composite{3, "b-1"})))
	assert.Equal(t, audit.Object{Type: "http_server_id", ID: id.String()}, object(audit.Created(HTTPServerID{id})))
	assert.Equal(t, audit.Object{Type: "doc", ID: "9"}, object(audit.Created(selfNamed{})))
	assert.Equal(t, audit.Object{Type: "row", ID: "12345678901234567890"}, object(audit.Created(map[string]any{"id": json.Number("12345678901234567890")}).WithObject(audit.Object{Type: "row"})))
	assert.Equal(t, audit.Object{Type: "row", ID: "4"}, object(audit.Created(json.RawMessage(`{"id":4,"a":1}`)).WithObject(audit.Object{Type: "row"})))
	assert.Equal(t, audit.Object{Type: "api_key", ID: "x"}, object(audit.Created(apiKey{}).WithObject(audit.Object{ID: "x"})))

	assert.Equal(t, "Object.ID", fails(t, audit.Created(apiKey{})).Field, "an ID that the database has not given yet")
	assert.Equal(t, "Object.ID", fails(t, audit.Updated(apiKey{base: base{ID: 1}}, apiKey{base: base{ID: 2}})).Field, "two records")
	assert.Equal(t, "Object.Type", fails(t, audit.Created(json.RawMessage(`{"id":4}`))).Field)
}

type selfNamed struct{ A int }

func (*selfNamed) AuditObject() audit.Object { return audit.Object{Type: "doc", ID: "9"} }

// TestValueForms gives each kind of Go value its defined form.
func TestValueForms(t *testing.T) {
	t.Parallel()
	type named string
	type status int
	var nilPtr *address
	var nilMap map[string]int
	var nilBytes []byte
	cyclic := map[string]any{}
	cyclic["self"] = cyclic
	var numeric pgtype.Numeric
	require.NoError(t, numeric.Scan("12.50"))
	for name, tc := range map[string]struct {
		value any
		want  string
	}{
		"int64":                     {int64(math.MaxInt64), `9223372036854775807`},
		"uint64":                    {uint64(math.MaxUint64), `18446744073709551615`},
		"float":                     {1.5, `1.5`},
		"float 1e21":                {1e21, `1000000000000000000000`},
		"float 1e300":               {1e300, `1e300`},
		"float 5e-324":              {5e-324, `5e-324`},
		"float32":                   {float32(0.1), `0.1`},
		"minus zero":                {math.Copysign(0, -1), `0`},
		"NaN":                       {math.NaN(), `"NaN"`},
		"infinity":                  {math.Inf(-1), `"-Infinity"`},
		"complex":                   {complex(1, 2), `"(1+2i)"`},
		"bool":                      {true, `true`},
		"string":                    {"a\"b\\c\n\u2028<é>", `"a\"b\\c\n` + "\u2028" + `<é>"`},
		"NUL":                       {"a\x00b", `{"$audit":"bytes","hex":"610062"}`},
		"invalid UTF-8":             {"a\xff", `{"$audit":"bytes","hex":"61ff"}`},
		"named string":              {named("x"), `"x"`},
		"named int":                 {status(3), `3`},
		"nil pointer":               {nilPtr, `null`},
		"nil map":                   {nilMap, `null`},
		"nil bytes":                 {nilBytes, `null`},
		"bytes":                     {[]byte{0xde, 0xad}, `"\\xdead"`},
		"bytes of a JSON object":    {[]any{[]byte(`{"b":1,"a":1E2}`)}, `[{"a":100,"b":1}]`},
		"byte array":                {[2]byte{1, 2}, `"\\x0102"`},
		"raw JSON":                  {json.RawMessage(`[1.50, {"password":"x"}]`), `[1.5,{"password":{"$audit":"redacted"}}]`},
		"json.Number":               {json.Number("123456789012345678901234567890.10"), `123456789012345678901234567890.1`},
		"json.Number out of bounds": {json.Number("1e999999"), `"1e999999"`},
		"time":                      {time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600)), `"2026-01-02T02:04:05Z"`},
		"duration":                  {time.Second, `1000000000`},
		"sql.NullString":            {sql.NullString{}, `null`},
		"sql.NullInt64":             {sql.NullInt64{Int64: 4, Valid: true}, `4`},
		"sql.Null[time.Time]":       {sql.Null[time.Time]{V: time.Unix(0, 0), Valid: true}, `"1970-01-01T00:00:00Z"`},
		"pgtype.Text":               {pgtype.Text{String: "x", Valid: true}, `"x"`},
		"pgtype.Numeric":            {numeric, `12.5`},
		"pgtype.Timestamptz":        {pgtype.Timestamptz{}, `null`},
		"decimal":                   {decimal.RequireFromString("1.50"), `1.5`},
		"big.Int":                   {big.NewInt(1).Exp(big.NewInt(10), big.NewInt(30), nil), `1000000000000000000000000000000`},
		"UUID":                      {uuid.Nil, `"00000000-0000-0000-0000-000000000000"`},
		"address":                   {netip.MustParseAddr("::1"), `"::1"`},
		"struct in a list":          {[]address{{"Oslo", "1"}}, `[{"city":"Oslo","postcode":"1"}]`},
		"map with integer keys":     {[]any{map[int]bool{2: true, 10: false}}, `[{"10":false,"2":true}]`},
		"map with text keys":        {[]any{map[uuid.UUID]int{uuid.Nil: 1}}, `[{"00000000-0000-0000-0000-000000000000":1}]`},
		"interface":                 {[]any{1, "a", nil, []int(nil)}, `[1,"a",null,null]`},
		"cycle":                     {[]any{cyclic}, `[{"self":{"$audit":"cycle"}}]`},
		"function":                  {[]any{TestValueForms}, `[{"$audit":"opaque","type":"func(*testing.T)"}]`},
		"a key like a mark":         {[]any{map[string]string{"$audit": "redacted"}}, `[{"$$audit":"redacted"}]`},
		"channel":                   {[]any{make(chan int)}, `[{"$audit":"opaque","type":"chan int"}]`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			type record struct {
				ID    int
				Value any
			}
			assert.Equal(t, []string{"value: absent -> " + tc.want}, changesOf(t, audit.Created(record{1, tc.value})))
			same := changesOf(t, audit.Updated(record{1, tc.value}, audit.Snapshot(record{1, tc.value})))
			assert.Empty(t, same, "the same value is no change")
		})
	}
}

func TestEqualMethodsDecideWhatIsNoChange(t *testing.T) {
	t.Parallel()
	type invoice struct {
		ID    int
		Total decimal.Decimal
		Due   time.Time
		Paid  *time.Time
	}
	utc := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	oslo := utc.In(time.FixedZone("", 3600))
	assert.Empty(t, changesOf(t, audit.Updated(
		invoice{1, decimal.RequireFromString("1.50"), utc, &utc},
		invoice{1, decimal.New(15, -1), oslo, &oslo},
	)))
}

func TestAnObjectThatComesOrGoesIsOneChange(t *testing.T) {
	t.Parallel()
	type record struct {
		ID   int
		Home *address
		Meta map[string]any
	}
	assert.Equal(t, []string{
		`home: null -> {"city":"Oslo","postcode":""}`,
		`meta: null -> {"a":1}`,
	}, changesOf(t, audit.Updated(record{ID: 1}, record{1, &address{City: "Oslo"}, map[string]any{"a": 1}})))
	assert.Equal(t, []string{
		`home.city: "Oslo" -> "Bergen"`,
		`meta.a: 1 -> absent`,
	}, changesOf(t, audit.Updated(
		record{1, &address{City: "Oslo"}, map[string]any{"a": 1}},
		record{1, &address{City: "Bergen"}, map[string]any{}},
	)))
}

func TestMapsAndJSONAtTheTop(t *testing.T) {
	t.Parallel()
	row := audit.Object{Type: "row", ID: "1"}
	assert.Equal(t, []string{`a\.b: 1 -> 2`, `n: 9007199254740993 -> 9007199254740995`, `password: {"$audit":"redacted"} -> {"$audit":"redacted"}`},
		changesOf(t, audit.Updated(
			json.RawMessage(`{"id":1,"a.b":1,"n":9007199254740993,"password":"x","updated_at":1,"same":1.0}`),
			json.RawMessage(`{"id":1,"a.b":2,"n":9007199254740995,"password":"y","updated_at":2,"same":1}`)).WithObject(row)))
	assert.Equal(t, []string{`x: 1 -> 2`}, changesOf(t, audit.Updated(map[string]int{"x": 1}, map[string]int{"x": 2}).WithObject(row)))
}

func TestRedactionIsByWholeWordsAndByTag(t *testing.T) {
	t.Parallel()
	type record struct {
		ID                int
		Password          string
		PasswordChangedAt int
		UserAPIKey        string
		TokenCount        int
		AccessTokens      []string
		Plain             string `audit:"token,plain"`
		Ordinary          string `audit:"ordinary,redact"`
		Headers           map[string]string
		Nested            struct{ OTP2 string }
		Open              map[string]string `audit:"open,plain"`
	}
	lines := strings.Join(changesOf(t, audit.Created(record{
		ID: 1, Headers: map[string]string{"X-Api-Key": "canary", "Set-Cookie": "canary", "Accept": "shown"}, Password: "canary",
		UserAPIKey: "canary", AccessTokens: []string{"canary"}, Plain: "shown", Ordinary: "canary", Nested: struct{ OTP2 string }{"canary"},
		Open: map[string]string{"token": "shown"},
	})), "\n")
	assert.NotContains(t, lines, "canary")
	assert.Equal(t, 7, strings.Count(lines, `{"$audit":"redacted"}`), lines)
	assert.Equal(t, 3, strings.Count(lines, `"shown"`), lines)
	for _, field := range []string{"password_changed_at: absent -> 0", "token_count: absent -> 0"} {
		assert.Contains(t, lines, field)
	}
}

func TestSharedMemoryIsAnError(t *testing.T) {
	t.Parallel()
	key := &apiKey{base: base{ID: 1}, Scopes: []string{"a"}, Notes: map[string]any{"list": []any{1}}}
	shallow := *key
	deep := audit.Snapshot(key)
	type nested struct {
		ID   int
		Home *address
	}
	home := &address{}
	for name, tc := range map[string]struct {
		event audit.Event
		field string
	}{
		"one pointer":        {audit.Updated(key, key), "before"},
		"one map":            {audit.Updated(key.Notes, key.Notes), "before"},
		"a shallow copy":     {audit.Updated(shallow, *key), "scopes, notes"},
		"a nested pointer":   {audit.Updated(nested{1, home}, nested{1, home}), "home"},
		"a list within maps": {audit.Updated(map[string]any{"id": 1, "l": key.Notes["list"]}, map[string]any{"id": 1, "l": key.Notes["list"]}), "l"},
		"behind interfaces":  {audit.Updated[any](key, key), "before"},
	} {
		t.Run(name, func(t *testing.T) {
			err := fails(t, tc.event)
			assert.Equal(t, tc.field, err.Field)
			assert.Contains(t, err.Remedy, "audit.Snapshot")
		})
	}
	key.Scopes[0] = "b"
	assert.Equal(t, []string{`scopes: ["a"] -> ["b"]`}, changesOf(t, audit.Updated(deep, key)))
}

func TestLimitsCutAndMark(t *testing.T) {
	t.Parallel()
	type doc struct {
		ID   int
		Body string
		List []int
		Tail string
	}
	log := newLog(t, audit.Config{Limits: audit.Limits{Bytes: 4096, Nodes: 100, Depth: 4}})
	entries, err := log.Prepare(context.Background(),
		audit.Created(doc{1, strings.Repeat("ä", 5000), make([]int, 5000), "kept"}),
		audit.Updated(doc{1, "", append(make([]int, 4999), 1), ""}, doc{1, "", append(make([]int, 4999), 2), ""}),
		audit.Created(map[string]any{"id": "deep", "a": nest(50)}).WithObject(audit.Object{Type: "t"}),
		audit.Created(wide(5000)).WithObject(audit.Object{Type: "t", ID: "wide"}))
	require.NoError(t, err)
	require.Len(t, entries, 4)
	for _, e := range entries {
		assert.Less(t, len(e.Changes.JSON()), 2*4096)
		again, err := audit.ParseChanges(e.Changes.JSON())
		require.NoError(t, err)
		assert.Equal(t, e.Changes, again)
	}
	body, _ := entries[0].Changes.Get("body")
	size, _, start := body.New.Cut()
	assert.Equal(t, audit.KindCut, body.New.Kind())
	assert.Equal(t, 10_000, size)
	assert.True(t, strings.HasPrefix(strings.Repeat("ä", 5000), start) && start != "", "%q", start)
	tail, _ := entries[0].Changes.Get("tail")
	assert.Equal(t, `"kept"`, tail.New.JSON())
	assert.Equal(t, []string{"list"}, entries[1].Changes.Fields(), "a change beyond the cut is still a change")
	assert.Contains(t, entries[2].Changes.JSON(), `{"$audit":"cut"`)
	assert.Equal(t, "…", entries[3].Changes[len(entries[3].Changes)-1].Field)
}

func nest(depth int) any {
	if depth == 0 {
		return "bottom"
	}
	return map[string]any{"a": nest(depth - 1)}
}

func wide(n int) map[string]any {
	m := map[string]any{}
	for i := range n {
		m[strings.Repeat("k", i%50)+string(rune('A'+i%26))+strings.Repeat("z", i/26)] = i
	}
	return m
}

type panics struct{}

func (panics) MarshalJSON() ([]byte, error) { panic("no") }

type panicsOnNil struct{ A int }

func (p *panicsOnNil) MarshalText() ([]byte, error) { return []byte{byte('0' + p.A)}, nil }

func TestMethodsThatFailAreErrors(t *testing.T) {
	t.Parallel()
	type record struct {
		ID    int
		Value any
	}
	err := fails(t, audit.Created(record{1, panics{}}))
	assert.Equal(t, "value", err.Field)
	assert.Contains(t, err.Problem, "panicked")
	type secret struct {
		ID       int
		Password leaky
	}
	err = fails(t, audit.Created(secret{1, leaky{"canary"}}))
	assert.NotContains(t, err.Error(), "canary")
	var none *panicsOnNil
	assert.Equal(t, []string{"value: absent -> null"}, changesOf(t, audit.Created(record{1, none})))
	assert.Equal(t, []string{`value: absent -> "5"`}, changesOf(t, audit.Created(record{1, panicsOnNil{5}})))
}

func TestBadInputIsAnErrorThatNamesIt(t *testing.T) {
	t.Parallel()
	var nilKey *apiKey
	type twice struct {
		ID int
		A  int `audit:"same"`
		B  int `audit:"same"`
	}
	type option struct {
		ID int
		A  int `audit:"a,redcat"`
	}
	good := apiKey{base: base{ID: 1}}
	for name, tc := range map[string]struct {
		event audit.Event
		field string
	}{
		"nil pointer":       {audit.Created(nilKey), "after"},
		"nil interface":     {audit.Created[any](nil), "after"},
		"a number":          {audit.Created(4), "after"},
		"a time":            {audit.Created(time.Now()), "after"},
		"a list":            {audit.Created([]int{1}), "after"},
		"JSON, no object":   {audit.Created(json.RawMessage(`[1]`)), "after"},
		"no JSON":           {audit.Created([]byte(`{`)), "after"},
		"two types":         {audit.Updated[any](good, owner{ID: 1}), "after"},
		"two names":         {audit.Created(twice{ID: 1}), "audit_test.twice"},
		"unknown option":    {audit.Created(option{ID: 1}), "audit_test.option"},
		"long type":         {audit.Created(good).WithObject(audit.Object{Type: strings.Repeat("x", 256)}), "Object.Type"},
		"no action":         {audit.Created(good).WithAction(""), "Action"},
		"long action":       {audit.Created(good).WithAction(audit.Action(strings.Repeat("x", 65))), "Action"},
		"half a parent":     {audit.Created(good).WithParent(audit.Object{Type: "org"}), "Parent"},
		"time before 1970":  {audit.Created(good).WithTime(time.Unix(-1, 0)), "OccurredAt"},
		"time and other ID": {audit.Created(good).WithTime(time.Unix(5, 0)).WithID(audit.NewID()), "OccurredAt"},
		"foreign ID":        {audit.Created(good).WithID(audit.ID(uuid.New())), "ID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, tc.field, fails(t, tc.event).Field)
		})
	}
	log := newLog(t, audit.Config{})
	_, err := log.Prepare(context.Background(), make([]audit.Event, audit.MaxEvents+1)...)
	assert.Equal(t, "events", audit.FieldErrors(err)[0].Field)
}
