package postgres_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// A list of values that is remembered grows by what its own organization
// records, and by nobody else's.
func TestRememberedValuesAreOfTheirOrganization(t *testing.T) {
	t.Parallel()
	store, pool := newStore(t)
	log, now := newLog(t, store), time.Now()
	_, err := postgres.NewAdmin(pool).MakePartitions(t.Context(), now.AddDate(0, -7, 0), now)
	require.NoError(t, err)
	record := func(org string, at time.Time, action audit.Action) {
		t.Helper()
		event := audit.Performed(action, audit.Object{Type: string(action) + "_type", ID: "1"}).WithTime(at)
		ctx := audit.WithActor(audit.WithOrg(t.Context(), org), audit.Actor{Email: string(action) + "@acme.test"})
		require.NoError(t, log.RecordDetached(ctx, event))
	}
	columns := map[audit.Column]string{audit.ByAction: "", audit.ByObjectType: "_type", audit.ByActorEmail: "@acme.test"}
	values := func(org string) map[audit.Column][]string {
		t.Helper()
		got := map[audit.Column][]string{}
		for column := range columns {
			got[column], err = log.In(org).Values(t.Context(), column, "", 10)
			require.NoError(t, err)
		}
		return got
	}
	want := func(actions ...string) map[audit.Column][]string {
		all := map[audit.Column][]string{}
		for column, suffix := range columns {
			for _, action := range actions {
				all[column] = append(all[column], action+suffix)
			}
		}
		return all
	}
	for _, org := range []string{"acme", "globex"} {
		record(org, now.AddDate(0, -3, 0), audit.Action(org))
		assert.Equal(t, want(org), values(org), "read, and remembered")
	}
	record("acme", now, "merger")
	record(audit.PlatformOrg, now, "login")
	assert.Equal(t, want("acme", "merger"), values("acme"))
	assert.Equal(t, want("globex"), values("globex"))
}
