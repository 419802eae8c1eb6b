package httpui_test

import (
	"html"
	"math/rand/v2"
	"net/http"
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

var (
	barPattern   = regexp.MustCompile(`<a href="([^"]*)"><title>([^<]*)</title>`)
	countPattern = regexp.MustCompile(`: ([\d,]+) entr(?:y|ies) \(`)
)

// chartBar is a bar as a reader gets it.
type chartBar struct {
	href, title string
	entries     int
}

func (r response) bars() []chartBar {
	r.t.Helper()
	var bars []chartBar
	for _, m := range barPattern.FindAllStringSubmatch(r.body, -1) {
		bar := chartBar{href: html.UnescapeString(m[1]), title: html.UnescapeString(m[2])}
		count := countPattern.FindStringSubmatch(bar.title)
		require.NotNil(r.t, count, bar.title)
		n, err := strconv.Atoi(strings.ReplaceAll(count[1], ",", ""))
		require.NoError(r.t, err)
		bar.entries = n
		bars = append(bars, bar)
	}
	return bars
}

// entries is the number in the line above the table.
func (r response) entries() int {
	r.t.Helper()
	m := regexp.MustCompile(`<strong>([\d,]+) entr`).FindStringSubmatch(r.body)
	if m == nil {
		return 0
	}
	n, err := strconv.Atoi(strings.ReplaceAll(m[1], ",", ""))
	require.NoError(r.t, err)
	return n
}

// randomEntries happen here and there before a time, of few and many actions.
func randomEntries(r *rand.Rand, n int, before time.Time, span time.Duration) []audit.Entry {
	entries := make([]audit.Entry, n)
	for i := range entries {
		entries[i] = fixture.Entry(before.Add(-time.Duration(r.Int64N(int64(span)))), i)
		entries[i].Action = []audit.Action{audit.ActionCreate, audit.ActionUpdate, audit.ActionUpdate, audit.ActionDestroy, "login_failed", "export", ""}[r.IntN(7)]
	}
	return entries
}

// requireBarsAddUp holds the chart to its promise: the bars are all entries,
// and a bar's link shows the bar's.
func requireBarsAddUp(t *testing.T, page response) {
	t.Helper()
	require.Equal(t, http.StatusOK, page.status)
	sum := 0
	for _, bar := range page.bars() {
		sum += bar.entries
		part := page.follow(bar.href)
		require.Equal(t, http.StatusOK, part.status, bar.href)
		require.Equal(t, bar.entries, part.entries(), "%s: %s", bar.title, bar.href)
		for _, kept := range []string{"action", "sort", "tz", "per_page"} {
			require.Equal(t, page.query()[kept], part.query()[kept])
		}
	}
	require.Equal(t, page.entries(), sum, page.url.String())
}

func TestBarsAddUp(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	zones := []string{"UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Pacific/Chatham", "Australia/Lord_Howe"}
	queries := []string{
		"", "range=15m", "range=1h", "range=today", "range=yesterday", "range=7d", "range=90d", "range=all",
		"range=all&action=update&action=&sort=id&per_page=25", "from=2026-11-01T10:11:12", "to=2026-11-22T12:00", "from=1960-01-01T00:00&to=2150-01-01T00:00",
	}
	for i, span := range []time.Duration{time.Minute, time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 40 * 24 * time.Hour, 400 * 24 * time.Hour, 9000 * 24 * time.Hour} {
		ui := newUI(t, httpui.Options{}, randomEntries(r, 40, fixture.Now, span)...)
		for j, query := range queries {
			requireBarsAddUp(t, get(t, ui, "/?tz="+zones[(i+j)%len(zones)]+"&"+query))
		}
	}
}

// TestBarsWhereClocksChange looks at the days on which clocks are put forward
// and back, in buckets of every width.
func TestBarsWhereClocksChange(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for zone, changes := range map[string][]time.Time{
		"Europe/Berlin":       {time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC)},
		"America/St_Johns":    {time.Date(2026, 3, 8, 5, 30, 0, 0, time.UTC), time.Date(2026, 11, 1, 4, 30, 0, 0, time.UTC)},
		"Australia/Lord_Howe": {time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC), time.Date(2026, 10, 3, 15, 30, 0, 0, time.UTC)},
		"America/Havana":      {time.Date(2026, 3, 8, 5, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)},
	} {
		location, err := time.LoadLocation(zone)
		require.NoError(t, err)
		for _, change := range changes {
			// The clocks change here, or the test looks at nothing.
			_, before := change.Add(-time.Second).In(location).Zone()
			_, after := change.In(location).Zone()
			require.NotEqual(t, before, after, "%s %s", zone, change)
			for _, around := range []time.Duration{5 * time.Minute, 40 * time.Minute, 3 * time.Hour, 20 * time.Hour, 4 * 24 * time.Hour, 30 * 24 * time.Hour} {
				entries := randomEntries(r, 20, change.Add(around), 2*around)
				entries = append(entries, fixture.Entry(change, 1), fixture.Entry(change.Add(-time.Microsecond), 2), fixture.Entry(change.Add(time.Hour), 3), fixture.Entry(change.Add(-time.Hour), 4))
				now := change.Add(around + time.Hour)
				ui := newUI(t, httpui.Options{Now: func() time.Time { return now }}, entries...)
				requireBarsAddUp(t, get(t, ui, "/?range=all&tz="+zone))
				day := change.In(location).Format("2006-01-02")
				requireBarsAddUp(t, get(t, ui, "/?tz="+zone+"&from="+day+"T00:00&to="+day+"T23:59"))
			}
		}
	}
}

