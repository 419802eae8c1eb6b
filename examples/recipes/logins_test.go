package recipes_test

import (
	"cmp"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/middleware"
)

type account struct{ Email string }

// loginFailed records an attempt on an account. The account is zero if none has
// the name that was typed.
func (h host) loginFailed(ctx context.Context, a account, reason string) error {
	ctx = audit.WithOrg(ctx, audit.PlatformOrg)                       // before a login there is no organization
	ctx = audit.WithActor(ctx, audit.Actor{Kind: audit.ActorUnknown}) // and nobody knows who it is
	user := audit.Object{Type: "user", ID: cmp.Or(a.Email, "unknown")}
	return h.buffer.RecordDetached(ctx, audit.Performed("login_failed", user).WithMetadata(map[string]any{"reason": reason}))
}

func TestFailedLogins(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	capture, err := middleware.New(middleware.Options{})
	require.NoError(t, err)
	dana := account{"dana@acme.test"}
	login := capture(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		assert.NoError(t, h.loginFailed(r.Context(), dana, "wrong password"))
	}))
	try := func() {
		r := httptest.NewRequestWithContext(t.Context(), "POST", "/login", strings.NewReader("email=dana%40acme.test&password=hunter2"))
		r.RemoteAddr = "198.51.100.9:40000"
		login.ServeHTTP(httptest.NewRecorder(), r)
	}

	require.NoError(t, h.loginFailed(t.Context(), account{}, "no such account"))
	// Somebody holds the database; who logs in does not wait for it.
	busy, err := h.db.BeginTx(t.Context(), nil) // it takes the only write lock
	require.NoError(t, err)
	require.NoError(t, h.buffer.Start(t.Context()))
	for range 3 {
		try()
	}
	assert.Zero(t, h.buffer.Stats().Recorded)
	require.NoError(t, busy.Rollback())
	require.NoError(t, h.buffer.Shutdown(t.Context()))

	entries := h.entries(t, audit.Filter{Org: audit.PlatformOrg, Actions: []audit.Action{"login_failed"}})
	require.Len(t, entries, 4)
	assert.Equal(t, "user unknown", entries[0].Object.String())
	for _, e := range entries[1:] {
		assert.Equal(t, "user dana@acme.test", e.Object.String())
		assert.Equal(t, audit.Actor{Kind: audit.ActorUnknown}, e.Actor)
		assert.Equal(t, "198.51.100.9", e.IP.String())
		assert.Equal(t, `{"reason":"wrong password"}`, e.Metadata.JSON())
	}
	assert.Empty(t, h.entries(t, audit.Filter{Org: "acme"}))
	require.ErrorIs(t, h.loginFailed(t.Context(), account{}, "no such account"), audit.ErrBufferClosed)
}
