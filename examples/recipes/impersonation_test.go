package recipes_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// currentUser names who really acts, and beside them whom they act as.
func currentUser(r *http.Request) audit.Actor {
	s := sessionOf(r)
	return audit.Actor{ID: s.UserID, Email: s.Email, OnBehalfOf: s.ActingAs}
}

// beginActing records, before anything is done in a user's name, that a
// supporter begins to act for them. The entry is in the user's organization.
// The context is the supporter's.
func (h host) beginActing(ctx context.Context, org, email, reason string) error {
	user := audit.Object{Type: "user", ID: email}
	return h.trail.RecordDetached(audit.WithOrg(ctx, org), audit.Performed("impersonate", user).WithComment(reason))
}

func TestImpersonation(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	mux := http.NewServeMux()
	require.NoError(t, h.mount(mux))
	ctx := as(t.Context(), audit.PlatformOrg, "sam@support.test")
	require.NoError(t, h.beginActing(ctx, "acme", "dana@acme.test", "ticket 4711"))
	status, _ := ask(t, mux, session{UserID: "3", Email: "sam@support.test", Org: "acme", ActingAs: "dana@acme.test"}, "POST", "/keys?name=ci")
	require.Equal(t, http.StatusOK, status)

	entries := h.entries(t, audit.Filter{Org: "acme", ActorEmails: []string{"sam@support.test"}})
	require.Len(t, entries, 2)
	assert.Equal(t, audit.Action("impersonate"), entries[0].Action)
	assert.Equal(t, "user dana@acme.test", entries[0].Object.String())
	assert.Equal(t, "ticket 4711", entries[0].Comment)
	assert.Equal(t, audit.Actor{Kind: audit.ActorUser, ID: "3", Email: "sam@support.test", OnBehalfOf: "dana@acme.test"}, entries[1].Actor)
	assert.Empty(t, h.entries(t, audit.Filter{Org: "acme", ActorEmails: []string{"dana@acme.test"}}), "she did nothing herself")

	status, body := ask(t, mux, session{Email: "dana@acme.test", Org: "acme", Admin: true}, "GET", "/admin/audit-logs/")
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "sam@")
	assert.Contains(t, body, "on behalf of")

	names, err := h.inTheNameOf(t.Context(), "acme", "dana@acme.test")
	require.NoError(t, err)
	assert.Equal(t, []string{"sam@support.test create api_key"}, names)
}
