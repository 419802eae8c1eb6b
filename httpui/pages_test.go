package httpui_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

func hostUsers(users ...string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return users, nil }
}

// walk reads all pages by a link, from a page on.
func walk(page response, link string) (ids []string) {
	for {
		ids = append(ids, page.ids()...)
		href, ok := page.link(link)
		if !ok {
			return ids
		}
		page = page.follow(href)
	}
}

// TestNoEntryIsLostOrDoubled pages through 100 entries of one instant in every
// order, by numbers and by cursors, forward and backward.
func TestNoEntryIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	var entries []audit.Entry
	for i := range 100 {
		entries = append(entries, fixture.Entry(fixture.Now.Add(-time.Hour), i))
	}
	ui := newUI(t, httpui.Options{}, entries...)
	for _, column := range audit.Columns() {
		for _, dir := range []string{"asc", "desc"} {
			t.Run(string(column)+" "+dir, func(t *testing.T) {
				t.Parallel()
				base := "/?per_page=25&sort=" + string(column) + "&dir=" + dir
				forward := walk(get(t, ui, base), "Next")
				assert.Len(t, forward, 100)
				sorted := slices.Clone(forward)
				slices.Sort(sorted)
				assert.Len(t, slices.Compact(sorted), 100)
				assert.Equal(t, dir == "asc", forward[0] < forward[1], "ties break by entry")

				var backward []string
				for page := get(t, ui, base+"&before=end"); ; page = page.click("Previous") {
					backward = append(slices.Clone(page.ids()), backward...)
					if _, ok := page.link("Previous"); !ok {
						break
					}
				}
				assert.Equal(t, forward, backward)
			})
		}
	}
}

func TestPagination(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Many(260, fixture.Now.Add(-time.Second))...)
	for target, want := range map[string]string{
		"/":                      "[1] 2 3 4 5 6 Next",
		"/?page=2":               "Previous 1 [2] 3 4 5 6 Next",
		"/?page=6":               "Previous 1 2 3 4 5 [6]",
		"/?page=1&per_page=200":  "[1] 2 Next",
		"/?page=6&per_page=25":   "Previous 1 … 5 [6] 7 … 11 Next",
		"/?page=4&per_page=25":   "Previous 1 2 3 [4] 5 … 11 Next",
		"/?range=15m":            "[1]",
		"/?before=end":           "First Previous",
		"/?page=11&per_page=200": "Previous 1 [2]", // past the end
	} {
		page := get(t, ui, target)
		require.Equal(t, http.StatusOK, page.status)
		nav := page.body[strings.Index(page.body, `<nav class="audit-pages"`):]
		nav = nav[:strings.Index(nav, "</nav>")]
		var got []string
		for _, item := range strings.Split(nav, "<li>")[1:] {
			label := text(item)
			if strings.Contains(item, `aria-current="page"`) {
				label = "[" + label + "]"
			}
			got = append(got, label)
		}
		assert.Equal(t, want, strings.Join(got, " "), target)
	}
	set := get(t, ui, "/?page=3&action=update&sort=id&range=all")
	assert.Regexp(t, `(?s)<form method="get" action="./" class="audit-perpage">\s*`+
		`<input type="hidden" name="action" value="update"><input type="hidden" name="range" value="all">`+
		`<input type="hidden" name="sort" value="id"><label for="audit-perpage">Per page</label>`, set.body)
}

func TestPastTheEnd(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Many(120, fixture.Now.Add(-time.Second))...)
	for target, page := range map[string]string{
		"/?page=4&action=update":     "2",
		"/?page=99999&sort=id":       "3",
		"/?page=2&action=nobody":     "",
		"/?page=1000000&range=15m":   "",
		"/?page=3&per_page=200":      "",
		"/?page=6&per_page=25&ip=":   "5",
		"/?page=201&per_page=50":     "3",
		"/?page=9223372036854775807": "3",
	} {
		r := once(t, ui, http.MethodGet, target)
		require.Equal(t, http.StatusSeeOther, r.status, target)
		location := r.header.Get("Location")
		require.True(t, strings.HasPrefix(location, "?"), "relative: %s", location)
		last := r.follow(location)
		assert.Equal(t, http.StatusOK, last.status)
		assert.Equal(t, page, last.query().Get("page"), target)
		for _, kept := range []string{"action", "sort", "range", "per_page"} {
			assert.Equal(t, r.query()[kept], last.query()[kept])
		}
	}
	sorted, err := audit.Sort{}.Resolve()
	require.NoError(t, err)
	oldest := fixture.Many(120, fixture.Now.Add(-time.Second))[119]
	end := get(t, ui, "/?after="+audit.CursorAt(oldest, sorted).String())
	assert.Equal(t, "end", end.query().Get("before"))
	assert.Len(t, end.rows(), 50)
}

