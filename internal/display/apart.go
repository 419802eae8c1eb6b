package display

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Apart shows two texts that are read beside each other, as [Visible] does, and
// such that what differs looks different: where they differ in a character but
// not in how it looks, the character is shown by its code point. So are words
// of one text that look alike and differ. Either text may be empty.
func Apart(before, after string) (old, now []Segment) { return apart(before, after, false) }

// Alone is [Apart] for one text.
func Alone(text string) []Segment {
	if isPlain(text) {
		return asIs(text)
	}
	return render(text, marksWithin(text, nil, false), false)
}

// ApartText is [Apart] for places that hold only text.
func ApartText(before, after string) (old, now string) {
	if isPlain(before) && isPlain(after) {
		return before, after
	}
	first, second := Apart(before, after)
	return Flat(first), Flat(second)
}

// ApartLines is [Apart] for texts whose line feeds are shown as ends of lines:
// they stand in the segments as they are.
func ApartLines(before, after string) (old, now []Segment) { return apart(before, after, true) }

func apart(before, after string, lines bool) (old, now []Segment) {
	if isPlain(before) && isPlain(after) {
		return asIs(before), asIs(after)
	}
	a, b := marksOf(before, after, lines)
	old, now = render(before, a, lines), render(after, b, lines)
	if before != after && Flat(old) == Flat(now) {
		// One holds what reads like an escape in the other.
		return render(before, backslashes(before, a), lines), render(after, backslashes(after, b), lines)
	}
	return old, now
}

// backslashes marks every backslash: with them doubled, no two texts are shown
// alike.
func backslashes(s string, marks []span) []span {
	for i := range len(s) {
		if s[i] == '\\' {
			marks = append(marks, span{i, i + 1})
		}
	}
	return marks
}

// span is a part of a text whose characters are shown by their code points.
type span struct{ start, end int }

// marksOf finds what must be marked in two texts, in time proportional to
// their length.
func marksOf(before, after string, lines bool) (a, b []span) {
	if before != after {
		from, untilA, untilB := differing(before, after)
		old, now := &glyphs{before[:untilA], from, lines}, &glyphs{after[:untilB], from, lines}
		a, b = alike(old, now, a, b)
		if old.at < untilA && now.at < untilB {
			restA, restB := wordsOf(old), wordsOf(now)
			a = restA.marked(restB, a)
			b = restB.marked(restA, b)
		}
	}
	return marksWithin(before, a, lines), marksWithin(after, b, lines)
}

// asIs is a text that needs no escapes.
func asIs(text string) []Segment {
	if text == "" {
		return nil
	}
	return []Segment{{Text: text}}
}

// isPlain reports whether a text holds only words of ASCII with single
// blanks between them: it looks like no other such text.
func isPlain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\\', c < ' ', c > '~':
			return false
		case c == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' '):
			return false
		}
	}
	return true
}

// differing returns where the texts begin to differ, and where each ends to: what
// is before and after them is the same in both, and ends and begins with a word.
func differing(a, b string) (from, untilA, untilB int) {
	least := min(len(a), len(b))
	for from < least && a[from] == b[from] {
		from++
	}
	for from > 0 && !(isEdge(a, from) && isEdge(b, from)) {
		from--
	}
	same := 0
	for same < least-from && a[len(a)-1-same] == b[len(b)-1-same] {
		same++
	}
	for same > 0 && !(isEdge(a, len(a)-same) && isEdge(b, len(b)-same)) {
		same--
	}
	return from, len(a) - same, len(b) - same
}

