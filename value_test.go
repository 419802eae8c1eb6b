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
