package browsertest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

func TestFormStandsAtTheLeft(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Showcase()...)
	right := "document.querySelector('#audit-form').getBoundingClientRect().right < document.querySelector('#audit-results').getBoundingClientRect().left"
	assert.True(t, eval[bool](b, right))
	assert.Equal(t, "get", eval[string](b, "document.querySelector('#audit-form').method"))
	assert.Equal(t, "Date Range", b.text("#audit-dates legend"))
	assert.False(t, b.has("#audit-dates .audit-remove"))
	assert.Equal(t, 2, eval[int](b, "document.querySelectorAll('#audit-dates input[type=datetime-local]').length"))

	narrow := open(t, look{390, "light", false}, fixture.Showcase()...)
	assert.False(t, narrow.has("#audit-form"))
	narrow.click(".audit-fold > summary")
	assert.True(t, narrow.has("#audit-form"))
	assert.True(t, eval[bool](narrow, "document.querySelector('#audit-form').getBoundingClientRect().bottom < document.querySelector('#audit-results').getBoundingClientRect().top"))
}

// The page understands times with and without seconds.
func TestSecondsDroppedByTheBrowserAreNotAnEdit(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Showcase()...)
	b.set("#audit-from", "2026-11-22T20:15:00")
	b.set("#audit-to", "2026-11-22T21:30:44")
	b.follow(".audit-primary")
	from := b.query().Get("from")
	assert.Contains(t, []string{"2026-11-22T20:15", "2026-11-22T20:15:00"}, from)
	assert.Equal(t, []string{"k_9f2", "88121"}, b.column(3))
	b.follow(".audit-primary")
	assert.Equal(t, from, b.query().Get("from"))
	assert.False(t, eval[bool](b, "[...document.querySelectorAll('input')].some(i => i.min || i.max)"))
}

func TestPresetsAndArrowsMoveTheRange(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Many(300, fixture.Now)...)
	assert.Equal(t, []string{"15 min", "1 h", "Today", "Yesterday", "7 d", "30 d", "90 d", "All"}, b.texts(".audit-ranges button"))
	for _, name := range httpui.Ranges() {
		b.follow(`.audit-ranges button[value="` + name + `"]`)
		assert.Equal(t, "?range="+name, b.url())
		assert.Equal(t, "true", eval[string](b, `document.querySelector('.audit-ranges button[value="`+name+`"]').ariaCurrent`))
	}
	b.visit("?range=yesterday")
	b.follow(".audit-shift a")
	assert.Equal(t, "2026-11-20T00:00:00", b.query().Get("from"))
	b.follow(".audit-shift a:last-child")
	assert.Equal(t, "2026-11-21T23:59:59", b.query().Get("to"))
}

// Those days have 23 and 25 hours, and none of their entries is lost.
func TestDaysOnWhichClocksChangeAreWhole(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		zone, day  string
		hours      int
		gap, twice string // a time that is skipped, or comes twice
	}{
		{"Europe/Berlin", "2026-03-29", 23, "02:30", ""},
		{"Europe/Berlin", "2026-10-25", 25, "", "02"},
		{"America/St_Johns", "2026-03-08", 23, "02:30", ""},
		{"America/St_Johns", "2026-11-01", 25, "", "01"},
	} {
		t.Run(tc.zone+" "+tc.day, func(t *testing.T) {
			zone, err := time.LoadLocation(tc.zone)
			require.NoError(t, err)
			day, err := time.ParseInLocation(time.DateOnly, tc.day, zone)
			require.NoError(t, err)
			var entries []audit.Entry
			for i := range 72 { // one each hour, from the day before on
				entries = append(entries, fixture.Entry(day.Add(time.Duration(i-24)*time.Hour+30*time.Minute), i))
			}
			b := open(t, desktop, entries...)
			b.visit("?tz=" + tc.zone)
			b.set("#audit-from", tc.day+"T00:00:00")
			b.set("#audit-to", tc.day+"T23:59:59")
			b.follow(".audit-primary")
			assert.Len(t, b.ids(), tc.hours)
			assert.Contains(t, b.text(".audit-summary"), fmt.Sprintf("%d entries", tc.hours))
			if tc.gap != "" {
				b.set("#audit-from", tc.day+"T"+tc.gap+":00")
				b.follow(".audit-primary")
				assert.Len(t, b.ids(), 21, "from the next valid instant on")
				return
			}
			b.set("#audit-from", tc.day+"T"+tc.twice+":00:00")
			b.set("#audit-to", tc.day+"T"+tc.twice+":59:59")
			b.follow(".audit-primary")
			assert.Len(t, b.ids(), 2, "both of the hour that comes twice")
		})
	}
}

func TestBoundsIncludeWhatTheyName(t *testing.T) {
	t.Parallel()
	last := time.Date(2026, 11, 22, 10, 30, 59, 999_999_000, time.UTC)
	b := open(t, desktop, fixture.Entry(last, 1), fixture.Entry(last.Add(time.Microsecond), 2))
	b.visit("?from=2026-11-22T10:30&to=2026-11-22T10:30")
	assert.Len(t, b.ids(), 1)
	b.set("#audit-to", "2026-11-22T09:00:00")
	b.follow(".audit-primary")
	assert.Contains(t, b.text("#audit-dates .audit-problem"), "the start is not before the end")
	assert.Equal(t, "2026-11-22T09:00", eval[string](b, "document.querySelector('#audit-to').value.slice(0, 16)"), "the value is kept")
	assert.Empty(t, b.ids())
}

