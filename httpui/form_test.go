package httpui_test

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// TestFormMakesCleanURLs presses the form's buttons and reads the address that
// comes of it.
func TestFormMakesCleanURLs(t *testing.T) {
	t.Parallel()
	kolkata, err := time.LoadLocation("Asia/Kolkata")
	require.NoError(t, err)
	ui := newUI(t, httpui.Options{Zone: kolkata}, fixture.Showcase()...)
	apply := func(f form) response { return f.apply() }
	for name, tc := range map[string]struct {
		start string
		do    func(form) response
		want  string
	}{
		"nothing touched":                       {"", apply, ""},
		"nothing touched, a range":              {"range=7d", apply, "range=7d"},
		"nothing touched, a range that moves":   {"range=15m", apply, "range=15m"},
		"nothing touched, all":                  {"range=all", apply, "range=all"},
		"nothing touched, times":                {"from=2026-11-22T10:00&to=2026-11-22T10:00", apply, "from=2026-11-22T10:00&to=2026-11-22T10:00"},
		"nothing touched, RFC 3339":             {"from=2026-11-22T10:00:00.5Z", apply, "from=2026-11-22T10:00:00.5Z"},
		"seconds dropped by the browser":        {"range=7d", func(f form) response { return f.with("from", "2026-11-16T00:00").apply() }, "range=7d"},
		"a range's button":                      {"range=7d", func(f form) response { return f.press("range", "today") }, "range=today"},
		"a range's button over times":           {"from=2026-11-22T10:00", func(f form) response { return f.press("range", "90d") }, "range=90d"},
		"a range's button keeps the edits":      {"action=create", func(f form) response { return f.with("action", "destroy").press("range", "90d") }, "action=destroy&range=90d"},
		"the range's button of the default":     {"range=7d", func(f form) response { return f.press("range", "30d") }, "range=30d"},
		"another start":                         {"range=7d", func(f form) response { return f.with("from", "2026-11-20T00:00").apply() }, "from=2026-11-20T00:00&to=2026-11-23T23:59:59"},
		"no end":                                {"range=7d", func(f form) response { return f.with("to", "").apply() }, "from=2026-11-16T00:00:00"},
		"neither start nor end":                 {"range=7d", func(f form) response { return f.with("from", "").with("to", "").apply() }, "range=all"},
		"an end where there was none":           {"range=all", func(f form) response { return f.with("to", "2026-11-20T00:00:00").apply() }, "to=2026-11-20T00:00:00"},
		"another zone, a range":                 {"range=today", func(f form) response { return f.with("tz", "UTC").apply() }, "range=today&tz=UTC"},
		"another zone, times as they stand":     {"from=2026-11-22T10:00", func(f form) response { return f.with("tz", "UTC").apply() }, "from=2026-11-22T10:00:00&tz=UTC"},
		"back to the host's zone":               {"range=today&tz=UTC", func(f form) response { return f.with("tz", "Asia/Kolkata").apply() }, "range=today"},
		"a filter":                              {"", func(f form) response { return f.with("user", "", "kim@acme.test").apply() }, "user=&user=kim@acme.test"},
		"blanks are no filter":                  {"", func(f form) response { return f.with("ip", " ").with("record_id", "").apply() }, ""},
		"what has no field stays":               {"not_user=x&not_ip=10.0.0.1&request=r&sort=id&dir=desc&per_page=100", apply, "not_user=x&not_ip=10.0.0.1&request=r&sort=id&dir=desc&per_page=100"},
		"the place does not":                    {"page=1&asof=" + fixture.Showcase()[0].ID.String(), apply, ""},
		"a filter unchecked":                    {"action=create&user=kim@acme.test", func(f form) response { return f.with("action").apply() }, "user=kim@acme.test"},
		"the Enter key":                         {"record_id=1", func(f form) response { return f.with("record_id", "311").press("do", "enter") }, "record_id=311"},
		"without a button, as a script submits": {"record_id=1", func(f form) response { return f.with("record_id", "9").press("x", "y") }, "record_id=9"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := tc.do(get(t, ui, "/?"+tc.start).form())
			want, err := url.ParseQuery(tc.want)
			require.NoError(t, err)
			assert.Equal(t, want, r.query())
			assert.Equal(t, http.StatusOK, r.status)
		})
	}
}

