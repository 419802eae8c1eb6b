package auditgorm_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"

	"github.com/auditkeep/audit"
	auditgorm "github.com/auditkeep/audit/contrib/gorm"
	"github.com/auditkeep/audit/internal/pgtest"
	"github.com/auditkeep/audit/postgres"
)

// onePool makes GORM and the log share one pool of connections.
func onePool(pool *pgxpool.Pool) (*gorm.DB, *postgres.Store, error) {
	db, err := gorm.Open(gormpostgres.New(gormpostgres.Config{Conn: stdlib.OpenDBFromPool(pool)}), &gorm.Config{})
	return db, postgres.New(pool), err
}

// gormsPool makes the log use the connections that GORM opened.
func gormsPool(db *gorm.DB) (*postgres.Store, error) {
	opened, err := db.DB()
	if err != nil {
		return nil, err
	}
	return postgres.NewSQL(opened), nil
}

// A transaction that holds the only connection records by it, whoever began it,
// and whoever opened the pool.
func TestOnePool(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T, pool *pgxpool.Pool) (*gorm.DB, *postgres.Store){
		"pgxpool": func(t *testing.T, pool *pgxpool.Pool) (*gorm.DB, *postgres.Store) {
			db, store, err := onePool(pool)
			require.NoError(t, err)
			return db, store
		},
		"GORM's own": func(t *testing.T, pool *pgxpool.Pool) (*gorm.DB, *postgres.Store) {
			db, err := gorm.Open(gormpostgres.Open(pool.Config().ConnString()), &gorm.Config{})
			require.NoError(t, err)
			opened, err := db.DB()
			require.NoError(t, err)
			opened.SetMaxOpenConns(1)
			store, err := gormsPool(db)
			require.NoError(t, err)
			return db, store
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool, connections := pgtest.NewSmall(t, 1)
			db, store := open(t, pool)
			recordsByOneConnection(t, db, store, connections)
		})
	}
}

func recordsByOneConnection(t *testing.T, db *gorm.DB, store *postgres.Store, connections func() int) {
	t.Helper()
	type Key struct {
		ID   int
		Name string
	}
	sqlDB, err := db.DB()
	require.NoError(t, err)
	t.Cleanup(func() { sqlDB.Close() })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, store.Migrate(ctx))
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	require.NoError(t, err)
	plugin, err := auditgorm.New(trail, store.SQLTx, auditgorm.Options{})
	require.NoError(t, err)
	require.NoError(t, db.Use(plugin))
	db = db.WithContext(ctx)
	require.NoError(t, db.AutoMigrate(&Key{}))
	key := Key{ID: 7, Name: "ci"}
	require.NoError(t, db.Create(&key).Error)
	require.NoError(t, db.Transaction(func(tx *gorm.DB) error {
		if err := tx.Model(&key).Update("name", "deploy").Error; err != nil {
			return err
		}
		assert.Equal(t, 1, connections())
		return tx.Delete(&key).Error
	}))
	require.NoError(t, db.Session(&gorm.Session{SkipDefaultTransaction: true}).Create(&Key{ID: 8}).Error)
	page, err := trail.Page(ctx, audit.Query{})
	require.NoError(t, err)
	require.Len(t, page.Entries, 4)
	assert.Equal(t, 1, connections())
}
