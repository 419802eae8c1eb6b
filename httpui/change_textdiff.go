package httpui

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff/lcs"

	"github.com/auditkeep/audit/internal/display"
)

const (
	// maxDiffed is how many characters a text may have to be compared word by
	// word. The comparison itself gives up searching for the least difference
	// after a fixed number of steps, so that no text makes it slow.
	maxDiffed = 2000
	// leastDiffed is what is quicker read as a whole.
	leastDiffed = 32
	// maxEdits is how many edits of one text a row shows.
	maxEdits = 8
	// around is how many characters are shown around an edit.
	around = 24
)

// stretch is a run of words that were kept, or what stands for one, or an edit:
// splitWords taken out, words put in, or both.
type stretch struct {
	Kept     *value
	Elided   bool
	Old, New *value
}

// textDiff is what became of a text.
type textDiff struct {
	Stretches []stretch
	// LeftOut is how many edits are not among them.
	LeftOut int
	// BlanksOnly says that only white space changed.
	BlanksOnly bool
}

// textDiff compares two texts word by word. It returns nil where they are
// better read one after the other: short ones, and those that have little in
// common.
func (p *presenter) textDiff(before, after string) *textDiff {
	blanksOnly := withoutBlanks(before) == withoutBlanks(after)
	if !blanksOnly && utf8.RuneCountInString(before) < leastDiffed && utf8.RuneCountInString(after) < leastDiffed {
		return nil
	}
	edits := editsOf(before, after, blanksOnly)
	if len(edits) == 0 {
		return nil // both are empty
	}
	kept, most := 0, max(letters(before), letters(after))
	for _, e := range edits {
		kept += letters(e.kept)
	}
	// What begins alike would look alike where it is cut.
	beginsAlike := len(edits) > 0 && utf8.RuneCountInString(edits[0].kept) > maxRunes/2
	if !blanksOnly && !beginsAlike && kept*3 < most {
		return nil
	}
	diff := &textDiff{BlanksOnly: blanksOnly}
	if len(edits) > maxEdits+1 {
		diff.LeftOut = len(edits) - maxEdits
		edits = edits[:maxEdits]
	}
	room := maxRunes / min(4, len(edits))
	for i, e := range edits {
		isEdit := e.old != "" || e.new != ""
		diff.Stretches = append(diff.Stretches, p.keptWords(e.kept, i > 0, isEdit)...)
		if isEdit {
			diff.Stretches = append(diff.Stretches, stretch{Old: p.edited(e.old, e.new, room), New: p.edited(e.new, e.old, room)})
		}
	}
	return diff
}

// edited is one side of an edit. A side of only white space is made visible.
func (p *presenter) edited(text, other string, room int) *value {
	if text == "" {
		return nil
	}
	v := p.textValue(text, room)
	v.Long = true // it runs on with the words around it
	first := &v.Pieces[0]
	if isBlank(text) && isBlank(other) {
		first.Blanks = true
	} else if first.Text != "" {
		first.Shown, _ = display.Apart(first.Text, other)
	}
	return &v
}

// textEdit is words that were kept, and what then changed.
type textEdit struct{ kept, old, new string }

// editsOf splits two texts into what they share and where they differ. The
// last edit may be of kept words only.
func editsOf(before, after string, blanksOnly bool) []textEdit {
	old, now := splitWords(before), splitWords(after)
	var edits []textEdit
	at := 0
	for _, d := range lcs.DiffLines(old, now) {
		e := textEdit{
			kept: strings.Join(old[at:d.Start], ""),
			old:  strings.Join(old[d.Start:d.End], ""),
			new:  strings.Join(now[d.ReplStart:d.ReplEnd], ""),
		}
		at = d.End
		// Two edits with only a blank between them are one.
		if n := len(edits); n > 0 && !blanksOnly && letters(e.kept) < 2 && utf8.RuneCountInString(e.kept) < 4 {
			last := &edits[n-1]
			last.old += e.kept + e.old
			last.new += e.kept + e.new
			continue
		}
		edits = append(edits, e)
	}
	if at < len(old) {
		edits = append(edits, textEdit{kept: strings.Join(old[at:], "")})
	}
	return edits
}

// keptWords shows the ends of what was kept: those next to an edit.
func (p *presenter) keptWords(text string, editBefore, editAfter bool) []stretch {
	const least = 12 // leaving out less would gain nothing
	whole := func(text string) stretch {
		v := p.textValue(text, 2*around+least)
		return stretch{Kept: &v}
	}
	runes := []rune(text)
	room := 0
	for _, edit := range []bool{editBefore, editAfter} {
		if edit {
			room += around
		}
	}
	if text == "" {
		return nil
	}
	if len(runes) <= room+least {
		return []stretch{whole(text)}
	}
	var out []stretch
	if editBefore {
		head := string(runes[:around])
		if i := strings.LastIndexFunc(head, unicode.IsSpace); i > 0 {
			head = head[:i+1]
		}
		out = append(out, whole(head))
	}
	out = append(out, stretch{Elided: true})
	if editAfter {
		tail := string(runes[len(runes)-around:])
		if i := strings.IndexFunc(tail, unicode.IsSpace); i >= 0 && i < len(tail)-1 {
			tail = tail[i:]
		}
		out = append(out, whole(tail))
	}
	return out
}

// splitWords splits a text into words, blanks and single other characters. Scripts
// without blanks between words are split into characters.
func splitWords(text string) []string {
	var all []string
	start, class := 0, 0
	for i, r := range text {
		next := classOf(r)
		if i > 0 && (next != class || next == 0) {
			all = append(all, text[start:i])
			start = i
		}
		class = next
	}
	if start < len(text) {
		all = append(all, text[start:])
	}
	return all
}

// classOf distinguishes what makes words (1), blanks (2) and the rest (0), each
// of which stands for itself.
func classOf(r rune) int {
	switch {
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar):
		return 0
	case unicode.IsLetter(r), unicode.IsDigit(r), unicode.IsMark(r), r == '_':
		return 1
	case unicode.IsSpace(r):
		return 2
	default:
		return 0
	}
}

// letters counts the characters that are not blanks.
func letters(text string) int {
	n := 0
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}

func isBlank(text string) bool { return letters(text) == 0 }

func withoutBlanks(text string) string { return strings.Join(strings.Fields(text), "") }
