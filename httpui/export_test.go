package httpui_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// exported reads a file of JSON Lines.
func exported(t testing.TB, r response) (ids []string) {
	t.Helper()
	require.Equal(t, http.StatusOK, r.status, r.body)
	for line := range strings.Lines(r.body) {
		var e audit.Entry
		require.NoError(t, json.Unmarshal([]byte(line), &e), line)
		ids = append(ids, e.ID.String())
	}
	return ids
}

// walked are the entries of all pages, from this one on.
func walked(r response) (ids []string) {
	for {
		ids = append(ids, r.ids()...)
		next, ok := r.link("Next")
		if !ok {
			return ids
		}
		r = r.follow(next)
	}
}

// A file holds what walking through the pages shows, in that order.
func TestExportMenuIsOfTheAppliedQuery(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{Exports: httpui.Exports{Unrecorded: true}}, fixture.Many(430, fixture.Now.Add(-time.Second))...)
	for _, query := range []string{
		"", "?per_page=100&page=2", "?action=update&sort=performed_by&dir=desc", "?range=all&sort=id&per_page=25",
		"?from=2026-11-22T22%3A00&to=2026-11-22T23%3A30&tz=Asia%2FKolkata&not_user=sam%40acme.test&sort=changes",
	} {
		page := get(t, ui, "/"+query)
		for _, name := range []string{"CSV", "Excel", "PDF", "JSON Lines"} {
			_, ok := page.link("Export as " + name)
			require.True(t, ok, name)
		}
		first := page
		if href, ok := page.link("Page 1"); ok {
			first = page.follow(href)
		}
		require.NotEmpty(t, page.ids())
		assert.Equal(t, walked(first), exported(t, page.click("Export as JSON Lines")), query)
	}
	assert.Empty(t, ui.errs)
}

func TestExportIsAFile(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	r := once(t, ui, http.MethodGet, "/export.csv?from=2026-11-22&to=2026-11-22&tz=UTC")
	require.Equal(t, http.StatusBadRequest, r.status, "a date without a time: nothing is guessed")

	r = once(t, ui, http.MethodGet, "/export.csv?from=2026-11-22T00:00&to=2026-11-22T23:59&tz=Asia/Kolkata&action=destroy")
	require.Equal(t, http.StatusOK, r.status)
	assert.Equal(t, "text/csv; charset=utf-8; header=present", r.header.Get("Content-Type"))
	assert.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
	assert.Equal(t, "no-store", r.header.Get("Cache-Control"))
	disposition, params, err := mime.ParseMediaType(r.header.Get("Content-Disposition"))
	require.NoError(t, err)
	assert.Equal(t, "attachment", disposition)
	assert.Equal(t, "audit-logs_2026-11-22_2026-11-22.csv", params["filename"])
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.body, "\ufeff"))).ReadAll()
	require.NoError(t, err)
	assert.Empty(t, rows[1:], "the destroy of 22:12 UTC is the next day in Kolkata")

	r = once(t, ui, http.MethodGet, "/export.csv?action=destroy")
	assert.Contains(t, r.body, "2026-11-22T22:12:31.000000Z,Invoice,10479,destroy,status: void; total: 90.00,dana@acme.test,203.0.113.24\r\n")
	assert.NotContains(t, r.body, "update")
}

// P7: what is recorded after the page was opened is not in its exports.
func TestExportsStayPut(t *testing.T) {
	t.Parallel()
	now := fixture.Now
	ui := newUI(t, httpui.Options{Now: func() time.Time { return now }}, fixture.Many(60, fixture.Now.Add(-time.Second))...)
	page := get(t, ui, "/?range=1h")
	want := walked(page)
	now = now.Add(20 * time.Minute)
	require.NoError(t, ui.store.InsertDetached(t.Context(), []audit.Entry{fixture.Entry(now.Add(-time.Second), 1)}))
	assert.Equal(t, want, exported(t, page.click("Export as JSON Lines")), "neither newer entries, nor a range that moves on")
}

