package httpui_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// TestParameters shows, for every parameter, which entries it leaves.
func TestParameters(t *testing.T) {
	t.Parallel()
	entries := fixture.Showcase()
	entries[1].RequestID = "r-1"
	ui := newUI(t, httpui.Options{}, entries...)
	for query, want := range map[string][]string{
		"":                                    {"10482", "311", "10479", "77", "k_9f2", "88121", "sg-office", "311", "9"},
		"range=15m":                           {"10482", "311"},
		"range=1h":                            {"10482", "311", "10479", "77"},
		"range=yesterday":                     {},
		"range=today&action=destroy":          {"10479"},
		"action=create":                       {"311", "88121"},
		"action=create&action=destroy":        {"311", "10479", "88121"},
		"object_type=api_key":                 {"k_9f2"},
		"user=sam@acme.test":                  {"311", "sg-office"},
		"user=":                               {"77", "311", "9"},
		"user=&action=update":                 {"77", "9"},
		"record_id=311":                       {"311", "311"},
		"record_id=+311+":                     {},
		"record_id=+":                         {},
		"ip=+203.0.113.99+":                   {"88121"},
		"ip=2001:db8::42":                     {"311"},
		"ip=203.0.113.0/24":                   {"10482", "10479", "88121"},
		"request=r-1":                         {"311"},
		"not_action=update&not_action=create": {"10479", "311"},
		"not_object_type=invoice":             {"311", "77", "k_9f2", "88121", "sg-office", "311", "9"},
		"not_user=&not_user=dana@acme.test":   {"311", "k_9f2", "88121", "sg-office"},
		"not_ip=203.0.113.0/24&not_ip=198.51.100.7":                        {"311", "77", "sg-office", "9"},
		"from=2026-11-22T20:15:10&to=2026-11-22T21:30:44":                  {"k_9f2", "88121"},
		"from=2026-11-22T21:15:10&to=2026-11-22T22:30:44&tz=Europe/Berlin": {"k_9f2", "88121"},
		"from=2026-11-22T20:15&to=2026-11-22T20:15":                        {"88121"},
		"from=2026-11-22T21:30:44Z":                                        {"10482", "311", "10479", "77", "k_9f2"},
		"asof=" + entries[3].ID.String():                                   {"77", "k_9f2", "88121", "sg-office", "311", "9"},
		"sort=timestamp&dir=asc":                                           {"9", "311", "sg-office", "88121", "k_9f2", "77", "10479", "311", "10482"},
		"sort=id":                                                          {"9", "77", "311", "311", "10479", "10482", "88121", "k_9f2", "sg-office"},
		"sort=id&dir=desc":                                                 {"sg-office", "k_9f2", "88121", "10482", "10479", "311", "311", "77", "9"},
		"sort=object_type&not_action=update":                               {"88121", "10479", "311", "311"},
		"sort=ip_address&action=update":                                    {"77", "9", "k_9f2", "10482", "sg-office"},
		"sort=performed_by&user=kim@acme.test&user=dana@acme.test":         {"10479", "10482", "88121"},
		"sort=changes&action=create":                                       {"88121", "311"},
		"sort=action&object_type=user":                                     {"311", "311"},
		"per_page=200":                                                     {"10482", "311", "10479", "77", "k_9f2", "88121", "sg-office", "311", "9"},
		"unknown=1&action=destroy":                                         {"10479"},
		"from=&to=&range=&tz=&ip=&record_id=&request=&sort=&dir=&page=&per_page=&after=": {"10482", "311", "10479", "77", "k_9f2", "88121", "sg-office", "311", "9"},
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			r := once(t, ui, http.MethodGet, "/?"+query)
			require.Equal(t, http.StatusOK, r.status)
			got := []string{}
			for _, row := range r.rows() {
				require.Len(t, row.cells, 7)
				got = append(got, text(row.cells[2]))
			}
			assert.Equal(t, want, got)
		})
	}
}

