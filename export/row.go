package export

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/words"
)

// row is an entry as the columns show it. Its texts can be shown as they are:
// nothing in them is invisible.
type row struct {
	at         time.Time // in the report's zone
	objectType string
	id         string
	action     string
	// changes are the changed fields, one text each, "field: old -> new", and
	// the comment.
	changes     []string
	performedBy string
	ip          string
}

// row shows an entry. A value of more than room characters is cut, visibly;
// 0 is room for all.
func (r *Report) row(e audit.Entry, room int) row {
	out := r.facts(e)
	out.changes = r.changes(e, room)
	return out
}

// facts are a row without its changes.
func (r *Report) facts(e audit.Entry) row {
	out := row{
		at:          e.OccurredAt.In(r.Zone),
		objectType:  display.VisibleText(r.objectLabel(e.Object.Type)),
		id:          display.VisibleText(e.Object.ID),
		action:      display.VisibleText(display.ActionLabel(e.Action, r.Words)),
		performedBy: display.VisibleText(r.performedBy(e.Actor)),
	}
	if e.IP.IsValid() {
		out.ip = e.IP.String()
	}
	return out
}

// timestampFormat is RFC 3339 with all that was recorded, the zone included.
const timestampFormat = "2006-01-02T15:04:05.000000Z07:00"

// performedBy names the actor: by email if there is one.
func (r *Report) performedBy(a audit.Actor) string {
	actor := display.ActorOf(a, r.Words)
	name := actor.Name
	if actor.Note != "" {
		name = actor.Note + " " + name
	}
	if actor.OnBehalfOf != "" {
		name += " " + r.Words.Actor.OnBehalfOf + " " + actor.OnBehalfOf
	}
	return name
}

// changes shows what changed, one text a field, and then the host's comment.
// First comes what is wrong with an entry that cannot be read whole.
func (r *Report) changes(e audit.Entry, room int) []string {
	var texts []string
	if e.Unreadable != "" {
		texts = append(texts, r.unreadable(e))
	}
	both, names := display.ShowsBothSides(e), display.Fields(e.Changes)
	texts = slices.Grow(texts, len(e.Changes)+1)
	for _, c := range e.Changes {
		texts = append(texts, r.change(c, both, names, room))
	}
	if e.Comment != "" {
		mark, comment := r.comment(e)
		shown, _ := comment.in(r, room)
		texts = append(texts, mark+shown)
	}
	return texts
}

// unreadable says why an entry cannot be read whole.
func (r *Report) unreadable(e audit.Entry) string {
	return display.VisibleText(fmt.Sprintf(r.Words.File.Unreadable, e.Unreadable))
}

// comment returns the host's comment, and the mark before it that distinguishes
// it from a change. The mark is empty if the entry has no changes and the comment
// does not read like one.
func (r *Report) comment(e audit.Entry) (mark string, comment side) {
	look := display.Look(e.Comment)
	quoted := readsLikeOther(look) || strings.Contains(look, arrow)
	if len(e.Changes) > 0 || e.Unreadable != "" || quoted || strings.Contains(look, ": ") {
		mark = r.Words.File.Comment + " "
	}
	return mark, newSide(display.Visible(e.Comment), quoted)
}

// readsLikeOther reports whether a text looks like a mark or a quoted text, or has
// in it what looks like the end of a change.
func readsLikeOther(look string) bool {
	return strings.HasPrefix(look, "(") || strings.HasPrefix(look, `"`) || strings.Contains(look, "; ")
}

// change shows "field: old -> new". If both is false, it leaves out a side that is
// absent.
func (r *Report) change(c audit.Change, both bool, names *display.Reading, room int) string {
	field, sides := r.shownSides(c, both, names, room)
	shown := make([]string, len(sides))
	for i, side := range sides {
		shown[i], _ = side.in(r, room)
	}
	return field + strings.Join(shown, arrow)
}

// arrow stands between the two sides of a change.
const arrow = " -> "

// side is one side of a change. A long value is made visible once, however often
// it is then cut.
type side struct {
	text     string            // visible
	segments []display.Segment // that the text is of; none for a mark
	more     int               // characters that have no room anyway
	alike    int               // characters before, the same on both sides
	mark     bool              // stands for the value, and is never cut
	quoted   bool
}

func newSide(segments []display.Segment, quoted bool) side {
	return side{text: display.Flat(segments), segments: segments, quoted: quoted}
}

// in returns the side with at most so many characters of its text, and whether
// it was cut.
func (s side) in(r *Report, room int) (text string, isCut bool) {
	if s.mark || !s.quoted && s.alike == 0 && (room == 0 || len(s.text) <= room && s.more == 0) {
		return s.text, false
	}
	before, more, shown, left := "", "", s.segments, 0
	if room > 0 {
		shown, left = display.Cut(s.segments, room)
		left += s.more
	}
	if left > 0 {
		more = r.Words.Count(r.Words.File.MoreCharacters, left)
	}
	if s.alike > 0 {
		before = r.Words.Count(r.Words.File.SameCharacters, s.alike)
	}
	text = display.Flat(shown) + more
	if s.quoted {
		text = quoted(shown, more)
	}
	return before + text, left > 0 || s.alike > 0
}

// quoted puts a text into quotes. Backslashes and quotes in the text get a
// backslash before them, so that the text can be read back.
func quoted(segments []display.Segment, more string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, segment := range segments {
		if segment.Escape {
			out.WriteString(segment.Text)
			continue
		}
		_, _ = inQuotes.WriteString(&out, segment.Text)
	}
	out.WriteString(more)
	out.WriteByte('"')
	return out.String()
}

var inQuotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// shownSides returns the field of a change with its colon, and its sides. At most
// room characters of a side will be shown; 0 is all.
func (r *Report) shownSides(c audit.Change, both bool, names *display.Reading, room int) (field string, sides []side) {
	field = fieldName(c.Field, names) + ": "
	switch {
	case !both && c.Old.IsAbsent():
		return field, []side{r.oneSide(c.New, room)}
	case !both && c.New.IsAbsent():
		return field, []side{r.oneSide(c.Old, room)}
	}
	before, after := r.sides(c, room)
	if before.text == after.text && before.quoted == after.quoted && c.Old.Kind() != c.New.Kind() {
		// The text "1" and the number 1: the text goes into quotes.
		before.quoted = before.quoted || c.Old.Kind() == audit.KindString
		after.quoted = after.quoted || c.New.Kind() == audit.KindString
	}
	return field, []side{before, after}
}

// oneSide shows the only side of a change.
func (r *Report) oneSide(v audit.Value, room int) side {
	text, isMark := r.words(v)
	if isMark {
		return side{text: text, mark: true}
	}
	start, more := head(text, room)
	return r.valueSide(v, display.Alone(start), text, more)
}

// sides shows both sides of a change, such that they differ.
func (r *Report) sides(c audit.Change, room int) (before, after side) {
	old, oldIsMark := r.words(c.Old)
	now, newIsMark := r.words(c.New)
	from, alike := 0, 0
	if !oldIsMark && !newIsMark {
		from, alike = differAt(old, now, room)
	}
	oldStart, oldMore := head(old[from:], room)
	newStart, newMore := head(now[from:], room)
	oldShown, newShown := display.Apart(oldStart, newStart)
	before, after = side{text: old, mark: true}, side{text: now, mark: true}
	if !oldIsMark {
		before = r.valueSide(c.Old, oldShown, old, oldMore)
		before.alike = alike
	}
	if !newIsMark {
		after = r.valueSide(c.New, newShown, now, newMore)
		after.alike = alike
	}
	return before, after
}

// differAt returns from where on two texts are shown that have no room as a whole,
// and how many characters are before that: if they begin alike, what has room could
// look the same.
func differAt(old, now string, room int) (from, characters int) {
	const context, far = 40, 4000
	if old == now || room == 0 || max(len(old), len(now)) <= room && (room != maxCellUnits || len(old)+len(now) <= room) {
		return 0, 0
	}
	for from < min(len(old), len(now)) && old[from] == now[from] {
		from++
	}
	if from < min(room-2*context, far) {
		return 0, 0
	}
	for n := 0; from > 0 && n < context; from-- {
		if from < len(old) && utf8.RuneStart(old[from]) {
			n++
		}
	}
	for from > 0 && !utf8.RuneStart(old[from]) {
		from--
	}
	return from, utf8.RuneCountInString(old[:from])
}

func (r *Report) valueSide(v audit.Value, shown []display.Segment, text string, more int) side {
	out := newSide(shown, v.Kind() == audit.KindString && r.isAmbiguous(text))
	out.more = more
	return out
}

// fieldName shows the name of a field. The name is in quotes if it reads like a
// mark or like the end of a change.
func fieldName(name string, names *display.Reading) string {
	shown := names.Show(name)
	if readsLikeOther(display.Look(name)) {
		return quoted(shown, "")
	}
	return display.Flat(shown)
}

// head returns what of a text may be shown, and how many characters are more
// than that. What comes after may still change how the last ones look.
func head(text string, room int) (start string, more int) {
	const beyond = 64
	if room == 0 || len(text) <= room+beyond {
		return text, 0
	}
	n := 0
	for i := range text {
		if n == room+beyond {
			return text[:i], utf8.RuneCountInString(text[i:])
		}
		n++
	}
	return text, 0
}

// marksOf returns the words that stand for a value, such as a redacted one. They
// are the page's words, in a mark, so that they do not read like a text. null
// needs no mark.
func marksOf(w *words.Catalogue) map[audit.ValueKind]string {
	marks := map[audit.ValueKind]string{}
	for _, kind := range []audit.ValueKind{audit.KindAbsent, audit.KindNull, audit.KindRedacted, audit.KindShared, audit.KindCycle} {
		word, _ := display.Mark(kind, w)
		if kind != audit.KindNull {
			word = fmt.Sprintf(w.File.Mark, word)
		}
		marks[kind] = word
	}
	return marks
}

// words are what a value is in words, and whether they only stand for it.
func (r *Report) words(v audit.Value) (text string, isMark bool) {
	kind := v.Kind()
	if mark, ok := r.marks[kind]; ok {
		return mark, true
	}
	if kind == audit.KindCut {
		if bytes, _, start := v.Cut(); bytes > 0 {
			return words.Fill(r.Words.File.Cut, "start", display.VisibleText(start), "digits", strconv.Itoa(bytes)), true
		}
		return v.Text(), true
	}
	return v.Text(), false
}

// isAmbiguous reports whether a text reads like something else: like a mark, like
// the end of a value, or like nothing.
func (r *Report) isAmbiguous(text string) bool {
	if text == "" || text == r.Words.Value.Null {
		return true
	}
	look := display.Look(text)
	return readsLikeOther(look) || strings.Contains(look, arrow) || strings.TrimSpace(text) != text
}

// cutShown cuts a text that is visible already, and reports whether it did.
func (r *Report) cutShown(shown string, room int) (text string, isCut bool) {
	if room == 0 || len(shown) <= room {
		return shown, false
	}
	n := 0
	for i := range shown {
		if n == room {
			return shown[:i] + r.Words.Count(r.Words.File.MoreCharacters, utf8.RuneCountInString(shown[i:])), true
		}
		n++
	}
	return shown, false
}
