package httpui

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

const (
	// shownFields stand in the row itself, up to maxFields more in its
	// <details>; the rest is only counted.
	shownFields = 3
	maxFields   = 20
	// maxWithin is how many changes within one field a row shows, and maxDeep
	// how deep it looks for them.
	maxWithin = 6
	maxDeep   = 2
)

// changeList is the cell "Changes".
type changeList struct {
	First, More []change
	// LeftOut is how many fields even More does not hold.
	LeftOut int
	// Comment is the host's, after the fields; Entry leads to the whole entry
	// where it is longer.
	Comment *value
	Entry   string
	// Unreadable says why an entry cannot be read whole.
	Unreadable string
}

// Folded is how many fields stand behind the "more".
func (l changeList) Folded() int { return len(l.More) + l.LeftOut }

// change is one field: "field: old → new", or one side alone; or, where both
// sides have much in common, what became of it.
type change struct {
	Field    string
	Name     []display.Segment // the field as it is shown, if it looks like another
	Old, New *value            // nil for a side that is not shown
	Text     *textDiff
	List     *listDiff
	// Within are the changes of what the field holds, WithinLeftOut how many
	// more there are.
	Within        []change
	WithinLeftOut int
	// Sizes stand in for two values too large to be compared here.
	Sizes *sizes
	// Hidden says that the field did change where both sides look the same,
	// since the difference is in what was not kept.
	Hidden bool
	// Entry leads to the whole entry, where more was recorded than is shown.
	Entry string
}

// sizes are how large a value was and is.
type sizes struct{ Old, New string }

func (h *Handler) changeList(e audit.Entry) changeList {
	both := display.ShowsBothSides(e)
	list := changeList{Unreadable: h.unreadable(e)}
	names := fieldNames(e.Changes[:min(len(e.Changes), shownFields+maxFields)])
	for i, c := range e.Changes {
		switch {
		case i < shownFields:
			list.First = append(list.First, h.change(c, both).named(names))
		case i < shownFields+maxFields:
			list.More = append(list.More, h.change(c, both).named(names))
		default:
			list.LeftOut++
		}
	}
	if e.Comment != "" {
		comment := h.textValue(e.Comment, maxRunes)
		list.Comment = &comment
	}
	return list
}

// unreadable says why an entry cannot be read whole, or nothing.
func (h *Handler) unreadable(e audit.Entry) string {
	if e.Unreadable == "" {
		return ""
	}
	return fmt.Sprintf(h.options.Strings.UnreadableEntry, e.Unreadable)
}

// linked adds the way to the whole entry where less is shown.
func (l changeList) linked(entry string) changeList {
	for _, changes := range [][]change{l.First, l.More} {
		for i := range changes {
			if changes[i].isPartial() {
				changes[i].Entry = entry
			}
		}
	}
	if l.Comment != nil && l.Comment.Left {
		l.Entry = entry
	}
	return l
}

// change shows a field: both sides where both is set or both have something.
func (h *Handler) change(c audit.Change, both bool) change { return h.changeAt(c, both, 0) }

// changeAt shows a change that is so many levels within a field.
func (h *Handler) changeAt(c audit.Change, both bool, depth int) change {
	out := change{Field: c.Field}
	if c.Old != c.New {
		switch kind := c.Old.Kind(); {
		case kind != c.New.Kind():
		case kind == audit.KindString && h.compareTexts(&out, c),
			kind == audit.KindArray && depth < maxDeep && h.compareLists(&out, c, depth),
			kind == audit.KindMap && depth < maxDeep && h.compareObjects(&out, c, depth):
			return out
		}
	}
	if both || !c.Old.IsAbsent() {
		before := h.valueBeside(c.Old, beside(c.New, c.Old))
		out.Old = &before
	}
	if both || !c.New.IsAbsent() || out.Old == nil {
		after := h.valueBeside(c.New, beside(c.Old, c.New))
		out.New = &after
	}
	switch {
	case c.Old == c.New:
		out.Hidden = holdsMark(c.Old)
	case out.Old != nil && out.New != nil && c.Old.Kind() != c.New.Kind():
		h.tellApart(&out, c)
	}
	return out
}

// beside is what a value is read beside: the other side, or itself alone.
func beside(other, v audit.Value) audit.Value {
	if other.IsAbsent() {
		return v
	}
	return other
}

