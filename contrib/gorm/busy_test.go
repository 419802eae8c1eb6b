package auditgorm_test

import (
	"errors"
	"path/filepath"
	"sync"
	"testing"

	"github.com/glebarez/sqlite"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	auditsqlite "github.com/auditkeep/audit/sqlite"
)

// The plugin reads before it writes, and yet a statement waits for others as it
// does without the plugin, whether or not transactions take the lock at once.
func TestStatementsWaitForSQLite(t *testing.T) {
	t.Parallel()
	db := open(t, sqlite.Open("file:"+filepath.Join(t.TempDir(), "test.db")+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)"), setup{})
	pool, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { pool.Close() })
	store := auditsqlite.New(pool)
	require.NoError(t, store.Migrate(t.Context()))
	w := with(t, db, store, store.Tx, setup{}.options)
	require.NoError(t, w.Create(&Member{Name: "Ada"}).Error)
	var group sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		group.Go(func() {
			for range 10 {
				errs[i] = errors.Join(errs[i], w.Model(&Member{}).Where("name = ?", "Ada").Update("logins", gorm.Expr("logins + 1")).Error)
			}
		})
	}
	group.Wait()
	require.NoError(t, errors.Join(errs...))
	require.Len(t, w.recorded(t), 41)
}
