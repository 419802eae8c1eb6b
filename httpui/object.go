package httpui

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/auditkeep/audit"
)

// objectPage is what the template "history" shows: an object's entries, the
// newest first, its state as of one of them, and two states compared.
type objectPage struct {
	head
	Object     objectLink
	Back       string
	State      *stateView
	Comparison *comparison
	Timeline   timeline
	Parts      *parts
}

const historyPerPage = 25

// objectFilter matches the entries of one object.
func objectFilter(o audit.Object) audit.Filter {
	return audit.Filter{ObjectTypes: []string{o.Type}, ObjectIDs: []string{o.ID}}
}

// object serves {base}/objects/{type}/{id}.
func (h *Handler) object(w http.ResponseWriter, r *request) error {
	whole := audit.Object{Type: r.args[0], ID: r.args[1]}
	o := storedObject(whole)
	filter := objectFilter(o)
	if filter.Org = audit.PlatformOrg; o.ID == "" || filter.Validate() != nil { // the organization comes later
		return noEntry(h.options.Words)
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return badRequest(h.options.Words.Problem.BadQuery)
	}
	params := only(values, historyParams)
	v, wrong := h.urls.parseView(only(params, []string{"tz", "after", "before"}), h.options.Now())
	for _, problem := range wrong.list() {
		return badRequest(h.options.Words.Parameters[problem.Parameter] + ": " + problem.Message)
	}
	v.filter, v.perPage, v.page, v.root = objectFilter(o), historyPerPage, 0, r.root
	v.filter.Org = r.org
	page, err := h.trail.Page(r.Context(), v.query())
	if err != nil {
		return err
	}
	parts, err := h.read.parts(r, o, params)
	if err != nil {
		return err
	}
	if len(page.Entries) == 0 && parts == nil && v.after.IsZero() && v.before.IsZero() {
		return noEntry(h.options.Words)
	}
	for _, e := range page.Entries { // an old link may have the cut form only
		whole = e.Whole().Object
	}
	zone := only(params, []string{"tz"})
	title := h.present.objectLabel(o.Type) + " " + o.ID
	model := objectPage{
		head:   h.pages.partHead(r, fmt.Sprintf(h.options.Words.History.Of, title), r.link(link(zone))),
		Object: h.present.objectLink(v, o, zone, h.read.recordURLs(r, whole)),
		Back:   r.link(link(withObject(zone, o))),
		Parts:  parts,
	}
	if at := params.Get("at"); at != "" {
		if model.State, err = h.read.stateView(r, o, at, v); err != nil {
			return err
		}
	}
	a, b := params.Get("a"), params.Get("b")
	if a != "" && b != "" {
		if model.Comparison, err = h.read.comparison(r, o, a, b, v); err != nil {
			return err
		}
	}
	if model.Timeline, err = h.read.timeline(r, o, page, params, v); err != nil {
		return err
	}
	return h.pages.render(w, r, http.StatusOK, "history", model)
}

func badRequest(public string) error {
	return &failure{status: http.StatusBadRequest, public: public}
}

func (rd *reader) timeline(r *request, o audit.Object, page audit.Page, params url.Values, v view) (timeline, error) {
	out := timeline{
		Newer: page.Prev.String(), Older: page.Next.String(),
		Hidden: hiddenFields(only(params, []string{"tz"})),
		Pick:   len(page.Entries) > 1 || !page.Prev.IsZero() || !page.Next.IsZero(),
	}
	on := map[string]bool{}
	for _, e := range page.Entries {
		on[e.ID.String()] = true
		out.Entries = append(out.Entries, rd.present.historyEntry(e, params, v))
	}
	for _, name := range slices.Compact([]string{params.Get("a"), params.Get("b")}) {
		if name == "" || on[name] {
			continue
		}
		e, err := rd.entryOf(r, o, name)
		if err != nil {
			return out, err
		}
		out.Picked = append(out.Picked, rd.present.historyEntry(e, params, v))
	}
	return out, nil
}

// entryOf returns an entry of the object, as readEntry does.
func (rd *reader) entryOf(r *request, o audit.Object, name string) (audit.Entry, error) {
	e, err := rd.readEntry(r, name)
	if err == nil && e.Object != o {
		err = noEntry(rd.words)
	}
	return e, err
}
