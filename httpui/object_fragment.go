package httpui

import (
	"errors"
	"html/template"
	"net/http"
	"strings"

	"github.com/auditkeep/audit"
)

// Errors of [Handler.HistoryFragment].
var (
	// ErrForbidden is returned where Options.Authorize says no.
	ErrForbidden = errors.New("httpui: this request may not see the audit log")
	// ErrNoOrg is returned where Options.Org names no organization.
	ErrNoOrg = errors.New("httpui: this request belongs to no organization")
)

// fragmentEntries is how many entries a fragment shows.
const fragmentEntries = 10

// fragment is what the template "fragment" shows.
type fragment struct {
	Entries []historyEntry
	All     string // the way to the whole history; empty if there is none
}

// HistoryFragment returns the newest entries of an object, for a host to put
// into the object's own page: Page.Head into <head>, Page.Body where it
// belongs. It asks Options.Authorize and Options.Org as the page does, and
// returns [ErrForbidden] or [ErrNoOrg], so that a host leaves it out if the
// reader may not see it. It styles only itself, and its links are
// absolute: Options.BasePath must be the path that browsers see.
func (h *Handler) HistoryFragment(r *http.Request, object audit.Object) (Page, error) {
	if !authorized(h.options.Authorize, r) {
		return Page{}, ErrForbidden
	}
	req := &request{Request: r, root: h.options.BasePath + "/"}
	if h.options.Org != nil {
		if req.org = h.options.Org(r); req.org == "" {
			return Page{}, ErrNoOrg
		}
	}
	v := view{zone: h.options.Zone, filter: objectFilter(object), root: req.root}
	v.filter.Org = req.org
	var model fragment
	if object.ID != "" { // an empty one would mean any
		page, err := h.trail.Page(r.Context(), audit.Query{Filter: v.filter, Limit: fragmentEntries})
		if err != nil {
			return Page{}, err
		}
		for _, e := range page.Entries {
			model.Entries = append(model.Entries, h.present.historyEntry(e, nil, v))
		}
		if len(page.Entries) > 0 {
			model.All = req.link(objectPath(storedObject(object)))
		}
	}
	var head, body strings.Builder
	if err := h.pages.templates.ExecuteTemplate(&head, "head", h.pages.pageHead(req)); err != nil {
		return Page{}, err
	}
	if err := h.pages.templates.ExecuteTemplate(&body, "fragment", model); err != nil {
		return Page{}, err
	}
	s := h.options.Words
	return Page{ // both were just made by html/template
		Title: s.History.Title, Language: s.Language, Direction: s.Direction,
		Head: template.HTML(head.String()), Body: template.HTML(body.String()),
	}, nil
}
