package sqlite_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/retention"
	"github.com/auditkeep/audit/sqlite"
)

// Without WAL and without a busy timeout, SQLite refuses to commit while
// somebody reads. What the store commits waits for the reader.
func TestCommitsWaitForReaders(t *testing.T) {
	t.Parallel()
	db := openDB(t, "")
	store := sqlite.New(db)
	require.NoError(t, store.Migrate(t.Context()))
	log := newLog(t, store)
	admin := sqlite.NewAdmin(db)
	for name, commit := range map[string]func() error{
		"RecordDetached": func() error { return log.RecordDetached(t.Context(), performed("x")) },
		"Hold": func() error {
			return admin.Hold(t.Context(), log, retention.Hold{Name: "lawsuit", Reason: "a test"})
		},
	} {
		reader, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		defer reader.Rollback()
		const read = "SELECT count(*) FROM audit_entries"
		var before, n int
		require.NoError(t, reader.QueryRowContext(t.Context(), read).Scan(&before))

		committed := make(chan error, 1)
		go func() { committed <- commit() }()
		// Once the other one wants to commit, no further reader is let in.
		for waiting := false; !waiting; {
			select {
			case err := <-committed:
				require.NoError(t, err, name)
				require.Fail(t, "it has committed beside a reader", name)
			case <-time.After(time.Millisecond):
				err := db.QueryRowContext(t.Context(), read).Scan(&n)
				waiting = err != nil && strings.Contains(err.Error(), "database is locked")
			}
		}
		require.NoError(t, reader.QueryRowContext(t.Context(), read).Scan(&n), "the reader goes on")
		assert.Equal(t, before, n)
		require.NoError(t, reader.Rollback())
		require.NoError(t, <-committed, name)
		require.NoError(t, db.QueryRowContext(t.Context(), read).Scan(&n))
		assert.Equal(t, before+1, n, name)
	}
}

// A store that cannot write says what the host can do about it.
func TestBusyErrorsNameTheRemedy(t *testing.T) {
	t.Parallel()
	db := openDB(t, "")
	store := sqlite.New(db)
	require.NoError(t, store.Migrate(t.Context()))
	log := newLog(t, store)
	writer, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer writer.Rollback()
	require.NoError(t, log.Record(t.Context(), store.Tx(writer), performed("x")))
	err = log.RecordDetached(t.Context(), performed("y"))
	require.ErrorContains(t, err, "beginning a transaction: ")
	require.ErrorContains(t, err, "busy_timeout")
	require.ErrorContains(t, err, "journal_mode")
	require.NoError(t, writer.Commit())
	require.NoError(t, log.RecordDetached(t.Context(), performed("y")))
}
