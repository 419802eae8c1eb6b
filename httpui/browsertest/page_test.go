package browsertest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/stretchr/testify/assert"

	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// Filtering, sorting, paging and removing a filter work at every width and in
// both themes.
func TestPageIsCompleteWithoutScript(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(400, fixture.Now)
	for _, l := range []look{{1440, "light", false}, {1440, "dark", false}, {390, "light", false}, {320, "dark", false}, {1440, "light", true}} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			b := open(t, l, entries...)
			form := func() { // below 60rem the form is folded
				if l.width < 960 {
					b.click(".audit-fold > summary")
				}
			}
			form()
			b.click(".audit-add > summary")
			b.follow(`button[value="add:action"]`)
			b.check(l)
			b.click(`input[name=action][value=create]`)
			b.click(`input[name=action][value=destroy]`)
			assert.Contains(t, b.column(4), "~ update", "nothing happens before Apply")
			b.follow(".audit-primary")
			assert.Equal(t, "?action=create&action=destroy", b.url())
			assert.NotContains(t, b.column(4), "~ update")
			b.check(l)

			b.link("Object Type")
			types := b.column(2)
			assert.True(t, slices.IsSorted(types))
			assert.Equal(t, 1, eval[int](b, "document.querySelectorAll('[aria-sort]').length"))
			b.link("Object Type")
			assert.Equal(t, "?action=create&action=destroy&dir=desc&sort=object_type", b.url())
			assert.Equal(t, "User", b.column(2)[0])

			first := b.column(1)
			b.link("Next")
			assert.Contains(t, b.url(), "page=2")
			assert.NotEqual(t, first, b.column(1))
			b.check(l)

			b.follow(".audit-chips a")
			assert.Equal(t, "?dir=desc&sort=object_type", b.url())
			assert.Contains(t, b.column(4), "~ update")

			form()
			b.follow(`button[name=range][value="15m"]`)
			assert.Equal(t, "?dir=desc&range=15m&sort=object_type", b.url())
			assert.Len(t, b.column(1), 16)
			form()
			b.follow(".audit-primary")
			assert.Equal(t, "?dir=desc&range=15m&sort=object_type", b.url(), "an untouched range stays relative")
		})
	}
}

// In every state the page does not scroll sideways, contrast, targets and names
// are right, and the console is empty.
func TestEveryStateFitsEveryWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{1440, 1000, 390, 320} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			l := look{width, "light", false}
			b := open(t, l, append(fixture.Showcase(), fixture.Many(300, fixture.Now.AddDate(0, 0, -1))...)...)
			for _, query := range []string{
				"", "?page=2&per_page=25", "?ip=300.1.1.1&tz=Mars&from=x&page=0", "?range=yesterday&ip=10.9.8.7&not_user=",
				"?action=create&object_type=comment&draft=add%3Duser%26add%3Dip%26add%3Drecord_id%26add%3Daction%26add%3Dobject_type",
				"?before=end",
			} {
				b.visit(query)
				for _, scheme := range []string{"light", "dark"} {
					b.media("", emulation.MediaFeature{Name: "prefers-color-scheme", Value: scheme})
					b.check(l)
				}
			}
		})
	}
}

// check holds the page to what must be true of every state of it.
func (b *tab) check(l look) {
	b.t.Helper()
	assert.LessOrEqual(b.t, eval[int](b, "document.documentElement.scrollWidth"), int(l.width), "sideways scrolling: %s", b.url())
	assert.Empty(b.t, eval[[]string](b, lowContrast), "contrast: %s", b.url())
	assert.Empty(b.t, eval[[]string](b, smallTargets), "targets below 24 px: %s", b.url())
	assert.Empty(b.t, eval[[]string](b, unnamed), "controls without a name: %s", b.url())
}

// lowContrast lists visible texts below 4.5:1 on their ground.
const lowContrast = `(() => {
	const parse = c => { const m = c.match(/[\d.]+/g).map(Number); return {rgb: m.slice(0, 3), a: m.length > 3 ? m[3] : 1} };
	const light = rgb => { const [r, g, b] = rgb.map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
	const ground = e => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.a > 0.9) return c.rgb } return [255, 255, 255] };
	const found = [];
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const e = walker.currentNode.parentElement;
		if (!walker.currentNode.data.trim() || !e.checkVisibility() || e.closest('.audit-sr, .audit-skip')) continue;
		const a = light(parse(getComputedStyle(e).color).rgb), b = light(ground(e));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		if (ratio < 4.5) found.push(ratio.toFixed(2) + ': ' + walker.currentNode.data.trim().slice(0, 40));
	}
	return found.slice(0, 5);
})()`

// smallTargets lists visible controls below 24 by 24 px, except links within a
// line of text.
const smallTargets = `[...document.querySelectorAll('.audit :is(button, input:not([type=hidden]), select, summary, .audit-chips a, .audit-pages a, .audit-actions a)')]
	.filter(e => e.checkVisibility() && !e.classList.contains('audit-sr'))
	.filter(e => { const r = e.getBoundingClientRect(); return r.width < 24 || r.height < 23.5 })
	.filter(e => e.tagName != 'SUMMARY' || !e.closest('td'))
	.map(e => e.outerHTML.slice(0, 80)).slice(0, 5)`

// unnamed lists controls that a screen reader could not name.
const unnamed = `[...document.querySelectorAll('.audit :is(button, a, select, input:not([type=hidden]))')]
	.filter(e => !(e.innerText || e.textContent).trim() && !e.ariaLabel && !(e.labels && [...e.labels].some(l => l.textContent.trim())))
	.map(e => e.outerHTML.slice(0, 80)).slice(0, 5)`

// jsonText is a text as a JSON string.
func jsonText(s string) string {
	quoted, _ := json.Marshal(s)
	return string(quoted)
}
