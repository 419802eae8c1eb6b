package auditgorm_test

import (
	"path/filepath"
	"testing"

	"github.com/glebarez/sqlite"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/auditkeep/audit"
	auditgorm "github.com/auditkeep/audit/contrib/gorm"
	"github.com/auditkeep/audit/internal/pgtest"
	auditsqlite "github.com/auditkeep/audit/sqlite"
)

// belongs is embedded, with a prefix to its columns.
type belongs struct {
	OrderID *int `gorm:"column:order" audit:",parent=order"`
}

type orderLine struct {
	ID      int
	Of      belongs `gorm:"embedded;embeddedPrefix:of_"`
	Product string
}

type quota struct {
	ID    int
	KeyID int `gorm:"column:api_key_id" audit:",parent"` // by the column's name
}

// A tag of the model names the parent, however the row is written.
func TestATagNamesTheParent(t *testing.T) {
	t.Parallel()
	plain := &gorm.Config{Logger: logger.Default.LogMode(logger.Silent)}
	test := func(t *testing.T, db *gorm.DB, store audit.Store, plugin *auditgorm.Plugin) {
		t.Helper()
		require.NoError(t, db.Use(plugin))
		require.NoError(t, db.AutoMigrate(&orderLine{}, &quota{}))
		db = db.WithContext(audit.WithOrg(t.Context(), "acme"))
		seven, eight := 7, 8
		line := orderLine{ID: 1, Of: belongs{&seven}, Product: "tea"}
		require.NoError(t, db.Create(&line).Error)
		require.NoError(t, db.Create(&orderLine{ID: 2, Product: "rice"}).Error)
		require.NoError(t, db.Model(&line).Update("product", "green tea").Error)
		require.NoError(t, db.Model(&orderLine{}).Where("id = ?", 1).Update("of_order", eight).Error)
		require.NoError(t, db.Model(&orderLine{}).Where("id = ?", 1).Update("of_order", nil).Error)
		require.NoError(t, db.Model(&orderLine{}).Where("id = ?", 1).Update("of_order", seven).Error)
		require.NoError(t, db.Where("1 = 1").Delete(&orderLine{}).Error)
		require.NoError(t, db.Create(&quota{ID: 3, KeyID: 9}).Error)
		log, err := audit.New(store, audit.Config{Org: "acme"})
		require.NoError(t, err)
		var found []string
		for e, err := range log.All(t.Context(), audit.Filter{}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
			require.NoError(t, err)
			line := string(e.Action) + " " + e.Object.String()
			if !e.Parent.IsZero() {
				line += " of " + e.Parent.String()
			}
			found = append(found, line)
		}
		assert.ElementsMatch(t, []string{
			"create order_line 1 of order 7", "create order_line 2", "update order_line 1 of order 7", "update order_line 1 of order 8",
			"update order_line 1 of order 8", "update order_line 1 of order 7", "destroy order_line 1 of order 7", "destroy order_line 2", "create quota 3 of api_key 9",
		}, found)
	}
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		db, err := gorm.Open(sqlite.Open("file:"+filepath.Join(t.TempDir(), "test.db")+"?_txlock=immediate&_pragma=busy_timeout(5000)"), plain)
		require.NoError(t, err)
		opened, err := db.DB()
		require.NoError(t, err)
		t.Cleanup(func() { opened.Close() })
		store := auditsqlite.New(opened)
		require.NoError(t, store.Migrate(t.Context()))
		log, err := audit.New(store, audit.Config{})
		require.NoError(t, err)
		plugin, err := auditgorm.New(log, store.Tx, auditgorm.Options{})
		require.NoError(t, err)
		test(t, db, store, plugin)
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		db, store, err := onePool(pgtest.New(t))
		require.NoError(t, err)
		db.Logger = plain.Logger
		require.NoError(t, store.Migrate(t.Context()))
		log, err := audit.New(store, audit.Config{})
		require.NoError(t, err)
		plugin, err := auditgorm.New(log, store.SQLTx, auditgorm.Options{})
		require.NoError(t, err)
		test(t, db, store, plugin)
	})
}
