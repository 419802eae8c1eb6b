package browsertest

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
	"github.com/auditkeep/audit/words"
)

func TestLayoutDoesNotShift(t *testing.T) {
	t.Parallel()
	b := open(t, look{1440, "light", true}, fixture.Many(60, fixture.Now)...)
	shift, err := chromedp.Run(b.ctx, chromedp.Evaluate[float64](`new Promise(done => {
		let sum = 0;
		new PerformanceObserver(list => { for (const entry of list.getEntries()) sum += entry.value }).observe({type: 'layout-shift', buffered: true});
		setTimeout(() => done(sum), 300);
	})`, chromedp.EvalAwaitPromise))
	require.NoError(t, err)
	assert.Zero(t, shift)
}

// Every address is relative.
func TestPageWorksBehindAProxyThatRenames(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Many(60, fixture.Now)...)
	b.base = strings.Replace(b.base, "/admin/audit-logs/", "/public/log/", 1)
	b.visit("?per_page=25")
	b.link("Next")
	b.link("ID")
	b.follow(`.audit-ranges button[value="7d"]`)
	b.follow(".audit-primary")
	assert.Equal(t, "/public/log/", eval[string](b, "location.pathname"))
	assert.Equal(t, "7d", b.query().Get("range"))
	assert.Len(t, b.ids(), 25)
	assert.True(t, eval[bool](b, "[...document.styleSheets].length == 1 && document.styleSheets[0].cssRules.length > 0"))
}

func TestTableScrollsByKeyboardAndCardsKeepTheirRoles(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{1440, 320} {
		b := open(t, look{width, "light", false}, fixture.Showcase()...)
		assert.Equal(t, 0, eval[int](b, "document.querySelector('.audit-scroll').tabIndex"))
		assert.Equal(t, []string{"cell", "columnheader", "row", "rowgroup", "table"}, eval[[]string](b, "[...new Set([document.querySelector('#audit-log'), ...document.querySelectorAll('#audit-log :is(thead, tbody, tr, th, td)')].map(e => e.getAttribute('role')))].sort()"))
		assert.LessOrEqual(t, eval[int](b, "document.documentElement.scrollWidth"), int(width))
	}
}

func TestReducedMotionAndForcedColoursAreRespected(t *testing.T) {
	t.Parallel()
	b := open(t, desktop, fixture.Showcase()...)
	b.media("", emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	assert.Zero(t, eval[int](b, "[...document.querySelectorAll('.audit *')].filter(e => parseFloat(getComputedStyle(e).transitionDuration) > 0).length"))
	b.media("", emulation.MediaFeature{Name: "forced-colors", Value: "active"})
	assert.Contains(t, eval[string](b, "getComputedStyle(document.querySelector('#audit-log ins')).textDecorationLine"), "underline", "put in and taken out do not differ by colour alone")
	assert.Contains(t, eval[string](b, "getComputedStyle(document.querySelector('#audit-log del')).textDecorationLine"), "line-through")
}

// Print also leaves out buttons and links, and repeats the header row on every
// sheet.
func TestPrintOpensWhatIsFolded(t *testing.T) {
	t.Parallel()
	b := open(t, look{1440, "dark", false}, append(fixture.Showcase(), fixture.Many(80, fixture.Now.AddDate(0, 0, -1))...)...)
	height := "document.querySelector('#audit-log details').offsetHeight"
	folded := eval[int](b, height)
	printed, err := chromedp.Call(b.ctx, page.PrintToPDF, page.PrintToPDFParams{})
	require.NoError(t, err)
	sheets := glyphs(t, printed.Data)
	require.GreaterOrEqual(t, len(sheets), 2)
	// Glyphs are numbered in the order of Unicode, from "A" of the heading on.
	var first int
	_, err = fmt.Sscanf(sheets[0], "%04X", &first)
	require.NoError(t, err)
	head := ""
	for _, r := range "Timestamp" {
		head += fmt.Sprintf("%04X", first+int(r-'A'))
	}
	for i, sheet := range sheets {
		assert.Contains(t, sheet, head, "the header row on sheet %d", i+1)
	}
	b.media("print")
	assert.Greater(t, eval[int](b, height), folded+10)
	assert.False(t, eval[bool](b, "document.querySelector('#audit-form').checkVisibility()"))
	assert.False(t, eval[bool](b, "document.querySelector('.audit-foot').checkVisibility()"))
	assert.Equal(t, "table-header-group", eval[string](b, "getComputedStyle(document.querySelector('thead')).display"))
	assert.Equal(t, "table", eval[string](b, "getComputedStyle(document.querySelector('#audit-log')).display"))
	assert.Equal(t, "rgb(255, 255, 255)", eval[string](b, "getComputedStyle(document.querySelector('.audit')).backgroundColor"))
}

// Each text keeps its own direction.
func TestRightToLeftMirrorsThePage(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{1440, 390} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			l := look{width, "light", false}
			b := openWith(t, l, httpui.Options{Words: &words.Catalogue{Language: "ar", Direction: "rtl", Frame: words.Frame{Filters: "المرشحات"}, Form: words.Form{Apply: "تطبيق"}}}, append(fixture.Showcase(), fixture.Many(120, fixture.Now.AddDate(0, 0, -1))...)...)
			assert.Equal(t, "rtl", eval[string](b, "getComputedStyle(document.querySelector('.audit')).direction"))
			if width == 1440 {
				assert.True(t, eval[bool](b, "document.querySelector('#audit-form').getBoundingClientRect().left > document.querySelector('#audit-results').getBoundingClientRect().right"), "the filters stand at the right")
				assert.True(t, eval[bool](b, "document.querySelector('#audit-log th').getBoundingClientRect().left > document.querySelector('#audit-log th:last-child').getBoundingClientRect().right"))
			}
			b.check(l)
			b.visit("?page=2&per_page=25&ip=203.0.113.0/24&action=update")
			b.check(l)
		})
	}
}

var (
	streamPattern = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`)
	glyphPattern  = regexp.MustCompile(`<([0-9A-F]+)> Tj`)
)

// glyphs returns the glyphs of each sheet of a PDF, four digits each.
func glyphs(t *testing.T, pdf []byte) []string {
	t.Helper()
	var sheets []string
	for _, m := range streamPattern.FindAllSubmatch(pdf, -1) {
		unzipped, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue // no text
		}
		content, _ := io.ReadAll(unzipped)
		sheet := ""
		for _, glyph := range glyphPattern.FindAllSubmatch(content, -1) {
			sheet += string(glyph[1])
		}
		if len(sheet) > 1000 { // less is a part of a sheet, drawn by itself
			sheets = append(sheets, sheet)
		}
	}
	return sheets
}
