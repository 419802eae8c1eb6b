package httpui_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// life is an object's entries, a minute apart, the oldest first.
func life(object audit.Object, steps ...audit.Entry) []audit.Entry {
	for i := range steps {
		e := fixture.Entry(fixture.Now.Add(time.Duration(i-len(steps))*time.Minute), i)
		e.Object, e.Action, e.Changes = object, steps[i].Action, steps[i].Changes
		steps[i] = e
	}
	return steps
}

func step(action audit.Action, changes ...audit.Change) audit.Entry {
	return audit.Entry{Action: action, Changes: changes}
}

var (
	tablePattern  = regexp.MustCompile(`(?s)<section class="audit-part" id="([a-z-]+)".*?</section>`)
	valuesPattern = regexp.MustCompile(`(?s)<tr>(<th scope="row">.*?)</tr>`)
)

// part is a section of a history: its notes and its table, as text.
func (r response) part(id string) (notes string, rows []string) {
	for _, m := range tablePattern.FindAllStringSubmatch(r.body, -1) {
		if m[1] != id {
			continue
		}
		for _, row := range valuesPattern.FindAllStringSubmatch(m[0], -1) {
			rows = append(rows, text(strings.ReplaceAll(row[1], "</t", " | </t")))
		}
		for _, note := range strings.Split(m[0], `<p class="audit-note">`)[1:] {
			note, _, _ = strings.Cut(note, "</p>")
			notes += text(note)
		}
	}
	return notes, rows
}

func TestHistory(t *testing.T) {
	t.Parallel()
	entries := life(
		audit.Object{Type: "api_key", ID: "7"},
		step(audit.ActionCreate, fixture.Change("name", ``, `"a"`), fixture.Change("token", ``, `{"$audit":"redacted"}`), fixture.Change("n", ``, `1`)),
		step(audit.ActionUpdate, fixture.Change("name", `"a"`, `"b"`)),
		step(audit.ActionUpdate, fixture.Change("token", `{"$audit":"redacted"}`, `{"$audit":"redacted"}`), fixture.Change("name", `"z"`, `"c"`), fixture.Change("meta", ``, `{"k":1}`)),
		step(audit.ActionDestroy, fixture.Change("name", `"c"`, ``)),
	)
	other := life(audit.Object{Type: "api_key", ID: "70"}, step(audit.ActionCreate, fixture.Change("name", ``, `"other"`)))
	ui := newUI(t, httpui.Options{}, append(entries, other...)...)
	page := get(t, ui, "/?range=all&action=destroy").click("7")
	require.Equal(t, http.StatusOK, page.status)
	assert.Contains(t, page.body, "<title>History of API Key 7 · Audit Logs</title>")
	var ids []string
	for _, m := range regexp.MustCompile(`<li class="audit-moment" data-entry-id="([^"]*)"`).FindAllStringSubmatch(page.body, -1) {
		ids = append(ids, m[1])
	}
	assert.Equal(t, []string{entries[3].ID.String(), entries[2].ID.String(), entries[1].ID.String(), entries[0].ID.String()}, ids)
	assert.Len(t, page.click("In the list of all entries").rows(), 4)

	stateAt := func(i int) (string, []string) {
		return get(t, ui, "/objects/api_key/7?at="+entries[i].ID.String()).part("audit-state")
	}
	notes, rows := stateAt(1)
	assert.Empty(t, notes)
	assert.Equal(t, []string{"name | b | 2026-11-22 22:38:08.000000 UTC |", "token | redacted | 2026-11-22 22:37:08.000000 UTC |", "n | 1 | 2026-11-22 22:37:08.000000 UTC |"}, rows)
	notes, rows = stateAt(2)
	assert.Equal(t, "Between its entries, this object was changed without being recorded:", notes)
	assert.Len(t, rows, 4)
	assert.Contains(t, get(t, ui, "/objects/api_key/7?at="+entries[2].ID.String()).body, ">name, before 2026-11-22 22:39:08.000000 UTC</a>")
	notes, rows = stateAt(3)
	assert.Contains(t, notes, "Destroyed on 2026-11-22 22:40:08.000000 UTC.")
	assert.Empty(t, rows)

	compared := get(t, ui, "/objects/api_key/7?a="+entries[0].ID.String()+"&b="+entries[2].ID.String())
	_, rows = compared.part("audit-comparison")
	assert.Equal(t, []string{"name | a | c |", "token (changed) | redacted | redacted |", "meta.k | absent | 1 |"}, rows)
	assert.Contains(t, compared.body, "1 field has the same value in both")
	assert.Contains(t, compared.body, `value="`+entries[0].ID.String()+`" aria-label="Compare from 2026-11-22 22:37:08.000000 UTC" required checked>`)

	same := get(t, ui, "/objects/api_key/7?a="+entries[0].ID.String()+"&b="+entries[0].ID.String())
	assert.Equal(t, http.StatusOK, same.status)
	assert.Equal(t, http.StatusNotFound, get(t, ui, "/objects/api_key/7?at="+other[0].ID.String()).status, "another object's entry")
	assert.Equal(t, http.StatusBadRequest, get(t, ui, "/objects/api_key/7?after=x").status)
	assert.Equal(t, http.StatusBadRequest, get(t, ui, "/objects/api_key/7?tz=Mars").status)
}

