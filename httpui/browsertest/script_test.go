package browsertest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

var scripted = look{1440, "light", true}

// choose chooses in a select and says so, as a reader does.
func choose(selector, value string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		"(e => { e.value = %q; e.dispatchEvent(new Event('change', {bubbles: true})) })(document.querySelector(%q))", value, selector,
	))
}

func TestPerPageAppliesAtOnce(t *testing.T) {
	t.Parallel()
	b := open(t, scripted, fixture.Many(120, fixture.Now)...)
	b.visit("?action=update&page=2&per_page=25")
	assert.False(t, b.has(".audit-perpage button"))
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, choose("#audit-perpage", "100"))
	require.NoError(t, err)
	assert.Equal(t, "100", b.query().Get("per_page"))
	assert.Equal(t, "update", b.query().Get("action"))
	assert.Len(t, b.ids(), 60)

	without := open(t, look{1440, "light", false}, fixture.Many(120, fixture.Now)...)
	assert.True(t, without.has(".audit-perpage button"))
}

func TestTheBrowsersZoneIsOffered(t *testing.T) {
	t.Parallel()
	b := open(t, scripted, fixture.Showcase()...)
	zones := "[...document.querySelectorAll('#audit-tz option')].map(o => o.value)"
	for _, zone := range []string{"Asia/Kolkata", "America/St_Johns"} {
		b.zone(zone)
		b.visit("")
		own := eval[string](b, "Intl.DateTimeFormat().resolvedOptions().timeZone")
		assert.Equal(t, []string{"UTC", own}, eval[[]string](b, zones))
		assert.Empty(t, b.url(), "it never reloads by itself")
		assert.Equal(t, "UTC", eval[string](b, "document.querySelector('#audit-tz').value"))
		b.run(choose("#audit-tz", own))
		assert.Empty(t, b.url(), "nor by a choice")
		b.follow(".audit-primary")
		assert.Equal(t, own, b.query().Get("tz"))
		assert.Contains(t, b.text(".audit-summary"), own)
		assert.Contains(t, b.text("#audit-log th"), own)
		assert.Equal(t, []string{"UTC", own}, eval[[]string](b, zones), "once")
	}
}

func TestFindNarrowsWhatIsHere(t *testing.T) {
	t.Parallel()
	entries := make([]audit.Entry, 300)
	for i := range entries {
		entries[i] = fixture.Entry(fixture.Now, i)
		entries[i].Actor.Email = fmt.Sprintf("user%03d@acme.test", i)
	}
	b := open(t, scripted, entries...)
	b.visit("?user=user040%40acme.test")
	assert.Len(t, b.texts("#audit-user label"), 50)
	b.click("#audit-user input[type=search]")
	b.key("USER01")
	assert.Len(t, b.texts("#audit-user .audit-options label"), 11, "ten found and one chosen")
	assert.Equal(t, "?user=user040%40acme.test", b.url())
	for range 6 {
		b.key(kb.Backspace)
	}
	assert.Len(t, b.texts("#audit-user .audit-options label"), 50)
}

func TestMenusClose(t *testing.T) {
	t.Parallel()
	b := open(t, scripted, fixture.Showcase()...)
	isOpen := func() bool { return eval[bool](b, "document.querySelector('.audit-add').open") }
	b.click(".audit-add > summary")
	require.True(t, isOpen())
	b.key(kb.Escape)
	assert.False(t, isOpen())
	assert.Equal(t, "Add filter", b.focused())
	b.click(".audit-add > summary")
	require.True(t, isOpen())
	b.click("h1")
	assert.False(t, isOpen())
	// Within the menu, a click does what it says.
	b.click(".audit-add > summary")
	b.follow(`button[value="add:action"]`)
	assert.True(t, b.has("#audit-action"))
	// What is folded in a row is not a menu.
	b.run(chromedp.Evaluate[chromedp.Void]("document.querySelector('#audit-log details').open = true"))
	b.key(kb.Escape)
	b.click("h1")
	assert.True(t, eval[bool](b, "document.querySelector('#audit-log details').open"))
}
