package export_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/internal/display"
)

// wide is a line that every text of these tests fits into.
const wide = 1 << 30

func TestPDFDirections(t *testing.T) {
	t.Parallel()
	// Each is from left to right as it is seen, so the Hebrew is reversed.
	for text, seen := range map[string]string{
		"plain (text) 1, 2":      "plain (text) 1, 2",
		"שלום":                   "םולש",
		"abc שלום def":           "abc םולש def",
		"שלום abc עולם":          "םלוע abc םולש",
		"שלום 123 עולם":          "םלוע 123 םולש",
		"שלום 1,234.50 ₪":        "₪ 1,234.50 םולש",
		"שלום (abc) 12!":         "!12 (abc) םולש",
		"(שלום)":                 "(םולש)",
		"a (שלום) b":             "a (םולש) b",
		"שלום <a@example.com>":   "<a@example.com> םולש",
		"id-7: שלום, עולם.":      "id-7: םלוע ,םולש.",
		"מחיר: 50%":              "50% :ריחמ",
		"ע 日":                    "[U+65E5] ע",
		"سلام":                   "ﻡﻼﺳ",
		"بيت":                    "ﺖﻴﺑ",
		"دار":                    "ﺭﺍﺩ",
		"پچ":                     "ﭻﭘ",
		"ء بـ":                   "ـﺑ ﺀ",
		"هے":                     "[U+06D2]ﻫ",
		"رقم ١٢٣":                "١٢٣ ﻢﻗﺭ",
		"بِت":                    "ﺖِﺑ",
		"[U+65E5] is a text too": "[U+65E5] is a text too",
	} {
		lines, _ := export.PDFLines(text, wide)
		require.Len(t, lines, 1, "%q", text)
		assert.Equal(t, seen, lines[0], "%q", text)
	}
}

func TestPDFMissingGlyphs(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"é Ж ж Ω €": "é Ж ж Ω €", "日本": "[U+65E5][U+672C]", "a😀b": "a[U+1F600]b", "ﷺ": "[U+FDFA]", "ก": "[U+0E01]", "𝔘": "[U+1D518]",
	} {
		lines, _ := export.PDFLines(text, wide)
		assert.Equal(t, []string{want}, lines)
	}
}

func TestPDFLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"one two three four":                    {"one two three ", "four"},
		"grace.hopper@example.com":              {"grace.hopper@", "example.com"},
		"0192f3a1-7c1e-7d55-9a3e-000000000001":  {"0192f3a1-7c1e-", "7d55-9a3e-", "000000000001"},
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa": {"aaaaaaaaaaaaaa", "aaaaaaaaaaaaaa", "aaaaaaaaa"},
		"2001:db8:85a3:8d3:1319:8a2e:370:7348":  {"2001:db8:85a3:", "8d3:1319:8a2e:", "370:7348"},
		"日本語":                                   {"[U+65E5]", "[U+672C]", "[U+8A9E]"},
	} {
		lines, _ := export.PDFLines(text, 8000)
		assert.Equal(t, want, lines)
	}
}

// FuzzPDFText checks that no text leaves its column and nothing of it is lost.
func FuzzPDFText(f *testing.F) {
	for _, seed := range []string{"a b", strings.Repeat("x", 300), "שלום (abc) 12%", "سلام عليكم", "日本 😀", "a\u202eb", "        ", "a@b.c/d?e=f"} {
		f.Add(seed, 3000)
	}
	f.Fuzz(func(t *testing.T, text string, width int) {
		width = 1500 + width&0xffff // no character is wider
		text = display.VisibleText(text)
		lines, widths := export.PDFLines(text, width)
		for i := range lines {
			require.LessOrEqual(t, widths[i], width+400, "%q", lines[i]) // a blank may stand in the margin
		}
		// Directions and forms of letters apart, the characters are those of
		// the text.
		whole, _ := export.PDFLines(text, wide)
		require.Equal(t, sorted(strings.Join(whole, "")), sorted(strings.Join(lines, "")))
		require.True(t, utf8.ValidString(strings.Join(lines, "")))
		if strings.IndexFunc(text, func(r rune) bool { return r > unicode.MaxASCII }) < 0 {
			require.Equal(t, text, strings.Join(lines, ""))
		}
	})
}
