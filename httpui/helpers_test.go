package httpui_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// everybody may see the page.
func everybody(*http.Request) bool { return true }

// testUI is the page over entries, and what else a test may want of it.
type testUI struct {
	http.Handler
	store *audittest.Store
	trail *audit.Log
	errs  []error // what OnError got
}

// newUI returns the page over entries at fixture.Now.
func newUI(t testing.TB, options httpui.Options, entries ...audit.Entry) *testUI {
	t.Helper()
	trail, store, err := fixture.Log(entries...)
	require.NoError(t, err)
	ui := &testUI{store: store, trail: trail}
	if options.Authorize == nil {
		options.Authorize = everybody
	}
	if options.Now == nil {
		options.Now = func() time.Time { return fixture.Now }
	}
	options.OnError = func(_ *http.Request, err error) { ui.errs = append(ui.errs, err) }
	ui.Handler, err = httpui.New(trail, options)
	require.NoError(t, err)
	return ui
}

// response is an answer, read like a browser without JavaScript reads it.
type response struct {
	t      testing.TB
	ui     http.Handler
	url    *url.URL // after redirects
	status int
	header http.Header
	body   string
}

// once makes one request.
func once(t testing.TB, ui http.Handler, method, target string) response {
	t.Helper()
	r := httptest.NewRequest(method, target, nil)
	w := httptest.NewRecorder()
	ui.ServeHTTP(w, r)
	u, err := url.Parse(target)
	require.NoError(t, err)
	return response{t, ui, u, w.Code, w.Result().Header, w.Body.String()}
}

// get follows redirects, as a browser does.
func get(t testing.TB, ui http.Handler, target string) response {
	t.Helper()
	for range 5 {
		target, _, _ = strings.Cut(target, "#") // a browser keeps it to itself
		r := once(t, ui, http.MethodGet, target)
		location := r.header.Get("Location")
		if location == "" {
			return r
		}
		next, err := r.url.Parse(location)
		require.NoError(t, err)
		target = next.String()
	}
	require.Fail(t, "too many redirects", target)
	return response{}
}

// follow goes to an address on the page.
func (r response) follow(href string) response {
	r.t.Helper()
	next, err := r.url.Parse(href)
	require.NoError(r.t, err)
	return get(r.t, r.ui, next.String())
}

// click follows the link with a text.
func (r response) click(text string) response {
	r.t.Helper()
	href, ok := r.link(text)
	require.True(r.t, ok, "no link %q", text)
	return r.follow(href)
}

var (
	linkPattern = regexp.MustCompile(`(?s)<a ([^>]*)>(.*?)</a>`)
	tagPattern  = regexp.MustCompile(`(?s)<[^>]*>`)
	attrPattern = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	rowPattern  = regexp.MustCompile(`(?s)<tr role="row" data-entry-id="([^"]*)" data-object-type="([^"]*)">(.*?)</tr>`)
	cellPattern = regexp.MustCompile(`(?s)<td [^>]*>(.*?)</td>`)
)

func attributes(tag string) map[string]string {
	attrs := map[string]string{}
	for _, m := range attrPattern.FindAllStringSubmatch(tag, -1) {
		attrs[m[1]] = html.UnescapeString(m[2])
	}
	return attrs
}

// text is what a reader sees of HTML.
func text(fragment string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tagPattern.ReplaceAllString(fragment, ""))), " ")
}

// link finds the address of a link by its text or its accessible name.
func (r response) link(name string) (href string, ok bool) {
	for _, m := range linkPattern.FindAllStringSubmatch(r.body, -1) {
		attrs := attributes(m[1])
		if text(m[2]) == name || attrs["aria-label"] == name {
			return attrs["href"], true
		}
	}
	return "", false
}

// row is one row of the table.
type row struct {
	id, objectType string
	cells          []string // as HTML
}

func (r response) rows() []row {
	var rows []row
	for _, m := range rowPattern.FindAllStringSubmatch(r.body, -1) {
		one := row{id: html.UnescapeString(m[1]), objectType: html.UnescapeString(m[2])}
		for _, cell := range cellPattern.FindAllStringSubmatch(m[3], -1) {
			one.cells = append(one.cells, cell[1])
		}
		rows = append(rows, one)
	}
	return rows
}

func (r response) ids() []string {
	ids := []string{}
	for _, row := range r.rows() {
		ids = append(ids, row.id)
	}
	return ids
}

// query is the page's own query.
func (r response) query() url.Values { return r.url.Query() }

var (
	formPattern   = regexp.MustCompile(`(?s)<form ([^>]*)>(.*?)</form>`)
	inputPattern  = regexp.MustCompile(`<input ([^>]*)>`)
	selectPattern = regexp.MustCompile(`(?s)<select ([^>]*)>(.*?)</select>`)
	optionPattern = regexp.MustCompile(`<option([^>]*)>([^<]*)</option>`)
)

// form is the filter form as a browser would send it.
type form struct {
	page   response
	fields url.Values
}

func (r response) form() form {
	r.t.Helper()
	for _, m := range formPattern.FindAllStringSubmatch(r.body, -1) {
		if attributes(m[1])["id"] != "audit-form" {
			continue
		}
		fields := url.Values{}
		for _, input := range inputPattern.FindAllStringSubmatch(m[2], -1) {
			attrs := attributes(input[1])
			if _, checked := attrs["checked"]; attrs["type"] != "checkbox" || checked {
				fields.Add(attrs["name"], attrs["value"])
			}
		}
		for _, s := range selectPattern.FindAllStringSubmatch(m[2], -1) {
			for _, option := range optionPattern.FindAllStringSubmatch(s[2], -1) {
				if strings.Contains(option[1], "selected") {
					fields.Add(attributes(s[1])["name"], attributes(option[1])["value"])
				}
			}
		}
		return form{r, fields}
	}
	require.Fail(r.t, "no filter form")
	return form{}
}

// with fills in a field.
func (f form) with(name string, values ...string) form {
	f.fields[name] = values
	return f
}

// press sends the form with a button.
func (f form) press(name, value string) response {
	f.page.t.Helper()
	f.fields.Set(name, value)
	return f.page.follow("./?" + f.fields.Encode())
}

func (f form) apply() response { f.page.t.Helper(); return f.press("do", "apply") }
