package display_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/display"
)

// What differs looks different: where it would not, by its code point.
func TestApart(t *testing.T) {
	t.Parallel()
	for _, test := range [][4]string{
		{"plain", "text", "plain", "text"},
		{"same\u00a0ü", "same\u00a0ü", "same\u00a0ü", "same\u00a0ü"},
		// Blanks.
		{"a b", "a\u00a0b", "a b", `a\u00a0b`},
		{"a\u2003b", "a\u2009b", `a\u2003b`, `a\u2009b`},
		{"a b", "a\u3000b", "a b", `a\u3000b`},
		{"a b", "a  b", "a b", `a\u0020\u0020b`},
		{"a b", "a \u00a0b", "a b", `a\u0020\u00a0b`},
		{"ab", "ab ", "ab", `ab\u0020`},
		{"ab", " ab", "ab", `\u0020ab`},
		{"", " ", "", `\u0020`},
		{" ", "\u00a0", `\u0020`, `\u00a0`},
		{"12\u00a0000 € net", "12\u00a0000 € brut", "12\u00a0000 € net", "12\u00a0000 € brut"},
		{"12 000 € net", "12\u202f000 € brut", "12 000 € net", `12\u202f000 € brut`},
		{"x a b", "yy a\u00a0b", "x a b", `yy a\u00a0b`},
		// Normalization.
		{"M\u00fcller", "Mu\u0308ller", "M\u00fcller", `Mu\u0308ller`},
		{"x M\u00fcller", "yy Mu\u0308ller", "x M\u00fcller", `yy Mu\u0308ller`},
		{"\u00c5", "\u212b", "\u00c5", `\u212b`},
		{"A\u030a", "\u212b", `A\u030a`, `\u212b`},
		{"o\u0323\u0302", "o\u0302\u0323", `o\u0323\u0302`, `o\u0302\u0323`},
		{"\uac01", "\u1100\u1161\u11a8", "\uac01", `\u1100\u1161\u11a8`},
		{"\u304c", "\u304b\u3099", "\u304c", `\u304b\u3099`},
		{"office", "o\ufb03ce", "office", `o\ufb03ce`},
		{"ABC 1", "\uff21\uff22\uff23 1", "ABC 1", `\uff21\uff22\uff23 1`},
		{"\uf900", "\u8c48", `\uf900`, "\u8c48"},
		{"m2", "m²", "m2", "m²"},
		{"km\u00b2", "km\u00b3", "km²", "km³"},
		// Characters that look like others.
		{"paypal", "p\u0430ypal", "paypal", `p\u0430ypal`},
		{"\u03bf", "\u043e", `\u03bf`, `\u043e`},
		{"Москва", "\u004dосква", `\u041cосква`, "\u004dосква"},
		{"see paypal now", "use p\u0430ypal now", "see paypal now", `use p\u0430ypal now`},
		{"1\u20132", "1-2", `1\u20132`, "1-2"},
		{"Привет Kate", "Привет Kat", "Привет Kate", "Привет Kat"},
		{"Он и она", "a plan", "Он и она", "a plan"},
		// What is invisible anyway.
		{"ab", "a\u200bb", "ab", `a\u200bb`},
		{"ab", "a\u00adb", "ab", `a\u00adb`},
		{"a\nb", "a\r\nb", `a\nb`, `a\r\nb`},
		{"a\tb", "a b", `a\tb`, "a b"},
		{"ab", "a\u202eb", "ab", `a\u202eb`},
		// Joiners and selectors with an effect.
		{"❤", "❤\ufe0f", "❤", `❤\ufe0f`},
		{"❤\ufe0e", "❤\ufe0f", `❤\ufe0e`, `❤\ufe0f`},
		{"می\u200cخواهم", "میخواهم", `می\u200cخواهم`, "میخواهم"},
		{"葛\U000e0100城", "葛城", `葛\U000e0100城`, "葛城"},
		// Texts that read like an escape.
		{`a\u202eb`, "a\u202eb", `a\\u202eb`, `a\u202eb`},
		{`a\nb`, "a\nb", `a\\nb`, `a\nb`},
		{`\xff`, "\xff", `\\xff`, `\xff`},
	} {
		old, now := display.ApartText(test[0], test[1])
		assert.Equal(t, test[2], old, "%+q beside %+q", test[0], test[1])
		assert.Equal(t, test[3], now, "%+q beside %+q", test[1], test[0])
		now, old = display.ApartText(test[1], test[0])
		assert.Equal(t, test[2], old, "%+q beside %+q, the other way", test[0], test[1])
		assert.Equal(t, test[3], now, "%+q beside %+q, the other way", test[1], test[0])
	}
}

// TestApartWithin: two parts of one text.
func TestApartWithin(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"M\u00fcller, Mu\u0308ller":          `Müller, Mu\u0308ller`,
		`["paypal","p` + "\u0430" + `ypal"]`: `["paypal","p\u0430ypal"]`,
		"p\u0430ypal":                        "p\u0430ypal",
		"Он а она, a plan":                   "Он а она, a plan",
		"[\"a b\",\"a\u00a0b\"]":             `["a b","a\u00a0b"]`,
		"{\"\u00e9\":1,\"e\u0301\":\"а\"}":   "{\"\u00e9\":1,\"" + `e\u0301":"а"}`,
		"a b\u00a0c":                         "a b\u00a0c",
		"１２３ 123":                            `\uff11\uff12\uff13 123`,
	} {
		shown, _ := display.ApartText(text, text)
		assert.Equal(t, want, shown)
	}
}

