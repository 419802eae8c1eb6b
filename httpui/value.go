package httpui

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/words"
)

// value is one side of a change, or another text that may be long, as far as a
// row shows it.
type value struct {
	Pieces []piece
	// Mark is what the value is, in words, if it is not a text.
	Mark string
	// Long is set where the value takes more than a word's room.
	Long bool
	// Left says that more was recorded than is shown.
	Left bool
}

// piece is a run of a value. What is not the value's own text differs
// by its element, never only by its words.
type piece struct {
	Text string // raw
	// Shown is the text as it is shown, if that takes more than the text:
	// what it is read beside.
	Shown []display.Segment
	// Mark is, instead, what stands for no text: null, empty, redacted.
	Mark string
	// Key marks a text that is a key of an object.
	Key bool
	// Blanks marks a text of only white space that must be visible.
	Blanks bool
}

const (
	// maxRunes is how many characters of one value a row shows.
	maxRunes = 160
	// longRunes is what still stands on one line.
	longRunes = 24
	// maxStructure is how many bytes of JSON are taken apart to be shown, and
	// maxDepth how deep.
	maxStructure = 16 << 10
	maxDepth     = 8
)

// valueBeside shows a value in a row such that it differs from another one.
func (p *presenter) valueBeside(v, other audit.Value) value {
	w := valueWriter{words: p.words, room: maxRunes, beside: headOf(other.Text(), 8*maxRunes)}
	if v.Kind() == audit.KindArray || v.Kind() == audit.KindMap {
		w.reading = display.Beside(headOf(v.JSON(), maxStructure), headOf(other.JSON(), maxStructure))
	}
	w.value(v)
	return w.finish()
}

// headOf is what of a text is compared with what is shown of another.
func headOf(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "")
}

// textValue shows a text as it is, even one that reads like a mark.
func (p *presenter) textValue(text string, room int) value {
	w := valueWriter{words: p.words, room: room}
	w.text(text)
	return w.finish()
}

// valueWriter puts a value together until its room is used up.
type valueWriter struct {
	words  *words.Catalogue
	pieces []piece
	room   int // characters left, as shown
	shown  int
	left   int  // characters of a text that found no room
	more   bool // something else found none
	// beside is the text that the value is read beside, reading how the texts
	// within the value are shown.
	beside  string
	reading *display.Reading
}

func (w *valueWriter) finish() value {
	s := w.words
	v := value{Pieces: w.pieces, Long: w.shown > longRunes, Left: w.left > 0 || w.more}
	switch {
	case w.left > 0:
		v.Pieces = append(v.Pieces, piece{Text: "… "}, piece{Mark: s.Count(s.Value.MoreCharacters, w.left)})
	case w.more:
		v.Pieces = append(v.Pieces, piece{Mark: "…"})
	}
	if len(v.Pieces) == 1 {
		v.Mark = v.Pieces[0].Mark
	}
	return v
}

func (w *valueWriter) full() bool { return w.left > 0 || w.more }

// take uses up room for a text and returns what of it finds some. A character
// that is shown as an escape takes the room of one.
func (w *valueWriter) take(text string) (shown, left string) {
	for i, r := range text {
		room := 1
		if !display.IsVisible(r, utf8.RuneLen(r)) {
			room = len(`\u200b`)
		}
		if room > w.room {
			w.room = 0
			return text[:i], text[i:]
		}
		w.room -= room
		w.shown += room
	}
	return text, ""
}

func (w *valueWriter) text(text string) {
	shown, left := w.take(text)
	if shown != "" {
		w.pieces = append(w.pieces, piece{Text: shown})
	}
	w.left += utf8.RuneCountInString(left)
}

// sign writes what belongs to the notation of a list or object.
func (w *valueWriter) sign(text string) {
	if shown, left := w.take(text); left != "" || shown == "" {
		w.more = true
		return
	}
	if n := len(w.pieces); n > 0 && w.pieces[n-1].Mark == "" && !w.pieces[n-1].Key && !w.pieces[n-1].Blanks {
		last := &w.pieces[n-1]
		if last.Shown == nil {
			last.Shown = display.Visible(last.Text)
		}
		last.Text += text
		last.Shown = append(last.Shown, w.reading.Show(text)...)
		return
	}
	w.pieces = append(w.pieces, piece{Text: text, Shown: w.reading.Show(text)})
}

func (w *valueWriter) mark(words string) {
	w.take(words)
	w.pieces = append(w.pieces, piece{Mark: words})
}

// value writes a value at the top level, where a text needs no quotes.
func (w *valueWriter) value(v audit.Value) {
	if v.Kind() != audit.KindString {
		w.node(v, 0)
		return
	}
	switch text := v.Text(); {
	case text == "":
		w.mark(w.words.Value.Empty)
	case w.isMark(text):
		w.text(quote(text))
	default:
		w.textBeside(text)
	}
}

// textBeside writes the text of a value. Blanks at its ends are made visible.
func (w *valueWriter) textBeside(text string) {
	from := len(text) - len(strings.TrimLeftFunc(text, isUnseen))
	to := max(from, len(strings.TrimRightFunc(text, isUnseen)))
	w.blanks(text[:from])
	if from < to {
		n := len(w.pieces)
		w.text(text[from:to])
		if len(w.pieces) > n {
			shown := &w.pieces[n]
			shown.Shown, _ = display.Apart(shown.Text, strings.TrimFunc(w.beside, isUnseen))
		}
	}
	w.blanks(text[to:])
}

// isUnseen reports whether a character is blank, and no escape stands for it.
func isUnseen(r rune) bool { return unicode.Is(unicode.Zs, r) }