// E2: an <img> on another origin must not burn the database, whether it is on
// another site or on a sibling subdomain. The reader is led to the page instead.
func TestExportsFromAnotherSiteAreRefused(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	made := 0
	for _, test := range []struct {
		site, origin string
		allowed      bool
	}{
		{"same-origin", "", true},
		{"same-origin", "https://example.com", true},
		{"none", "", true},
		{"", "", true}, // curl
		{"", "http://example.com", true},
		{"same-site", "", false},
		{"same-site", "https://blog.example.com", false},
		{"cross-site", "", false},
		{"cross-site", "https://evil.test", false},
		{"Same-Origin", "", false},
		{"unknown", "", false},
		{"", "https://blog.example.com", false}, // a browser that does not send Sec-Fetch-Site
		{"", "https://evil.test", false},
		{"", "null", false},
	} {
		for _, format := range []string{"csv", "xlsx", "pdf", "jsonl"} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				r := httptest.NewRequest(method, "/export."+format+"?action=create", nil)
				for name, value := range map[string]string{"Sec-Fetch-Site": test.site, "Origin": test.origin} {
					if value != "" {
						r.Header.Set(name, value)
					}
				}
				w := httptest.NewRecorder()
				ui.ServeHTTP(w, r)
				what := fmt.Sprintf("%s %s, Sec-Fetch-Site %q, Origin %q", method, format, test.site, test.origin)
				if test.allowed {
					assert.Equal(t, http.StatusOK, w.Code, what)
					if method == http.MethodGet {
						made++
					}
					continue
				}
				assert.Equal(t, http.StatusSeeOther, w.Code, what)
				assert.Equal(t, "./?action=create", w.Header().Get("Location"), what)
			}
		}
	}
	assert.Len(t, exportEntries(t, ui), made, "those that were sent away left no entry")
}

// The menu offers CSV with every separator, and the address names it.
func TestExportSeparators(t *testing.T) {
	t.Parallel()
	e := fixture.Showcase()[0]
	e.Object.ID = "x;=1+1"
	for name, test := range map[string]struct {
		host   rune
		link   string
		header string
	}{
		"the default":      {0, "Export as CSV", "Timestamp,Object Type,"},
		"semicolons":       {0, "Export as CSV with semicolons", "Timestamp;Object Type;"},
		"tabs":             {0, "Export as CSV with tabs", "Timestamp\tObject Type\t"},
		"the host's":       {';', "Export as CSV", "Timestamp;Object Type;"},
		"not the host's":   {';', "Export as CSV with commas", "Timestamp,Object Type,"},
		"tabs of the host": {'\t', "Export as CSV", "Timestamp\tObject Type\t"},
	} {
		ui := newUI(t, httpui.Options{Exports: httpui.Exports{Separator: test.host}}, e)
		file := get(t, ui, "/?range=all&action=update").click(test.link)
		require.Equal(t, http.StatusOK, file.status, name)
		assert.True(t, strings.HasPrefix(file.body, "\ufeff"+test.header), "%s: %q", name, file.body)
		if !strings.Contains(test.header, ";") {
			assert.Contains(t, file.body, "x;'=1+1", name)
		}
		assert.Equal(t, http.StatusBadRequest, get(t, ui, "/export.csv?separator=pipe").status)
	}
	_, err := httpui.New(newUI(t, httpui.Options{}).trail, httpui.Options{Authorize: func(*http.Request) bool { return true }, Exports: httpui.Exports{Separator: '|'}})
	assert.ErrorContains(t, err, `httpui: Options.Exports.Separator '|': give a comma, a semicolon or a tab`)
}

func exportEntries(t testing.TB, ui *testUI) []audit.Entry {
	t.Helper()
	var entries []audit.Entry
	for e, err := range ui.trail.All(t.Context(), audit.Filter{Actions: []audit.Action{"export"}}, audit.Sort{}) {
		require.NoError(t, err)
		entries = append(entries, e)
	}
	return entries
}