// TestHistoryWithoutACreate claims nothing that the entries do not say.
func TestHistoryWithoutACreate(t *testing.T) {
	t.Parallel()
	entries := life(
		audit.Object{Type: "invoice", ID: "1"}, step("viewed"),
		step(audit.ActionUpdate, fixture.Change("a", `1`, `2`)), step(audit.ActionUpdate, fixture.Change("b", `"x"`, `{"$audit":"cut","bytes":9000,"start":"xyz"}`)),
	)
	ui := newUI(t, httpui.Options{}, entries...)
	notes, rows := get(t, ui, "/objects/invoice/1?at="+entries[0].ID.String()).part("audit-state")
	assert.Equal(t, "The entries up to here say nothing of its fields.", notes)
	assert.Empty(t, rows)
	notes, rows = get(t, ui, "/objects/invoice/1?at="+entries[2].ID.String()).part("audit-state")
	assert.Contains(t, notes, "What it was before 2026-11-22 22:38:08.000000 UTC is unknown")
	assert.Equal(t, []string{"a | 2 | 2026-11-22 22:39:08.000000 UTC |", "b | xyz… cut: 9,000 bytes | 2026-11-22 22:40:08.000000 UTC |"}, rows)
	notes, rows = get(t, ui, "/objects/invoice/1?a="+entries[1].ID.String()+"&b="+entries[2].ID.String()).part("audit-comparison")
	assert.Equal(t, []string{"b | unknown | xyz… cut: 9,000 bytes |"}, rows)
	assert.Equal(t, 2, strings.Count(notes, "is unknown, and so is every field"))
}

// TestHistoryPages walks through a long history and compares its ends.
func TestHistoryPages(t *testing.T) {
	t.Parallel()
	var entries []audit.Entry
	for i := range 60 {
		e := fixture.Entry(fixture.Now.Add(-time.Duration(60-i)*time.Hour), i)
		e.Changes = audit.Changes{fixture.Change("n", jsonNumber(i), jsonNumber(i+1))}
		entries = append(entries, e)
	}
	ui := newUI(t, httpui.Options{}, entries...)
	button := func(r response, text string) response {
		m := regexp.MustCompile(`<button name="([a-z]+)" value="([^"]*)" formnovalidate>` + text + `</button>`).FindStringSubmatch(r.body)
		require.NotNil(t, m, text)
		return r.follow("?" + urlQuery("a", r.query().Get("a"), m[1], m[2]))
	}
	newest := get(t, ui, "/objects/invoice/10482?a="+entries[59].ID.String())
	oldest := button(button(newest, "Next"), "Next")
	assert.NotContains(t, oldest.body, ">Next</button>")
	assert.Equal(t, 10, strings.Count(oldest.body, "data-entry-id="))
	assert.Contains(t, oldest.body, `value="`+entries[59].ID.String()+`" aria-label="Compare from 2026-11-22 21:41:08.000000 UTC" required checked>`, "picked on another page")
	assert.Equal(t, 25, strings.Count(button(oldest, "Previous").body, "data-entry-id="))
	_, rows := oldest.follow("?" + urlQuery("a", entries[59].ID.String(), "b", entries[0].ID.String())).part("audit-comparison")
	assert.Equal(t, []string{"n | 60 | 1 |"}, rows)
}

func jsonNumber(n int) string { return strconv.Itoa(n) }

