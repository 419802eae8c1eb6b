package auditgorm_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// GORM gets the rows that its RETURNING clause asks for, as the driver gave
// them, and nothing is left running.
func TestReturning(t *testing.T) {
	onEach(t, setup{}, func(t *testing.T, w world) {
		before := runtime.NumGoroutine()
		for range 50 {
			require.NoError(t, w.Create(&Team{Name: "a"}).Error)
		}
		assert.Eventually(t, func() bool { return runtime.NumGoroutine() < before+25 }, 5*time.Second, 10*time.Millisecond, "goroutines are left")

		var teams []Team
		done := w.Model(&teams).Clauses(clause.Returning{}).Where("id < 3").Update("name", gorm.Expr("name || id"))
		require.NoError(t, done.Error)
		assert.EqualValues(t, 2, done.RowsAffected)
		assert.ElementsMatch(t, []Team{{ID: 1, Name: "a1"}, {ID: 2, Name: "a2"}}, teams)

		teams = nil
		only := clause.Returning{Columns: []clause.Column{{Name: "name"}}}
		require.NoError(t, w.Clauses(only).Where("id = 1").Delete(&teams).Error)
		assert.Equal(t, []Team{{Name: "a1"}}, teams)

		row := map[string]any{"name": "map"}
		require.NoError(t, w.Model(&Team{}).Clauses(clause.Returning{}).Create(&row).Error)
		assert.EqualValues(t, map[string]any{"id": uint(51), "name": "map"}, row)
	})
}
