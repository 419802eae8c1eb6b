package export

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// pdfText is a text in lines of a width. Each row uses it again, so that rows
// allocate no new memory.
type pdfText struct {
	font  *pdfFont
	runes []rune
	spans []span
	lines []textLine
}

// span is a part of the text that was added as a whole.
type span struct {
	end int
	ink ink
	// levels are the directions of the span's characters, nil if all run from
	// left to right.
	levels []uint8
}

// textLine is where a line begins and ends, and how far it is indented.
type textLine struct{ start, end, indent int }

func (t *pdfText) reset() {
	t.runes, t.spans, t.lines = t.runes[:0], t.spans[:0], t.lines[:0]
}

// add puts a text behind what there is. Its direction is its own: it does not
// turn what stands beside it. Characters that the font cannot show become
// marks.
func (t *pdfText) add(text string, in ink) {
	start := len(t.runes)
	for i := 0; i < len(text); i++ {
		if text[i] >= utf8.RuneSelf {
			t.addUnicode([]rune(text[i:]))
			break
		}
		t.runes = append(t.runes, rune(text[i]))
	}
	if len(t.runes) > start {
		t.spans = append(t.spans, span{len(t.runes), in, directions(t.runes[start:])})
	}
}

func (t *pdfText) addUnicode(text []rune) {
	if slices.ContainsFunc(text, func(r rune) bool { return r >= 0x600 && r < 0x700 }) {
		text = joined(text, t.font)
	}
	for _, r := range text {
		if t.font.has(r) {
			t.runes = append(t.runes, r)
			continue
		}
		t.runes = append(t.runes, []rune(glyphMark(r))...)
	}
}

// glyphMark stands for a character that the font does not have.
func glyphMark(r rune) string { return fmt.Sprintf("[U+%04X]", r) }

// marked is a text with marks for what the font does not have.
func (f *pdfFont) marked(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf && !f.has(r) }) {
		return text
	}
	var out strings.Builder
	for _, r := range text {
		if f.has(r) {
			out.WriteRune(r)
		} else {
			out.WriteString(glyphMark(r))
		}
	}
	return out.String()
}

// wrap breaks what was added since the last time into lines, of so many
// thousandths of the font's size; all but the first are indented. Nothing is
// left out: a blank at the end of a line stays there.
func (t *pdfText) wrap(width, indent int) {
	start, in := 0, 0
	if n := len(t.lines); n > 0 {
		start = t.lines[n-1].end
	}
	for start < len(t.runes) {
		end := t.lineEnd(start, width-in)
		t.lines = append(t.lines, textLine{start, end, in})
		start, in = end, indent
	}
}

// lineEnd is where a line ends: after a word, else after a sign within a long
// word such as a URL or an ID, else wherever there is no more room.
func (t *pdfText) lineEnd(start, width int) int {
	used, word, sign, dot := 0, start, start, start
	for i := start; i < len(t.runes); i++ {
		r := t.runes[i]
		used += int(t.font.widths[r])
		switch {
		case used > width && i > start:
			switch {
			case r == ' ' && t.runes[i-1] != ' ':
				return i + 1
			case word > start && t.fits(word, width):
				return word
			case sign > word:
				return sign
			case dot > word:
				return dot
			case word > start:
				return word
			default:
				return i
			}
		case r == ' ':
			word = i + 1
		case used*5 < width*2:
			// A break after a sign here would leave most of the line empty.
		case r == '.':
			dot = i + 1
		case allowsBreak(r):
			sign = i + 1
		}
	}
	return len(t.runes)
}

// fits reports whether the word that starts there fits into a line.
func (t *pdfText) fits(start, width int) bool {
	used := 0
	for _, r := range t.runes[start:] {
		if used += int(t.font.widths[r]); used > width || r == ' ' {
			break
		}
	}
	return used <= width
}

// allowsBreak reports whether a line may end after a character within a word.
func allowsBreak(r rune) bool {
	switch r {
	case '-', '/', '@', '_', ':', ',', ';', '=', '&', '?', ']', ')', '}', '|', '\\':
		return true
	}
	return r >= 0x2e80 && r < 0xa000 || r >= 0xac00 && r < 0xd7a4 || r >= 0xff00 && r < 0xffe0
}

// width is how wide characters are, in thousandths of the font's size.
func (t *pdfText) width(runes []rune) int {
	sum := 0
	for _, r := range runes {
		sum += int(t.font.widths[r])
	}
	return sum
}

// pieces calls draw with the parts of a line from left to right, and how far
// from the line's start each is.
func (t *pdfText) pieces(l textLine, draw func(piece []rune, in ink, at int)) {
	i := sort.Search(len(t.spans), func(i int) bool { return t.spans[i].end > l.start })
	at, begin := l.indent, 0
	if i > 0 {
		begin = t.spans[i-1].end
	}
	for ; i < len(t.spans) && begin < l.end; i++ {
		first := t.spans[i]
		end := first.end
		for end < l.end && first.levels == nil && t.spans[i+1].levels == nil && t.spans[i+1].ink == first.ink {
			i++ // one piece: both have this colour, and run from left to right
			end = t.spans[i].end
		}
		from, to := max(begin, l.start), min(end, l.end)
		piece := t.runes[from:to]
		if first.levels != nil {
			piece = inVisualOrder(piece, first.levels[from-begin:to-begin])
		}
		draw(piece, first.ink, at)
		at += t.width(piece)
		begin = end
	}
}