// TestMalformedParameters are answered with 400, the message where the field
// is, and nothing guessed.
func TestMalformedParameters(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	other, err := audit.Sort{By: audit.ByObjectID}.Resolve()
	require.NoError(t, err)
	cursor := audit.CursorAt(fixture.Showcase()[0], other).String()
	for query, want := range map[string]struct{ anchor, message string }{
		"from=yesterday":                            {"audit-dates", "“yesterday”: not a time."},
		"to=2026-02-30T00:00":                       {"audit-dates", "not a time"},
		"from=2026-01-02T00:00&to=2026-01-01T00:00": {"audit-dates", "the start is not before the end"},
		"range=2w":                                  {"audit-dates", "“2w”: not a range"},
		"range=7d&from=2026-01-02T00:00":            {"audit-dates", "given beside from or to"},
		"tz=Mars/Olympus":                           {"audit-dates", "not a time zone"},
		"tz=Local":                                  {"audit-dates", "not a time zone"},
		"ip=300.1.1.1":                              {"audit-ip", "not an IP address or range"},
		"request=1&request=2":                       {"audit-form", "given more than once"},
		"record_id=%ff":                             {"audit-record_id", "not valid UTF-8"},
		"user=%00":                                  {"audit-user", "NUL"},
		"object_type=" + strings.Repeat("x", 400):   {"audit-object_type", "400 bytes long"},
		"not_ip=x":                                  {"audit-form", "not an IP address or range"},
		"asof=4711":                                 {"audit-form", "4711"},
		"sort=password":                             {"audit-form", "not a column"},
		"sort=id&sort=action":                       {"audit-form", "Given more than once"},
		"dir=down":                                  {"audit-form", "not a direction"},
		"page=0":                                    {"audit-form", "Not a page number"},
		"page=-1":                                   {"audit-form", "Not a page number"},
		"page=1.5":                                  {"audit-form", "Not a page number"},
		"page=99999999999999999999":                 {"audit-form", "Not a page number"},
		"per_page=1e9":                              {"audit-form", "A page holds 25, 50, 100 or 200 entries."},
		"per_page=0":                                {"audit-form", "A page holds 25, 50, 100 or 200 entries."},
		"per_page=51":                               {"audit-form", "A page holds 25, 50, 100 or 200 entries."},
		"after=x":                                   {"audit-form", "Not a place in this order"},
		"after=" + cursor:                           {"audit-form", "Not a place in this order"},
		"before=" + cursor:                          {"audit-form", "Not a place in this order"},
		"page=2&after=" + cursor:                    {"audit-form", "only one of page, after and before"},
		"action=%zz":                                {"audit-form", "not a valid query"},
		"action=a;b":                                {"audit-form", "not a valid query"},
		"draft=%25zz":                               {"audit-form", "not a valid query"},
	} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			r := once(t, ui, http.MethodGet, "/?"+query)
			assert.Equal(t, http.StatusBadRequest, r.status)
			assert.Empty(t, r.rows())
			start := strings.Index(r.body, `role="alert"`)
			require.Positive(t, start)
			summary := r.body[start:]
			assert.Contains(t, summary, `href="#`+want.anchor+`"`)
			assert.Contains(t, text(summary), want.message)
			assert.Contains(t, r.body, `id="`+want.anchor+`"`, "the anchor exists")
			if want.anchor != "audit-form" {
				assert.Contains(t, text(r.body[:start]), want.message, "also at the field")
			}
			assert.Empty(t, ui.errs)
		})
	}
}

func TestRefusedValuesAreKept(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	r := once(t, ui, http.MethodGet, "/?ip=300.1.1.1&record_id=7&user=kim%40acme.test&from=2026-11-22T10:00&to=2026-11-01T10:00&tz=Asia/Kolkata&action=create")
	require.Equal(t, http.StatusBadRequest, r.status)
	fields := r.form().fields
	for name, want := range map[string]string{
		"ip": "300.1.1.1", "record_id": "7", "user": "kim@acme.test", "action": "create",
		"from": "2026-11-22T10:00", "to": "2026-11-01T10:00", "tz": "Asia/Kolkata",
	} {
		assert.Equal(t, []string{want}, fields[name], name)
	}
	junk := once(t, ui, http.MethodGet, "/?from=yesterday&to=2026-11-01T10:00&tz=Mars")
	assert.Contains(t, junk.body, `<input type="text" step="1" name="from" id="audit-from" value="yesterday" aria-invalid="true"`)
	assert.Contains(t, junk.body, `<input type="datetime-local" step="1" name="to" id="audit-to" value="2026-11-01T10:00">`)
	assert.Contains(t, junk.body, `<option value="Mars" selected>Mars</option>`)
	assert.Equal(t, "./", mustLink(junk, "Reset"))

	again := r.form().with("ip", "203.0.113.99").with("to", "2026-11-23T10:00").apply()
	assert.Equal(t, http.StatusOK, again.status)
	assert.Equal(t, "203.0.113.99", again.query().Get("ip"))
	assert.Equal(t, "create", again.query().Get("action"))
}

