package httpui

import (
	"net/url"

	"github.com/auditkeep/audit"
)

// parts is a page of the entries of records that belong to an object: an order's
// lines, by [audit.Event.WithParent] or the tag parent.
type parts struct {
	Entries []partEntry
	// Newer and Older are addresses, empty if there is nothing.
	Newer, Older string
}

// partEntry is one entry of a record that belongs to the object.
type partEntry struct {
	historyEntry
	Object objectLink
}

// The parameters for the place within an object's parts, which are cursors.
const (
	partsAfter  = "parts_after"
	partsBefore = "parts_before"
)

// parts returns the entries of what belongs to the object, the newest first, or
// nil if there is none at this place.
func (rd *reader) parts(r *request, o audit.Object, params url.Values) (*parts, error) {
	if o.Type == "" { // nothing belongs to it: a parent has a type
		return nil, nil
	}
	place := only(params, []string{"tz"})
	for own, general := range map[string]string{partsAfter: "after", partsBefore: "before"} {
		if cursor := params.Get(own); cursor != "" {
			place.Set(general, cursor)
		}
	}
	v, wrong := rd.urls.parseView(place, rd.now())
	for _, problem := range wrong.list() {
		return nil, badRequest(rd.words.Parameters[problem.Parameter] + ": " + problem.Message)
	}
	v.filter, v.perPage, v.page, v.root = audit.Filter{Org: r.org, Parent: o}, historyPerPage, 0, r.root
	page, err := rd.trail.Page(r.Context(), v.query())
	if err != nil || len(page.Entries) == 0 {
		return nil, err
	}
	zone := only(params, []string{"tz"})
	out := new(parts)
	for _, e := range page.Entries {
		out.Entries = append(out.Entries, partEntry{
			historyEntry: rd.present.historyEntry(e, zone, v),
			Object:       rd.present.objectLink(v, e.Object, zone, nil),
		})
	}
	at := func(parameter string, cursor audit.Cursor) string {
		if cursor.IsZero() {
			return ""
		}
		values := only(params, []string{"tz"})
		values.Set(parameter, cursor.String())
		return "?" + values.Encode() + "#audit-parts"
	}
	out.Newer, out.Older = at(partsBefore, page.Prev), at(partsAfter, page.Next)
	return out, nil
}
