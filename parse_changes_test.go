package audit

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/auditkeep/audit/internal/stored"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var changesInJSON = []string{
	`[]`, ` [ ] `, `[{"field":"a"}]`, `[{"new": "x", "old": null, "field": "a"}, {"new": 12.5, "field": "b"}]`,
	`[{"field":"a","old":true,"new":false}]`, `[{"field":"é日本","old":"\u00e9\n","new":"é"}]`,
	`[{"field":"a","old":{"b": [1, 2, {"c": "}"}]},"new":[]}]`, `[{"field":"a","old":1E2,"new":-0}]`, `[{"field":"a","old":-0.5,"new":1.50}]`,
	`[{"field":"a","old":{"$audit": "redacted"},"new":{"$audit": "cut", "bytes": 9000}}]`,
	`[{"field":"a","field":"b"}]`, `[{"Field":"a"}]`, `[{"field":"a","old":1,"old":2}]`, `[{"old":1}]`, `[{"field":null}]`, `[{"field":"a","x":1}]`,
	`[{"field":"a\\b"}]`, `[{"field":"a","old":"a\"b\\","new":"\\"}]`, "[{\"field\":\"\xff\"}]", "[{\"field\":\"a\",\"old\":\"\xff\"}]",
	`[{"field":"a","old":01}]`, `[{"field":"a","old":nul}]`, `[{"field":"a","old":1.}]`, `[{"field":"a","old":--1}]`, `[{"field":"a","old":"b"}`, `[{"field":"a"},]`,
	`[{"field":"a","old":12345678901234567890123456789012345678901234567890}]`, `[{"field":"a"}] x`, `{}`, `null`, ``, `[null]`, `[{"field":"a","old":}]`,
	`[{"field":"a","old":[1,2}]`, `[{"field":"a","old":"b"c}]`, `[{"field":"a","old":1 2}]`, `[{"field":"a","old":{}]`, `[{"field":"a","old":"\`,
}

// The quick way and the thorough one read alike, wherever the quick one dares.
func TestQuickChanges(t *testing.T) {
	t.Parallel()
	dared := 0
	for _, text := range changesInJSON {
		quick, ok := quickChanges(text)
		thorough, err := parseChanges(text)
		if ok {
			dared++
			require.NoError(t, err, text)
			assert.Equal(t, thorough, quick, text)
		}
	}
	assert.Equal(t, 13, dared, "it is of use for what stores hold")
}

func FuzzQuickChanges(f *testing.F) {
	for _, text := range changesInJSON {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quick, ok := quickChanges(text)
		if !ok {
			return
		}
		thorough, err := parseChanges(text)
		require.NoError(t, err)
		require.Equal(t, thorough, quick)
	})
}

func BenchmarkParseChanges(b *testing.B) {
	const stored = `[{"new": "deploy key", "old": "ci key", "field": "name"}, {"new": "sent", "old": "draft", "field": "status"}, {"new": 1450, "old": 1200, "field": "total"}]`
	b.Run("quick", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := ParseChanges(stored)
			require.NoError(b, err)
		}
	})
	b.Run("thorough", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, err := parseChanges(stored)
			require.NoError(b, err)
		}
	})
}

// FuzzChanges checks that changes survive their JSON form exactly, and a
// database's rewriting of it.
func FuzzChanges(f *testing.F) {
	f.Add("name", `"a"`, `"b"`)
	f.Add(`a\.b`, ``, `9007199254740993`)
	f.Add("x", `null`, ``)
	f.Add("…", `{"$audit":"cut","bytes":5}`, `{"$audit":"redacted"}`)
	f.Fuzz(func(t *testing.T, field, before, after string) {
		if stored.Problem(field, 1<<20) != "" {
			t.Skip()
		}
		old, err := ParseValue(before)
		if err != nil {
			t.Skip()
		}
		now, err := ParseValue(after)
		if err != nil {
			t.Skip()
		}
		changes := Changes{{Field: field, Old: old, New: now}}
		again, err := ParseChanges(changes.JSON())
		require.NoError(t, err)
		require.Equal(t, changes, again)

		var tree any // rewritten by another implementation, keys in another order
		decoder := json.NewDecoder(strings.NewReader(changes.JSON()))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&tree))
		rewritten, err := json.MarshalIndent(tree, " ", "  ")
		require.NoError(t, err)
		again, err = ParseChanges(string(rewritten))
		require.NoError(t, err)
		require.Equal(t, changes, again)
	})
}
