package browsertest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// month holds entries on every day of the default range, of four actions.
func month() []audit.Entry {
	entries := fixture.Many(300, fixture.Now)
	for i := range entries {
		at := fixture.Entry(fixture.Now.Add(-time.Duration(i)*(31*24*time.Hour/305)), i)
		entries[i].ID, entries[i].OccurredAt = at.ID, at.OccurredAt
		if i%7 == 0 {
			entries[i].Action = "login_failed"
		}
	}
	return entries
}

// key presses a key, where the reader is.
func (b *tab) key(keys string) {
	b.t.Helper()
	b.run(chromedp.KeyEvent(keys))
}

// focused is what has the focus, in short.
func (b *tab) focused() string {
	b.t.Helper()
	return eval[string](b, "(e => e.querySelector('title')?.textContent ?? e.textContent.trim().slice(0, 40))(document.activeElement)")
}

func TestBarsLeadToTheirRange(t *testing.T) {
	t.Parallel()
	scripts(t, func(t *testing.T, l look) {
		b := open(t, l, month()...)
		require.Equal(t, 31, eval[int](b, "document.querySelectorAll('.audit-chart svg a').length"))
		assert.Contains(t, b.text(".audit-summary"), "300 entries")
		title := eval[string](b, "document.querySelectorAll('.audit-chart title')[29].textContent")
		assert.Regexp(t, `^21 Nov 2026: \d+ entries \(`, title)
		b.follow(".audit-chart svg a:nth-of-type(30)")
		assert.Equal(t, "2026-11-21T00:00", b.query().Get("from"))
		assert.Equal(t, "2026-11-21T23:59", b.query().Get("to"))
		count, _, _ := strings.Cut(strings.TrimPrefix(title, "21 Nov 2026: "), " (")
		assert.Contains(t, b.text(".audit-summary"), count)
	})
}

// In both themes and in forced colours, each bar differs from the background and
// its colours from each other.
func TestBarsCanBeSeen(t *testing.T) {
	t.Parallel()
	b := open(t, look{1440, "light", false}, month()...)
	for _, feature := range []emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: "light"},
		{Name: "prefers-color-scheme", Value: "dark"},
	} {
		b.media("", feature)
		assert.Empty(t, eval[[]string](b, faintBars), feature.Value)
	}
	b.media("", emulation.MediaFeature{Name: "forced-colors", Value: "active"})
	strokes := "new Set([...document.querySelectorAll('.audit-chart path:not(.audit-ground)')].map(e => getComputedStyle(e).stroke)).size"
	assert.Equal(t, 4, eval[int](b, strokes))
	assert.Equal(t, 68, eval[int](b, "document.querySelector('.audit-chart svg').getBoundingClientRect().height"))
}

// faintBars lists colours of bars below 3:1 on the page's ground.
const faintBars = `(() => {
	const probe = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
	const rgb = c => { probe.fillStyle = c; probe.fillRect(0, 0, 1, 1); return [...probe.getImageData(0, 0, 1, 1).data] };
	const light = c => { const [r, g, b] = rgb(c).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
	const ground = light(getComputedStyle(document.querySelector('.audit')).backgroundColor);
	const found = [];
	for (const e of document.querySelectorAll('.audit-chart path:not(.audit-ground)')) {
		const bar = light(getComputedStyle(e).stroke);
		const ratio = (Math.max(bar, ground) + 0.05) / (Math.min(bar, ground) + 0.05);
		if (ratio < 3) found.push(e.className.baseVal + ' ' + ratio.toFixed(2));
	}
	return found;
})()`

// Without a script, a link skips the chart.
func TestChartIsOneStopWithArrowKeys(t *testing.T) {
	t.Parallel()
	b := open(t, look{1440, "light", true}, month()...)
	assert.Equal(t, 1, eval[int](b, "[...document.querySelectorAll('.audit-chart svg a')].filter(e => e.tabIndex == 0).length"))
	assert.False(t, b.has(".audit-chart .audit-skip"), "there is nothing to skip")
	b.run(chromedp.Evaluate[chromedp.Void]("document.querySelector('.audit-chart svg a[tabindex=\"0\"]').focus()"))
	assert.Contains(t, b.focused(), "22 Nov 2026", "the newest bar")
	for _, step := range []struct{ key, want string }{
		{kb.ArrowLeft, "21 Nov 2026"},
		{kb.ArrowLeft, "20 Nov 2026"},
		{kb.ArrowRight, "21 Nov 2026"},
		{kb.Home, "23 Oct 2026"},
		{kb.ArrowLeft, "23 Oct 2026"},
		{kb.ArrowRight, "24 Oct 2026"},
		{kb.End, "22 Nov 2026"},
		{kb.ArrowRight, "22 Nov 2026"},
		{kb.ArrowLeft, "21 Nov 2026"},
	} {
		b.key(step.key)
		assert.Contains(t, b.focused(), step.want)
	}
	assert.Equal(t, 1, eval[int](b, "[...document.querySelectorAll('.audit-chart svg a')].filter(e => e.tabIndex == 0).length"))
	b.key(kb.Tab)
	assert.False(t, eval[bool](b, "!!document.activeElement.closest('.audit-chart')"), "one key leads out")

	without := open(t, look{1440, "light", false}, month()...)
	skip := "document.querySelector('.audit-chart .audit-skip')"
	without.run(chromedp.Evaluate[chromedp.Void](skip + ".focus()"))
	assert.Equal(t, "Skip the chart", without.focused())
	assert.Greater(t, eval[int](without, skip+".offsetWidth"), 50, "it shows when it has the focus")
	without.key(kb.Enter)
	without.key(kb.Tab)
	assert.True(t, eval[bool](without, "!!document.activeElement.closest('#audit-log')"))
}

func TestChartIsLeftOutBeyondItsLimit(t *testing.T) {
	t.Parallel()
	b := open(t, look{390, "dark", false}, fixture.Many(audit.CountCap+1, fixture.Now)...)
	assert.Contains(t, b.text(".audit-chart"), "More than 10,000 entries: too many to draw. Choose a shorter range:")
	b.check(look{390, "dark", false})
	b.link("Today")
	assert.Equal(t, 23, eval[int](b, "document.querySelectorAll('.audit-chart svg a').length"))
	assert.Equal(t, "today", b.query().Get("range"))
}

// They also stay within the page.
func TestChartLabelsStayApart(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{1440, 390, 320} {
		b := open(t, look{width, "light", false}, month()...)
		for _, query := range []string{"", "?range=7d", "?range=today", "?range=1h", "?range=15m", "?range=90d", "?from=2020-01-01T00:00", "?range=all"} {
			b.visit(query)
			assert.Empty(t, eval[[]string](b, `(() => {
				const boxes = [...document.querySelectorAll('.audit-chart text')].map(e => [e.textContent, e.getBoundingClientRect()]);
				return boxes.filter(([, box], i) => box.right > innerWidth || i && box.left < boxes[i - 1][1].right + 4).map(([text]) => text);
			})()`), fmt.Sprint(width, query))
			assert.LessOrEqual(t, eval[int](b, "document.documentElement.scrollWidth"), int(width))
		}
	}
}