// compareTexts shows two long texts by their difference, or by their sizes.
func (h *Handler) compareTexts(out *change, c audit.Change) bool {
	before, after := c.Old.Text(), c.New.Text()
	old, now := utf8.RuneCountInString(before), utf8.RuneCountInString(after)
	switch {
	case min(old, now) == 0:
		return false
	case max(old, now) <= maxDiffed:
		out.Text = h.textDiff(before, after)
		return out.Text != nil
	case min(old, now) <= maxRunes:
		return false
	}
	out.Sizes = &sizes{groupThousands(old), h.options.Strings.Characters(now)}
	return true
}

// compareLists shows two lists by what was added, removed, moved and changed.
func (h *Handler) compareLists(out *change, c audit.Change, depth int) bool {
	diff, within := h.listDiff(c.Old, c.New)
	if diff == nil {
		return h.compareSizes(out, c)
	}
	out.List = diff
	h.addWithin(out, within, depth+1)
	return true
}

// compareObjects shows two objects by the paths within them.
func (h *Handler) compareObjects(out *change, c audit.Change, depth int) bool {
	if max(len(c.Old.JSON()), len(c.New.JSON())) > maxStructure {
		return h.compareSizes(out, c)
	}
	within := fieldChanges("", c.Old, c.New)
	if len(within) == 0 || len(within) == 1 && within[0].Field == "" {
		return false
	}
	h.addWithin(out, within, depth+1)
	return true
}

// compareSizes stands in for a comparison of lists or objects.
func (h *Handler) compareSizes(out *change, c audit.Change) bool {
	s := h.options.Strings
	old, now := len(c.Old.JSON()), len(c.New.JSON())
	if min(old, now) <= maxRunes {
		return false
	}
	out.Sizes = &sizes{groupThousands(old), s.ByteCount(now)}
	return true
}

func (h *Handler) addWithin(out *change, changes []audit.Change, depth int) {
	names := fieldNames(changes[:min(len(changes), maxWithin)])
	for i, c := range changes {
		if i == maxWithin {
			out.WithinLeftOut = len(changes) - maxWithin
			return
		}
		out.Within = append(out.Within, h.changeAt(c, true, depth).named(names))
	}
}

// fieldNames are the names of fields that are shown in one list, nil if none looks
// like another.
func fieldNames(changes []audit.Change) *display.Reading {
	names := make([]string, len(changes))
	for i, c := range changes {
		names[i] = c.Field
	}
	return display.Among(names)
}

// named shows the field's name such that it differs from others.
func (c change) named(names *display.Reading) change {
	if names != nil {
		c.Name = names.Show(c.Field)
	}
	return c
}

// tellApart puts a text in quotes that looks like the value on the other side,
// which is no text: "1" and 1.
func (h *Handler) tellApart(out *change, c audit.Change) {
	if c.Old.Kind() != audit.KindString && c.New.Kind() != audit.KindString || c.Old.Text() != c.New.Text() {
		return
	}
	for shown, v := range map[*value]audit.Value{out.Old: c.Old, out.New: c.New} {
		if v.Kind() == audit.KindString {
			*shown = h.textValue(quote(v.Text()), maxRunes)
		}
	}
}

// holdsMark reports whether something in a value was not kept as it was.
func holdsMark(v audit.Value) bool {
	switch v.Kind() {
	case audit.KindRedacted, audit.KindShared, audit.KindCut, audit.KindInvalidJSON:
		return true
	case audit.KindArray, audit.KindMap:
		return strings.Contains(v.JSON(), `{"$audit":"`)
	default:
		return false
	}
}

// isPartial reports whether more was recorded than is shown.
func (c change) isPartial() bool {
	partial := func(values ...*value) bool {
		return slices.ContainsFunc(values, func(v *value) bool { return v != nil && v.Left })
	}
	if c.Sizes != nil || c.WithinLeftOut > 0 || partial(c.Old, c.New) || slices.ContainsFunc(c.Within, change.isPartial) {
		return true
	}
	if c.Text != nil {
		return c.Text.LeftOut > 0 || slices.ContainsFunc(c.Text.Stretches, func(s stretch) bool { return s.Elided || partial(s.Old, s.New, s.Kept) })
	}
	return c.List != nil && c.List.isPartial()
}

func (l *listDiff) isPartial() bool {
	if l.MoreAdded+l.MoreRemoved+l.MoreMoved > 0 {
		return true
	}
	for _, items := range [][]value{l.Added, l.Removed, l.Moved} {
		if slices.ContainsFunc(items, func(v value) bool { return v.Left }) {
			return true
		}
	}
	return false
}