// TestApplyAfterRefusal: what is wrong and has no field to mend it in is left
// out of what the form sends next.
func TestApplyAfterRefusal(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	refused := once(t, ui, http.MethodGet, "/?action=create&not_ip=x&not_user=y&sort=z&per_page=7&page=0&asof=1")
	require.Equal(t, http.StatusBadRequest, refused.status)
	assert.Equal(t, urlQuery("action", "create", "not_user", "y"), refused.form().apply().query().Encode())
	added := refused.form().press("do", "add:user")
	assert.Equal(t, http.StatusOK, added.status)
	assert.Len(t, added.rows(), 2)

	page := get(t, ui, "/?ip=203.0.113.99&sort=id")
	refused = page.form().with("ip", "junk").apply()
	require.Equal(t, http.StatusBadRequest, refused.status)
	added = refused.form().press("do", "add:user")
	assert.Equal(t, page.ids(), added.ids(), "the results are the last ones that could be shown")
	assert.Equal(t, "junk", added.form().fields.Get("ip"))
}

func TestHeadersSort(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Many(120, fixture.Now.Add(-time.Second))...)
	start := get(t, ui, "/?action=update&action=create&range=all&per_page=25&page=2&tz=Asia/Kolkata")
	assert.Equal(t, 1, strings.Count(start.body, "aria-sort="))
	assert.Contains(t, start.body, `aria-sort="descending"><a href`)
	for header, name := range map[string]string{
		"Timestamp": "timestamp", "Object Type": "object_type", "ID": "id", "Action": "action",
		"Changes": "changes", "Performed by": "performed_by", "IP address": "ip_address",
	} {
		t.Run(header, func(t *testing.T) {
			t.Parallel()
			first := start.click(header)
			dir := "asc" // also for the timestamp, which was descending
			assert.Equal(t, name, first.query().Get("sort"))
			assert.Equal(t, dir, first.query().Get("dir"))
			assert.Equal(t, 1, strings.Count(first.body, "aria-sort="))
			assert.Regexp(t, `aria-sort="ascending"><a [^>]*>`+header+`<`, first.body)

			second := first.click(header)
			assert.Equal(t, "desc", second.query().Get("dir"))
			assert.Regexp(t, `aria-sort="descending"><a [^>]*>`+header+`<`, second.body)
			for _, page := range []response{first, second} {
				q := page.query()
				assert.Equal(t, []string{"update", "create"}, q["action"], "filters stay")
				assert.Equal(t, "all", q.Get("range"), "the range stays as it was written")
				assert.Equal(t, "Asia/Kolkata", q.Get("tz"))
				assert.Equal(t, "25", q.Get("per_page"))
				assert.False(t, q.Has("page"), "back to the first page")
				assert.Len(t, page.rows(), 25)
			}
		})
	}
}

func TestSummaryAndCaption(t *testing.T) {
	t.Parallel()
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	ui := newUI(t, httpui.Options{Zone: berlin}, fixture.Many(4218, fixture.Now.Add(-time.Second))...)
	for query, want := range map[string]string{
		"":                        "4,218 entries · 23 Oct 2026 00:00:00 – 22 Nov 2026 23:59:59 Europe/Berlin",
		"tz=UTC&range=today":      "1,362 entries · 22 Nov 2026 00:00:00 – 22 Nov 2026 23:59:59 UTC",
		"range=all":               "4,218 entries · all time Europe/Berlin",
		"from=2026-11-22T23:41":   "1 entry · since 22 Nov 2026 23:41:00 Europe/Berlin",
		"to=2026-11-22T23:40":     "4,217 entries · until 22 Nov 2026 23:40:59 Europe/Berlin",
		"action=create&range=15m": "4 entries · 22 Nov 2026 23:26:08 – 22 Nov 2026 23:41:08 Europe/Berlin",
	} {
		r := get(t, ui, "/?"+query)
		status := r.body[strings.Index(r.body, `role="status">`)+len(`role="status">`):]
		assert.Equal(t, want, text(status[:strings.Index(status, "</p>")]), query)
	}
	for query, want := range map[string]string{
		"":                                  "Audit entries, newest first. Page 1 of 85.",
		"dir=asc&page=3":                    "Audit entries, oldest first. Page 3 of 85.",
		"sort=id&per_page=200":              "Audit entries, sorted by ID, ascending. Page 1 of 22.",
		"sort=changes&dir=desc&per_page=25": "Audit entries, sorted by Changes, descending. Page 1 of 169.",
		"before=end":                        "Audit entries, newest first.",
	} {
		assert.Contains(t, get(t, ui, "/?"+query).body, `<caption id="audit-caption">`+want+"</caption>", query)
	}
	page := get(t, ui, "/")
	assert.Contains(t, page.body, "<title>Audit Logs</title>")
	assert.Equal(t, 1, strings.Count(page.body, "<h1>"))
	assert.Contains(t, page.body, "<h1>Audit Logs</h1>")
	assert.Contains(t, page.body, `<small>Europe/Berlin</small>`, "the zone stands in the header cell")
	assert.Contains(t, page.body, `<time datetime="2026-11-22T22:41:07Z"><span>2026-11-22</span> <span>23:41:07 <small>CET</small></span></time>`)
	var headers []string
	for _, th := range strings.Split(page.body, `<th scope="col"`)[1:] {
		_, th, _ = strings.Cut(th, "<a ")
		_, th, _ = strings.Cut(th, ">")
		headers = append(headers, th[:strings.Index(th, "<")])
	}
	assert.Equal(t, []string{"Timestamp", "Object Type", "ID", "Action", "Changes", "Performed by", "IP address"}, headers)
}

