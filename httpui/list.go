package httpui

import (
	"net/http"
	"net/url"

	"github.com/auditkeep/audit"
)

// listPage is what the template "list" shows.
type listPage struct {
	head
	Form    filterForm
	Results *results // nil where the URL cannot be read
	// Problems say why.
	Problems []problem
}

// results are the right-hand side of the page.
type results struct {
	Summary    summary
	Export     *exportMenu // nil if there is nothing to export
	Chips      []chip
	Chart      *chart // nil if there is nothing to show
	Table      *table // nil if there is nothing to show
	Empty      *emptyState
	Pagination pagination
}

// list serves {base}/: the Audit Logs page.
func (h *Handler) list(w http.ResponseWriter, r *request) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		wrong := problems{"query": {h.options.Words.Problem.BadQuery}}
		return h.refuse(w, r, url.Values{}, url.Values{}, wrong)
	}
	if isSubmission(values) {
		return h.submit(w, r, values)
	}
	v, wrong := h.urls.parseView(values, h.options.Now())
	fields, isDraft := v.params, values.Has(paramDraft)
	if isDraft {
		if fields, err = url.ParseQuery(values.Get(paramDraft)); err != nil {
			wrong.add("query", h.options.Words.Problem.BadQuery)
		}
	}
	if len(wrong) > 0 {
		return h.refuse(w, r, without(v.params, wrong), fields, wrong)
	}
	v, f, err := h.read.find(r, v)
	switch {
	case err != nil:
		return err
	case f.tooDeep:
		return h.refuse(w, r, v.fresh(), fields, problems{"page": {h.options.Words.Problem.TooDeep}})
	case f.elsewhere != "":
		redirect(w, f.elsewhere)
		return nil
	}
	model := listPage{head: h.pages.pageHead(r)}
	if model.Results, err = h.read.results(r, v, f); err != nil {
		return err
	}
	if model.Form, err = h.read.filterForm(r, v.params, fields, nil); err != nil {
		return err
	}
	model.Form.Draft, model.Form.Open = isDraft, isDraft
	return h.pages.render(w, r, http.StatusOK, "list", model)
}

// refuse shows the form with what was given and what is wrong with it, and no
// results: nothing is guessed. What the form sends next rests on applied, which
// must be without fault.
func (h *Handler) refuse(w http.ResponseWriter, r *request, applied, fields url.Values, wrong problems) error {
	form, err := h.read.filterForm(r, applied, fields, wrong)
	if err != nil {
		return err
	}
	form.Open, form.Reset = true, "./"
	model := listPage{head: h.pages.pageHead(r), Form: form, Problems: wrong.list()}
	return h.pages.render(w, r, http.StatusBadRequest, "list", model)
}

// found is what the log says about a view.
type found struct {
	page  audit.Page
	count counted
	// newer is how many entries were recorded since the walk began.
	newer int
	// elsewhere is the address of the last page, where the view lies past the
	// end; tooDeep says that it may not, but has no number to be reached by.
	elsewhere string
	tooDeep   bool
}

// find reads the view's entries, and returns the view pinned to those there
// are now.
func (rd *reader) find(r *request, v view) (view, found, error) {
	var f found
	now := rd.now()
	v, err := rd.pin(r, v, now)
	if err != nil {
		return v, f, err
	}
	n, err := rd.trail.Count(r.Context(), v.filter, audit.CountCap+1)
	if err != nil {
		return v, f, err
	}
	f.count = newCounted(n, v.perPage)
	if v.page > f.count.pages {
		f.elsewhere, f.tooDeep = v.pageLink(f.count.pages), f.count.more
		return v, f, nil
	}
	if f.page, err = rd.trail.Page(r.Context(), v.query()); err != nil {
		return v, f, err
	}
	if !v.after.IsZero() && len(f.page.Entries) == 0 {
		f.elsewhere = v.lastLink()
		return v, f, nil
	}
	f.newer, err = rd.newer(r.Context(), v, now)
	return v, f, err
}

// results puts together what stands beside the filters.
func (rd *reader) results(r *request, v view, f found) (*results, error) {
	out := &results{Chips: rd.present.chips(v)}
	var err error
	if f.count.entries > 0 {
		if out.Chart, err = rd.chart(r.Context(), v, f.count); err != nil {
			return nil, err
		}
	}
	if out.Chart != nil && len(out.Chart.Bars) > 0 {
		// A transaction that was slow to commit may have added some since.
		f.count = newCounted(out.Chart.entries, v.perPage)
	}
	out.Summary = rd.present.summary(v, f)
	if len(f.page.Entries) == 0 {
		out.Empty, err = rd.emptyState(r.Context(), v, out.Chips)
		return out, err
	}
	out.Export = rd.present.exportMenu(v, f.count, rd.exports)
	var objects []audit.Object
	for _, entry := range f.page.Entries {
		objects = append(objects, entry.Whole().Object)
	}
	out.Table = rd.present.table(v, f, rd.recordURLs(r, objects...))
	out.Pagination = paginate(v, f)
	return out, nil
}
