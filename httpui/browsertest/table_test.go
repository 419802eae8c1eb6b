package browsertest

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

var desktop = look{1440, "light", false}

// scripts runs a test with JavaScript off and on.
func scripts(t *testing.T, test func(t *testing.T, l look)) {
	for _, on := range []bool{false, true} {
		t.Run(fmt.Sprintf("script %v", on), func(t *testing.T) { test(t, look{1440, "light", on}) })
	}
}

func TestTitleHeadingAndBreadcrumb(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Showcase()...)
	assert.Equal(t, "Audit Logs", eval[string](b, "document.title"))
	assert.Equal(t, []string{"Audit Logs"}, b.texts("h1"))
	assert.Equal(t, []string{"Admin", "Audit Logs"}, b.texts("nav[aria-label=Breadcrumb] li"))
	assert.Equal(t, "page", eval[string](b, "document.querySelector('nav[aria-label=Breadcrumb] li:last-child > *').ariaCurrent"))
}

func TestColumnsStandInOrderUnderACaption(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Many(120, fixture.Now)...)
	want := []string{"Timestamp", "Object Type", "ID", "Action", "Changes", "Performed by", "IP address"}
	assert.Equal(t, want, b.texts("table#audit-log > thead th[scope=col] a"))
	assert.Equal(t, "Audit entries, newest first. Page 1 of 3.", b.text("caption"))
	assert.Equal(t, want, eval[[]string](b, "[...document.querySelectorAll('#audit-log tbody tr:first-child td')].map(c => getComputedStyle(c).getPropertyValue('--audit-label').trim().slice(1, -1))"))
	b.link("ID")
	b.link("Next")
	assert.Equal(t, "Audit entries, sorted by ID, ascending. Page 2 of 3.", b.text("caption"))
}

// The first click sorts and the second reverses. Both begin at page one and keep
// the filters.
func TestEveryHeaderSorts(t *testing.T) {
	t.Parallel()
	scripts(t, func(t *testing.T, l look) {
		b := open(t, l, fixture.Many(160, fixture.Now)...)
		b.visit("?action=update&action=create&page=2")
		for i, column := range audit.Columns() {
			name := []string{"Timestamp", "Object Type", "ID", "Action", "Changes", "Performed by", "IP address"}[i]
			order := []string{"ascending", "descending"}
			if column == audit.ByTimestamp {
				order = []string{"ascending", "descending"} // it is sorted by, newest first, already
			}
			var first []string
			for click, want := range order {
				b.link(name)
				sorted := eval[[]string](b, "[...document.querySelectorAll('th[aria-sort]')].map(h => h.innerText.split('\\n')[0].trim() + ' ' + h.ariaSort)")
				assert.Equal(t, []string{name + " " + want}, sorted)
				assert.Equal(t, []string{"update", "create"}, b.query()["action"])
				assert.False(t, b.query().Has("page"))
				if click == 0 {
					first = b.ids()
				} else {
					assert.NotEqual(t, first, b.ids(), name)
				}
			}
		}
	})
}

// In every order, clicking through the pages shows each entry exactly once.
func TestHundredEntriesOfOneInstantAreWalkedOver(t *testing.T) {
	t.Parallel()
	var entries []audit.Entry
	for i := range 100 {
		entries = append(entries, fixture.Entry(fixture.Now.Add(-time.Hour), i))
	}
	b := open(t, desktop, entries...)
	for _, column := range audit.Columns() {
		var forward []string
		for _, dir := range []string{"asc", "desc"} {
			b.visit("?per_page=25&sort=" + string(column) + "&dir=" + dir)
			all := b.ids()
			for range 3 {
				b.follow("a[rel=next]")
				all = append(all, b.ids()...)
			}
			assert.False(t, b.has("a[rel=next]"))
			sorted := slices.Sorted(slices.Values(all))
			assert.Len(t, slices.Compact(sorted), 100, "%s %s", column, dir)
			if dir == "asc" {
				forward = all
			} else {
				slices.Reverse(all)
				assert.Equal(t, forward, all, "%s: desc is asc exactly reversed", column)
			}
		}
	}
}

func TestPillsSayTheActionBesideTheColour(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Showcase()...)
	for _, scheme := range []string{"light", "dark"} {
		b.media("", emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme})
		assert.Equal(t, []string{"+ create", "~ update", "• login_failed", "− destroy"}, slices.Compact(slices.Sorted(slices.Values(b.texts(".audit-pill")))))
		assert.Empty(t, eval[[]string](b, lowContrast))
		grounds := eval[[]string](b, "[...new Set([...document.querySelectorAll('.audit-pill')].map(p => getComputedStyle(p).backgroundColor))]")
		assert.Len(t, grounds, 4, "an unknown action has a neutral ground")
	}
}

