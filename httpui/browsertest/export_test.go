package browsertest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// downloads makes the browser keep what it downloads, and returns where.
func (b *tab) downloads() string {
	b.t.Helper()
	folder := b.t.TempDir()
	_, err := chromedp.Call(b.ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder,
		BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
	})
	require.NoError(b.t, err)
	return folder
}

// downloaded waits for a file that is whole. Chromium first takes the name with an
// empty file, writes beside it, and renames when it is done.
func downloaded(t *testing.T, folder, name string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	require.Eventually(t, func() bool {
		file, err := os.Stat(path)
		return err == nil && file.Size() > 0
	}, time.Minute, 20*time.Millisecond, name)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

// exportAs chooses an export in the menu.
func (b *tab) exportAs(name string) {
	b.t.Helper()
	b.click(".audit-export > summary")
	b.run(chromedp.Click("//a[starts-with(normalize-space(), 'Export as "+name+"')]", chromedp.NodeVisible))
}

func TestExportDownloadsWhatThePageShows(t *testing.T) {
	t.Parallel()
	for _, l := range []look{desktop, scripted, {320, "dark", true}} {
		t.Run(l.String(), func(t *testing.T) {
			t.Parallel()
			b := open(t, l, fixture.Many(120, fixture.Now.Add(-time.Second))...)
			folder := b.downloads()
			b.visit("?action=create&sort=performed_by&per_page=100")
			b.exportAs("JSON Lines")
			lines := strings.Split(strings.TrimSpace(downloaded(t, folder, "audit-logs_2026-10-23_2026-11-22.jsonl")), "\n")
			ids := b.ids()
			require.Len(t, lines, len(ids))
			for i, line := range lines {
				assert.Contains(t, line, ids[i])
			}
			assert.Equal(t, "?action=create&sort=performed_by&per_page=100", b.url(), "the page stays")
			assert.LessOrEqual(t, eval[int](b, "document.documentElement.scrollWidth"), int(l.width))
		})
	}
}

// slowStore is a store that takes its time over an export.
type slowStore struct {
	audit.Store
	wait chan struct{}
}

func (s slowStore) List(ctx context.Context, walk audit.Walk) ([]audit.Entry, error) {
	if walk.Limit > 500 && !walk.After.IsZero() {
		select {
		case <-s.wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return s.Store.List(ctx, walk)
}

func TestExportShowsProgressAndCanBeCancelled(t *testing.T) {
	t.Parallel()
	_, store, err := fixture.Log(fixture.Many(3500, fixture.Now.Add(-time.Second))...)
	require.NoError(t, err)
	slow := slowStore{store, make(chan struct{})}
	b := openOver(t, scripted, httpui.Options{}, slow, store)
	folder := b.downloads()

	b.exportAs("CSV")
	until(t, b, func() bool { return b.text(".audit-progress span") == "2,000 of 3,500 entries" })
	assert.InDelta(t, 2000.0/3500, eval[float64](b, "document.querySelector('.audit-progress progress').position"), 1e-9)
	assert.False(t, b.has(".audit-export ul"), "the menu is closed")
	close(slow.wait)
	until(t, b, func() bool { return b.text(".audit-progress") == "Export complete" })
	file := downloaded(t, folder, "audit-logs_2026-10-23_2026-11-22.csv")
	assert.Equal(t, 3501, strings.Count(file, "\r\n"))

	slow = slowStore{store, make(chan struct{})}
	b = openOver(t, scripted, httpui.Options{}, slow, store)
	folder = b.downloads()
	b.exportAs("CSV")
	until(t, b, func() bool { return b.has(".audit-progress button") })
	b.click(".audit-progress button")
	until(t, b, func() bool { return b.text(".audit-progress") == "The export was cancelled" })
	_, err = os.Stat(filepath.Join(folder, "audit-logs_2026-10-23_2026-11-22.csv"))
	assert.ErrorIs(t, err, os.ErrNotExist, "a download that failed is no file")
}

func until(t *testing.T, b *tab, happens func() bool) {
	t.Helper()
	require.Eventually(t, happens, time.Minute, 50*time.Millisecond, b.text(".audit-progress"))
}