// T-22: an export leaves exactly one entry, which says who, what and how much.
func TestT22ExportLeavesAnEntry(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Many(30, fixture.Now.Add(-time.Second))...)
	asDana := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ui.ServeHTTP(w, r.WithContext(audit.WithActor(r.Context(), audit.Actor{Email: "dana@acme.test"})))
	})
	for _, target := range []string{"/", "/entries.json", "/?sort=id"} {
		once(t, asDana, http.MethodGet, target)
	}
	assert.Equal(t, http.StatusOK, once(t, asDana, http.MethodHead, "/export.csv").status)
	assert.Equal(t, http.StatusBadRequest, once(t, asDana, http.MethodGet, "/export.csv?ip=x").status)
	require.Empty(t, exportEntries(t, ui))

	assert.Equal(t, http.StatusOK, once(t, asDana, http.MethodGet, "/export.csv?action=create&tz=Asia/Kolkata&sort=id").status)
	left := exportEntries(t, ui)
	require.Len(t, left, 1)
	e := left[0]
	assert.Equal(t, "dana@acme.test", e.Actor.Email)
	assert.Equal(t, audit.Object{Type: "audit_log", ID: "csv"}, e.Object)
	assert.Equal(t, "8 entries as CSV", e.Comment)
	var meta map[string]any
	require.NoError(t, e.Metadata.Decode(&meta))
	assert.EqualValues(t, 8, meta["rows"])
	assert.Equal(t, "audit-logs_2026-10-24_2026-11-23.csv", meta["file"])
	assert.Equal(t, "id", meta["sort"])
	filter, err := url.ParseQuery(meta["filter"].(string))
	require.NoError(t, err)
	assert.Equal(t, "create", filter.Get("action"))

	off := newUI(t, httpui.Options{Exports: httpui.Exports{Unrecorded: true}}, fixture.Showcase()...)
	once(t, off, http.MethodGet, "/export.csv")
	assert.Empty(t, exportEntries(t, off))
}

// brokenStore is a store that stops working after so many lists.
type brokenStore struct {
	audit.Store
	lists  int
	record error
}

var errGone = errors.New("the database is gone")

func (s *brokenStore) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	if s.lists--; s.lists < 0 {
		return nil, errGone
	}
	return s.Store.List(ctx, walk)
}

func (s *brokenStore) InsertDetached(ctx context.Context, entries []audit.Entry) error {
	if s.record != nil {
		return s.record
	}
	return s.Store.InsertDetached(ctx, entries)
}

// T-19: a file is whole, or its download fails; before its first byte, there
// is a page that says so.
func TestT19NoShortFileLooksWhole(t *testing.T) {
	t.Parallel()
	_, store, err := fixture.Log(fixture.Many(4500, fixture.Now.Add(-time.Second))...)
	require.NoError(t, err)
	for name, test := range map[string]struct {
		store  brokenStore
		status int
	}{
		"before the first entry": {brokenStore{lists: 1}, http.StatusInternalServerError},
		"its own entry":          {brokenStore{lists: 9, record: errGone}, http.StatusInternalServerError},
		"midway":                 {brokenStore{lists: 3}, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.store.Store = store
			trail, err := audit.New(&test.store, audit.Config{Org: fixture.Org})
			require.NoError(t, err)
			told := make(chan error, 10)
			ui, err := httpui.New(trail, httpui.Options{
				Authorize: everybody, Now: func() time.Time { return fixture.Now },
				OnError: func(_ *http.Request, err error) { told <- err },
			})
			require.NoError(t, err)
			server := httptest.NewServer(ui)
			defer server.Close()
			server.Config.ErrorLog = nil
			answer, err := http.Get(server.URL + "/export.csv")
			require.NoError(t, err)
			defer answer.Body.Close()
			assert.Equal(t, test.status, answer.StatusCode)
			body, err := io.ReadAll(answer.Body)
			require.ErrorIs(t, <-told, errGone)
			if test.status == http.StatusOK {
				require.ErrorIs(t, err, io.ErrUnexpectedEOF)
				return
			}
			require.NoError(t, err)
			left, err := store.Count(t.Context(), audit.Filter{Org: fixture.Org, Actions: []audit.Action{"export"}}, 10)
			require.NoError(t, err)
			assert.LessOrEqual(t, left, 1, "only the one midway was handed out in part")
			assert.Empty(t, answer.Header.Get("Content-Disposition"))
			assert.Contains(t, string(body), "Something went wrong on our side")
			assert.NotContains(t, string(body), "gone")
		})
	}
}

// gatedStore is a store whose lists of more than one entry wait.
type gatedStore struct {
	audit.Store
	gate    chan struct{}
	waiting chan struct{}
}

