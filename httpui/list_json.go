package httpui

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/auditkeep/audit"
)

// jsonSuffix ends the addresses that answer in JSON, errors included.
const jsonSuffix = ".json"

// entryList is what {base}/entries.json answers. Its names, like those of
// [audit.Entry.MarshalJSON], are for scripts to rely on.
type entryList struct {
	Entries []audit.Entry `json:"entries"`
	// Next and Prev are the cursors for the parameters after and before, null
	// at the ends.
	Next *string   `json:"next"`
	Prev *string   `json:"prev"`
	AsOf string    `json:"asof"`
	N    jsonCount `json:"count"`
}

type jsonCount struct {
	N    int  `json:"n"`
	More bool `json:"more"` // there are more than the n counted
}

// jsonError is one line of a refusal.
type jsonError struct {
	Field   string `json:"field,omitempty"`
	Value   string `json:"value,omitempty"`
	Problem string `json:"problem"`
	Remedy  string `json:"remedy,omitempty"`
}

type jsonErrors struct {
	Errors []jsonError `json:"errors"`
}

func writeJSON(w http.ResponseWriter, status int, answer any) error {
	body, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // it fails only where the client has left
	return nil
}

// entriesJSON serves {base}/entries.json: the list as JSON, by the parameters
// of the page.
func (h *Handler) entriesJSON(w http.ResponseWriter, r *request) error {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return writeJSON(w, http.StatusBadRequest, jsonErrors{[]jsonError{{Problem: "the part after the question mark is not a valid query"}}})
	}
	v, wrong := h.urls.parseAPI(values, h.options.Now())
	if len(wrong) > 0 {
		return writeJSON(w, http.StatusBadRequest, jsonErrors{wrong})
	}
	pinned, err := h.read.pin(r, v, h.options.Now())
	if err != nil {
		return err
	}
	v.filter = pinned.filter
	n, err := h.trail.Count(r.Context(), v.filter, audit.CountCap+1)
	if err != nil {
		return err
	}
	page, err := h.trail.Page(r.Context(), v.query())
	if errors.Is(err, audit.ErrInvalidFilter) {
		return writeJSON(w, http.StatusBadRequest, jsonErrors{fieldErrors(err)})
	}
	if err != nil {
		return err
	}
	count := newCounted(n, v.perPage)
	answer := entryList{Entries: page.Entries, AsOf: v.filter.NotAfter.String(), N: jsonCount{count.entries, count.more}}
	if answer.Entries == nil {
		answer.Entries = []audit.Entry{} // [], not null
	}
	answer.Next, answer.Prev = cursorText(page.Next), cursorText(page.Prev)
	return writeJSON(w, http.StatusOK, answer)
}

func cursorText(c audit.Cursor) *string {
	if c.IsZero() {
		return nil
	}
	text := c.String()
	return &text
}

// maxPerPage bounds an answer, as it does a page.
const maxPerPage = 200

// parseAPI reads the page's parameters, and says what is wrong with them in a
// form that programs can read.
func (u *parser) parseAPI(values url.Values, now time.Time) (view, []jsonError) {
	v := view{params: only(values, viewParams), perPage: defaultPerPage}
	f, err := ParseFilter(v.params, u.urlOptions(now))
	wrong := fieldErrors(err)
	v.filter, v.pinned = f, !f.NotAfter.IsZero()
	fail := func(field, problem, remedy string) {
		wrong = append(wrong, jsonError{Field: field, Value: v.params.Get(field), Problem: problem, Remedy: remedy})
	}
	one := func(name string) string {
		if len(v.params[name]) > 1 {
			fail(name, "given more than once", "give one value")
		}
		return v.params.Get(name)
	}
	number := func(name string, most int, remedy string) int {
		text := one(name)
		if text == "" {
			return 0
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > most {
			fail(name, "not a number from 1 to "+strconv.Itoa(most), remedy)
		}
		return n
	}
	v.sort, err = audit.Sort{By: audit.Column(one("sort")), Dir: audit.Direction(one("dir"))}.Resolve()
	wrong = append(wrong, fieldErrors(err)...)
	if n := number("per_page", maxPerPage, "ask for fewer and go on with after"); n > 0 {
		v.perPage = n
	}
	places := 0
	if v.page = number("page", audit.CountCap, "go on with after"); v.page != 0 {
		places++
	}
	cursor := func(name string) (c audit.Cursor) {
		text := one(name)
		if text == "" {
			return c
		}
		places++
		if name == "before" && text == lastPage {
			v.last = true
			return c
		}
		c, err := audit.ParseCursor(text)
		if err != nil || c.Sort() != v.sort {
			fail(name, "not a cursor of this order", "give next or prev of an answer, unchanged, with the same sort and dir")
		}
		return c
	}
	v.after, v.before = cursor("after"), cursor("before")
	if places > 1 {
		fail("page", "more than one of page, after and before is given", "give one")
	}
	return v, wrong
}

func fieldErrors(err error) []jsonError {
	var out []jsonError
	for _, e := range audit.FieldErrors(err) {
		out = append(out, jsonError{paramOf(e.Field), e.Value, e.Problem, e.Remedy})
	}
	return out
}
