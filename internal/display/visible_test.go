package display_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/display"
)

func FuzzVisible(f *testing.F) {
	f.Add("plain")
	f.Add("👨\u200d👩\u200d👧\u200d 1\ufe0f\u20e3 می\u200cخ क्\u200dष ❤\ufe0f\ufe0f 葛\U000e0100")
	f.Add("a\u202eb\x1b[0m\r\n\xff\u200d\ufeff\U000e0041")
	f.Fuzz(func(t *testing.T, s string) {
		shown := display.VisibleText(s)
		require.True(t, utf8.ValidString(shown))
		require.Equal(t, shown, display.VisibleText(shown), "nothing is left to be escaped in %q", s)
		if strings.IndexFunc(s, func(r rune) bool { return r == utf8.RuneError || !display.IsVisible(r, utf8.RuneLen(r)) }) < 0 {
			require.Equal(t, s, shown)
		}
	})
}

func TestVisible(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"": "", "Grüße, 世界 👋 \u00a0": "Grüße, 世界 👋 \u00a0", "\t\r\n": `\t\r\n`, "\x1b[31m": `\x1b[31m`, "\u202e": `\u202e`,
		"\u200b\u200d\ufeff": `\u200b\u200d\ufeff`, "\xff\xc3": `\xff\xc3`, "\ufffd": "\ufffd", "\u2028": `\u2028`, "\u3164": `\u3164`,
		"a\ufe0fb\U000e0100": `a\ufe0fb\U000e0100`, "\u180b\u17b4": `\u180b\u17b4`, "\U000e0041": `\U000e0041`, `\u202e`: `\u202e`, "\u00ad": `\u00ad`, "e\u0301": "e\u0301",
	} {
		assert.Equal(t, want, display.VisibleText(in))
	}
}

// A run of characters that cannot be seen is one segment, however long it is.
func TestVisibleRuns(t *testing.T) {
	const n = 80_000
	hidden := strings.Repeat("\u200b", n)
	assert.Equal(t, []display.Segment{{Text: strings.Repeat(`\u200b`, n), Escape: true}}, display.Visible(hidden))
	allocs := testing.AllocsPerRun(3, func() { display.VisibleText("a" + hidden + "b" + hidden) })
	assert.Less(t, allocs, 50.0, "what is allocated does not grow with the characters")
}

// BenchmarkVisible reports MB/s: it must not fall as the text grows.
func BenchmarkVisible(b *testing.B) {
	for _, n := range []int{10_000, 80_000} {
		for name, piece := range map[string]string{"plain": "abc", "hidden": "\u200b", "mixed": "a\u200b"} {
			text := strings.Repeat(piece, n)
			b.Run(fmt.Sprintf("%s-%d", name, n), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					display.VisibleText(text)
				}
			})
		}
	}
}