func (w *valueWriter) blanks(text string) {
	if text == "" || w.full() {
		return
	}
	shown, left := w.take(text)
	if shown != "" {
		w.pieces = append(w.pieces, piece{Text: shown, Blanks: true})
	}
	w.left += utf8.RuneCountInString(left)
}

// isMark reports whether a text would read like something that is not a text, or
// like one in quotes.
func (w *valueWriter) isMark(text string) bool {
	s := w.words
	if len(text) > 1 && text[0] == '"' && text[len(text)-1] == '"' {
		return true
	}
	return slices.Contains([]string{s.Value.Absent, s.Value.Null, s.Value.Empty, s.Value.Redacted, s.Value.NotCompared, s.Value.Cycle, s.Value.CutShort}, text)
}

func (w *valueWriter) node(v audit.Value, depth int) {
	s := w.words
	if mark, ok := display.Mark(v.Kind(), s); ok {
		w.mark(mark)
		return
	}
	switch v.Kind() {
	case audit.KindCut:
		w.cut(v)
	case audit.KindBytes:
		hex := v.Text() // \x and two digits a byte
		w.mark(s.Count(s.Value.Binary, (len(hex)-len(`\x`))/2))
		w.text(" " + hex)
	case audit.KindOpaque:
		w.mark(s.Value.Opaque)
		w.text(" " + v.TypeName())
	case audit.KindInvalidJSON:
		w.text(v.Text())
	case audit.KindString:
		w.sign(quoteIfNeeded(v.Text()))
	case audit.KindArray:
		w.list(v, depth)
	case audit.KindMap:
		w.object(v, depth)
	default:
		w.sign(v.JSON())
	}
}

// cut writes the mark of what was too large to be recorded.
func (w *valueWriter) cut(v audit.Value) {
	s := w.words
	size, items, start := v.Cut()
	w.text(start)
	switch {
	case w.left > 0:
		w.left = 0 // it says less than the number of bytes does
		fallthrough
	case start != "":
		w.pieces = append(w.pieces, piece{Text: "… "})
	}
	switch {
	case size > 0:
		w.mark(s.Count(s.Value.Cut, size))
	case items > 0:
		w.mark(s.Count(s.Value.CutItems, items))
	default:
		w.mark(s.Value.CutShort)
	}
}

func (w *valueWriter) list(v audit.Value, depth int) {
	items, ok := itemsOf(v)
	if !ok || depth >= maxDepth {
		w.text(v.JSON())
		return
	}
	w.sign("[")
	for i, item := range items {
		if i > 0 {
			w.sign(", ")
		}
		if w.full() {
			return
		}
		w.node(item, depth+1)
	}
	w.sign("]")
}

func (w *valueWriter) object(v audit.Value, depth int) {
	fields, ok := fieldsOf(v, depth)
	if !ok {
		w.text(v.JSON())
		return
	}
	w.sign("{")
	for i, f := range fields {
		if i > 0 {
			w.sign(", ")
		}
		if w.full() {
			return
		}
		if shown, left := w.take(f.path); left == "" {
			w.pieces = append(w.pieces, piece{Text: shown, Shown: w.reading.Show(shown), Key: true}, piece{Text: ": "})
		} else {
			w.more = true
			return
		}
		w.node(f.value, depth+1)
	}
	w.sign("}")
}

// itemsOf returns the items of a list, unless it is too large to be taken apart.
func itemsOf(v audit.Value) ([]audit.Value, bool) {
	if v.Kind() != audit.KindArray || len(v.JSON()) > maxStructure {
		return nil, false
	}
	var raw []json.RawMessage
	if v.Decode(&raw) != nil {
		return nil, false
	}
	items := make([]audit.Value, len(raw))
	for i, text := range raw {
		var err error
		if items[i], err = audit.ParseValue(string(text)); err != nil {
			return nil, false
		}
	}
	return items, true
}

// pathValue is a value within an object.
type pathValue struct {
	path  string
	value audit.Value
}

// fieldsOf returns what an object holds, by paths such as address.city.
func fieldsOf(v audit.Value, depth int) ([]pathValue, bool) {
	if v.Kind() != audit.KindMap || len(v.JSON()) > maxStructure || depth >= maxDepth {
		return nil, false
	}
	var raw map[string]json.RawMessage
	if v.Decode(&raw) != nil {
		return nil, false
	}
	var fields []pathValue
	for _, key := range slices.Sorted(maps.Keys(raw)) {
		item, err := audit.ParseValue(string(raw[key]))
		if err != nil {
			return nil, false
		}
		key = fieldSegment(key)
		within, ok := fieldsOf(item, depth+1)
		if !ok || len(within) == 0 {
			fields = append(fields, pathValue{key, item})
			continue
		}
		for _, f := range within {
			fields = append(fields, pathValue{key + "." + f.path, f.value})
		}
	}
	return fields, true
}

// fieldSegment is a key as it stands in a path. A key that would be taken for a
// mark has one $ too many.
func fieldSegment(key string) string {
	return strings.NewReplacer(`\`, `\\`, `.`, `\.`).Replace(jsontext.UnescapeKey(key))
}

// quoteIfNeeded returns a text as an item of a list or object: in quotes if
// its end could not be seen, or it would be taken for something else.
func quoteIfNeeded(text string) string {
	plain := text != "" && text == strings.TrimSpace(text) && !strings.ContainsAny(text, `,:[]{}"`)
	if first := text + " "; plain && !strings.ContainsRune("0123456789+-.", rune(first[0])) {
		switch text {
		case "null", "true", "false", "absent", "empty", "redacted":
		default:
			return text
		}
	}
	return quote(text)
}

func quote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}
