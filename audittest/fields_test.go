package audittest_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

type address struct {
	City  string
	Token string
}

type owner struct {
	ID   int
	Name string
}

type base struct {
	Name      string
	UpdatedAt time.Time
}

type account struct {
	base
	ID       int
	Name     string
	Address  address
	Owner    *owner
	Members  []owner
	Cache    string `audit:"-"`
	Notes    string `audit:",redact"`
	APIToken string `audit:",plain"`
	OnSave   func()
	version  int
}

func TestFields(t *testing.T) {
	t.Parallel()
	log, _ := audittest.New(t)
	want := []string{
		"name: left out (hidden by a field of the same name)",
		"updated_at: left out (ignored by the log's configuration)",
		"id: identity",
		"name: recorded",
		"address.city: recorded",
		"address.token: redacted",
		"owner: left out (another record, with its own ID)",
		"members: left out (another record, with its own ID)",
		"cache: left out (by its tag)",
		"notes: redacted",
		"api_token: recorded",
		"on_save: left out (no data)",
		"version: left out (not exported)",
	}
	assert.Equal(t, want, audittest.Fields(t, log, account{version: 1}))
	assert.Equal(t, want, audittest.Fields(t, log, &account{}))

	// What Describe says is what Record does.
	before := account{ID: 7, base: base{Name: "x"}, Owner: &owner{1, "a"}, version: 1}
	after := before
	after.base.Name, after.Name, after.Address, after.Owner = "y", "new", address{"Oslo", "t"}, &owner{2, "b"}
	after.Members, after.Cache, after.Notes, after.APIToken, after.UpdatedAt = []owner{{3, "c"}}, "c", "n", "p", time.Now()
	require.NoError(t, log.RecordDetached(t.Context(), audit.Updated(before, after)))
	page, err := log.Page(t.Context(), audit.Query{})
	require.NoError(t, err)
	assert.Equal(t, []string{"name", "address.city", "address.token", "notes", "api_token"}, page.Entries[0].Changes.Fields())

	for _, x := range []any{nil, 1, map[string]any{}} {
		_, err := log.Describe(x)
		require.ErrorIs(t, err, audit.ErrInvalidEvent)
	}
}

func TestRequireComment(t *testing.T) {
	t.Parallel()
	store := audittest.NewStore()
	log, err := audit.New(store, audit.Config{Org: "acme", RequireComment: []string{"owner"}})
	require.NoError(t, err)
	event := audit.Updated(owner{1, "a"}, owner{1, "b"})
	err = log.RecordDetached(t.Context(), event)
	require.ErrorIs(t, err, audit.ErrInvalidEvent)
	require.ErrorContains(t, err, `Comment: missing, and required for "owner"; say why with WithComment`)
	require.Error(t, log.RecordDetached(t.Context(), event.WithComment(" ")))
	require.NoError(t, log.RecordDetached(t.Context(), event.WithComment("asked by phone")))
	require.NoError(t, log.RecordDetached(t.Context(), audit.Updated(owner{1, "a"}, owner{1, "a"})), "nothing changed, nothing to explain")
	require.NoError(t, log.RecordDetached(t.Context(), audit.Performed("login", audit.Object{Type: "user", ID: "1"})))
}
