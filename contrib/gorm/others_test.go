package auditgorm_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
)

// A row that another transaction commits between the reading of the rows and the
// statement is changed as without the plugin, and recorded.
func TestRowsThatComeInBetween(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(db *gorm.DB) *gorm.DB{
		"update": func(db *gorm.DB) *gorm.DB { return db.Model(&Team{}).Where("name <> ''").Update("name", "z") },
		"delete": func(db *gorm.DB) *gorm.DB { return db.Where("name <> ''").Delete(&Team{}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := onPostgres(t, setup{})
			require.NoError(t, w.Create(&Team{Name: "a"}).Error)
			// The other transaction holds the first row, so the reading waits, and
			// does not see the second.
			other := w.Begin()
			defer other.Rollback()
			require.NoError(t, other.Exec("UPDATE teams SET name = 'b' WHERE id = 1").Error)
			require.NoError(t, other.Exec("INSERT INTO teams (name) VALUES ('c')").Error)
			done := make(chan *gorm.DB, 1)
			go func() { done <- change(w.DB) }()
			require.Eventually(t, func() bool {
				var waiting int64
				return w.Raw("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid' AND transactionid = ?::text::xid",
					ownTransaction(t, other)).Scan(&waiting).Error == nil && waiting > 0
			}, 10*time.Second, 20*time.Millisecond)
			require.NoError(t, other.Commit().Error)
			result := <-done
			require.NoError(t, result.Error)
			assert.EqualValues(t, 2, result.RowsAffected)
			want := []string{`update team 1: name "b"→"z"`, `update team 2: name "c"→"z"`}
			if name == "delete" {
				want = []string{`destroy team 1: name="b"`, `destroy team 2: name="c"`}
			}
			assert.ElementsMatch(t, want, w.since(t, 1))
		})
	}
}

// ownTransaction returns the number of a transaction.
func ownTransaction(t *testing.T, tx *gorm.DB) (number string) {
	t.Helper()
	require.NoError(t, tx.Raw("SELECT pg_current_xact_id()::text").Scan(&number).Error)
	return number
}
