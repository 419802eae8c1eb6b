package httpui

import (
	"fmt"
	"slices"
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

// change is one field: "field: old → new", or only one side; or, if both
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

func (p *presenter) changeList(e audit.Entry) changeList {
	both := display.ShowsBothSides(e)
	list := changeList{Unreadable: p.unreadable(e)}
	names := display.Fields(e.Changes[:min(len(e.Changes), shownFields+maxFields)])
	for i, c := range e.Changes {
		switch {
		case i < shownFields:
			list.First = append(list.First, p.change(c, both).named(names))
		case i < shownFields+maxFields:
			list.More = append(list.More, p.change(c, both).named(names))
		default:
			list.LeftOut++
		}
	}
	if e.Comment != "" {
		comment := p.textValue(e.Comment, maxRunes)
		list.Comment = &comment
	}
	return list
}

// unreadable says why an entry cannot be read whole, or nothing.
func (p *presenter) unreadable(e audit.Entry) string {
	if e.Unreadable == "" {
		return ""
	}
	return fmt.Sprintf(p.words.Entry.Unreadable, e.Unreadable)
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
func (p *presenter) change(c audit.Change, both bool) change { return p.changeAt(c, both, 0) }

// changeAt shows a change that is so many levels within a field.
func (p *presenter) changeAt(c audit.Change, both bool, depth int) change {
	out := change{Field: c.Field}
	if c.Old != c.New {
		switch kind := c.Old.Kind(); {
		case kind != c.New.Kind():
		case kind == audit.KindString && p.compareTexts(&out, c),
			kind == audit.KindArray && depth < maxDeep && p.compareLists(&out, c, depth),
			kind == audit.KindMap && depth < maxDeep && p.compareObjects(&out, c, depth):
			return out
		}
	}
	if both || !c.Old.IsAbsent() {
		before := p.valueBeside(c.Old, beside(c.New, c.Old))
		out.Old = &before
	}
	if both || !c.New.IsAbsent() || out.Old == nil {
		after := p.valueBeside(c.New, beside(c.Old, c.New))
		out.New = &after
	}
	switch {
	case c.Old == c.New:
		out.Hidden = holdsMark(c.Old)
	case out.Old != nil && out.New != nil && c.Old.Kind() != c.New.Kind():
		p.tellApart(&out, c)
	}
	return out
}

// beside is what a value is read beside: the other side, or else itself.
func beside(other, v audit.Value) audit.Value {
	if other.IsAbsent() {
		return v
	}
	return other
}

// compareTexts shows two long texts by their difference, or by their sizes.
func (p *presenter) compareTexts(out *change, c audit.Change) bool {
	before, after := c.Old.Text(), c.New.Text()
	old, now := utf8.RuneCountInString(before), utf8.RuneCountInString(after)
	switch {
	case min(old, now) == 0:
		return false
	case max(old, now) <= maxDiffed:
		out.Text = p.textDiff(before, after)
		return out.Text != nil
	case min(old, now) <= maxRunes:
		return false
	}
	out.Sizes = &sizes{p.words.Number(old), p.words.Count(p.words.Value.Characters, now)}
	return true
}

// compareLists shows two lists by what was added, removed, moved and changed.
func (p *presenter) compareLists(out *change, c audit.Change, depth int) bool {
	diff, within := p.listDiff(c.Old, c.New)
	if diff == nil {
		return p.compareSizes(out, c)
	}
	out.List = diff
	p.addWithin(out, within, depth+1)
	return true
}

// compareObjects shows two objects by the paths within them.
func (p *presenter) compareObjects(out *change, c audit.Change, depth int) bool {
	if max(len(c.Old.JSON()), len(c.New.JSON())) > maxStructure {
		return p.compareSizes(out, c)
	}
	within := fieldChanges("", c.Old, c.New)
	if len(within) == 0 || len(within) == 1 && within[0].Field == "" {
		return false
	}
	p.addWithin(out, within, depth+1)
	return true
}

// compareSizes stands in for a comparison of lists or objects.
func (p *presenter) compareSizes(out *change, c audit.Change) bool {
	s := p.words
	old, now := len(c.Old.JSON()), len(c.New.JSON())
	if min(old, now) <= maxRunes {
		return false
	}
	out.Sizes = &sizes{s.Number(old), s.Count(s.Value.Bytes, now)}
	return true
}

func (p *presenter) addWithin(out *change, changes []audit.Change, depth int) {
	names := display.Fields(changes[:min(len(changes), maxWithin)])
	for i, c := range changes {
		if i == maxWithin {
			out.WithinLeftOut = len(changes) - maxWithin
			return
		}
		out.Within = append(out.Within, p.changeAt(c, true, depth).named(names))
	}
}

// named shows the field's name such that it differs from others.
func (c change) named(names *display.Reading) change {
	if names != nil {
		c.Name = names.Show(c.Field)
	}
	return c
}

// tellApart puts a text in quotes that looks like the value on the other side,
// which is not a text: "1" and 1.
func (p *presenter) tellApart(out *change, c audit.Change) {
	if c.Old.Kind() != audit.KindString && c.New.Kind() != audit.KindString || c.Old.Text() != c.New.Text() {
		return
	}
	for shown, v := range map[*value]audit.Value{out.Old: c.Old, out.New: c.New} {
		if v.Kind() == audit.KindString {
			*shown = p.textValue(quote(v.Text()), maxRunes)
		}
	}
}

// holdsMark reports whether something in a value was not kept as it was.
func holdsMark(v audit.Value) bool {
	switch v.Kind() {
	case audit.KindRedacted, audit.KindShared, audit.KindCut, audit.KindInvalidJSON:
		return true
	case audit.KindArray, audit.KindMap:
		return v.HoldsMark()
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