// TestRepeatedHour distinguishes the two hours that a clock shows alike.
func TestRepeatedHour(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, 10, 25, 0, 30, 0, 0, time.UTC) // 02:30 CEST
	now := first.Add(20 * time.Hour)
	ui := newUI(t, httpui.Options{Now: func() time.Time { return now }}, fixture.Entry(first, 1), fixture.Entry(first.Add(time.Hour), 2), fixture.Entry(first.Add(2*time.Hour), 3))
	page := get(t, ui, "/?range=today&tz=Europe/Berlin")
	var titles []string
	for _, bar := range page.bars() {
		titles = append(titles, bar.title)
	}
	assert.Equal(t, []string{
		"25 Oct 2026 02:00 – 02:59 CEST: 1 entry (1 update)",
		"25 Oct 2026 02:00 – 02:59 CET: 1 entry (1 update)",
		"25 Oct 2026 03:00 – 03:59: 1 entry (1 update)",
	}, titles)
	requireBarsAddUp(t, page)
}

func TestBucketsAreCalendars(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Many(2000, fixture.Now.Add(-time.Second))...)
	for query, want := range map[string]struct{ caption, first, ticks string }{
		"":            {"Entries per day, at most 1,362", "21 Nov 2026: 638 entries", "23 Oct|31 Oct|8 Nov|16 Nov"},
		"range=7d":    {"Entries per 6 hours, at most 360", "21 Nov 2026 12:00 – 17:59: 278 entries", "15 Nov|17 Nov|19 Nov|21 Nov"},
		"range=90d":   {"Entries per week, at most 2,000", "16 Nov 2026 – 22 Nov 2026: 2,000 entries", "24 Aug|21 Sep|19 Oct"},
		"range=today": {"Entries per hour, at most 60", "22 Nov 2026 00:00 – 00:59: 60 entries", "22 Nov|06:00|12:00|18:00"},
		"range=1h":    {"Entries per 2 minutes, at most 2", "22 Nov 2026 21:42 – 21:43: 2 entries", "21:40|21:56|22:12|22:28"},
		"range=15m":   {"Entries per 30 seconds, at most 1", "22 Nov 2026 22:27:00 – 22:27:29: 1 entry", "22:26:00|22:30:00|22:34:00|22:38:00"},
		"range=all":   {"Entries per hour, at most 60", "21 Nov 2026 13:00 – 13:59: 38 entries", "13:00|22:00|07:00|16:00"},
		"from=2020-01-01T00:00&to=2026-11-22T23:59": {"Entries per 3 months, at most 2,000", "1 Oct 2026 – 31 Dec 2026: 2,000 entries", "Jan 2020|Oct 2021|Jul 2023|Apr 2025"},
		"from=2000-01-01T00:00":                     {"Entries per year, at most 2,000", "1 Jan 2026 – 31 Dec 2026: 2,000 entries", "2000|2007|2014|2021"},
	} {
		page := get(t, ui, "/?"+query)
		assert.Contains(t, page.body, want.caption+"</span>", query)
		require.NotEmpty(t, page.bars(), query)
		assert.True(t, strings.HasPrefix(page.bars()[0].title, want.first), "%s: %s", query, page.bars()[0].title)
		var ticks []string
		for _, m := range regexp.MustCompile(`<text [^>]*>([^<]*)</text>`).FindAllStringSubmatch(page.body, -1) {
			ticks = append(ticks, m[1])
		}
		assert.Equal(t, want.ticks, strings.Join(ticks, "|"), query)
	}
}