func (s *gatedStore) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	if walk.Limit > 500 { // an export's
		s.waiting <- struct{}{}
		select {
		case <-s.gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.Store.List(ctx, walk)
}

func newGated(t *testing.T, options httpui.Options, entries ...audit.Entry) (*httptest.Server, *gatedStore) {
	t.Helper()
	_, memory, err := fixture.Log(entries...)
	require.NoError(t, err)
	store := &gatedStore{Store: memory, gate: make(chan struct{}), waiting: make(chan struct{}, 1000)}
	trail, err := audit.New(store, audit.Config{Org: fixture.Org})
	require.NoError(t, err)
	options.Authorize, options.Now = everybody, func() time.Time { return fixture.Now }
	ui, err := httpui.New(trail, options)
	require.NoError(t, err)
	server := httptest.NewServer(ui)
	t.Cleanup(server.Close)
	return server, store
}

// T-18: of a thousand clients at once, the allowed number gets a file, and the
// others learn when to come again.
func TestT18ThousandClients(t *testing.T) {
	t.Parallel()
	const clients, atOnce = 1000, 3
	server, store := newGated(t, httpui.Options{Exports: httpui.Exports{AtOnce: atOnce}}, fixture.Showcase()...)
	type outcome struct {
		status int
		retry  string
	}
	outcomes := make(chan outcome, clients)
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 100}}
	defer client.CloseIdleConnections()
	for range clients {
		go func() {
			answer, err := client.Get(server.URL + "/export.csv")
			if err != nil {
				outcomes <- outcome{}
				return
			}
			_, _ = io.Copy(io.Discard, answer.Body)
			answer.Body.Close()
			outcomes <- outcome{answer.StatusCode, answer.Header.Get("Retry-After")}
		}()
	}
	refused := 0
	for range clients - atOnce {
		assert.Equal(t, outcome{http.StatusTooManyRequests, "10"}, <-outcomes)
		refused++
	}
	close(store.gate)
	for range atOnce {
		assert.Equal(t, outcome{http.StatusOK, ""}, <-outcomes)
	}
	answer, err := client.Get(server.URL + "/export.csv")
	require.NoError(t, err)
	answer.Body.Close()
	assert.Equal(t, http.StatusOK, answer.StatusCode, "their places are free again")
}

// TestExportProgress follows an export from beside it, and cancels it.
func TestExportProgress(t *testing.T) {
	t.Parallel()
	server, store := newGated(t, httpui.Options{
		Org: func(r *http.Request) string { return r.Header.Get("X-Org") },
	}, fixture.Many(4500, fixture.Now.Add(-time.Second))...)
	const key = "0123456789abcdef0123456789abcdef"
	do := func(method, path, org string, headers ...string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
		require.NoError(t, err)
		r.Header.Set("X-Org", org)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		answer, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		t.Cleanup(func() { answer.Body.Close() })
		return answer
	}
	progress := func() string {
		body, err := io.ReadAll(do(http.MethodGet, "/exports/"+key, fixture.Org).Body)
		require.NoError(t, err)
		return strings.TrimSpace(string(body))
	}
	assert.Equal(t, http.StatusBadRequest, do(http.MethodGet, "/export.jsonl?progress=short", fixture.Org).StatusCode)

	file := make(chan *http.Response)
	go func() { file <- do(http.MethodGet, "/export.jsonl?progress="+key, fixture.Org) }()
	<-store.waiting
	assert.JSONEq(t, `{"state":"running","rows":0,"of":4500}`, progress())
	assert.Equal(t, http.StatusNotFound, do(http.MethodGet, "/exports/"+key, "globex").StatusCode)
	assert.Equal(t, http.StatusNotFound, do(http.MethodDelete, "/exports/"+key, "globex").StatusCode)
	assert.Equal(t, http.StatusMethodNotAllowed, do(http.MethodPost, "/exports/"+key, fixture.Org).StatusCode)
	for _, site := range []string{"cross-site", "same-site"} {
		assert.Equal(t, http.StatusForbidden, do(http.MethodDelete, "/exports/"+key, fixture.Org, "Sec-Fetch-Site", site).StatusCode, site)
	}

	store.gate <- struct{}{} // the first chunk
	answer := <-file
	<-store.waiting
	lines := bufio.NewReader(answer.Body)
	_, err := lines.ReadString('\n')
	require.NoError(t, err)
	require.Eventually(t, func() bool { return progress() == `{"state":"running","rows":2000,"of":4500}` }, time.Minute, time.Millisecond)

	assert.Equal(t, http.StatusNoContent, do(http.MethodDelete, "/exports/"+key, fixture.Org, "Sec-Fetch-Site", "same-origin").StatusCode)
	_, err = io.Copy(io.Discard, lines)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF, "a cancelled download is a failed one")
	assert.Equal(t, `{"state":"cancelled","rows":2000,"of":4500}`, progress())
}

