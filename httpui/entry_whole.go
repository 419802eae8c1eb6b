package httpui

import (
	"strings"
	"unicode/utf8"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

// whole is a value that is shown in full, within reason.
type whole struct {
	Text, Mark string
	Cut        int // characters left out
	// Shown is the text as it is shown, where that depends on what it is read
	// beside.
	Shown []display.Segment
}

// apart shows two values such that they differ. Blanks at the end of only one
// are made visible.
func apart(before, after *whole) {
	old, now := before.Text, after.Text
	switch {
	case before.Mark != "" && after.Mark != "":
	case before.Mark != "":
		after.Shown, _ = display.ApartLines(now, strings.TrimSpace(now))
	case after.Mark != "":
		before.Shown, _ = display.ApartLines(old, strings.TrimSpace(old))
	default:
		before.Shown, after.Shown = display.ApartLines(old, now)
	}
}

// byItself returns a value as it is shown if nothing is beside it.
func (w whole) byItself() whole {
	none := whole{Mark: "none"}
	apart(&w, &none)
	return w
}

const (
	// maxWhole is how much of one value an entry's page shows, and maxRaw how
	// much of its JSON; all of it is in the JSON on its own.
	maxWhole = 20_000
	maxRaw   = 200_000
	// maxWholeFields and maxWholeBytes bound the fields shown there.
	maxWholeFields = 1000
	maxWholeBytes  = 1 << 20
)

// wholeChanges are all changed fields of an entry.
type wholeChanges struct {
	Both    bool      // each field has two sides
	Headers [2]string // of the two sides; Before and After where empty
	Fields  []wholeChange
	LeftOut int
}

// wholeChange is one field with full values.
type wholeChange struct {
	Field    string
	Name     []display.Segment // the field as it is shown, if it looks like another
	Old, New whole
	// Hidden says of a redacted field that it did change.
	Hidden bool
}

func (p *presenter) wholeChanges(e audit.Entry) wholeChanges {
	out := wholeChanges{Both: display.ShowsBothSides(e)}
	size, names := 0, display.Fields(e.Changes[:min(len(e.Changes), maxWholeFields)])
	for i, c := range e.Changes {
		if i == maxWholeFields || size > maxWholeBytes {
			out.LeftOut = len(e.Changes) - i
			break
		}
		old, now := p.wholeSides(c)
		line := wholeChange{
			Field: c.Field, Old: old, New: now,
			Hidden: c.Old.Kind() == audit.KindRedacted && c.New.Kind() == audit.KindRedacted,
		}
		if !out.Both && c.New.IsAbsent() {
			line.New = line.Old
		}
		if out.Both {
			apart(&line.Old, &line.New)
		} else {
			line.New = line.New.byItself()
		}
		if names != nil {
			line.Name = names.Show(c.Field)
		}
		size += len(line.Field) + len(line.Old.Text) + len(line.New.Text)
		out.Fields = append(out.Fields, line)
	}
	return out
}

// wholeSides shows both values of a change. Of texts that are too long for the page
// and begin alike, it shows what is around the first difference.
func (p *presenter) wholeSides(c audit.Change) (old, now whole) {
	const context = 100
	if c.Old.Kind() != audit.KindString || c.New.Kind() != audit.KindString {
		return p.whole(c.Old), p.whole(c.New)
	}
	before, after, from := c.Old.Text(), c.New.Text(), 0
	for from < min(len(before), len(after)) && before[from] == after[from] {
		from++
	}
	if from -= context; before == after || max(len(before), len(after)) <= maxWhole || from+2*context < maxWhole {
		return p.whole(c.Old), p.whole(c.New)
	}
	for !utf8.RuneStart(before[from]) {
		from--
	}
	old, now = cutWhole("… "+before[from:], maxWhole), cutWhole("… "+after[from:], maxWhole)
	return old, now
}

// whole shows a value in full; lists and objects on their own lines.
func (p *presenter) whole(v audit.Value) whole {
	s := p.words
	if mark, ok := display.Mark(v.Kind(), s); ok {
		return whole{Mark: mark}
	}
	switch v.Kind() {
	case audit.KindCut:
		if size, _, start := v.Cut(); size > 0 {
			return whole{Text: start, Mark: s.Count(s.Value.Cut, size)}
		}
		return whole{Mark: s.Value.CutShort}
	case audit.KindArray, audit.KindMap:
		return indented(v.JSON(), maxWhole)
	}
	text := v.Text()
	if text == "" {
		return whole{Mark: s.Value.Empty}
	}
	return cutWhole(text, maxWhole)
}