func TestChartOfLittle(t *testing.T) {
	t.Parallel()
	none := get(t, newUI(t, httpui.Options{}), "/")
	assert.NotContains(t, none.body, "audit-chart")

	one := fixture.Entry(fixture.Now.AddDate(0, 0, -3), 1)
	ui := newUI(t, httpui.Options{}, one)
	assert.NotContains(t, get(t, ui, "/?range=today").body, "audit-chart")
	for _, query := range []string{"", "range=all", "from=2026-11-19T22:41:08&to=2026-11-19T22:41:08", "range=all&asof=" + one.ID.String()} {
		page := get(t, ui, "/?"+query)
		assert.Len(t, page.bars(), 1, query)
		requireBarsAddUp(t, page)
	}
	for _, query := range []string{"range=all", "from=1950-01-01T00:00", "to=1970-01-01T00:00"} {
		requireBarsAddUp(t, get(t, newUI(t, httpui.Options{}, fixture.Entry(time.UnixMicro(0), 1)), "/?tz=Asia/Kolkata&"+query))
	}
	far := fixture.Entry(time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC), 1)
	requireBarsAddUp(t, get(t, newUI(t, httpui.Options{}, one, far, fixture.Entry(time.UnixMicro(0), 1)), "/?range=all&tz=America/New_York"))
}

// TestChartBeyondTheCap draws nothing that is not exact, and leads on until it
// can.
func TestChartBeyondTheCap(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Many(audit.CountCap+1, fixture.Now.Add(-time.Second))...)
	page := get(t, ui, "/?range=all&sort=id")
	assert.Empty(t, page.bars())
	assert.Contains(t, text(page.body), "More than 10,000 entries: too many to draw. Choose a shorter range: 90 d 30 d 7 d Today 1 h 15 min")
	requireBarsAddUp(t, page.click("Today"))
	assert.Equal(t, "id", page.click("Today").query().Get("sort"))

	custom := get(t, ui, "/?from=2026-11-15T00:00&to=2026-11-22T23:59")
	part := custom.click("21 Nov 2026 – 22 Nov 2026")
	assert.Equal(t, "from=2026-11-21T00%3A00&to=2026-11-22T23%3A59", part.url.RawQuery)
	requireBarsAddUp(t, part)

	// The cap itself can be counted.
	exact := get(t, ui, "/?range=all&asof="+fixture.Many(2, fixture.Now.Add(-time.Second))[1].ID.String())
	assert.Contains(t, exact.body, "<strong>10,000 entries</strong>")
	sum := 0
	for _, bar := range exact.bars() {
		sum += bar.entries
	}
	assert.Equal(t, audit.CountCap, sum)

	var burst []audit.Entry
	for i := range audit.CountCap + 1 {
		burst = append(burst, fixture.Entry(fixture.Now.Add(-time.Hour), i))
	}
	page = get(t, newUI(t, httpui.Options{}, burst...), "/?from=2026-11-22T21:41:08&to=2026-11-22T21:41:08")
	assert.Contains(t, text(page.body), "too many to draw. Audit entries", "there is nothing shorter to choose")
}

func TestChartOfHostileActions(t *testing.T) {
	t.Parallel()
	var entries []audit.Entry
	for i, action := range []audit.Action{`</title></svg><script>alert(1)</script>`, `" onload="x`, "a\u202eb", "", "c", "d", "e", "e", "e"} {
		e := fixture.Entry(fixture.Now.Add(-time.Minute), i)
		e.Action = action
		entries = append(entries, e)
	}
	page := get(t, newUI(t, httpui.Options{}, entries...), "/")
	requirePlainMarkup(t, page.body)
	require.Len(t, page.bars(), 1)
	assert.Equal(t, `22 Nov 2026: 9 entries (3 e, 1 none recorded, 1 " onload="x, 4 other)`, page.bars()[0].title)
	assert.Contains(t, page.body, `<li class="audit-other">other 9</li>`)
	single := get(t, newUI(t, httpui.Options{}, entries[:1]...), "/")
	assert.Contains(t, single.body, `<li class="audit-other">&lt;/title&gt;&lt;/svg&gt;&lt;script&gt;alert(1)&lt;/script&gt; 1</li>`)
	requirePlainMarkup(t, single.body)
}

// TestChartSize holds the page to what it may weigh with a bar for every day.
func TestChartSize(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(1000, fixture.Now)
	for i, at := range randomEntries(rand.New(rand.NewPCG(5, 6)), len(entries), fixture.Now, 31*24*time.Hour) {
		entries[i].ID, entries[i].OccurredAt = at.ID, at.OccurredAt
		entries[i].Changes = append(entries[i].Changes, entries[i].Changes[0]) // two fields each
	}
	page := get(t, newUI(t, httpui.Options{}, entries...), "/")
	require.Len(t, page.bars(), 31)
	chart := page.body[strings.Index(page.body, "<figure"):strings.Index(page.body, "</figure>")]
	t.Logf("chart: %d bytes, %d gzipped; page: %d bytes, %d gzipped", len(chart), gzipped(chart), len(page.body), gzipped(page.body))
	assert.Less(t, len(chart), 7<<10)
	assert.Less(t, gzipped(chart), 2<<10)
	assert.Less(t, len(page.body), 60<<10)
	assert.Less(t, gzipped(page.body), 8<<10)
}