func TestEmptyStates(t *testing.T) {
	t.Parallel()
	never := get(t, newUI(t, httpui.Options{}), "/?action=create")
	assert.Contains(t, never.body, "No entries yet")
	assert.NotContains(t, never.body, "<table")

	old := fixture.Entry(fixture.Now.AddDate(0, -2, 0), 1)
	ui := newUI(t, httpui.Options{}, old)
	none := get(t, ui, "/")
	assert.Contains(t, none.body, "No entries in this date range")
	wider := none.click("90 d")
	assert.Equal(t, []string{old.ID.String()}, wider.ids())
	both := get(t, ui, "/?action=update")
	assert.Contains(t, both.body, "No entries in this date range", "the filters are not to blame")
	assert.Equal(t, []string{old.ID.String()}, both.click("All").ids())

	filtered := get(t, newUI(t, httpui.Options{}, fixture.Showcase()...), "/?action=create&user=dana%40acme.test&range=today")
	assert.Contains(t, filtered.body, "No entries match these filters")
	assert.Len(t, filtered.click("without User: dana@acme.test").rows(), 2)
	dropped := filtered.click("without Action: create")
	assert.Len(t, dropped.rows(), 2)
	assert.Equal(t, "today", dropped.query().Get("range"))
}

func TestChips(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	page := get(t, ui, "/?action=create&action=update&object_type=api_key&object_type=comment&not_user=&not_ip=10.0.0.0/8&record_id=88121&ip=&range=7d&sort=id")
	for _, name := range []string{
		"Remove filter Action: create, update", "Remove filter Object Type: API Key, Comment", "Remove filter Record ID: 88121",
		"Remove filter User: not no email", "Remove filter IP address: not 10.0.0.0/8",
	} {
		_, ok := page.link(name)
		assert.True(t, ok, name)
	}
	chips := page.body[strings.Index(page.body, `<ul class="audit-chips">`):]
	assert.Equal(t, 5, strings.Count(chips[:strings.Index(chips, "</ul>")], "<li>"), "an empty ip is no filter")
	after := page.click("Remove filter Action: create, update")
	assert.Equal(t, page.query()["object_type"], after.query()["object_type"])
	assert.False(t, after.query().Has("action"))
	assert.True(t, after.query().Has("not_user"))
	assert.Equal(t, "7d", after.query().Get("range"))
	assert.Equal(t, "id", after.query().Get("sort"))

	blank := get(t, ui, "/?record_id=+&ip=+")
	_, ok := blank.link("Remove filter Record ID: " + " ")
	assert.True(t, ok, "a filter that holds has its chip")
	assert.Equal(t, "+", strings.TrimPrefix(blank.form().apply().url.RawQuery, "record_id="), "and stays")

	many := get(t, ui, "/?"+urlQuery("user", "a", "user", "b", "user", "c", "user", "d", "user", "e"))
	_, ok = many.link("Remove filter User: a, b, c and 2 more")
	assert.True(t, ok)
	assert.NotContains(t, get(t, ui, "/").body, "Remove filter")
}