func TestBeside(t *testing.T) {
	t.Parallel()
	reading := display.Beside(`["a`+"\u00a0"+`b","Mu`+"\u0308"+`ller","x"]`, "[\"a b\",\"M\u00fcller\",\"y\"]")
	for part, want := range map[string]string{"a\u00a0b": `a\u00a0b`, "Mu\u0308ller": `Mu\u0308ller`, "x": "x", "\u200b": `\u200b`} {
		assert.Equal(t, want, display.Flat(reading.Show(part)))
	}
}

func TestAmong(t *testing.T) {
	t.Parallel()
	assert.Nil(t, display.Among([]string{"a", "b"}))
	names := display.Among([]string{"name", "n\u0430me", "a\u00a0b", "a b", "M\u00fcller"})
	for name, want := range map[string]string{"name": "name", "n\u0430me": `n\u0430me`, "a\u00a0b": `a\u00a0b`, "a b": "a b", "M\u00fcller": "M\u00fcller"} {
		assert.Equal(t, want, display.Flat(names.Show(name)))
	}
}

func TestApartLines(t *testing.T) {
	t.Parallel()
	for _, test := range [][4]string{
		{"a\nb", "a\r\nb", "a\nb", "a\\r\nb"},
		{"a\n", "a", "a\\n\n", "a"},
		{"a \nb", "a\nb", "a\\u0020\\n\nb", "a\nb"},
		{"a\nb c", "a\nb\u00a0c", "a\nb c", `a` + "\nb" + `\u00a0c`},
		{"a\n\nb", "a\nb", "a\n\nb", "a\nb"},
	} {
		old, now := display.ApartLines(test[0], test[1])
		assert.Equal(t, test[2], display.Flat(old), "%q", test[0])
		assert.Equal(t, test[3], display.Flat(now), "%q", test[1])
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text string
		room int
		want string
		left int
	}{
		{"abcdef", 6, "abcdef", 0},
		{"abcdef", 4, "abcd", 2},
		{"ab\u200b\u200bc", 8, `ab\u200b`, 2},
		{"ab\u200b\u200bc", 7, `ab`, 3},
		{"äöü", 2, "äö", 1},
		{"a👨\u200d👩\u200d👧b", 3, "a", 6},
		{"\t\x07\U000e0041", 6, `\t\a`, 1},
	} {
		shown, left := display.Cut(display.Visible(test.text), test.room)
		assert.Equal(t, test.want, display.Flat(shown), "%q", test.text)
		assert.Equal(t, test.left, left, "%q", test.text)
	}
}

func FuzzApart(f *testing.F) {
	for _, pair := range [][2]string{
		{"a b", "a\u00a0b"},
		{"M\u00fcller", "Mu\u0308ller"},
		{`\u202e`, "\u202e"},
		{"fi", "\ufb01"},
		{"x  y", "x y "},
		{"❤\ufe0f", "❤"},
		{"а а a", "a а"},
		{"\xff", `\xff`},
		{"\\\n", `\\n`},
		{"葛\U000e0100", "葛"},
		{"a\u0300\u0301", "\u00e0\u0301"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		old, now := display.ApartText(a, b)
		require.True(t, utf8.ValidString(old) && utf8.ValidString(now))
		if a != b {
			require.NotEqual(t, old, now, "%+q and %+q", a, b)
		}
		for _, lines := range []bool{false, true} {
			var first, second []display.Segment
			if first, second = display.Apart(a, b); lines {
				first, second = display.ApartLines(a, b)
			}
			if a != b {
				require.NotEqual(t, display.Flat(first), display.Flat(second), "%+q and %+q", a, b)
			}
			for _, s := range append(first, second...) {
				require.NotEmpty(t, s.Text)
			}
		}
	})
}

// The time must not grow faster than the text.
func BenchmarkApart(b *testing.B) {
	for name, pair := range map[string][2]string{
		"hidden": {"\u200b", "\u200b"}, "blanks": {"a ", "a\u00a0"}, "composed": {"\u00fc", "u\u0308"}, "words": {"Müller ", "Mu\u0308ller "},
		"japanese": {"花見", "見花"}, "marks": {"\u0301", "\u0300"}, "ligatures": {"\ufb01", "fi"}, "joiners": {"❤\ufe0f", "❤"}, "escapes": {`\u202e`, "\u202e"},
		"shifted": {"\ufb01", "if"},
	} {
		for _, n := range []int{5_000, 40_000} {
			old, now := "x"+strings.Repeat(pair[0], n), "y"+strings.Repeat(pair[1], n)
			b.Run(name+strings.Repeat("+", n/40_000), func(b *testing.B) {
				b.SetBytes(int64(len(old) + len(now)))
				for b.Loop() {
					display.ApartText(old, now)
				}
			})
		}
	}
}