var removePattern = regexp.MustCompile(`<button class="audit-remove" name="do" value="([^"]*)" aria-label="([^"]*)">`)

// TestFiltersAreAddedAndRemoved without a script, and nothing is applied
// before Apply.
func TestFiltersAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	start := get(t, ui, "/?action=create&sort=id&range=7d")
	require.Equal(t, [][]string{{"remove:action", "Remove filter: Action"}}, removers(start))

	page := start.form().with("action", "create", "destroy").with("from", "2026-11-22T00:00").press("do", "add:user")
	assert.Equal(t, start.ids(), page.ids(), "the results are those of before")
	assert.Contains(t, page.body, "These filters are not applied yet.")
	assert.Contains(t, page.body, `<details class="audit-fold" open>`)
	fields := page.form().fields
	assert.Equal(t, []string{"create", "destroy"}, fields["action"], "an unsaved edit stays")
	assert.Equal(t, []string{"2026-11-22T00:00:00"}, fields["from"])
	assert.Equal(t, [][]string{{"remove:action", "Remove filter: Action"}, {"remove:user", "Remove filter: User"}}, removers(page))
	assert.Equal(t, "create", page.query().Get("action"), "the address is that of the results, and the draft")
	for _, href := range []string{"Timestamp", "Remove filter Action: create"} {
		link, ok := page.link(href)
		require.True(t, ok)
		assert.NotContains(t, link, "draft", "links are about the results")
	}

	page = page.form().press("do", "add:ip")
	page = page.form().with("user", "kim@acme.test", "dana@acme.test").press("do", "add:record_id")
	assert.Len(t, removers(page), 4)
	page = page.form().with("record_id", "88121").press("do", "remove:action")
	assert.Equal(t, [][]string{{"remove:user", "Remove filter: User"}, {"remove:record_id", "Remove filter: Record ID"}, {"remove:ip", "Remove filter: IP address"}}, removers(page))
	assert.Equal(t, start.ids(), page.ids())

	page = page.form().apply()
	assert.Equal(t, url.Values{
		"user": {"dana@acme.test", "kim@acme.test"}, "record_id": {"88121"}, "sort": {"id"},
		"from": {"2026-11-22T00:00"}, "to": {"2026-11-22T23:59:59"},
	}, page.query())
	assert.Len(t, page.rows(), 1)
	assert.NotContains(t, page.body, "not applied yet")
	assert.Equal(t, [][]string{{"remove:user", "Remove filter: User"}, {"remove:record_id", "Remove filter: Record ID"}}, removers(page), "an empty filter is none")
}

func removers(r response) [][]string {
	var found [][]string
	for _, m := range removePattern.FindAllStringSubmatch(r.body, -1) {
		found = append(found, m[1:])
	}
	return found
}

// TestDraftKeepsARelativeRange: the times shown for it move on between two
// requests, and are not an edit.
func TestDraftKeepsARelativeRange(t *testing.T) {
	t.Parallel()
	now := fixture.Now
	ui := newUI(t, httpui.Options{Now: func() time.Time { return now }}, fixture.Showcase()...)
	page := get(t, ui, "/?range=15m")
	now = now.Add(time.Minute)
	page = page.form().press("do", "add:user")
	now = now.Add(time.Minute)
	assert.Equal(t, url.Values{"range": {"15m"}}, page.form().apply().query())
}

func TestAddingLeadsToTheFilter(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{})
	r := once(t, ui, http.MethodGet, "/?"+urlQuery("applied", "action=create&page=3&evil=1", "do", "add:user"))
	assert.Equal(t, http.StatusSeeOther, r.status)
	location := r.header.Get("Location")
	assert.True(t, strings.HasSuffix(location, "#audit-user"), location)
	assert.True(t, strings.HasPrefix(location, "?"), location)
	assert.NotContains(t, location, "evil")
	for _, kind := range []string{"nonsense", "", "../x", "user#x"} {
		r := once(t, ui, http.MethodGet, "/?"+urlQuery("applied", "%zz", "do", "add:"+kind))
		assert.True(t, strings.HasSuffix(r.header.Get("Location"), "#audit-form"), kind)
	}
}

func TestResetKeepsZoneAndOrder(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	page := get(t, ui, "/?action=create&not_user=x&range=7d&tz=Asia/Kolkata&sort=id&per_page=25")
	assert.Equal(t, url.Values{"tz": {"Asia/Kolkata"}, "sort": {"id"}, "per_page": {"25"}}, page.click("Reset").query())
}

