package audit_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// The kinds of this package and of package jsontext have the same numbers.
func TestKindOfEachValue(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]audit.ValueKind{
		``: audit.KindAbsent, `null`: audit.KindNull, `true`: audit.KindBool, `1.5`: audit.KindNumber, `"a"`: audit.KindString,
		`[]`: audit.KindArray, `{}`: audit.KindMap, `{"$audit":"unknown"}`: audit.KindMap, `{"$$audit":"redacted"}`: audit.KindMap,
		`{"$audit":"redacted"}`: audit.KindRedacted, `{"$audit":"cut","bytes":9}`: audit.KindCut, `{"$audit":"cycle"}`: audit.KindCycle,
		`{"$audit":"bytes","hex":"00"}`: audit.KindBytes, `{"$audit":"opaque","type":"a.B"}`: audit.KindOpaque,
		`{"$audit":"invalid_json","text":"{"}`: audit.KindInvalidJSON, `{"$audit":"shared"}`: audit.KindShared,
	} {
		v, err := audit.ParseValue(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, v.Kind(), text)
	}
}

func TestWhatMarksSay(t *testing.T) {
	t.Parallel()
	parse := func(text string) audit.Value {
		v, err := audit.ParseValue(text)
		require.NoError(t, err, text)
		return v
	}
	bytes, items, start := parse(`{"$audit":"cut","bytes":9000,"start":"once"}`).Cut()
	assert.Equal(t, []any{9000, 0, "once"}, []any{bytes, items, start})
	bytes, items, start = parse(`{"$audit":"cut","items":7}`).Cut()
	assert.Equal(t, []any{0, 7, ""}, []any{bytes, items, start})
	bytes, items, start = parse(`{"bytes":9000,"items":7,"start":"once"}`).Cut()
	assert.Equal(t, []any{0, 0, ""}, []any{bytes, items, start}, "a map is not a mark")
	assert.Equal(t, "money.Money", parse(`{"$audit":"opaque","type":"money.Money"}`).TypeName())
	assert.Empty(t, parse(`{"type":"money.Money"}`).TypeName())
	for text, want := range map[string]bool{
		`{"$audit":"redacted"}`: true, `[1,{"a":{"$audit":"cut"}}]`: true, `{"a":1}`: false, `{"$$audit":"redacted"}`: false,
		`"{\"$audit\":\"redacted\"}"`: false, ``: false,
	} {
		assert.Equal(t, want, parse(text).HoldsMark(), text)
	}
}