// TestObjectsOfAnyName are found by their links: in the table, and behind
// http.ServeMux, which cleans paths.
func TestObjectsOfAnyName(t *testing.T) {
	t.Parallel()
	for i, object := range []audit.Object{
		{Type: "a/b", ID: "c/d"},
		{Type: "t", ID: ".."},
		{Type: "..", ID: "."},
		{Type: "", ID: "1"},
		{Type: "t", ID: "~"},
		{Type: "t", ID: "~.."},
		{Type: "t", ID: "~x"},
		{Type: "t", ID: "%2F"},
		{Type: "ä ö", ID: "世界 👋"},
		{Type: "t", ID: "?a=b#c"},
		{Type: "t", ID: `\..\x`},
		{Type: "t", ID: "a;b,c=d&e+f:g@h"},
		{Type: "javascript", ID: "javascript:alert(1)"},
		{Type: "t", ID: "\u202e<b>\"'"},
		{Type: "t", ID: "x.json"},
		{Type: "t", ID: " "},
		{Type: "assets", ID: "//evil.test"},
	} {
		e := fixture.Entry(fixture.Now.Add(-time.Hour), i)
		e.Object = object
		mux := http.NewServeMux()
		mux.Handle("/admin/logs/", newUI(t, httpui.Options{BasePath: "/admin/logs"}, e))
		page := get(t, mux, "/admin/logs/")
		history := page.follow(firstLink(page.rows()[0].cells[2]))
		assert.Equal(t, http.StatusOK, history.status, "%q: %s", object, history.url)
		assert.Contains(t, history.body, `data-entry-id="`+e.ID.String()+`"`)
		list := history.click("In the list of all entries")
		assert.Equal(t, []string{e.ID.String()}, list.ids(), "%q", object)
	}
}

func TestHistoryFragment(t *testing.T) {
	t.Parallel()
	object := audit.Object{Type: "api_key", ID: "7/8"}
	var steps []audit.Entry
	for range 12 {
		steps = append(steps, step(audit.ActionUpdate, fixture.Change("a", `"<script>"`, `"b"`)))
	}
	entries := life(object, steps...)
	foreign := fixture.Entry(fixture.Now.Add(-time.Second), 99)
	foreign.Org, foreign.Object, foreign.Action = "globex", object, "foreign"
	trail, _, err := fixture.Log(append(entries, foreign)...)
	require.NoError(t, err)
	allowed, org := true, fixture.Org
	ui, err := httpui.New(trail, httpui.Options{
		BasePath: "/admin/logs", Authorize: func(*http.Request) bool { return allowed }, Org: func(*http.Request) string { return org },
	})
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodGet, "/keys/7", nil)
	page, err := ui.HistoryFragment(r, object)
	require.NoError(t, err)
	body := string(page.Body)
	assert.Equal(t, 10, strings.Count(body, "data-entry-id="))
	assert.Regexp(t, `^<link rel="stylesheet" href="/admin/logs/assets/audit\.[0-9a-f]{12}\.css">\s<script type="module" src="/admin/logs/assets/audit\.[0-9a-f]{12}\.js"></script>$`, string(page.Head))
	assert.True(t, strings.HasPrefix(body, `<div class="audit audit-fragment">`))
	assert.NotContains(t, body, "<script>")
	assert.NotContains(t, body, "foreign")
	assert.NotContains(t, body, " id=")
	for _, m := range hrefPattern.FindAllStringSubmatch(body, -1) {
		assert.True(t, strings.HasPrefix(m[1], "/admin/logs/"), m[1])
		assert.Equal(t, http.StatusOK, get(t, ui, strings.ReplaceAll(m[1], "&amp;", "&")).status, m[1])
	}
	assert.Contains(t, body, `<a href="/admin/logs/objects/api_key/7%2F8">Whole history</a>`)

	for _, none := range []audit.Object{{Type: "api_key"}, {Type: "api_key", ID: "none"}} {
		page, err = ui.HistoryFragment(r, none)
		require.NoError(t, err)
		assert.NotContains(t, page.Body, "data-entry-id")
		assert.Contains(t, page.Body, "No entries yet")
	}
	org = ""
	_, err = ui.HistoryFragment(r, object)
	require.ErrorIs(t, err, httpui.ErrNoOrg)
	allowed = false
	page, err = ui.HistoryFragment(r, object)
	require.ErrorIs(t, err, httpui.ErrForbidden)
	assert.Zero(t, page)

	allowed, org = true, fixture.Org
	broken, err := audit.New(failing{err: errors.New("down")}, audit.Config{Org: fixture.Org})
	require.NoError(t, err)
	ui, err = httpui.New(broken, httpui.Options{Authorize: everybody})
	require.NoError(t, err)
	_, err = ui.HistoryFragment(r, object)
	require.ErrorContains(t, err, "down")
}
