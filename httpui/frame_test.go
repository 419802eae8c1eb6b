package httpui_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
	"github.com/auditkeep/audit/words"
)

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	trail, _, err := fixture.Log()
	require.NoError(t, err)
	for want, options := range map[string]httpui.Options{
		`Options.BasePath "admin": want a path such as "/admin/audit-logs"`: {BasePath: "admin"},
		`Options.BasePath "/a//b"`:                                          {BasePath: "/a//b"},
		`Options.BasePath "/a?b"`:                                           {BasePath: "/a?b"},
		"Options.Zone is time.Local":                                        {Zone: time.Local},
		"use a zone from time.LoadLoc":                                      {Zone: time.FixedZone("X", 3600)},
		`Options.Look.Breadcrumb "Home": the URL "javascript:x" is neither`: {Look: httpui.Look{Breadcrumb: []httpui.Link{{Text: "Home", URL: "javascript:x"}}}},
		`the URL "" is neither`:                                             {Look: httpui.Look{Breadcrumb: []httpui.Link{{Text: "Home"}}}},
	} {
		options.Authorize = everybody
		_, err := httpui.New(trail, options)
		assert.ErrorContains(t, err, want)
	}
}

func TestTitleAndBreadcrumb(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{
		Look: httpui.Look{
			Title:      "Änderungen <&>",
			Breadcrumb: []httpui.Link{{Text: "Start", URL: "/"}, {Text: "Verwaltung", URL: "../"}, {Text: "CRM", URL: "https://crm.test/"}},
		},
	})
	page := get(t, ui, "/")
	assert.Contains(t, page.body, "<title>Änderungen &lt;&amp;&gt;</title>")
	assert.Contains(t, page.body, `<ol><li><a href="/">Start</a></li><li><a href="../">Verwaltung</a></li><li><a href="https://crm.test/">CRM</a></li>`)
	assert.Contains(t, page.body, `<span aria-current="page">Änderungen &lt;&amp;&gt;</span>`)
	assert.Contains(t, get(t, ui, "/a/b").body, `<a href="../../">Verwaltung</a>`)
	assert.Contains(t, get(t, newUI(t, httpui.Options{}), "/").body, `<nav class="audit-crumbs" aria-label="Breadcrumb"><ol><li><a href="../">Admin</a></li>`)
}

func TestLayout(t *testing.T) {
	t.Parallel()
	host := template.Must(template.New("").Parse(`<html lang={{.P.Language}}><title>{{.P.Title}} of {{.User}}</title>{{.P.Head}}<nav>API Keys</nav><main>{{.P.Body}}</main>`))
	broken := false
	ui := newUI(t, httpui.Options{Look: httpui.Look{Layout: func(w io.Writer, r *http.Request, page httpui.Page) error {
		if broken {
			_, _ = io.WriteString(w, "half a page")
			return errors.New("no such session: secret")
		}
		return host.Execute(w, map[string]any{"P": page, "User": r.Header.Get("X-User")})
	}}}, fixture.Showcase()...)
	page := get(t, ui, "/")
	assert.True(t, strings.HasPrefix(page.body, `<html lang=en><title>Audit Logs of </title><link rel="stylesheet" href="assets/audit.`))
	assert.Contains(t, page.body, `<nav>API Keys</nav><main><div class="audit">`)
	assert.NotContains(t, page.body, "<!doctype html>")
	assert.Contains(t, get(t, ui, "/x").body, `<nav>API Keys</nav><main><div class="audit">`, "error pages too")
	broken = true
	page = get(t, ui, "/")
	assert.Equal(t, http.StatusInternalServerError, page.status)
	assert.Equal(t, "Something went wrong on our side. It has been reported.\n", page.body)
	assert.Len(t, ui.errs, 2, "the page's error, and that of the error page")
}

// failing is a store that cannot be read.
type failing struct {
	*audittest.Store
	err error
}

func (f failing) List(context.Context, audit.Walk) ([]audit.Entry, error) { return nil, f.err }

// sqlError is like those of PostgreSQL's drivers.
type sqlError string

func (e sqlError) Error() string    { return "ERROR: secret (" + string(e) + ")" }
func (e sqlError) SQLState() string { return string(e) }

