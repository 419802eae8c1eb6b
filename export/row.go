package export

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

// row is an entry as the columns show it. Its texts can be shown as they are:
// nothing in them is invisible.
type row struct {
	at         time.Time // in the report's zone
	objectType string
	id         string
	action     string
	// changes are the changed fields, one text each: "field: old -> new".
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
		action:      display.VisibleText(r.actionLabel(e.Action)),
		performedBy: display.VisibleText(r.performedBy(e.Actor)),
	}
	if e.IP.IsValid() {
		out.ip = e.IP.String()
	}
	return out
}

// timestampFormat is RFC 3339 with all that was recorded, the zone included.
const timestampFormat = "2006-01-02T15:04:05.000000Z07:00"

// performedBy names the actor: by email where there is one.
func (r *Report) performedBy(a audit.Actor) string {
	s := r.Strings
	name := a.Email
	switch {
	case a.Email != "":
	case a.ID == "" && a.Kind == audit.ActorSystem:
		name = s.System
	case a.ID == "":
		name = s.UnknownActor
	case a.Kind == audit.ActorAPIKey:
		name = s.APIKey + " " + a.ID
	case a.Kind == audit.ActorDatabaseRole:
		name = s.Role + " " + a.ID
	default:
		name = a.ID
	}
	if a.OnBehalfOf != "" {
		name += " " + s.OnBehalfOf + " " + a.OnBehalfOf
	}
	return name
}

// changes shows what changed, one text a field; where no field did, the
// host's comment stands in for them. First comes what is wrong with an entry
// that cannot be read whole.
func (r *Report) changes(e audit.Entry, room int) []string {
	var texts []string
	if e.Unreadable != "" {
		texts = append(texts, r.unreadable(e))
	}
	if len(e.Changes) == 0 && e.Comment != "" {
		return append(texts, r.cut(e.Comment, room))
	}
	both := display.ShowsBothSides(e)
	texts = slices.Grow(texts, len(e.Changes))
	for _, c := range e.Changes {
		texts = append(texts, r.change(c, both, room))
	}
	return texts
}

// unreadable says why an entry cannot be read whole.
func (r *Report) unreadable(e audit.Entry) string {
	return display.VisibleText(fmt.Sprintf(r.Strings.Unreadable, e.Unreadable))
}

// change shows "field: old -> new", or one side alone where an object came or
// went.
func (r *Report) change(c audit.Change, both bool, room int) string {
	field, sides := r.changeParts(c, both, room)
	return field + strings.Join(sides, arrow)
}

// arrow stands between the two sides of a change.
const arrow = " -> "

// changeParts are the texts of a change: the field with its colon, and its
// sides.
func (r *Report) changeParts(c audit.Change, both bool, room int) (field string, sides []string) {
	field, shown := r.shownSides(c, both)
	sides = make([]string, len(shown))
	for i, side := range shown {
		sides[i] = side.in(r, room)
	}
	return field, sides
}

// side is one side of a change. A long value is made visible once, however often
// it is then cut.
type side struct {
	text   string // visible
	mark   bool   // no text of the value's own: never cut
	quoted bool
}

// in returns the side with at most so many characters of its text.
func (s side) in(r *Report, room int) string {
	text := s.text
	if !s.mark {
		text = r.cutShown(text, room)
	}
	if s.quoted {
		return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
	}
	return text
}

// shownSides are the field of a change with its colon, and its sides.
func (r *Report) shownSides(c audit.Change, both bool) (field string, sides []side) {
	field = display.VisibleText(c.Field) + ": "
	before, after := r.side(c.Old), r.side(c.New)
	switch {
	case !both && c.Old.IsAbsent():
		return field, []side{after}
	case !both && c.New.IsAbsent():
		return field, []side{before}
	case before == after && c.Old.Kind() != c.New.Kind():
		// The text "1" and the number 1: the text goes into quotes.
		before.quoted = before.quoted || c.Old.Kind() == audit.String
		after.quoted = after.quoted || c.New.Kind() == audit.String
	}
	return field, []side{before, after}
}

// side shows one side of a change.
func (r *Report) side(v audit.Value) side {
	s := r.Strings
	mark := func(words string) side { return side{text: words, mark: true} }
	switch v.Kind() {
	case audit.Absent:
		return mark(s.Absent)
	case audit.Null:
		return mark(s.Null)
	case audit.Redacted:
		return mark(s.Redacted)
	case audit.Shared:
		return mark(s.NotCompared)
	case audit.Cycle:
		return mark(s.Cycle)
	case audit.Cut:
		if bytes, start := v.CutSize(); bytes > 0 {
			return mark(s.CutText(display.VisibleText(start), bytes))
		}
		return mark(v.Text())
	case audit.String:
		text := v.Text()
		return side{text: display.VisibleText(text), quoted: r.isAmbiguous(text)}
	default:
		return side{text: display.VisibleText(v.Text())}
	}
}

// isAmbiguous reports whether a text reads like something that is none: like
// a mark, like the end of a value, or like nothing.
func (r *Report) isAmbiguous(text string) bool {
	s := r.Strings
	switch text {
	case "", s.Null:
		return true
	}
	return strings.HasPrefix(text, "(") || strings.HasPrefix(text, `"`) ||
		strings.Contains(text, arrow) || strings.Contains(text, "; ") ||
		strings.TrimSpace(text) != text
}

// cut makes a text visible, and cuts what has no room.
func (r *Report) cut(text string, room int) string {
	return r.cutShown(display.VisibleText(text), room)
}

// cutShown cuts a text that is visible already.
func (r *Report) cutShown(shown string, room int) string {
	if room == 0 || len(shown) <= room {
		return shown
	}
	n := 0
	for i := range shown {
		if n == room {
			return shown[:i] + r.Strings.MoreCharacters(utf8.RuneCountInString(shown[i:]))
		}
		n++
	}
	return shown
}
