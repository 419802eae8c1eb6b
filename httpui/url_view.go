package httpui

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/parameter"
	"github.com/auditkeep/audit/words"
)

// view is what a URL asks to see: one filter, which feeds table, count and
// whatever else the page shows, and the place in it.
type view struct {
	// params are the URL's own words, known parameters only. Links are made
	// from them, so that relative ranges and zones stay as they were written.
	params url.Values

	filter audit.Filter
	sort   audit.Sort // resolved
	zone   *time.Location

	// root leads from the request's path up to the base: "./", "../" …
	root string

	perPage int
	// page is the number of the page, or zero where a cursor says the place.
	page          int
	after, before audit.Cursor
	last          bool
	// pinned says that the URL itself gave asof: the reader walks through
	// pages that must stay put.
	pinned bool
}

// defaultRange is the date range where a URL names none.
const defaultRange = "30d"

// lastPage is the value of "before" that stands for the end of the list.
const lastPage = "end"

// filterParams make up the filter, placeParams say where in the list to be.
var (
	dateParams   = []string{"from", "to", "range"}
	filterParams = slices.Concat(dateParams, []string{"tz"}, names(parameter.Chip, parameter.Choice, parameter.Text))
	placeParams  = []string{"page", "after", "before", "asof"}
	viewParams   = slices.Concat(filterParams, []string{"sort", "dir", "per_page"}, placeParams)
)

// names returns the parameters that have one of the widgets, in the form's order.
func names(widgets ...parameter.Widget) (names []string) {
	for _, p := range parameter.All() {
		if slices.Contains(widgets, p.Widget) {
			names = append(names, p.Name)
		}
	}
	return names
}

// perPageChoices are how many entries a page may hold.
var perPageChoices = []int{25, 50, 100, 200}

const defaultPerPage = 50

// parser reads addresses. It needs the words for what is wrong with one, and the
// zone of times that name none.
type parser struct {
	words *words.Catalogue
	zone  *time.Location
}

// parseView reads a URL's parameters. It reports everything that is wrong with
// them; the view is of use only if nothing is.
func (u *parser) parseView(values url.Values, now time.Time) (view, problems) {
	v := view{params: only(values, viewParams), perPage: defaultPerPage, page: 1}
	wrong := problems{}
	var err error
	v.filter, err = ParseFilter(v.params, u.urlOptions(now))
	wrong.addError(err, u.words)
	v.pinned = !v.filter.NotAfter.IsZero()
	v.zone = u.zoneOf(v.params)

	one := func(key string) string {
		if len(v.params[key]) > 1 {
			wrong.add(key, u.words.Problem.Repeated)
		}
		return v.params.Get(key)
	}
	v.sort, err = audit.Sort{By: audit.Column(one("sort")), Dir: audit.Direction(one("dir"))}.Resolve()
	wrong.addError(err, u.words)
	if text := one("per_page"); text != "" {
		if v.perPage, err = strconv.Atoi(text); err != nil || !slices.Contains(perPageChoices, v.perPage) {
			wrong.add("per_page", u.words.Problem.NotPerPage)
		}
	}
	u.parsePlace(&v, one, wrong)
	return v, wrong
}

// parsePlace reads where in the list the URL wants to be.
func (u *parser) parsePlace(v *view, one func(string) string, wrong problems) {
	page, after, before := one("page"), one("after"), one("before")
	places := 0
	for _, text := range []string{page, after, before} {
		if text != "" {
			places++
		}
	}
	if places > 1 {
		wrong.add("page", u.words.Problem.OnePlace)
		return
	}
	cursor := func(key, text string) audit.Cursor {
		c, err := audit.ParseCursor(text)
		if err != nil || c.Sort() != v.sort {
			wrong.add(key, u.words.Problem.NotACursor)
		}
		return c
	}
	var err error
	switch {
	case page != "":
		if v.page, err = strconv.Atoi(page); err != nil || v.page < 1 {
			wrong.add("page", u.words.Problem.NotAPage)
		}
	case after != "":
		v.page, v.after = 0, cursor("after", after)
	case before == lastPage:
		v.page, v.last = 0, true
	case before != "":
		v.page, v.before = 0, cursor("before", before)
	}
}

func (u *parser) urlOptions(now time.Time) URLOptions {
	return URLOptions{Zone: u.zone, Range: defaultRange, Now: now}
}

// zoneOf returns the zone that the parameters name, or the default where they
// name none or one that ParseFilter refuses.
func (u *parser) zoneOf(params url.Values) *time.Location {
	if name := params.Get("tz"); name != "" {
		if zone, err := time.LoadLocation(name); err == nil {
			return zone
		}
	}
	return u.zone
}

// rangeName is the relative range that the parameters mean, or "" where they
// give times.
func rangeName(params url.Values) string {
	if params.Get("from") != "" || params.Get("to") != "" {
		return ""
	}
	if name := params.Get("range"); name != "" {
		return name
	}
	return defaultRange
}

// query asks the log for the view's page.
func (v view) query() audit.Query {
	return audit.Query{
		Filter: v.filter, Sort: v.sort, Limit: v.perPage,
		Number: v.page, After: v.after, Before: v.before, Last: v.last,
	}
}

// only returns a copy of the named parameters.
func only(values url.Values, names []string) url.Values {
	kept := url.Values{}
	for _, name := range names {
		if given := values[name]; len(given) > 0 {
			kept[name] = slices.Clone(given)
		}
	}
	return kept
}
