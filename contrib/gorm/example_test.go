package auditgorm_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	"github.com/glebarez/sqlite"
	"gorm.io/gorm"

	"github.com/auditkeep/audit"
	auditgorm "github.com/auditkeep/audit/contrib/gorm"
	auditsqlite "github.com/auditkeep/audit/sqlite"
)

type APIKey struct {
	ID           int
	Name, Secret string
}

// plug is all that a host adds to its setup.
func plug(db *gorm.DB, trail *audit.Log, store *auditsqlite.Store) error {
	plugin, err := auditgorm.New(trail, store.Tx, auditgorm.Options{}) // postgres: store.SQLTx
	if err != nil {
		return err
	}
	return db.Use(plugin)
}

func Example() {
	ctx := audit.WithActor(context.Background(), audit.Actor{Email: "dana@acme.test"})
	db, pool := connect()
	store := auditsqlite.New(pool)
	must(store.Migrate(ctx))
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	must(err)
	must(db.AutoMigrate(&APIKey{}))
	must(plug(db, trail, store))

	key := APIKey{Name: "ci", Secret: "s1"}
	must(db.WithContext(ctx).Create(&key).Error)
	must(db.WithContext(ctx).Model(&APIKey{}).Where("name = ?", "ci").Update("name", "deploy").Error)
	must(db.WithContext(ctx).Delete(&key).Error)

	for entry, err := range trail.All(ctx, audit.Filter{}, audit.Sort{By: audit.ByTimestamp, Dir: audit.Ascending}) {
		must(err)
		fmt.Println(entry.Action, entry.Object, entry.Changes.JSON(), entry.Actor.Email)
	}
	// Output:
	// create api_key 1 [{"field":"name","new":"ci"},{"field":"secret","new":{"$audit":"redacted"}}] dana@acme.test
	// update api_key 1 [{"field":"name","new":"deploy","old":"ci"}] dana@acme.test
	// destroy api_key 1 [{"field":"name","old":"deploy"},{"field":"secret","old":{"$audit":"redacted"}}] dana@acme.test
}

func connect() (*gorm.DB, *sql.DB) {
	db, err := gorm.Open(sqlite.Open("file:example?mode=memory&cache=shared"), &gorm.Config{})
	must(err)
	pool, err := db.DB()
	must(err)
	pool.SetMaxOpenConns(1)
	return db, pool
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