func TestErrorsOfTheStore(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err    error
		status int
		want   string
	}{
		"broken":            {errors.New("connecting to db.internal: secret"), 500, "Something went wrong on our side."},
		"SQL":               {sqlError("42P01"), 500, "Something went wrong on our side."},
		"statement timeout": {fmt.Errorf("listing entries: %w", sqlError("57014")), 503, "This took too long"},
		"lock timeout":      {sqlError("55P03"), 503, "This took too long"},
		"deadline":          {fmt.Errorf("listing entries: %w", context.DeadlineExceeded), 503, "This took too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			trail, err := audit.New(failing{audittest.NewStore(), tc.err}, audit.Config{Org: fixture.Org})
			require.NoError(t, err)
			var reported []error
			ui, err := httpui.New(trail, httpui.Options{Authorize: everybody, OnError: func(_ *http.Request, err error) { reported = append(reported, err) }})
			require.NoError(t, err)
			page := get(t, ui, "/?user=a%40b.test&range=90d")
			assert.Equal(t, tc.status, page.status)
			assert.Contains(t, page.body, tc.want)
			assert.NotContains(t, page.body, "secret")
			assert.Equal(t, "./", mustLink(page, "Back to the log"))
			_, shorter := page.link("Show the last hour")
			assert.Equal(t, tc.status == 503, shorter)
			require.Len(t, reported, 1)
			require.ErrorIs(t, reported[0], tc.err)

			left, cancel := context.WithCancel(t.Context())
			cancel()
			gone := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { ui.ServeHTTP(w, r.WithContext(left)) })
			get(t, gone, "/")
			assert.Len(t, reported, 1, "it is not an error if the client left")
		})
	}
}

func mustLink(r response, name string) string {
	r.t.Helper()
	href, ok := r.link(name)
	require.True(r.t, ok, name)
	return href
}

func TestWordsCanBeReplaced(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{Words: &words.Catalogue{
		Language: "de", Form: words.Form{Apply: "Anwenden"},
		Columns:    map[audit.Column]string{audit.ByTimestamp: "Zeitpunkt"},
		Parameters: map[string]string{"user": "Benutzer"},
		Problem:    words.Problem{WithValue: "„{value}“ ist falsch: {problem}.", Reasons: map[string]string{"not an IP address or range": "keine Adresse"}},
	}}, fixture.Showcase()...)
	page := get(t, ui, "/?user=kim%40acme.test")
	for _, want := range []string{`lang="de"`, ">Anwenden<", ">Zeitpunkt</a>", "Benutzer <small>", "Object Type", "Reset"} {
		assert.Contains(t, page.body, want)
	}
	assert.Contains(t, get(t, ui, "/?ip=x").body, "„x“ ist falsch: keine Adresse. Write an address")
}

// TestSize holds the page to what it may weigh.
func TestSize(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(200, fixture.Now)
	for i := range entries {
		for range 2 { // three fields each
			entries[i].Changes = append(entries[i].Changes, entries[i].Changes[0])
		}
	}
	page := get(t, newUI(t, httpui.Options{}, entries...), "/")
	require.Len(t, page.rows(), 50)
	styles := page.follow(stylesPattern.FindStringSubmatch(page.body)[1]).body
	t.Logf("page: %d bytes, %d gzipped; styles: %d gzipped", len(page.body), gzipped(page.body), gzipped(styles))
	assert.Less(t, len(page.body), 60<<10)
	assert.Less(t, gzipped(page.body), 8<<10)
	assert.Less(t, gzipped(styles), 35<<10)
}

func gzipped(s string) int {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = io.WriteString(w, s)
	_ = w.Close()
	return out.Len()
}

// TestStylesStayInTheirLayer: nothing outside @layer audit, and no selector
// that is not under one of the page's own names.
func TestStylesStayInTheirLayer(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{})
	page := get(t, ui, "/")
	css := page.follow(stylesPattern.FindStringSubmatch(page.body)[1]).body
	depth, layers := 0, 0
	var selector strings.Builder
	for line := range strings.Lines(stripComments(css)) {
		trimmed := strings.TrimSpace(line)
		if depth == 0 && trimmed != "" {
			require.Equal(t, "@layer audit {", trimmed)
			layers++
		}
		// Rules directly in the layer or in an at-rule there are indented by
		// two or four blanks; nested ones are under their parent's name.
		indent := len(line) - len(strings.TrimLeft(line, " "))
		if depth >= 1 && (strings.HasSuffix(trimmed, "{") || strings.HasSuffix(trimmed, ",")) && indent == 2 && !strings.HasPrefix(trimmed, "@") {
			require.Regexp(t, `^(\.audit|#audit-log|:is\((\.audit|#audit-log)[a-z-]*, \.audit)`, trimmed)
		}
		selector.WriteString(trimmed)
		depth += strings.Count(line, "{") - strings.Count(line, "}")
	}
	assert.Equal(t, 0, depth)
	assert.Greater(t, layers, 1, "one for each part")
	for _, foreign := range []string{"http:", "https:", "url(", "@import", "!important"} {
		assert.NotContains(t, selector.String(), foreign)
	}
}

func stripComments(css string) string {
	for {
		before, rest, ok := strings.Cut(css, "/*")
		if !ok {
			return css
		}
		_, after, _ := strings.Cut(rest, "*/")
		css = before + after
	}
}
