package httpui

import (
	"unicode/utf8"

	"github.com/auditkeep/audit"
)

const (
	// shownFields stand in the row itself, up to maxFields more in its
	// <details>; the rest is only counted.
	shownFields = 3
	maxFields   = 20
	// maxRunes is how much of one value a row shows.
	maxRunes = 160
)

// changeList is the cell "Changes".
type changeList struct {
	First, More []change
	// LeftOut is how many fields even More does not hold.
	LeftOut int
	// Comment stands in for the fields of an entry that has none.
	Comment value
}

// Folded is how many fields stand behind the "more".
func (l changeList) Folded() int { return len(l.More) + l.LeftOut }

// change is one field: "field: old → new", or one side alone.
type change struct {
	Field    string
	Old, New *value // nil for a side that is not shown
	// Hidden says of a redacted field that it did change.
	Hidden bool
}

// value is one side of a change, or another text that may be long.
type value struct {
	Text string
	// Mark is for what is no text: null, absent, empty, redacted. It reads in
	// words and looks unlike a text of the same words.
	Mark string
	// Cut is how many characters are left out at the end.
	Cut int
}

func (h *Handler) changeList(e audit.Entry) changeList {
	both := showsBothSides(e)
	var list changeList
	for i, c := range e.Changes {
		switch {
		case i < shownFields:
			list.First = append(list.First, h.change(c, both))
		case i < shownFields+maxFields:
			list.More = append(list.More, h.change(c, both))
		default:
			list.LeftOut++
		}
	}
	if len(e.Changes) == 0 && e.Comment != "" {
		list.Comment = cut(e.Comment)
	}
	return list
}

// showsBothSides reports whether an entry tells of what was and what is: an
// update does, and any action of the host's that has both.
func showsBothSides(e audit.Entry) bool {
	if e.Action == audit.Update {
		return true
	}
	for _, c := range e.Changes {
		if !c.Old.IsAbsent() && !c.New.IsAbsent() {
			return true
		}
	}
	return false
}

func (h *Handler) change(c audit.Change, both bool) change {
	out := change{Field: c.Field}
	if both || !c.Old.IsAbsent() {
		before := h.value(c.Old)
		out.Old = &before
	}
	if both || !c.New.IsAbsent() || out.Old == nil {
		after := h.value(c.New)
		out.New = &after
	}
	out.Hidden = c.Old.Kind() == audit.Redacted && c.New.Kind() == audit.Redacted
	return out
}

func (h *Handler) value(v audit.Value) value {
	s := h.options.Strings
	switch v.Kind() {
	case audit.Absent:
		return value{Mark: s.Absent}
	case audit.Null:
		return value{Mark: s.Null}
	case audit.Redacted:
		return value{Mark: s.Redacted}
	case audit.Cycle:
		return value{Mark: s.Cycle}
	case audit.Cut:
		size, start := v.CutSize()
		return value{Text: cut(start).Text, Mark: s.Bytes(size)}
	}
	text := v.Text()
	if text == "" {
		return value{Mark: s.Empty}
	}
	return cut(text)
}

// cut returns the beginning of a text and how many characters it left out.
func cut(text string) value {
	if len(text) <= maxRunes {
		return value{Text: text}
	}
	runes := 0
	for i := range text {
		if runes == maxRunes {
			return value{Text: text[:i], Cut: utf8.RuneCountInString(text[i:])}
		}
		runes++
	}
	return value{Text: text}
}
