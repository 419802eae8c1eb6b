package httpui

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/auditkeep/audit/internal/parameter"
)

// The filter form is a plain GET form, so a browser sends more than a clean
// URL should hold: empty fields, and the times shown for a relative range that
// nobody touched. Beside its fields the form sends what the page knew when it
// showed it, and submit turns that into one of two addresses and redirects:
//
//   - apply (also by a range's button): the new query;
//   - add, remove or find: the old query, with the unsaved fields in "draft",
//     so that nothing happens to the results before Apply.

// Parameters that only the form sends.
const (
	paramApplied   = "applied"    // the query that the page shows, encoded
	paramDates     = "dates"      // the range whose times are in the fields, encoded
	paramShownFrom = "shown_from" // what the page put into the fields
	paramShownTo   = "shown_to"
	paramDo        = "do"    // the button: apply, enter, add:…, remove:…, find:…, more:…
	paramAdd       = "add"   // repeatable: filters that are shown without a value
	paramDraft     = "draft" // in the page's URL: the unsaved fields, encoded
)

// isSubmission reports whether the form sent the parameters.
func isSubmission(values url.Values) bool { return values.Has(paramApplied) }

// submit answers the form.
func (h *Handler) submit(w http.ResponseWriter, r *request, sent url.Values) error {
	applied, err := url.ParseQuery(sent.Get(paramApplied))
	if err != nil {
		applied = url.Values{}
	}
	applied = only(applied, viewParams)
	// It comes from the page, and so is without fault, unless somebody made it up.
	if _, wrong := h.urls.parseView(applied, h.options.Now()); len(wrong) > 0 {
		applied = without(applied, wrong)
	}
	fields := h.urls.formFields(sent)
	do, kind := pressed(sent)
	switch do {
	case "add", "remove", "find", "more":
		edit(fields, sent, do, kind)
		params := applied
		params.Set(paramDraft, fields.Encode())
		redirect(w, link(params)+"#"+fieldAnchor(kind))
		return nil
	}
	// What has no field in the form stays: excluded values, order, page size.
	params := only(applied, slices.DeleteFunc(slices.Clone(viewParams), func(name string) bool {
		return slices.Contains(formParams, name) || slices.Contains(placeParams, name)
	}))
	for name, given := range fields {
		params[name] = given
	}
	_, wrong := h.urls.parseView(params, h.options.Now())
	if len(wrong) > 0 {
		return h.refuse(w, r, applied, fields, wrong)
	}
	redirect(w, link(params))
	return nil
}

// pressed returns the button that sent the form. The Enter key presses the
// form's first one, which stands for Find if a text to find was typed.
func pressed(sent url.Values) (do, kind string) {
	do, kind, _ = strings.Cut(sent.Get(paramDo), ":")
	if do == "enter" {
		for _, name := range addable {
			if sent.Get(findParam(name)) != "" {
				return "find", name
			}
		}
	}
	return do, kind
}

// formParams are the parameters that have a field in the form.
var formParams = slices.Concat(dateParams, []string{"tz"}, addable)

// formFields returns the fields as the page's own parameters: empty ones left
// out, the range resolved.
func (u *parser) formFields(sent url.Values) url.Values {
	fields := only(sent, append([]string{"tz"}, addable...))
	for _, name := range names(parameter.Text) {
		param, _ := parameter.Named(name)
		if fields[name] = given(param, fields[name]); len(fields[name]) == 0 {
			fields.Del(name)
		}
	}
	if zone := fields.Get("tz"); zone == "" || zone == u.zone.String() {
		fields.Del("tz")
	}
	for name, given := range u.sentDates(sent) {
		fields[name] = given
	}
	return fields
}

// sentDates says which range the form means: that of the button that was
// pressed; the one shown, if nobody touched its times; else the times.
func (u *parser) sentDates(sent url.Values) url.Values {
	if button := sent["range"]; len(button) > 0 {
		return url.Values{"range": button}
	}
	from, to := sent.Get("from"), sent.Get("to")
	untouched := sameTime(from, sent.Get(paramShownFrom)) && sameTime(to, sent.Get(paramShownTo))
	shown, err := url.ParseQuery(sent.Get(paramDates))
	if err == nil && untouched && (rangeName(shown) != "" || u.zoneOf(shown).String() == u.zoneOf(sent).String()) {
		return only(shown, dateParams)
	}
	dates := url.Values{}
	if from != "" {
		dates.Set("from", from)
	}
	if to != "" {
		dates.Set("to", to)
	}
	if len(dates) == 0 {
		dates.Set("range", "all") // both were emptied: no bound
	}
	return dates
}

// sameTime compares two values of a datetime-local field; browsers drop
// seconds that are zero.
func sameTime(a, b string) bool { return withSeconds(a) == withSeconds(b) }

func withSeconds(text string) string {
	if len(text) == len("2006-01-02T15:04") {
		return text + ":00"
	}
	return text
}

// edit makes a draft: the fields, and which filters are shown without a value.
func edit(fields, sent url.Values, do, kind string) {
	for _, name := range addable {
		if find := sent.Get(findParam(name)); find != "" {
			fields.Set(findParam(name), find)
		}
	}
	for _, key := range sent[paramAdd] {
		if slices.Contains(addable, key) && !fields.Has(key) {
			fields.Add(paramAdd, key)
		}
	}
	if !slices.Contains(addable, kind) {
		return
	}
	switch do {
	case "add":
		fields.Add(paramAdd, kind)
	case "more": // an empty line more
		fields.Add(kind, "")
	case "remove":
		fields.Del(kind)
		fields.Del(findParam(kind))
		fields[paramAdd] = slices.DeleteFunc(fields[paramAdd], func(key string) bool { return key == kind })
	}
}