// A type without an address that can be linked to is plain text.
func TestTypesLinkToTheHostsPages(t *testing.T) {
	t.Parallel()
	calls := 0
	b := openWith(t, look{1440, "light", true}, httpui.Options{Objects: httpui.Objects{RecordURL: func(_ context.Context, objects []audit.Object) map[audit.Object]string {
		calls++
		urls := map[audit.Object]string{}
		for _, o := range objects {
			urls[o] = map[string]string{"invoice": "/records/" + o.ID, "user": "//evil.test/", "project": "javascript:alert(1)", "comment": `/\evil.test`, "api_key": "https://crm.test/"}[o.Type]
		}
		return urls
	}}}, fixture.Showcase()...)
	assert.Equal(t, 1, calls)
	links := eval[[]string](b, "[...document.querySelectorAll('#audit-log td:nth-child(2) a')].map(a => a.getAttribute('href'))")
	assert.ElementsMatch(t, []string{"/records/10482", "/records/10479", "https://crm.test/"}, links)
	b.follow("#audit-log td:nth-child(2) a")
	assert.Equal(t, "/records/10482", eval[string](b, "location.pathname"))
}

func TestPaginationByClicking(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Many(260, fixture.Now.Add(-time.Second))...)
	assert.Len(t, b.ids(), 50)
	assert.Contains(t, b.text(".audit-summary"), "260 entries")
	assert.Equal(t, []string{"1", "2", "3", "4", "5", "6", "Next"}, b.texts(".audit-pages li"))
	b.link("6")
	assert.Len(t, b.ids(), 10)
	assert.Equal(t, "6", b.text(".audit-pages [aria-current=page]"))
	b.set("#audit-perpage", "100")
	b.follow(".audit-perpage button")
	assert.Len(t, b.ids(), 100)
	assert.Equal(t, []string{"1", "2", "3", "Next"}, b.texts(".audit-pages li"))
	b.visit("?per_page=100&page=77")
	assert.Equal(t, "3", b.query().Get("page"), "past the end is the last page")
	b.visit("?per_page=1e9")
	assert.Contains(t, b.text("[role=alert]"), "A page holds 25, 50, 100 or 200 entries.")
}

func TestBeyondTheCountedCapFirstAndLastRemain(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(audit.CountCap+75, fixture.Now.Add(-time.Second))
	b := open(t, desktop, entries...)
	b.visit("?range=all&page=200")
	assert.Contains(t, b.text(".audit-summary"), "10,000+ entries")
	b.link("Next")
	assert.Equal(t, entries[audit.CountCap].ID.String(), b.ids()[0])
	assert.Equal(t, []string{"First", "Previous", "Next", "Last"}, b.texts(".audit-pages li"))
	b.link("Last")
	assert.Equal(t, entries[len(entries)-1].ID.String(), b.ids()[49])
	b.link("First")
	assert.Equal(t, entries[0].ID.String(), b.ids()[0])
}

// Entries that arrive meanwhile do not move the pages. A line links to them.
func TestPagesStayPut(t *testing.T) {
	t.Parallel()
	now := fixture.Now
	b := openWith(t, desktop, httpui.Options{Now: func() time.Time { return now }}, fixture.Many(60, fixture.Now)...)
	b.visit("?per_page=25")
	all := b.ids()
	now = now.Add(time.Minute)
	for i := range 12 {
		require.NoError(t, b.store.InsertDetached(t.Context(), []audit.Entry{fixture.Entry(now, 1000+i)}))
	}
	for range 2 {
		b.link("Next")
		all = append(all, b.ids()...)
	}
	slices.Sort(all)
	assert.Len(t, slices.Compact(all), 60)
	b.link("12 new entries")
	assert.Contains(t, b.text(".audit-summary"), "72 entries")
}

func TestEmptyStatesSayWhatToDo(t *testing.T) {
	t.Parallel()
	t.Run("an organization without entries", func(t *testing.T) {
		t.Parallel()
		foreign := fixture.Entry(fixture.Now, 1)
		foreign.Org = "globex"
		b := open(t, desktop, foreign)
		assert.Equal(t, "No entries yet", b.text(".audit-empty h2"))
		assert.Contains(t, b.text("[role=status]"), "0 entries")
		assert.Contains(t, b.text("[role=status]"), "UTC")
		b.check(desktop)
	})
	b := open(t, desktop, fixture.Entry(fixture.Now.AddDate(0, 0, -60), 1))
	t.Run("none in this range", func(t *testing.T) {
		assert.Equal(t, "No entries in this date range", b.text(".audit-empty h2"))
		b.link("90 d")
		assert.Len(t, b.ids(), 1)
	})
	t.Run("none for these filters", func(t *testing.T) {
		b.visit("?range=all&action=create&ip=10.0.0.1")
		assert.Equal(t, "No entries match these filters", b.text(".audit-empty h2"))
		b.link("without Action: create")
		assert.Equal(t, url.Values{"range": {"all"}, "ip": {"10.0.0.1"}}, b.query())
		b.link("without IP address: 10.0.0.1")
		assert.Len(t, b.ids(), 1)
	})
}

func TestMissingActorsAndAddressesAreNamed(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Showcase()...)
	assert.Contains(t, b.column(6), "system")
	assert.Contains(t, b.column(7), "none")
	assert.Contains(t, b.column(7), "2001:db8:85a3:8d3:1319:8a2e:370:7348", "IPv6 is whole")
}