// Zones with odd offsets are named too.
func TestZonesAreNamedWhereverATimeStands(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 22, 20, 15, 10, 0, time.UTC)
	b := open(t, desktop, fixture.Entry(at, 1))
	for zone, clock := range map[string]string{"Asia/Kolkata": "2026-11-23 01:45:10 IST", "America/St_Johns": "2026-11-22 16:45:10 NST", "UTC": "2026-11-22 20:15:10 UTC"} {
		b.visit("?range=all&tz=" + zone)
		assert.Equal(t, clock, b.text("#audit-log time"))
		assert.Equal(t, zone, b.text("#audit-log th:first-child small"))
		assert.Contains(t, b.text(".audit-summary"), zone)
		assert.Equal(t, zone, eval[string](b, "document.querySelector('#audit-tz').value"))
		assert.Equal(t, "2026-11-22T20:15:10Z", eval[string](b, "document.querySelector('#audit-log time').dateTime"))
	}
}

// Edits that are not applied yet are kept.
func TestFiltersAreAddedAndRemoved(t *testing.T) {
	t.Parallel()
	scripts(t, func(t *testing.T, l look) {
		b := open(t, l, fixture.Showcase()...)
		add := func(kind string) {
			b.click(".audit-add > summary")
			b.follow(`button[value="add:` + kind + `"]`)
		}
		b.click(".audit-add > summary")
		assert.Equal(t, []string{"Action", "Object Type", "User", "Record ID", "IP address", "Actor ID", "Kind of actor", "Source"}, b.texts(".audit-add button"))
		b.visit("")
		b.set("#audit-from", "2026-11-22T20:00:00")
		add("user")
		b.click(`input[name=user][value="dana@acme.test"]`)
		b.click(`input[name=user][value="kim@acme.test"]`)
		add("ip")
		assert.Contains(t, eval[string](b, "document.querySelector('#audit-from').value"), "2026-11-22T20:00")
		assert.Contains(t, b.text("#audit-user legend"), "2 of 5")
		b.set("#audit-ip input[name=ip]", "300.1.1.1")
		b.follow(".audit-primary")
		assert.Contains(t, b.text("#audit-ip .audit-problem"), "not an IP address or range")
		b.set("#audit-ip input[name=ip]", "203.0.113.0/24")
		b.follow(".audit-primary")
		assert.Equal(t, []string{"10482", "10479", "88121"}, b.column(3))
		assert.Equal(t, "Remove filter: User", eval[string](b, `document.querySelector('#audit-user .audit-remove').ariaLabel`))
		b.follow("#audit-user .audit-remove")
		b.follow(".audit-primary")
		assert.False(t, b.query().Has("user"))
		b.visit("?record_id=311")
		assert.Equal(t, []string{"311", "311"}, b.column(3))
	})
}

// The server answers the search box.
func TestFiftyThousandUsersAreFound(t *testing.T) {
	t.Parallel()
	entries := make([]audit.Entry, 50_000)
	for i := range entries {
		e := fixture.Entry(fixture.Now.AddDate(-1, 0, 0), i)
		e.Actor.Email = fmt.Sprintf("user%05d@acme.test", i)
		entries[i] = e
	}
	foreign := fixture.Entry(fixture.Now, 1)
	foreign.Org, foreign.Actor.Email = "globex", "user12345@globex.test"
	b := open(t, desktop, append(entries, foreign)...)
	b.visit("?range=today&user=user00007%40acme.test")
	assert.Len(t, b.texts("#audit-user label"), 50)
	assert.Contains(t, b.text("#audit-user legend"), "1 of 200+")
	assert.Less(t, eval[int](b, "document.documentElement.outerHTML.length"), 60<<10)
	b.set("#audit-user input[type=search]", "user1234")
	b.follow("#audit-user .audit-find button")
	assert.Len(t, b.texts("#audit-user label"), 11, "ten found and one chosen")
	assert.NotContains(t, b.text("#audit-user"), "globex")
	b.click(`input[name=user][value="user12345@acme.test"]`)
	b.follow(".audit-primary")
	assert.Equal(t, []string{"user00007@acme.test", "user12345@acme.test"}, b.query()["user"])
}

func TestNothingHappensBeforeApply(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Showcase()...)
	before := b.ids()
	b.visit("?action=create&action=destroy&ip=203.0.113.0/24")
	assert.Equal(t, []string{"Action: create, destroy ×", "IP address: 203.0.113.0/24 ×"}, b.texts(".audit-chips li"))
	shown := b.ids()
	b.click("input[name=action][value=update]")
	assert.Equal(t, shown, b.ids())
	assert.Empty(t, eval[[]string](b, smallTargets))
	b.follow(".audit-chips a")
	assert.False(t, b.query().Has("action"))
	b.follow(".audit-actions a")
	assert.Equal(t, before, b.ids())
}

func TestFiltersAreOrWithinAndAndBetween(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Showcase()...)
	b.visit("?action=create&action=destroy")
	assert.Equal(t, []string{"311", "10479", "88121"}, b.column(3))
	b.visit("?action=create&action=destroy&object_type=user&object_type=invoice")
	assert.Equal(t, []string{"311", "10479"}, b.column(3))
	assert.Contains(t, b.text(".audit-help"), "any of them (OR)")
}
