package display

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:embed lookalikes.txt
var lookalikesText string

// lookalikes lead from a character to the one that it looks like.
var lookalikes = sync.OnceValue(func() map[rune]rune {
	to := map[rune]rune{}
	for line := range strings.Lines(lookalikesText) {
		if strings.HasPrefix(line, "# ") {
			continue
		}
		for word := range strings.FieldsSeq(line) {
			first, size := utf8.DecodeRuneInString(word)
			for _, r := range word[size:] {
				to[r] = first
			}
		}
	}
	return to
})

// glyph is a part of a text: what is seen as one character, a run of blanks, or
// an escape. Two that are seen alike have the same look.
type glyph struct {
	start, end int
	look       string
	kind       glyphKind
}

type glyphKind int

const (
	otherGlyph  glyphKind = iota
	letterGlyph           // part of a word
	blankGlyph
	escapeGlyph // a text that reads like an escape
)

// glyphs reads a text glyph by glyph.
type glyphs struct {
	text string
	at   int
	// lines says that line feeds are shown as the ends of lines.
	lines bool
}

func (g *glyphs) next() (glyph, bool) {
	if g.at == len(g.text) {
		return glyph{}, false
	}
	start := g.at
	if n := g.blanks(); n > 0 {
		g.at += n
		return glyph{start, g.at, g.blankLook(start, g.at), blankGlyph}, true
	}
	size, shown := next(g.text, start)
	if !shown {
		g.at += size
		return glyph{start, g.at, escape(g.text[start:g.at]), otherGlyph}, true
	}
	if n := escapeLen(g.text[start:]); n > 0 {
		g.at += n
		return glyph{start, g.at, g.text[start:g.at], escapeGlyph}, true
	}
	r, _ := utf8.DecodeRuneInString(g.text[start:])
	if c := g.text[start]; c < utf8.RuneSelf && size == 1 && (start+1 == len(g.text) || g.text[start+1] < utf8.RuneSelf) {
		g.at++
		return glyph{start, g.at, g.text[start:g.at], kindOf(r)}, true
	}
	g.at = g.marked(start, size)
	raw := g.text[start:g.at]
	return glyph{start, g.at, lookOf(raw), kindOf(r)}, true
}

// marked returns where the character ends with the marks over it.
func (g *glyphs) marked(start, size int) int {
	end := start + size
	for most := 2 * maxMarks; end < len(g.text) && most > 0; most-- {
		n, shown := next(g.text, end)
		if r, _ := utf8.DecodeRuneInString(g.text[end:]); !shown || !looksLikeNothing(r) && norm.NFC.PropertiesString(g.text[end:end+n]).BoundaryBefore() {
			break
		}
		end += n
	}
	return end
}

// blanks returns how many bytes are blank: blanks, and the ends of lines.
func (g *glyphs) blanks() int {
	n := 0
	for n < len(g.text)-g.at {
		r, size := utf8.DecodeRuneInString(g.text[g.at+n:])
		if r != ' ' && (r != '\n' || !g.lines) && (r < utf8.RuneSelf || !unicode.Is(unicode.Zs, r)) {
			break
		}
		n += size
	}
	return n
}

// blankLook is how a run of blanks looks: like one blank, or like nothing at the
// ends of a text, or like the ends of lines in it.
func (g *glyphs) blankLook(start, end int) string {
	if end == len(g.text) {
		return ""
	}
	if n := strings.Count(g.text[start:end], "\n"); n > 0 {
		return strings.Repeat("\n", n)
	}
	if start == 0 {
		return ""
	}
	return " "
}

// escapeLen returns how long an escape is that a text begins with, or 0.
func escapeLen(s string) int {
	if len(s) < 2 || s[0] != '\\' {
		return 0
	}
	digits := 0
	switch s[1] {
	case 'a', 'b', 'f', 'n', 'r', 't', 'v', '\\':
	case 'x':
		digits = 2
	case 'u':
		digits = 4
	case 'U':
		digits = 8
	default:
		return 0
	}
	if len(s) < 2+digits || strings.Trim(s[2:2+digits], "0123456789abcdefABCDEF") != "" {
		return 0
	}
	return 2 + digits
}

// lookOf is how a character looks with the marks over it: its decomposition,
// with each part replaced by what it looks like, and without joiners and
// selectors.
func lookOf(raw string) string {
	r, size := utf8.DecodeRuneInString(raw)
	if size == len(raw) {
		switch {
		case looksLikeNothing(r):
			return ""
		case isSmall(r):
			return raw
		case norm.NFKD.QuickSpanString(raw) == len(raw):
			if to, ok := lookalikes()[r]; ok {
				return string(to)
			}
			return raw
		}
	}
	var look []rune
	for _, r := range norm.NFKD.String(raw) {
		if looksLikeNothing(r) {
			continue
		}
		if to, ok := lookalikes()[r]; ok {
			r = to
		}
		look = append(look, r)
	}
	return string(look)
}

// looksLikeNothing reports whether a character only changes those beside it.
func looksLikeNothing(r rune) bool { return r == zwj || r == zwnj || isSelector(r) }

// isSmall reports whether a character only means the same as its decomposition,
// and looks otherwise: raised, lowered, within a circle, a fraction.
func isSmall(r rune) bool {
	switch r {
	case 'ª', '²', '³', '¹', 'º', '¼', '½', '¾', '℠', '™':
		return true
	}
	return r >= '\u02b0' && r <= '\u02b8' || r >= '\u02e0' && r <= '\u02e4' || r >= '\u1d2c' && r <= '\u1d6a' ||
		r >= '\u2070' && r <= '\u209f' || r >= '\u2150' && r <= '\u215f' || r >= '\u2460' && r <= '\u24ff' || r >= '\u3200' && r <= '\u33ff' ||
		r >= '\U0001f100' && r <= '\U0001f2ff'
}

// kindOf is what a character is in a text.
func kindOf(r rune) glyphKind {
	switch {
	case r < utf8.RuneSelf:
		if r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' {
			return letterGlyph
		}
		return otherGlyph
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return otherGlyph // no blanks between words
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r):
		return letterGlyph
	default:
		return otherGlyph
	}
}
