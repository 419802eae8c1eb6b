package httpui_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/httpui/internal/fixture"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// A page that the database does not answer in time is given up, there too, and
// says so.
func TestTimeout(t *testing.T) {
	t.Parallel()
	pool := pgtest.New(t)
	store := postgres.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	trail, err := audit.New(store, audit.Config{Org: fixture.Org})
	require.NoError(t, err)
	var told error
	newUI := func(timeout time.Duration) http.Handler {
		ui, err := httpui.New(trail, httpui.Options{
			Authorize: everybody, Timeout: timeout,
			OnError: func(_ *http.Request, err error) { told = err },
		})
		require.NoError(t, err)
		return ui
	}
	// With time enough, whatever else the machine does.
	assert.Equal(t, http.StatusOK, get(t, newUI(time.Minute), "/").status)
	assert.NoError(t, told)
	// pgx asks once for a statement to be cancelled. On a busy machine that comes
	// too early if the statement is only just on its way.
	ui := newUI(time.Second)

	tx, err := pool.Begin(t.Context())
	require.NoError(t, err)
	defer tx.Rollback(t.Context()) //nolint:errcheck // the end of the test
	_, err = tx.Exec(t.Context(), "LOCK TABLE audit_entries")
	require.NoError(t, err)
	for _, target := range []string{"/", "/entries.json", "/objects/api_key/1", "/entries/" + audit.NewID().String()} {
		told = nil
		page := get(t, ui, target)
		assert.Equal(t, http.StatusServiceUnavailable, page.status, target)
		assert.Contains(t, page.body, "This took too long", target)
		require.ErrorContains(t, told, "taking more than 1s", target)
	}
	waiting := func() (n int) {
		const sql = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%audit_entries%' AND datname = current_database() AND pid = ANY(SELECT pid FROM pg_locks WHERE relation = 'audit_entries'::regclass AND NOT granted)"
		require.NoError(t, tx.QueryRow(t.Context(), sql).Scan(&n))
		return n
	}
	assert.Eventually(t, func() bool { return waiting() == 0 }, time.Minute, 20*time.Millisecond, "no statement waits on")
}
