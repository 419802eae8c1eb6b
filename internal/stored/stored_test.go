package stored_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/stored"
)

func TestKey(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ given, want string }{
		{"", ""},
		{"plain é", "plain é"},
		{`a\x00b`, `a\x00b`},
		{"a\x00b", `a\x00b…59b271ae`},
		{strings.Repeat("x", 40), strings.Repeat("x", 40)},
		{strings.Repeat("x", 41), strings.Repeat("x", 29) + "…3164596d"},
		{strings.Repeat("é", 21), strings.Repeat("é", 14) + "…5ddeaaa7"}, // never half a character
	} {
		assert.Equal(t, test.want, stored.Key(test.given, 40), "%.50q", test.given)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a line\nand more", stored.Text("a line\nand more", 40))
	assert.Equal(t, `caf\xe9`, stored.Text("caf\xe9", 40))
	assert.Equal(t, strings.Repeat("x", 37)+"…", stored.Text(strings.Repeat("x", 41), 40))
	assert.Equal(t, `\xff\xff\xff…`, stored.Text(strings.Repeat("\xff", 4), 15))
}

// Two texts that differ are kept apart, and what is stored once is stored alike
// again.
func FuzzKey(f *testing.F) {
	f.Add("a", "b")
	f.Add("a\x00b", `a\x00b`)
	f.Add("\xff", "\ufffd")
	f.Add(strings.Repeat("é", 200), strings.Repeat("é", 201))
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, most := range []int{stored.RequestID, stored.ObjectID, stored.Email} {
			key := stored.Key(a, most)
			require.True(t, stored.Fits(key, most))
			require.Equal(t, key, stored.Key(key, most))
			if a != b && !strings.Contains(a+b, "…") {
				require.NotEqual(t, key, stored.Key(b, most))
			}
			text := stored.Text(a, most)
			require.True(t, stored.Fits(text, most))
			require.True(t, utf8.ValidString(stored.Visible(a)))
		}
	})
}
