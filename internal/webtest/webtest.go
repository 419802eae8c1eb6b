// Package webtest is what the adapters for web frameworks have to pass: real
// requests to a server of the framework, recorded in a real database.
package webtest

import (
	"context"
	"database/sql"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/sqlite"
)

// Base is where the page is mounted.
const Base = "/admin/audit-logs/"

// UserHeader says who asks. It stands for a session that the host's
// authentication has verified.
const UserHeader = "X-Test-User"

// Host is what a framework's test builds an application of, with
//   - an authentication that keeps what [UserHeader] says where the framework
//     keeps such things, and the adapter inside of it,
//   - POST /create, which answers what Create returns with status 200 or 500,
//   - POST /refused, where a middleware inside of the adapter ends the request
//     with status 403 before the handler, which would call Create,
//   - POST /panic, which calls Create and then panics, within the framework's
//     recovery,
//   - the Page at [Base] and below, for GET and POST.
type Host struct {
	Create func(context.Context) error
	Page   http.Handler
}

// Run tests the application that build makes.
func Run(t *testing.T, build func(t *testing.T, h Host) http.Handler) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "audit.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)")
	require.NoError(t, err)
	t.Cleanup(func() { db.Close() })
	store := sqlite.New(db)
	require.NoError(t, store.Migrate(t.Context()))
	log, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	page, err := httpui.New(log, httpui.Options{BasePath: Base, Authorize: func(*http.Request) bool { return true }})
	require.NoError(t, err)

	server := httptest.NewServer(build(t, Host{Page: page, Create: func(ctx context.Context) error {
		return log.RecordDetached(ctx, audit.Performed(audit.ActionCreate, audit.Object{Type: "api_key", ID: "7/8"}))
	}}))
	t.Cleanup(server.Close)
	c := client{t, server.URL}

	assert.Equal(t, http.StatusForbidden, c.do("POST", "/refused", "eve@acme.test").status)
	assert.Empty(t, entries(t, log))
	assert.Equal(t, http.StatusOK, c.do("POST", "/create", "dana@acme.test").status)
	assert.Equal(t, http.StatusInternalServerError, c.do("POST", "/panic", "ada@acme.test").status)
	// Frameworks use their contexts again: nothing of a request may stay.
	assert.Equal(t, http.StatusOK, c.do("POST", "/create", "").status)

	all := entries(t, log)
	require.Len(t, all, 3)
	ids := map[string]bool{}
	for i, email := range []string{"dana@acme.test", "ada@acme.test", ""} {
		assert.Equal(t, email, all[i].Actor.Email)
		assert.Equal(t, "127.0.0.1", all[i].IP.String())
		assert.NotEmpty(t, all[i].RequestID)
		ids[all[i].RequestID] = true
	}
	assert.Len(t, ids, 3, "each request has its own ID")
	testPage(t, c, all[0])
}

// testPage asks for what is mounted: below the base too, with escaped paths,
// and with what redirects.
func testPage(t *testing.T, c client, e audit.Entry) {
	t.Helper()
	for path, want := range map[string]string{
		strings.TrimSuffix(Base, "/"):       `id="audit-log"`,
		Base + "?user=dana%40acme.test":     `data-entry-id="` + e.ID.String() + `"`,
		Base + "entries/" + e.ID.String():   e.RequestID,
		Base + "objects/api_key/7%2F8":      "7/8",
		Base + "entries.json":               `"dana@acme.test"`,
		Base + "export.csv":                 "dana@acme.test",
		Base + "?range=all&page=1&sort=id":  e.ID.String(),
		Base + "entries/" + "none-of-these": "",
	} {
		got := c.do("GET", path, "dana@acme.test")
		if want == "" {
			assert.Equal(t, http.StatusNotFound, got.status, path)
			continue
		}
		assert.Equal(t, http.StatusOK, got.status, path)
		assert.True(t, strings.Contains(got.body, want), "%s has %q", path, want) // the page is long
	}
}

type client struct {
	t    *testing.T
	base string
}

type answer struct {
	status int
	body   string
}

func (c client) do(method, path, user string) answer {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, nil)
	require.NoError(c.t, err)
	r.Header.Set("X-Forwarded-For", "203.0.113.66") // a client's own claim
	if user != "" {
		r.Header.Set(UserHeader, user)
	}
	response, err := http.DefaultClient.Do(r)
	require.NoError(c.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	return answer{response.StatusCode, string(body)}
}

func entries(t *testing.T, log *audit.Log) (all []audit.Entry) {
	t.Helper()
	for e, err := range log.All(t.Context(), audit.Filter{}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
		require.NoError(t, err)
		all = append(all, e)
	}
	return all
}
