package httpui

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/auditkeep/audit"
)

// Links are relative to the page's own path: a query, or "./" for none. Those
// that stay within a walk through the pages keep asof; those that ask for
// something else start a new walk, with whatever is new by then.

// link writes parameters as a link.
func link(params url.Values) string {
	if len(params) == 0 {
		return "./"
	}
	return "?" + params.Encode()
}

// to leads from the request's path to a target that is relative to the base.
func (v view) to(target string) string { return strings.TrimPrefix(v.root, "./") + target }

// fresh returns the parameters for a new walk: from its first page, and
// counted from the present.
func (v view) fresh() url.Values {
	params := maps.Clone(v.params)
	for _, name := range placeParams {
		params.Del(name)
	}
	return params
}

// walk returns the parameters for another place in this walk.
func (v view) walk() url.Values {
	params := v.fresh()
	params.Set("asof", v.filter.NotAfter.String())
	return params
}

// pageLink leads to a page by its number.
func (v view) pageLink(page int) string {
	params := v.walk()
	if page > 1 {
		params.Set("page", strconv.Itoa(page))
	}
	return link(params)
}

// afterLink and beforeLink lead to the page next to a cursor; none gives no link.
func (v view) afterLink(c audit.Cursor) string  { return v.cursorLink("after", c) }
func (v view) beforeLink(c audit.Cursor) string { return v.cursorLink("before", c) }

func (v view) cursorLink(name string, c audit.Cursor) string {
	if c.IsZero() {
		return ""
	}
	params := v.walk()
	params.Set(name, c.String())
	return link(params)
}

// lastLink leads to the last page, however far that is.
func (v view) lastLink() string {
	params := v.walk()
	params.Set("before", lastPage)
	return link(params)
}

// newestLink leads to the same query with what has been recorded since.
func (v view) newestLink() string { return link(v.fresh()) }

// sortLink leads to the first page in the order of a column: its natural one,
// or the reverse of that where it is on already.
func (v view) sortLink(column audit.Column) string {
	next, _ := audit.Sort{By: column}.Resolve() // columns are known
	if v.sort.By == column {
		next = v.sort
		next.Dir = opposite(v.sort.Dir)
	}
	params := v.fresh()
	params.Set("sort", string(next.By))
	params.Set("dir", string(next.Dir))
	return link(params)
}

func opposite(d audit.Direction) audit.Direction {
	if d == audit.Ascending {
		return audit.Descending
	}
	return audit.Ascending
}

// withRange leads to the same query over another range of time.
func (v view) withRange(dates url.Values) string {
	params := v.fresh()
	for _, name := range dateParams {
		params.Del(name)
	}
	maps.Copy(params, dates)
	return link(params)
}

// without leads to the same query without one of its filters.
func (v view) without(parameter string) string {
	params := v.fresh()
	params.Del(parameter)
	return link(params)
}

// entryLink leads to an entry, with what the reader needs to go on from there
// and to come back to this place.
func (v view) entryLink(id audit.ID) string {
	return v.to(entryPath(id)) + query(v.params)
}

// query writes parameters for the end of an address.
func query(params url.Values) string {
	if len(params) == 0 {
		return ""
	}
	return "?" + params.Encode()
}

// only leads to the entries that have a value, exclude to those that have not.
func (v view) only(parameter, value string) string {
	params := v.fresh()
	params[parameter] = []string{value}
	drop(params, "not_"+parameter, value)
	return link(params)
}

func (v view) exclude(parameter, value string) string {
	params := v.fresh()
	drop(params, parameter, value)
	if not := "not_" + parameter; !slices.Contains(params[not], value) {
		params[not] = append(slices.Clone(params[not]), value)
	}
	return link(params)
}

// drop takes one value off a parameter.
func drop(params url.Values, parameter, value string) {
	params[parameter] = slices.DeleteFunc(slices.Clone(params[parameter]), func(v string) bool { return v == value })
	if len(params[parameter]) == 0 {
		delete(params, parameter)
	}
}

// reset leads to the page without any filter, in the same zone and order.
func (v view) reset() string {
	params := v.fresh()
	for _, name := range filterParams {
		if name != "tz" {
			params.Del(name)
		}
	}
	return link(params)
}

// hiddenField is one parameter that a form carries along.
type hiddenField struct{ Name, Value string }

// hiddenFields returns the parameters as form fields, except some.
func hiddenFields(params url.Values, except ...string) []hiddenField {
	var fields []hiddenField
	for _, name := range slices.Sorted(maps.Keys(params)) {
		if slices.Contains(except, name) {
			continue
		}
		for _, value := range params[name] {
			fields = append(fields, hiddenField{name, value})
		}
	}
	return fields
}