// TestBeyondTheCap walks on by cursors where numbers end.
func TestBeyondTheCap(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(audit.CountCap+75, fixture.Now.Add(-time.Second))
	ui := newUI(t, httpui.Options{}, entries...)
	page := get(t, ui, "/?range=all&page=200")
	assert.Contains(t, text(page.body), "10,000+ entries")
	assert.Contains(t, text(page.body), "Page 200 of 200+.")
	next := page.click("Next")
	assert.NotEmpty(t, next.query().Get("after"))
	assert.Equal(t, entries[audit.CountCap].ID.String(), next.ids()[0])
	assert.Len(t, next.ids(), 50)
	end := next.click("Next")
	assert.Len(t, end.ids(), 25)
	assert.Equal(t, entries[len(entries)-1].ID.String(), end.ids()[24])
	_, more := end.link("Next")
	assert.False(t, more)
	assert.Equal(t, next.ids(), end.click("Previous").ids())
	assert.Equal(t, page.ids(), next.click("Previous").ids())

	last := page.click("Last")
	assert.Equal(t, end.ids()[24], last.ids()[49])
	assert.Len(t, last.click("First").ids(), 50)
	assert.Equal(t, entries[0].ID.String(), last.click("First").ids()[0])

	deep := once(t, ui, http.MethodGet, "/?range=all&page=201")
	assert.Equal(t, http.StatusBadRequest, deep.status)
	assert.Contains(t, deep.body, "Numbered pages end here.")
}

// TestPagesStayPut reads page two while entries arrive.
func TestPagesStayPut(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"range=1h", "", "range=today&sort=id", "range=all", "from=2026-11-22T00:00", "action=update&action=create&action=destroy"} {
		t.Run(query, func(t *testing.T) {
			t.Parallel()
			now := fixture.Now
			ui := newUI(t, httpui.Options{Now: func() time.Time { return now }}, fixture.Many(55, now)...)
			record := func(n int) {
				for i := range n {
					require.NoError(t, ui.store.InsertDetached(t.Context(), []audit.Entry{fixture.Entry(now, 1000+i)}))
				}
			}
			first := get(t, ui, "/?per_page=25&"+query)
			assert.NotContains(t, first.body, "new entr")
			now = now.Add(time.Minute)
			record(12)
			second := first.click("Next")
			assert.Contains(t, second.body, ">12 new entries</a>")
			third := second.click("Next")
			all := slices.Concat(first.ids(), second.ids(), third.ids())
			slices.Sort(all)
			assert.Len(t, slices.Compact(all), 55)
			assert.Contains(t, third.body, "<strong>55 entries</strong>")

			fresh := third.click("12 new entries")
			assert.Contains(t, fresh.body, "67 entries")
			assert.False(t, fresh.query().Has("asof"))
			now = now.Add(time.Minute)
			record(1)
			assert.Contains(t, fresh.click("Next").body, ">1 new entry</a>")
		})
	}
}

// TestNewerCountsOnlyWhatTheQueryShows looks at other actions and at the
// instant of asof itself.
func TestNewerCountsOnlyWhatTheQueryShows(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(60, fixture.Now)
	asOf := fixture.Entry(fixture.Now, 5)
	entries = append(entries, asOf)
	ui := newUI(t, httpui.Options{}, entries...)
	assert.NotContains(t, get(t, ui, "/?asof="+asOf.ID.String()).body, "new entr")
	later := fixture.Entry(fixture.Now, 6)
	other := fixture.Entry(fixture.Now, 7)
	other.Action = "export"
	require.NoError(t, ui.store.InsertDetached(t.Context(), []audit.Entry{later, other}))
	assert.Contains(t, get(t, ui, "/?asof="+asOf.ID.String()).body, ">2 new entries</a>")
	assert.Contains(t, get(t, ui, "/?action=update&asof="+asOf.ID.String()).body, ">1 new entry</a>")
	assert.NotContains(t, get(t, ui, "/?action=create&asof="+asOf.ID.String()).body, "new entr")
	assert.NotContains(t, get(t, ui, "/?range=yesterday&asof="+asOf.ID.String()).body, "new entr")
}

// TestClocksThatRunAhead shows entries of machines a little ahead at once, and
// is not dragged along by one that is years ahead.
func TestClocksThatRunAhead(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(60, fixture.Now)
	ahead := fixture.Entry(fixture.Now.Add(20*time.Second), 1)
	evening := fixture.Entry(fixture.Now.Add(time.Hour), 1)
	years := fixture.Entry(fixture.Now.AddDate(70, 0, 0), 1)
	ui := newUI(t, httpui.Options{}, append(entries, ahead, evening, years)...)
	for query, want := range map[string]struct {
		first audit.Entry
		count string
	}{
		"range=15m":             {ahead, "17 entries"},
		"range=today":           {evening, "62 entries"},
		"":                      {evening, "62 entries"},
		"range=all":             {years, "63 entries"},
		"from=2026-11-22T00:00": {years, "63 entries"},
	} {
		page := get(t, ui, "/?per_page=25&"+query)
		assert.Equal(t, want.first.ID.String(), page.ids()[0], query)
		if want.count != "17 entries" {
			assert.Contains(t, page.body, want.count, query)
			assert.Contains(t, page.click("Next").body, want.count, query)
			assert.NotContains(t, page.click("Next").body, "new entr", query)
		}
	}
	assert.Equal(t, http.StatusOK, get(t, ui, "/?range=yesterday").status)
}
