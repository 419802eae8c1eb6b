package httpui_test

import (
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

var hrefPattern = regexp.MustCompile(`(?:href|action)="([^"]*)"`)

// rewriting is a proxy that publishes the upstream's prefix as another one.
func rewriting(public, upstream string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.EscapedPath(), public)
		if !ok {
			http.NotFound(w, r)
			return
		}
		inner := httptest.NewRequest(r.Method, upstream+rest+"?"+r.URL.RawQuery, nil)
		next.ServeHTTP(w, inner)
	})
}

// TestMounts finds the page, its styles and every link of it wherever a host
// mounts it.
func TestMounts(t *testing.T) {
	t.Parallel()
	entries := fixture.Many(120, fixture.Now.Add(-1))
	mounted := func(pattern string, options httpui.Options) http.Handler {
		mux := http.NewServeMux()
		mux.Handle(pattern, newUI(t, options, entries...))
		return mux
	}
	stripped := func(prefix, base string) http.Handler {
		return http.StripPrefix(prefix, newUI(t, httpui.Options{BasePath: base}, entries...))
	}
	for name, tc := range map[string]struct {
		host http.Handler
		base string
		bare string // the mount without its slash, if the page answers there
	}{
		"at the root":               {mounted("/", httpui.Options{}), "/", ""},
		"at a path":                 {mounted("/a/b/c/", httpui.Options{BasePath: "/a/b/c"}), "/a/b/c/", "/a/b/c"},
		"base with a slash":         {mounted("/logs/", httpui.Options{BasePath: "/logs/"}), "/logs/", "/logs"},
		"exact and below":           {newUI(t, httpui.Options{BasePath: "/a/logs"}, entries...), "/a/logs/", "/a/logs"},
		"under StripPrefix":         {stripped("/admin/audit-logs", ""), "/admin/audit-logs/", "/admin/audit-logs"},
		"StripPrefix and BasePath":  {stripped("/admin/audit-logs", "/admin/audit-logs"), "/admin/audit-logs/", "/admin/audit-logs"},
		"a base that needs escapes": {newUI(t, httpui.Options{BasePath: "/ä logs"}, entries...), "/%C3%A4%20logs/", "/%C3%A4%20logs"},
		"a colon in the base":       {stripped("/x:y", ""), "/x:y/", "/x:y"},
		"behind a proxy":            {rewriting("/public/deep", "", newUI(t, httpui.Options{}, entries...)), "/public/deep/", ""},
		"a proxy that renames":      {rewriting("/ops/logs", "/internal/logs", stripped("/internal/logs", "")), "/ops/logs/", "/ops/logs"},
		"a proxy before a path":     {rewriting("/x", "/a/b/c", mounted("/a/b/c/", httpui.Options{BasePath: "/a/b/c"})), "/x/", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page := get(t, tc.host, tc.base+"?per_page=25&page=2")
			require.Equal(t, http.StatusOK, page.status)
			require.Len(t, page.rows(), 25)
			outside := 0
			for _, m := range hrefPattern.FindAllStringSubmatch(page.body, -1) {
				href := html.UnescapeString(m[1])
				target, err := page.url.Parse(href)
				require.NoError(t, err)
				if !strings.HasPrefix(target.EscapedPath(), tc.base) || href == "../" {
					outside++
					continue
				}
				assert.Equal(t, http.StatusOK, get(t, tc.host, target.String()).status, href)
			}
			assert.Equal(t, 1, outside, "only the breadcrumb leads out")

			deep := once(t, tc.host, http.MethodGet, tc.base+"not/here")
			assert.Equal(t, http.StatusNotFound, deep.status)
			styles, err := deep.url.Parse(regexp.MustCompile(`href="([^"]*\.css)"`).FindStringSubmatch(deep.body)[1])
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, get(t, tc.host, styles.String()).status, "the styles of an error page below")

			if tc.bare != "" {
				r := get(t, tc.host, tc.bare+"?action=create")
				assert.Equal(t, http.StatusOK, r.status)
				assert.Equal(t, tc.base, r.url.EscapedPath())
				assert.Equal(t, url.Values{"action": {"create"}}, r.query())
			}
		})
	}
}

func TestBareMountRedirectsRelatively(t *testing.T) {
	t.Parallel()
	ui := http.StripPrefix("/admin/audit-logs", newUI(t, httpui.Options{}))
	for target, want := range map[string]string{
		"/admin/audit-logs":           "./audit-logs/",
		"/admin/audit-logs?a=%2F&b=c": "./audit-logs/?a=%2F&b=c",
	} {
		r := once(t, ui, http.MethodGet, target)
		assert.Equal(t, http.StatusSeeOther, r.status)
		assert.Equal(t, want, r.header.Get("Location"))
	}
}