// A workbook that is cancelled before anything was sent leaves the reader on
// the page, and is not an error.
func TestCancelledBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	server, store := newGated(t, httpui.Options{}, fixture.Showcase()...)
	const path = "?progress=0123456789abcdef0123456789abcdef"
	status := make(chan int)
	go func() {
		answer, err := http.Get(server.URL + "/export.xlsx" + path)
		if err != nil {
			status <- 0
			return
		}
		answer.Body.Close()
		status <- answer.StatusCode
	}()
	<-store.waiting
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, server.URL+"/exports/0123456789abcdef0123456789abcdef", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	answer.Body.Close()
	assert.Equal(t, http.StatusNoContent, <-status)
}

// TestExportCaps: what a file will not hold is said before it is made, and in it.
func TestExportCaps(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{Exports: httpui.Exports{MaxRows: map[export.Format]int{export.CSV: 20}}}, fixture.Many(30, fixture.Now.Add(-time.Second))...)
	page := get(t, ui, "/")
	_, ok := page.link("Export as CSV At most 20 entries")
	assert.True(t, ok)
	_, ok = page.link("Export as Excel")
	assert.True(t, ok)
	file := once(t, ui, http.MethodGet, "/export.csv").body
	assert.Equal(t, 1+20+1, strings.Count(file, "\r\n"))
	assert.Contains(t, file, "Complete: NO: cut after the first 20 entries")
	narrower := get(t, ui, "/?action=create")
	_, ok = narrower.link("Export as CSV")
	assert.True(t, ok)
	assert.NotContains(t, once(t, ui, http.MethodGet, "/export.csv?action=create").body, "NO:")
}

func TestExportOptions(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]httpui.Exports{
		`Formats "zip"`:  {Formats: []export.Format{export.PDFParts}},
		`MaxRows "csv"`:  {MaxRows: map[export.Format]int{export.CSV: 0}},
		`MaxRows "nose"`: {MaxRows: map[export.Format]int{"nose": 1}},
		"AtOnce -1":      {AtOnce: -1},
	} {
		trail, _, err := fixture.Log()
		require.NoError(t, err)
		_, err = httpui.New(trail, httpui.Options{Authorize: everybody, Exports: options})
		require.ErrorContains(t, err, want)
	}
	ui := newUI(t, httpui.Options{Exports: httpui.Exports{Formats: []export.Format{export.CSV}}}, fixture.Showcase()...)
	page := get(t, ui, "/")
	_, ok := page.link("Export as Excel")
	assert.False(t, ok)
	assert.Equal(t, http.StatusNotFound, once(t, ui, http.MethodGet, "/export.xlsx").status)
	none := get(t, newUI(t, httpui.Options{Exports: httpui.Exports{Formats: []export.Format{}}}, fixture.Showcase()...), "/")
	assert.NotContains(t, none.body, "audit-export")
}

// A reader of 1 KB/s gets the whole file, from a server that gives its pages
// half a second; meanwhile nothing waits for it in the database.
func TestT18SlowReader(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(2500, fixture.Now.Add(-time.Second))
	ui := newUI(t, httpui.Options{}, entries...)
	server := httptest.NewUnstartedServer(ui)
	server.Config.WriteTimeout = 2 * time.Second
	server.Start()
	defer server.Close()
	answer, err := http.Get(server.URL + "/export.jsonl")
	require.NoError(t, err)
	defer answer.Body.Close()
	for range 2 {
		_, err := io.ReadFull(answer.Body, make([]byte, 1<<10))
		require.NoError(t, err)
		time.Sleep(1500 * time.Millisecond)
	}
	rest, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	lines := slices.Collect(strings.Lines(string(rest)))
	var last audit.Entry
	require.NoError(t, json.Unmarshal([]byte(lines[len(lines)-1]), &last))
	assert.Equal(t, entries[len(entries)-1].ID, last.ID, fmt.Sprint(len(lines)))

	again, err := http.Get(server.URL + "/")
	require.NoError(t, err)
	again.Body.Close()
	assert.Equal(t, http.StatusOK, again.StatusCode, "the connection is of use after it")
}
