package middleware_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/middleware"
)

// ask sends r through the middleware and returns what its handler got.
func ask(t testing.TB, o middleware.Options, r *http.Request) *http.Request {
	t.Helper()
	capture, err := middleware.New(o)
	require.NoError(t, err)
	var got *http.Request
	capture(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r })).ServeHTTP(httptest.NewRecorder(), r)
	require.NotNil(t, got, "the handler ran")
	return got
}

func requestOf(t testing.TB, r *http.Request) audit.Request {
	t.Helper()
	request, ok := audit.RequestFrom(r.Context())
	require.True(t, ok, "the context carries a request")
	return request
}

func TestTheZeroOptionsAreUseful(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodPost, "/keys", nil)
	r.RemoteAddr = "198.51.100.7:4711"
	r.Header.Set("User-Agent", "curl/8.5.0")
	got := ask(t, middleware.Options{}, r)

	request := requestOf(t, got)
	require.Equal(t, netip.MustParseAddr("198.51.100.7"), request.IP)
	require.Empty(t, request.IPNote)
	require.Equal(t, "curl/8.5.0", request.UserAgent)
	require.NotEmpty(t, request.ID)
	_, ok := audit.ActorFrom(got.Context())
	require.False(t, ok, "nobody is put into the context")
	_, ok = audit.OrgFrom(got.Context())
	require.False(t, ok, "no organization is put into the context")
}

func TestActorAndOrg(t *testing.T) {
	t.Parallel()
	jane := audit.Actor{ID: "7", Email: "jane@example.com"}
	for _, test := range []struct {
		name      string
		actor     audit.Actor
		org       string
		wantActor audit.Actor
		wantOrg   string
	}{
		{"both", jane, "acme", jane, "acme"},
		{"nobody keeps what the context has", audit.Actor{}, "acme", audit.Actor{ID: "outer"}, "acme"},
		{"no organization keeps what the context has", jane, "", jane, "outer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r = r.WithContext(audit.WithOrg(audit.WithActor(r.Context(), audit.Actor{ID: "outer"}), "outer"))
			got := ask(t, middleware.Options{
				Actor: func(*http.Request) audit.Actor { return test.actor },
				Org:   func(*http.Request) string { return test.org },
			}, r)
			actor, _ := audit.ActorFrom(got.Context())
			org, _ := audit.OrgFrom(got.Context())
			require.Equal(t, test.wantActor, actor)
			require.Equal(t, test.wantOrg, org)
		})
	}
}

func TestTheRequestIsOtherwiseUntouched(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest(http.MethodGet, "/?a=1", strings.NewReader("body"))
	r.RemoteAddr = "10.0.0.1:80"
	r.Header.Set("X-Forwarded-For", "198.51.100.7")
	header := r.Header.Clone()
	got := ask(t, behindProxy("X-Forwarded-For"), r)
	require.Equal(t, netip.MustParseAddr("198.51.100.7"), requestOf(t, got).IP)
	require.Equal(t, "10.0.0.1:80", got.RemoteAddr)
	require.Equal(t, header, got.Header)
	require.Equal(t, r.URL, got.URL)
	require.Equal(t, r.Body, got.Body)
}

func TestTheOuterOfTwoFindsTheRequest(t *testing.T) {
	t.Parallel()
	outer, err := middleware.New(behindProxy("X-Forwarded-For"))
	require.NoError(t, err)
	inner, err := middleware.New(middleware.Options{Actor: func(*http.Request) audit.Actor { return audit.Actor{ID: "7"} }})
	require.NoError(t, err)

	var before, after audit.Request
	var actor audit.Actor
	handler := outer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before = requestOf(t, r)
		r.RemoteAddr = "203.0.113.66:1" // as some routers' RealIP does
		inner(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			after = requestOf(t, r)
			actor, _ = audit.ActorFrom(r.Context())
		})).ServeHTTP(w, r)
	}))
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = "10.0.0.1:80"
	r.Header.Set("X-Forwarded-For", "198.51.100.7")
	handler.ServeHTTP(httptest.NewRecorder(), r)

	require.Equal(t, netip.MustParseAddr("198.51.100.7"), after.IP)
	require.Equal(t, before, after)
	require.Equal(t, audit.Actor{ID: "7"}, actor)
}

func TestAPanicInACallbackIsTheHosts(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]middleware.Options{
		"Actor":     {Actor: func(*http.Request) audit.Actor { panic(http.ErrAbortHandler) }},
		"Org":       {Org: func(*http.Request) string { panic(http.ErrAbortHandler) }},
		"RequestID": {RequestID: func(*http.Request) string { panic(http.ErrAbortHandler) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			capture, err := middleware.New(o)
			require.NoError(t, err)
			handler := capture(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the handler ran") }))
			require.PanicsWithValue(t, http.ErrAbortHandler, func() {
				handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil))
			})
		})
	}
}

// The package's documentation promises that jobs can carry these as JSON.
func TestWhatAJobCarriesSurvivesJSON(t *testing.T) {
	t.Parallel()
	request := audit.Request{IP: netip.MustParseAddr("2001:db8::7"), IPNote: "note", ID: "1", UserAgent: "curl"}
	text, err := json.Marshal(request)
	require.NoError(t, err)
	var back audit.Request
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, request, back)
}

// FuzzNoHeaderIsTheActor sends whatever headers there are, from a trusted
// proxy, with every header option in use.
func FuzzNoHeaderIsTheActor(f *testing.F) {
	for _, header := range []string{
		"Authorization", "From", "Remote-User", "X-Remote-User", "X-Forwarded-User", "X-Forwarded-Email",
		"X-Auth-Request-Email", "X-Actor", "X-User", "X-User-Id", "X-Email", "X-Audit-Actor", "X-Org",
		"X-Tenant", "X-Organization", "X-Forwarded-For", "Forwarded", "X-Request-Id", "Cookie", "User-Agent",
	} {
		f.Add(header, "mallory@example.com", "X-Other", "mallory")
	}
	f.Fuzz(func(t *testing.T, name1, value1, name2, value2 string) {
		o := behindProxy("X-Forwarded-For")
		o.RequestIDHeader = "X-Request-Id"
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = "10.0.0.1:80"
		r.Header.Add(name1, value1)
		r.Header.Add(name2, value2)
		got := ask(t, o, r)
		_, ok := audit.ActorFrom(got.Context())
		require.False(t, ok, "an actor came from a header")
		_, ok = audit.OrgFrom(got.Context())
		require.False(t, ok, "an organization came from a header")

		jane := audit.Actor{ID: "7", Email: "jane@example.com"}
		o.Actor = func(*http.Request) audit.Actor { return jane }
		o.Org = func(*http.Request) string { return "acme" }
		got = ask(t, o, r)
		actor, _ := audit.ActorFrom(got.Context())
		require.Equal(t, jane, actor)
		org, _ := audit.OrgFrom(got.Context())
		require.Equal(t, "acme", org)
	})
}