func TestSpansShift(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	for _, tc := range []struct{ start, earlier, later string }{
		{"range=7d", "2026-11-07T00:00:00 2026-11-14T23:59:59", ""},
		{"range=yesterday", "2026-11-20T00:00:00 2026-11-20T23:59:59", "2026-11-22T00:00:00 2026-11-22T23:59:59"},
		{"from=2026-11-22T10:00&to=2026-11-22T10:59", "2026-11-22T09:00:00 2026-11-22T09:59:59", "2026-11-22T11:00:00 2026-11-22T11:59:59"},
		// The days around the end of summer time are whole days, one of 25 hours.
		{"tz=Europe/Berlin&from=2026-10-25T00:00&to=2026-10-25T23:59:59", "2026-10-24T00:00:00 2026-10-24T23:59:59", "2026-10-26T00:00:00 2026-10-26T23:59:59"},
		{"range=all", "", ""},
		{"from=2026-11-22T10:00", "", ""},
	} {
		page := get(t, ui, "/?action=create&"+tc.start)
		for name, want := range map[string]string{"← Earlier": tc.earlier, "Later →": tc.later} {
			href, ok := page.link(name)
			if require.Equal(t, want != "", ok, "%s of %s", name, tc.start); ok {
				q := page.follow(href).query()
				assert.Equal(t, want, q.Get("from")+" "+q.Get("to"), tc.start)
				assert.Equal(t, "create", q.Get("action"))
			}
		}
	}
}

var optionsPattern = regexp.MustCompile(`<label><input type="checkbox" name="user" value="([^"]*)"( checked)?>`)

// TestManyValues lists the first ones, those chosen, and finds others.
func TestManyValues(t *testing.T) {
	t.Parallel()
	var entries []audit.Entry
	for i := range 300 {
		e := fixture.Entry(fixture.Now.AddDate(-1, 0, 0), i)
		e.Actor.Email = fmt.Sprintf("user%03d@acme.test", i)
		entries = append(entries, e)
	}
	ui := newUI(t, httpui.Options{}, entries...)
	users := func(r response) (all []string, checked int) {
		for _, m := range optionsPattern.FindAllStringSubmatch(r.body, -1) {
			all = append(all, m[1])
			if m[2] != "" {
				checked++
			}
		}
		return all, checked
	}
	page := get(t, ui, "/?range=today&user=user222%40acme.test")
	all, checked := users(page)
	assert.Len(t, all, 51)
	assert.Equal(t, 1, checked)
	assert.Contains(t, text(page.body), "User 1 of 200+")
	assert.Contains(t, page.body, "The first 50.")
	assert.Contains(t, page.body, `<input type="search" name="find_user" value="" aria-label="User begins with">`)

	for _, button := range []string{"find:user", "enter"} {
		found := page.form().with("find_user", "user29").press("do", button)
		all, checked = users(found)
		assert.Len(t, all, 11)
		assert.Equal(t, 1, checked)
		assert.Contains(t, found.body, `name="find_user" value="user29"`)
		assert.NotContains(t, found.body, "The first 50.")
		assert.Equal(t, "user222@acme.test", found.query().Get("user"))
		chosen := found.form().with("user", "user222@acme.test", "user297@acme.test").apply()
		assert.Equal(t, url.Values{"range": {"today"}, "user": {"user222@acme.test", "user297@acme.test"}}, chosen.query())
	}
	few := get(t, newUI(t, httpui.Options{}, entries[:200]...), "/?user=user222%40acme.test")
	all, _ = users(few)
	assert.Len(t, all, 201, "all of up to 200, and the unknown one that is chosen")
	assert.Contains(t, few.body, "<small>1 of 201</small>")
	assert.NotContains(t, few.body, "find_user")
}

func TestUsersOfTheHost(t *testing.T) {
	t.Parallel()
	options := httpui.Options{Users: hostUsers("new@acme.test", "kim@acme.test", "")}
	page := get(t, newUI(t, options, fixture.Showcase()...), "/?user=")
	assert.Contains(t, page.body, "<small>1 of 6</small>")
	assert.Contains(t, page.body, `value="new@acme.test"`)
	assert.Equal(t, 1, strings.Count(page.body, `value="kim@acme.test"`))
}
