package browsertest

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"fmt"
	"io"
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// axe is axe-core, from its npm package, under the Mozilla Public License 2.0.
// It is injected into the page by these tests and never part of the library.
//
//go:embed testdata/axe-4.14.1.min.js.gz
var axe []byte

const findings = `axe.run(document, {
	runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
}).then(r => r.passes.length < 20 ? ['axe looked at next to nothing'] : r.violations.map(v => v.id + ': ' + v.help + ' ' + v.nodes.map(n => n.html.slice(0, 120)).slice(0, 3).join(' | ')))`

// Every state is checked in all colours, with each menu open.
func TestAxeFindsNothingOnTheList(t *testing.T) {
	t.Parallel()
	axeFindsNothing(t, append(fixture.Showcase(), fixture.Many(300, fixture.Now.AddDate(0, 0, -1))...),
		"", "?page=3&per_page=25&sort=changes", "?ip=300.1.1.1&tz=Mars&from=x&page=0", "?range=yesterday&ip=10.9.8.7&not_user=",
		"?range=today&action=create&draft=add%3Duser%26add%3Dip%26add%3Drecord_id%26add%3Daction", "?from=2020-01-01T00:00&to=2020-01-02T00:00")
}

// axeFindsNothing looks at pages in all colours, wide and narrow; with
// AUDIT_TEST_LONG=1 at every width.
func axeFindsNothing(t *testing.T, entries []audit.Entry, targets ...string) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(axe))
	require.NoError(t, err)
	source, err := io.ReadAll(unzipped)
	require.NoError(t, err)
	widths := []int64{1440, 320}
	if os.Getenv("AUDIT_TEST_LONG") == "1" {
		widths = []int64{1440, 1000, 390, 320}
	}
	for _, width := range widths {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			t.Parallel()
			b := open(t, look{width, "light", true}, entries...)
			for _, target := range targets {
				b.visit(target)
				b.run(chromedp.Evaluate[chromedp.Void]("document.querySelectorAll('.audit details').forEach(d => { d.open = true })"))
				b.run(chromedp.Evaluate[chromedp.Void](string(source)))
				for _, colours := range []emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: "light"},
					{Name: "prefers-color-scheme", Value: "dark"},
					{Name: "forced-colors", Value: "active"},
				} {
					b.media("", colours)
					found, err := chromedp.Run(b.ctx, chromedp.Evaluate[[]string](findings, chromedp.EvalAwaitPromise))
					require.NoError(t, err)
					assert.Empty(t, found, "%s, %s: %s", target, colours.Name, colours.Value)
				}
			}
		})
	}
}
