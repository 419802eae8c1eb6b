package httpui_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
)

var stylesPattern = regexp.MustCompile(`href="(assets/audit\.[0-9a-f]{12}\.css)"`)

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	t.Parallel()
	ui := newUI(t, httpui.Options{}, fixture.Showcase()...)
	closed := newUI(t, httpui.Options{Authorize: func(*http.Request) bool { return false }})
	styles := stylesPattern.FindStringSubmatch(get(t, ui, "/").body)
	require.NotNil(t, styles)
	for name, tc := range map[string]struct {
		ui             http.Handler
		method, target string
		status         int
	}{
		"page":           {ui, "GET", "/", 200},
		"page, HEAD":     {ui, "HEAD", "/", 200},
		"page refused":   {ui, "GET", "/?ip=x", 400},
		"bare mount":     {ui, "GET", "", 303},
		"past the end":   {ui, "GET", "/?page=9", 303},
		"form":           {ui, "GET", "/?applied=&do=apply", 303},
		"no such page":   {ui, "GET", "/entries", 404},
		"entry":          {ui, "GET", "/entries/" + fixture.Showcase()[0].ID.String(), 200},
		"no such entry":  {ui, "GET", "/entries/x", 404},
		"history":        {ui, "GET", "/objects/invoice/10482", 200},
		"JSON":           {ui, "GET", "/entries.json", 200},
		"JSON refused":   {ui, "GET", "/entries.json?ip=x", 400},
		"JSON, POST":     {ui, "POST", "/entries.json", 405},
		"deep below":     {ui, "GET", "/a/b/c", 404},
		"styles":         {ui, "GET", "/" + styles[1], 200},
		"no such asset":  {ui, "GET", "/assets/audit.css", 404},
		"a template":     {ui, "GET", "/assets/..%2ftemplates%2flist.gohtml", 404},
		"other methods":  {ui, "POST", "/", 405},
		"not authorized": {closed, "GET", "/", 403},
		"assets neither": {closed, "GET", "/" + styles[1], 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := tc.target
			if target == "" {
				target = "/log"
				tc.ui = http.StripPrefix("/log", tc.ui)
			}
			r := once(t, tc.ui, tc.method, target)
			assert.Equal(t, tc.status, r.status)
			for header, want := range map[string]string{
				"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
					"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
				"X-Content-Type-Options":       "nosniff",
				"Referrer-Policy":              "no-referrer",
				"Cross-Origin-Resource-Policy": "same-origin",
			} {
				assert.Equal(t, want, r.header.Get(header), header)
			}
			if name == "styles" {
				assert.Equal(t, "public, max-age=31536000, immutable", r.header.Get("Cache-Control"))
				assert.Equal(t, "text/css; charset=utf-8", r.header.Get("Content-Type"))
			} else {
				assert.Equal(t, "no-store", r.header.Get("Cache-Control"))
			}
			if tc.status == 405 {
				assert.Equal(t, "GET, HEAD", r.header.Get("Allow"))
			}
		})
	}
}

func TestAuthorize(t *testing.T) {
	t.Parallel()
	trail, _, err := fixture.Log()
	require.NoError(t, err)
	_, err = httpui.New(trail, httpui.Options{})
	require.ErrorContains(t, err, "Options.Authorize is nil")
	_, err = httpui.New(nil, httpui.Options{Authorize: everybody})
	require.ErrorContains(t, err, "trail is nil")
	_, err = httpui.New(trail, httpui.Options{Authorize: everybody, Timeout: -1})
	require.ErrorContains(t, err, "Options.Timeout is -1ns")
	_, err = httpui.New(trail, httpui.Options{Authorize: everybody, Zone: time.FixedZone("UTC", 3600)})
	require.ErrorContains(t, err, `Options.Zone is called "UTC", but is 3600 seconds off that zone`)

	for name, authorize := range map[string]func(*http.Request) bool{
		"false": func(*http.Request) bool { return false },
		"panic": func(*http.Request) bool { panic("the session store is down: secret") },
		"abort": func(*http.Request) bool { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ui := newUI(t, httpui.Options{Authorize: authorize}, fixture.Showcase()...)
			for _, target := range []string{"/", "/?page=9", "/entries/x", "/entries.json", "/objects/invoice/10482", "/assets/audit.css", "/?ip=x"} {
				r := once(t, ui, http.MethodGet, target)
				assert.Equal(t, http.StatusForbidden, r.status)
				assert.Equal(t, "You may not see this page.\n", r.body)
			}
			assert.Empty(t, ui.errs)
		})
	}
}

