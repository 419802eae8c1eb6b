package entrysql

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestPrefixEnd(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{
		"a":                    "b",
		"ab":                   "ac",
		"a\U0010FFFF":          "b",
		"é":                    "ê",
		"\u007F":               "\u0080",
		"\uD7FF":               "\uE000",
		"x\uFFFF":              "x\U00010000",
		"":                     "", // unbounded
		"\U0010FFFF\U0010FFFF": "",
	} {
		end, bounded := prefixEnd(prefix)
		assert.Equal(t, want, end, "%q", prefix)
		assert.Equal(t, want != "", bounded, "%q", prefix)
	}
}

func FuzzPrefixEnd(f *testing.F) {
	f.Add("a", "b")
	f.Add("\U0010FFFF", "a\U0010FFFF")
	f.Fuzz(func(t *testing.T, prefix, text string) {
		if !utf8.ValidString(prefix) || !utf8.ValidString(text) {
			return // stores hold only UTF-8, and are asked for nothing else
		}
		end, bounded := prefixEnd(prefix)
		inRange := text >= prefix && (!bounded || text < end)
		assert.Equal(t, strings.HasPrefix(text, prefix), inRange, "prefix %q, text %q, end %q", prefix, text, end)
		assert.True(t, utf8.ValidString(end))
	})
}
