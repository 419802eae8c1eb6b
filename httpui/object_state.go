package httpui

import (
	"errors"
	"fmt"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

// stateView is an object's state as of one of its entries.
type stateView struct {
	Title  string
	Notes  []string
	Fields []stateField
	Gaps   []Link
	// LeftOut is how many fields are not shown.
	LeftOut int
}

// stateField is a field, and the entry that it has its value from.
type stateField struct {
	Field string
	Value whole
	Since Link
}

// comparison is two states of an object, side by side.
type comparison struct {
	Title   string
	Notes   []string
	Changes wholeChanges
	// Same is how many fields have the same value in both.
	Same int
}

// maxGaps is how many gaps are shown.
const maxGaps = 20

// fold puts together the object's state as of one of its entries, from the
// last create before it on.
func (rd *reader) fold(r *request, o audit.Object, name string) (folded, error) {
	e, err := rd.entryOf(r, o, name)
	if err != nil {
		return folded{}, err
	}
	out := folded{entry: e}
	out.State, err = rd.trail.StateAfter(r.Context(), e.ID)
	if errors.Is(err, audit.ErrTooLong) {
		out.tooLong, err = true, nil
	}
	return out, err
}

func (rd *reader) stateView(r *request, o audit.Object, name string, v view) (*stateView, error) {
	f, err := rd.fold(r, o, name)
	if err != nil {
		return nil, err
	}
	s := rd.words
	since := func(id audit.ID) Link {
		return Link{newMoment(id.Time(), v.zone).Text, r.link(entryPath(id)) + query(withObject(v.params, o))}
	}
	out := &stateView{Title: fmt.Sprintf(s.History.StateAsOf, since(f.entry.ID).Text), Notes: rd.present.notes(f, v)}
	size := 0
	for i, field := range f.Fields() {
		if i == maxWholeFields || size > maxWholeBytes {
			out.LeftOut = len(f.Fields()) - i
			break
		}
		line := stateField{field.Field, rd.present.whole(field.Value).byItself(), since(field.Since)}
		size += len(line.Field) + len(line.Value.Text)
		out.Fields = append(out.Fields, line)
	}
	for _, gap := range f.Unrecorded[max(0, len(f.Unrecorded)-maxGaps):] {
		found := since(gap.Entry)
		out.Gaps = append(out.Gaps, Link{fmt.Sprintf(s.History.Gap, display.VisibleText(gap.Field), found.Text), found.URL})
	}
	return out, nil
}

func (rd *reader) comparison(r *request, o audit.Object, a, b string, v view) (*comparison, error) {
	s := rd.words
	from, err := rd.fold(r, o, a)
	if err != nil {
		return nil, err
	}
	to, err := rd.fold(r, o, b)
	if err != nil {
		return nil, err
	}
	before, after := newMoment(from.entry.OccurredAt, v.zone).Text, newMoment(to.entry.OccurredAt, v.zone).Text
	out := &comparison{Title: fmt.Sprintf(s.History.Comparison, before, after), Changes: wholeChanges{Both: true, Headers: [2]string{before, after}}}
	for i, f := range []folded{from, to} {
		for _, note := range rd.present.notes(f, v) {
			out.Notes = append(out.Notes, out.Changes.Headers[i]+": "+note)
		}
	}
	if from.tooLong || to.tooLong {
		return out, nil
	}
	size := 0
	sinceFrom, sinceTo := sinceOf(from), sinceOf(to)
	all := unionOfFields(from.Fields(), to.Fields())
	names := display.Among(all)
	for _, field := range all {
		old, now := from.Get(field), to.Get(field)
		hidden := false
		if old == now {
			// What was not kept may have changed nevertheless.
			if hidden = old.HoldsMark() && sinceFrom[field] != sinceTo[field]; !hidden {
				out.Same++
				continue
			}
		}
		if len(out.Changes.Fields) == maxWholeFields || size > maxWholeBytes {
			out.Changes.LeftOut++
			continue
		}
		line := wholeChange{Field: field, Old: rd.present.sideOf(from, old), New: rd.present.sideOf(to, now), Hidden: hidden}
		apart(&line.Old, &line.New)
		if names != nil {
			line.Name = names.Show(field)
		}
		size += len(field) + len(line.Old.Text) + len(line.New.Text)
		out.Changes.Fields = append(out.Changes.Fields, line)
	}
	return out, nil
}

// sinceOf says which entry gave each field its value.
func sinceOf(f folded) map[string]audit.ID {
	since := map[string]audit.ID{}
	for _, field := range f.Fields() {
		since[field.Field] = field.Since
	}
	return since
}

// unionOfFields returns the names of the fields of both, in order.
func unionOfFields(a, b []audit.FieldState) []string {
	var names []string
	seen := map[string]bool{}
	for _, fields := range [][]audit.FieldState{a, b} {
		for _, f := range fields {
			if !seen[f.Field] {
				seen[f.Field] = true
				names = append(names, f.Field)
			}
		}
	}
	return names
}