// TestOrganizationsAreApart has two organizations with the same users, objects
// and times in one store; nothing of the other is ever on the page.
func TestOrganizationsAreApart(t *testing.T) {
	t.Parallel()
	entries := fixture.Showcase()
	for i, foreign := range fixture.Many(300, fixture.Now) {
		foreign.Org = "globex"
		foreign.Action, foreign.Object.Type = "foreign_action", "foreign_type"
		foreign.Actor.Email = "foreign@globex.test"
		foreign.ID[15] = byte(i)
		entries = append(entries, foreign)
	}
	orgOf := func(r *http.Request) string { return r.Header.Get("X-Test-Org") }
	ui := newUI(t, httpui.Options{Org: orgOf}, entries...)
	as := func(org string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("X-Test-Org", org)
			ui.ServeHTTP(w, r)
		})
	}
	for _, target := range []string{
		"/", "/?range=all", "/?range=all&org=globex", "/?org_id=globex", "/?page=2", "/?user=foreign%40globex.test",
		"/?range=all&draft=add%3Duser%26add%3Daction%26add%3Dobject_type", "/?range=all&asof=" + entries[len(entries)-1].ID.String(),
		"/?before=end", "/?action=nothing", "/?not_action=create&sort=changes",
	} {
		body := get(t, as("acme"), target).body
		if strings.Contains(target, "foreign") { // what was asked for comes back
			body = strings.NewReplacer("foreign@globex.test", "", "foreign%40globex.test", "").Replace(body)
		}
		require.NotContains(t, body, "foreign", target)
		require.NotContains(t, body, "300", target)
	}
	assert.Contains(t, get(t, as("globex"), "/").body, "300 entries")

	// Below the list, whatever leads on leads to one's own.
	own := entries[0]
	for _, target := range []string{
		"/entries.json?range=all&per_page=200", "/entries/" + own.ID.String() + "?range=all", "/entries/" + own.ID.String() + "?range=all&sort=id&dir=asc",
		"/entries/" + own.ID.String() + ".json", "/objects/invoice/10482?at=" + own.ID.String(),
	} {
		r := get(t, as("acme"), target)
		require.Equal(t, http.StatusOK, r.status, target)
		for _, e := range entries {
			if e.Org == "globex" && e.ID != audit.FirstID(fixture.Now) { // which is asof
				require.NotContains(t, r.body, e.ID.String(), target)
			}
		}
		require.NotContains(t, r.body, "foreign", target)
	}
	for _, e := range entries[len(entries)-3:] {
		for _, target := range []string{"/entries/" + e.ID.String(), "/entries/" + e.ID.String() + ".json", "/objects/foreign_type/" + e.Object.ID, "/objects/invoice/10482?at=" + e.ID.String()} {
			assert.Equal(t, http.StatusNotFound, once(t, as("acme"), http.MethodGet, target).status, target)
			assert.Equal(t, http.StatusForbidden, once(t, as(""), http.MethodGet, target).status, target)
		}
	}

	none := once(t, as(""), http.MethodGet, "/")
	assert.Equal(t, http.StatusForbidden, none.status, "the hook's none is not the log's default")
	assert.NotContains(t, none.body, "invoice")
}

func TestOrgFromContextAndConfig(t *testing.T) {
	t.Parallel()
	other := fixture.Entry(fixture.Now, 1)
	other.Org = "globex"
	ui := newUI(t, httpui.Options{}, append(fixture.Showcase(), other)...)
	assert.Contains(t, get(t, ui, "/").body, "9 entries", "the log's own organization")
	inContext := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ui.ServeHTTP(w, r.WithContext(audit.WithOrg(r.Context(), "globex")))
	})
	assert.Contains(t, get(t, inContext, "/").body, "1 entry", "the context's goes before")

	trail, err := audit.New(ui.store, audit.Config{})
	require.NoError(t, err)
	var reported error
	lost, err := httpui.New(trail, httpui.Options{
		Authorize: everybody,
		OnError:   func(_ *http.Request, err error) { reported = err },
	})
	require.NoError(t, err)
	r := once(t, lost, http.MethodGet, "/")
	assert.Equal(t, http.StatusInternalServerError, r.status)
	require.ErrorIs(t, reported, audit.ErrNoOrg)
	assert.NotContains(t, r.body, "organization")
}

