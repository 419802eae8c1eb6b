package recipes_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/middleware"
)

// session is what the host's authentication has verified.
type session struct {
	UserID, Email, Org string
	Admin              bool
	ActingAs           string // the email of whom a supporter acts as
}

type sessionKey struct{}

func sessionOf(r *http.Request) session {
	s, _ := r.Context().Value(sessionKey{}).(session)
	return s
}

// mount gives every organization its own page.
func (h host) mount(mux *http.ServeMux) error {
	org := func(r *http.Request) string { return sessionOf(r).Org } // never from the URL, a header or a form
	capture, err := middleware.New(middleware.Options{Actor: currentUser, Org: org})
	if err != nil {
		return err
	}
	page, err := httpui.New(h.trail, httpui.Options{
		Authorize: func(r *http.Request) bool { return sessionOf(r).Admin },
		Org:       org,
		BasePath:  "/admin/audit-logs/",
	})
	if err != nil {
		return err
	}
	mux.Handle("/admin/audit-logs/", capture(page)) // its exports are recorded too, so it needs to know who asks
	mux.Handle("POST /keys", capture(http.HandlerFunc(h.postKey)))
	return nil
}

func (h host) postKey(w http.ResponseWriter, r *http.Request) {
	if _, err := h.createKey(r.Context(), r.FormValue("name")); err != nil {
		http.Error(w, "sorry", http.StatusInternalServerError)
	}
}

// everywhere counts what somebody did in any organization.
func (h host) everywhere(ctx context.Context, orgs []string, email string) (map[string]int, error) {
	counts := map[string]int{}
	for _, org := range append(orgs, audit.PlatformOrg) {
		n, err := h.trail.Count(ctx, audit.Filter{Org: org, ActorEmails: []string{email}}, audit.CountCap)
		if err != nil {
			return nil, err
		}
		counts[org] = n
	}
	return counts, nil
}

// ask sends a request of a session's.
func ask(t *testing.T, mux http.Handler, s session, method, target string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(context.WithValue(t.Context(), sessionKey{}, s), method, target, nil)
	r.RemoteAddr = "203.0.113.7:40000"
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	require.NoError(t, err)
	return w.Code, string(body)
}

func TestTenants(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	mux := http.NewServeMux()
	require.NoError(t, h.mount(mux))
	dana := session{UserID: "7", Email: "dana@acme.test", Org: "acme", Admin: true}
	kim := session{UserID: "8", Email: "kim@globex.test", Org: "globex", Admin: true}
	for _, s := range []session{dana, kim} {
		status, _ := ask(t, mux, s, "POST", "/keys?name=ci-"+s.Org)
		require.Equal(t, http.StatusOK, status)
	}

	status, body := ask(t, mux, dana, "GET", "/admin/audit-logs/")
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "ci-acme")
	assert.NotContains(t, body, "globex")
	status, body = ask(t, mux, dana, "GET", "/admin/audit-logs/?org=globex&user=kim%40globex.test")
	assert.Equal(t, http.StatusOK, status)
	assert.NotContains(t, body, "ci-globex")
	status, _ = ask(t, mux, dana, "GET", "/admin/audit-logs/entries/"+h.last(t, "globex").ID.String())
	assert.Equal(t, http.StatusNotFound, status)

	nobody := session{Email: "eve@acme.test", Org: "acme"}
	status, _ = ask(t, mux, nobody, "GET", "/admin/audit-logs/")
	assert.Equal(t, http.StatusForbidden, status)
	status, _ = ask(t, mux, session{Admin: true}, "GET", "/admin/audit-logs/")
	assert.Equal(t, http.StatusForbidden, status, "an administrator of no organization")
	status, _ = ask(t, mux, session{Email: "eve@acme.test"}, "POST", "/keys?name=lost")
	assert.Equal(t, http.StatusInternalServerError, status, "no organization: the change fails with its record")
	var keys int
	require.NoError(t, h.db.QueryRowContext(t.Context(), "SELECT count(*) FROM api_keys").Scan(&keys))
	assert.Equal(t, 2, keys)

	counts, err := h.everywhere(t.Context(), []string{"acme", "globex"}, "dana@acme.test")
	require.NoError(t, err)
	assert.Equal(t, map[string]int{"acme": 1, "globex": 0, audit.PlatformOrg: 0}, counts)

	status, _ = ask(t, mux, dana, "GET", "/admin/audit-logs/export.csv")
	assert.Equal(t, http.StatusOK, status)
	told := h.last(t, "acme")
	assert.Equal(t, audit.Action("export"), told.Action)
	assert.Equal(t, "dana@acme.test", told.Actor.Email)
	assert.Equal(t, "203.0.113.7", told.IP.String())
}
