package httpui

import (
	"fmt"
	"net/url"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

// timeline is a page of an object's entries, in a form that picks two of them.
type timeline struct {
	Entries []historyEntry
	// Picked are those picked on another page.
	Picked []historyEntry
	// Newer and Older are cursors, for the buttons of the form.
	Newer, Older string
	Hidden       []hiddenField
	// Pick is set if there are two entries to compare.
	Pick bool
}

// historyEntry is one entry of a timeline.
type historyEntry struct {
	ID               string
	When             moment
	Entry, State     string // addresses
	Pill             pill
	Actor            display.Actor
	Changes          changeList
	From, To         bool // picked for the comparison
	FromName, ToName string
	IsCurrent        bool
}

// historyParams are the parameters of an object's history: a zone, a place, the
// entry whose state to show, the two to compare, and a place among its parts.
var historyParams = []string{"tz", "after", "before", "at", "a", "b", partsAfter, partsBefore}

// withObject adds the list's filter for one object: all of its entries.
func withObject(params url.Values, o audit.Object) url.Values {
	all := only(params, []string{"tz"})
	all.Set("object_type", o.Type)
	all.Set("record_id", o.ID)
	all.Set("range", "all")
	return all
}

func (p *presenter) historyEntry(e audit.Entry, params url.Values, v view) historyEntry {
	s := p.words
	id := e.ID.String()
	state := only(params, historyParams)
	state.Set("at", id)
	out := historyEntry{
		ID: id, When: newMoment(e.OccurredAt, v.zone),
		Entry: v.to(entryPath(e.ID)) + query(withObject(params, e.Object)),
		State: "?" + state.Encode() + "#audit-state",
		Pill:  p.pill(e.Action), Actor: p.actor(e.Actor),
		From: params.Get("a") == id, To: params.Get("b") == id, IsCurrent: params.Get("at") == id,
	}
	out.Changes = p.changeList(e).linked(out.Entry)
	out.FromName, out.ToName = fmt.Sprintf(s.History.CompareFrom, out.When.Text), fmt.Sprintf(s.History.CompareTo, out.When.Text)
	return out
}