// jsonText is a text as a JSON string.
func jsonText(s string) string {
	quoted, _ := json.Marshal(s)
	return string(quoted)
}

// urlQuery encodes pairs of names and values.
func urlQuery(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

var (
	quotedPattern = regexp.MustCompile(`"[^"]*"`)
	plainTag      = regexp.MustCompile(`^<(?:!doctype html|/?(a|b|bdi|body|button|caption|del|details|div|fieldset|figcaption|figure|form|g|h1|h2|head|html|i|input|ins|label|legend|li|link|main|meta|nav|ol|option|p|path|rect|section|select|small|span|strong|summary|svg|table|tbody|td|text|th|thead|time|title|tr|ul|wbr)((?: [a-zA-Z-]+=?)*))/?>$`)
	ownScript     = regexp.MustCompile(`<script type="module" src="[a-z/.-]*assets/audit\.[0-9a-f]{12}\.js"></script>`)
)

// requirePlainMarkup holds a page to the elements that the templates use, and
// to no attribute that runs or styles anything.
func requirePlainMarkup(t *testing.T, body string) {
	t.Helper()
	for _, tag := range tagPattern.FindAllString(ownScript.ReplaceAllString(body, ""), -1) {
		bare := plainTag.FindStringSubmatch(quotedPattern.ReplaceAllString(tag, ""))
		require.NotNil(t, bare, tag)
		for _, attribute := range strings.Fields(bare[2]) {
			require.False(t, strings.HasPrefix(attribute, "on") || attribute == "style=", tag)
		}
		if href := attributes(tag)["href"]; strings.Contains(href, ":") {
			require.Regexp(t, `^(\?|\./|https?://|entries/|objects/|export\.)`, href)
		}
	}
}

// TestHostileValues puts markup into every field of an entry and finds it on
// the page as text only.
func TestHostileValues(t *testing.T) {
	t.Parallel()
	for _, payload := range []string{
		`<img src=x onerror=alert(1)>`, `"><script>alert(1)</script>`, `' onmouseover='alert(1)`, `</td></tr></table><script>`,
		`<svg/onload=alert(1)>`, `javascript:alert(1)`, `<a href="javascript:alert(1)">x</a>`, `{{.}}`, `<!--`, `]]>`, "`${alert(1)}`",
		`</title><style>*{display:none}</style>`, `&lt;script&gt;`, `\u003cscript\u003e`, `<iframe srcdoc="<script>">`,
		`[x](javascript:alert(1))`, `=HYPERLINK("http://evil")`, "a\u202eb\u200bc\x1b[31md\r\ne", `<math><mi//xlink:href="data:x,<script>">`,
	} {
		t.Run(payload, func(t *testing.T) {
			t.Parallel()
			quoted, err := audit.ParseValue(jsonText(payload))
			require.NoError(t, err)
			e := fixture.Entry(fixture.Now.Add(-1), 1)
			e.Action, e.Object = audit.Action(payload), audit.Object{Type: payload, ID: payload}
			e.Actor = audit.Actor{Kind: audit.ActorUser, Email: payload, OnBehalfOf: payload}
			e.Changes = audit.Changes{{Field: payload, Old: quoted, New: quoted}}
			plain := fixture.Entry(fixture.Now.Add(-2000), 2)
			plain.Actor, plain.Comment, plain.Changes = audit.Actor{Kind: audit.ActorAPIKey, ID: payload}, payload, nil
			ui := newUI(t, httpui.Options{
				Objects: httpui.Objects{
					Labels: map[string]string{"other": payload},
					RecordURL: func(context.Context, []audit.Object) map[audit.Object]string {
						return map[audit.Object]string{e.Object: payload}
					},
				},
			}, e, plain)
			filters := urlQuery("action", payload, "user", payload, "object_type", payload, "record_id", payload, "not_user", payload+"!", "request", payload)
			for _, target := range []string{
				"/", "/?" + filters, "/?" + urlQuery("draft", "add=user&add=action&add=object_type&find_user="+payload),
				"/?" + urlQuery("ip", payload, "from", payload, "to", payload, "tz", payload, "sort", payload, "page", payload, "range", payload, "asof", payload),
			} {
				r := get(t, ui, target)
				requirePlainMarkup(t, r.body)
				require.Equal(t, strings.Count(r.body, "<td "), strings.Count(r.body, "</td>"))
				require.NotRegexp(t, "[\u202e\u200b\x1b\r]", tagPattern.ReplaceAllString(r.body, ""), target)
			}
		})
	}
}
