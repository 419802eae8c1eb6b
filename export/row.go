package export

import (
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
	out := row{
		at:          e.OccurredAt.In(r.Zone),
		objectType:  display.VisibleText(r.objectLabel(e.Object.Type)),
		id:          display.VisibleText(e.Object.ID),
		action:      display.VisibleText(r.actionLabel(e.Action)),
		changes:     r.changes(e, room),
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
	case a.ID == "":
		name = s.System
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
// host's comment stands in for them.
func (r *Report) changes(e audit.Entry, room int) []string {
	if len(e.Changes) == 0 {
		if e.Comment == "" {
			return nil
		}
		return []string{r.cut(e.Comment, room)}
	}
	both := display.ShowsBothSides(e)
	texts := make([]string, len(e.Changes))
	for i, c := range e.Changes {
		texts[i] = r.change(c, both, room)
	}
	return texts
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
	field = display.VisibleText(c.Field) + ": "
	before, after := r.value(c.Old, room), r.value(c.New, room)
	switch {
	case !both && c.Old.IsAbsent():
		return field, []string{after}
	case !both && c.New.IsAbsent():
		return field, []string{before}
	case before == after && c.Old.Kind() != c.New.Kind():
		// The text "1" and the number 1: the text goes into quotes.
		before, after = r.quotedText(c.Old, before, room), r.quotedText(c.New, after, room)
	}
	return field, []string{before, after}
}

// value shows one side of a change.
func (r *Report) value(v audit.Value, room int) string {
	s := r.Strings
	switch v.Kind() {
	case audit.Absent:
		return s.Absent
	case audit.Null:
		return s.Null
	case audit.Redacted:
		return s.Redacted
	case audit.Shared:
		return s.NotCompared
	case audit.Cycle:
		return s.Cycle
	case audit.Cut:
		if bytes, start := v.CutSize(); bytes > 0 {
			return s.CutText(display.VisibleText(start), bytes)
		}
		return v.Text()
	case audit.String:
		text := v.Text()
		if r.isAmbiguous(text) {
			return r.quoted(text, room)
		}
		return r.cut(text, room)
	default:
		return r.cut(v.Text(), room)
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

func (r *Report) quotedText(v audit.Value, shown string, room int) string {
	if v.Kind() != audit.String || strings.HasPrefix(shown, `"`) {
		return shown
	}
	return r.quoted(v.Text(), room)
}

func (r *Report) quoted(text string, room int) string {
	return `"` + strings.ReplaceAll(r.cut(text, room), `"`, `\"`) + `"`
}

// cut makes a text visible, and cuts what has no room.
func (r *Report) cut(text string, room int) string {
	shown := display.VisibleText(text)
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