// isEdge reports whether a text may be parted there: between a blank and a
// letter of ASCII.
func isEdge(s string, at int) bool {
	isLetter := func(c byte) bool { return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' }
	return at > 1 && at < len(s)-1 && s[at-1] == ' ' && isLetter(s[at-2]) && isLetter(s[at]) && isLetter(s[at+1])
}

// alike reads two texts as far as they look alike, and marks what differs.
func alike(a, b *glyphs, marksA, marksB []span) ([]span, []span) {
	for {
		fromA, fromB := a.at, b.at
		if !chunk(a, b) {
			a.at, b.at = fromA, fromB
			return marksA, marksB
		}
		if chunkA, chunkB := a.text[fromA:a.at], b.text[fromB:b.at]; chunkA != chunkB {
			joinersOnly := withoutJoiners(chunkA) == withoutJoiners(chunkB)
			marksA = a.mark(fromA, joinersOnly, marksA)
			marksB = b.mark(fromB, joinersOnly, marksB)
		}
		if a.at == fromA && b.at == fromB {
			return marksA, marksB
		}
	}
}

// chunk reads the fewest glyphs that look alike in both texts, and what follows
// them and looks like nothing.
func chunk(a, b *glyphs) bool {
	lookA, moreA := a.look()
	lookB, moreB := b.look()
	for moreA && moreB {
		n := min(len(lookA), len(lookB))
		if lookA[:n] != lookB[:n] {
			return false
		}
		if lookA, lookB = lookA[n:], lookB[n:]; lookA == lookB {
			break
		}
		if lookA == "" {
			lookA, moreA = a.look()
		} else {
			lookB, moreB = b.look()
		}
	}
	a.skip()
	b.skip()
	return moreA == moreB
}

// look is how the next glyph looks that looks like something.
func (g *glyphs) look() (look string, ok bool) {
	g.skip()
	next, ok := g.next()
	return next.look, ok
}

// skip reads what looks like nothing.
func (g *glyphs) skip() {
	for {
		at := g.at
		if next, ok := g.next(); !ok || next.look != "" {
			g.at = at
			return
		}
	}
}

// mark marks what is not in the usual form, from there to where the text was
// read to: of forms that look alike, at most one is the usual one. If only
// joiners and selectors differ, it marks those.
func (g *glyphs) mark(from int, joinersOnly bool, marks []span) []span {
	if joinersOnly {
		for i, r := range g.text[from:g.at] {
			if looksLikeNothing(r) {
				marks = append(marks, span{from + i, from + i + utf8.RuneLen(r)})
			}
		}
		return marks
	}
	again := glyphs{g.text, from, g.lines}
	for again.at < g.at {
		next, _ := again.next()
		if raw := g.text[next.start:next.end]; next.kind == escapeGlyph || raw != norm.NFC.String(next.look) {
			marks = append(marks, span{next.start, next.end})
		}
	}
	return marks
}

// withoutJoiners returns a text without what looks like nothing.
func withoutJoiners(s string) string {
	return strings.Map(func(r rune) rune {
		if looksLikeNothing(r) {
			return -1
		}
		return r
	}, s)
}

// maxWords bounds the memory that a comparison takes.
const maxWords = 1 << 15

// wordSet are the words of a text, and all else of it.
type wordSet struct {
	glyphs
	from  int
	raw   map[string]bool
	looks map[string]string // to the first word that looks so
}

// wordsOf takes a text apart from where it was read to.
func wordsOf(g *glyphs) wordSet {
	w := wordSet{glyphs: *g, from: g.at, raw: map[string]bool{}, looks: map[string]string{}}
	for word, look := range w.each {
		if len(w.raw) == maxWords {
			break
		}
		w.raw[word] = true
		if _, ok := w.looks[look]; !ok {
			w.looks[look] = word
		}
	}
	return w
}

// each yields the words and all else.
func (w *wordSet) each(yield func(word, look string) bool) {
	reader := glyphs{w.text, w.from, w.lines}
	w.at = w.from
	var look []byte
	for {
		g, ok := reader.next()
		if !ok {
			g.start = len(w.text)
		}
		if (!ok || g.kind != letterGlyph) && len(look) > 0 {
			if !yield(w.text[w.at:g.start], string(look)) {
				return
			}
			look = look[:0]
		}
		if len(look) == 0 {
			w.at = g.start
		}
		switch {
		case !ok:
			return
		case g.kind == letterGlyph:
			look = append(look, g.look...)
		default:
			if !yield(w.text[g.start:g.end], g.look) {
				return
			}
		}
	}
}

// marked marks each word that is not in the other text, if that has one that looks
// like it.
func (w *wordSet) marked(other wordSet, marks []span) []span {
	for word, look := range w.each {
		form, ok := other.looks[look]
		if !ok || form == word || other.raw[word] {
			continue
		}
		marks = markWord(w.at, word, form, w.lines, marks)
	}
	return marks
}

// markWord marks where a word, which begins there, differs from one that looks
// like it.
func markWord(at int, word, form string, lines bool, marks []span) []span {
	if strings.TrimSpace(word) == "" {
		if word != " " {
			marks = append(marks, span{at, at + len(word)})
		}
		return marks
	}
	found, _ := alike(&glyphs{text: word, lines: lines}, &glyphs{text: form, lines: lines}, nil, nil)
	for _, s := range found {
		marks = append(marks, span{at + s.start, at + s.end})
	}
	return marks
}
