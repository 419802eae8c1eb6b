package httpui

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestBreakable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                               "",
		"system":                         "system",
		"kim@acme.test":                  "kim@|acme.test",
		"k.l@mail.engineering.acme.test": "k.l@|mail|.engineering|.acme|.test",
		"@":                              "@",
		"a@b":                            "a@|b",
		"a@@.b.":                         "a@|@|.b.",
		"203.0.113.24":                   "203.0.113.24",
		"2001:db8::42":                   "2001:db8::42",
		"2001:db8:85a3:8d3:1319::":       "2001:db8:|85a3:8d3:|1319::",
		"2001:db8:1:2:3:4:5:6":           "2001:db8:|1:2:|3:4:|5:6",
		"::1":                            "::|1",
		"\u202e@x":                       "\u202e@|x",
		"o'neil+ops@acme.co.test\xff":    "o'neil+ops@|acme.co.test\xff",
	} {
		got := breakable(in)
		assert.Equal(t, want, strings.Join(got, "|"))
		assert.Equal(t, in, strings.Join(got, ""))
	}
}
