package browsertest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

// browser is the one Chromium that all tests share.
var browser = sync.OnceValues(func() (context.Context, error) {
	path := os.Getenv("AUDIT_TEST_CHROMIUM")
	for _, name := range []string{"chromium-headless-shell", "chromium"} { // the one without windows is faster
		if path == "" {
			path, _ = exec.LookPath(name)
		}
	}
	if path == "" {
		return nil, exec.ErrNotFound
	}
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox, // tests run as root in containers
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
	)
	allocator, _ := chromedp.NewExecAllocator(context.Background(), flags...)
	ctx, _ := chromedp.NewContext(allocator)
	return ctx, chromedp.Do(ctx)
})

func TestMain(m *testing.M) {
	code := m.Run()
	if ctx, err := browser(); err == nil {
		_ = chromedp.Cancel(ctx)
	}
	os.Exit(code)
}

// tab is a browser's tab on a page, and what went wrong in it.
type tab struct {
	t     *testing.T
	ctx   context.Context
	base  string
	store *audittest.Store

	mu       sync.Mutex
	problems []string
}

// look is how the reader sees the page.
type look struct {
	width  int64
	scheme string // "light" or "dark"
	script bool
}

func (l look) String() string {
	return fmt.Sprintf("%d px, %s, script %v", l.width, l.scheme, l.script)
}

// open shows the page over entries, with a look.
func open(t *testing.T, l look, entries ...audit.Entry) *tab {
	t.Helper()
	return openWith(t, l, httpui.Options{}, entries...)
}

// openWith shows the page with options of the host's.
func openWith(t *testing.T, l look, options httpui.Options, entries ...audit.Entry) *tab {
	t.Helper()
	_, store, err := fixture.Log(entries...)
	require.NoError(t, err)
	return openOver(t, l, options, store, store)
}

// openOver shows the page over a store, or over another in front of it.
func openOver(t *testing.T, l look, options httpui.Options, front audit.Store, store *audittest.Store) *tab {
	t.Helper()
	shared, err := browser()
	if err != nil {
		if os.Getenv("AUDIT_TEST_REQUIRE") == "1" {
			require.NoError(t, err, "Chromium is needed here")
		}
		t.Skipf("no Chromium (%v): install it, or name it in AUDIT_TEST_CHROMIUM", err)
	}
	trail, err := audit.New(front, audit.Config{Org: fixture.Org})
	require.NoError(t, err)
	options.Authorize = func(*http.Request) bool { return true }
	options.BasePath = "/admin/audit-logs"
	options.OnError = func(_ *http.Request, err error) { t.Error(err) }
	if options.Now == nil {
		options.Now = func() time.Time { return fixture.Now }
	}
	ui, err := httpui.New(trail, options)
	require.NoError(t, err)
	mux := http.NewServeMux()
	mux.Handle("/admin/audit-logs/", ui)
	mux.HandleFunc("/favicon.ico", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/host.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		_, _ = io.WriteString(w, hostStyles)
	})
	mux.HandleFunc("/records/", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the record's own page") })
	// A proxy that publishes the page under another path.
	mux.HandleFunc("/public/log/", func(w http.ResponseWriter, r *http.Request) {
		inner := r.Clone(r.Context())
		inner.URL.Path = "/admin/audit-logs/" + strings.TrimPrefix(r.URL.Path, "/public/log/")
		inner.URL.RawPath, inner.RequestURI = "", inner.URL.RequestURI()
		ui.ServeHTTP(w, inner)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)

	// Its own window, so that it is drawn while others are, and a profile.
	ctx, cancel := chromedp.NewContext(shared, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, store: store, base: server.URL + "/admin/audit-logs/"}
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	require.NoError(t, err)
	_, err = chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !l.script})
	require.NoError(t, err)
	b.media("", emulation.MediaFeature{Name: "prefers-color-scheme", Value: l.scheme})
	b.run(chromedp.EmulateViewport(l.width, 900))
	b.visit("")
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		assert.Empty(t, b.problems, "on the console")
	})
	return b
}

// listen keeps what a reader should never cause: violations of the content
// security policy, errors, dialogs.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if !strings.Contains(e.Entry.Text, "status of 400") { // those that a test provokes
			b.problems = append(b.problems, string(e.Entry.Level)+": "+e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text)
	case *page.EventJavascriptDialogOpening:
		b.problems = append(b.problems, "dialog: "+e.Message)
		go func() {
			_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		}()
	}
}

func (b *tab) run(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, actions...))
}

// media makes the page believe in another medium ("print") and other
// preferences of its reader.
func (b *tab) media(medium string, features ...emulation.MediaFeature) {
	b.t.Helper()
	params := emulation.SetEmulatedMediaParams{Media: medium}
	for _, feature := range features {
		params.Features = append(params.Features, &feature)
	}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, params)
	require.NoError(b.t, err)
}

// zone makes the browser believe that it is in another time zone.
func (b *tab) zone(name string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name})
	require.NoError(b.t, err)
}

// visit goes to a query of the page.
func (b *tab) visit(query string) {
	b.t.Helper()
	b.run(chromedp.Navigate(b.base + query))
}

// click clicks what a CSS selector finds; follow also waits for the page that
// comes of it.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.run(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

func (b *tab) follow(selector string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	require.NoError(b.t, err, selector)
}

// link clicks the link with a text.
func (b *tab) link(text string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	_, err := chromedp.RunResponse(ctx, chromedp.Click(fmt.Sprintf(`//a[normalize-space()=%q]`, text), chromedp.NodeVisible))
	require.NoError(b.t, err, text)
}

// eval asks the browser.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err)
	return value
}

func (b *tab) url() string { return eval[string](b, "location.search") }

// column returns the texts of a column, counted from one.
func (b *tab) column(n int) []string {
	b.t.Helper()
	return eval[[]string](b, fmt.Sprintf("[...document.querySelectorAll('#audit-log tbody td:nth-child(%d)')].map(c => c.innerText.trim())", n))
}

// texts returns the visible texts of what a CSS selector finds.
func (b *tab) texts(selector string) []string {
	b.t.Helper()
	return eval[[]string](b, fmt.Sprintf("[...document.querySelectorAll(%q)].filter(e => e.checkVisibility()).map(e => e.innerText.trim().replace(/\\s+/g, ' '))", selector))
}

// text returns the first of them, or nothing.
func (b *tab) text(selector string) string {
	b.t.Helper()
	if all := b.texts(selector); len(all) > 0 {
		return all[0]
	}
	return ""
}

// set puts a value into a field, as typing it would.
func (b *tab) set(selector, value string) {
	b.t.Helper()
	require.True(b.t, eval[bool](b, fmt.Sprintf("(e => { if (e) e.value = %q; return !!e })(document.querySelector(%q))", value, selector)), selector)
}

// has reports whether something is on the page and can be seen.
func (b *tab) has(selector string) bool { return len(b.texts(selector)) > 0 }

// query is the page's own query.
func (b *tab) query() url.Values {
	b.t.Helper()
	values, err := url.ParseQuery(strings.TrimPrefix(b.url(), "?"))
	require.NoError(b.t, err)
	return values
}

// ids are the entries on the page.
func (b *tab) ids() []string {
	b.t.Helper()
	return eval[[]string](b, "[...document.querySelectorAll('#audit-log tbody tr')].map(r => r.dataset.entryId)")
}
