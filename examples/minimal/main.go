package main

import (
	"context"
	"database/sql"
	"log"
	"net/http"

	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/httpui"
	"github.com/auditkeep/audit/sqlite"
)

// APIKey is a record of yours. Its Secret is recorded as changed, never its value.
type APIKey struct {
	ID           int
	Name, Secret string
}

func main() {
	ctx := audit.WithActor(context.Background(), audit.Actor{Email: "dana@acme.test"})
	db, err := sql.Open("sqlite", "file:demo.db?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	must(err)
	store := sqlite.New(db)
	must(store.Migrate(ctx))
	trail, err := audit.New(store, audit.Config{Org: "acme", RequireActor: true})
	must(err)

	tx, err := db.BeginTx(ctx, nil) // your transaction, with your UPDATE in it
	must(err)
	before, after := APIKey{7, "ci", "s1"}, APIKey{7, "deploy", "s2"}
	must(trail.Record(ctx, store.Tx(tx), audit.Updated(before, after)))
	must(tx.Commit()) // the entry exists if and only if this succeeds

	page, err := httpui.New(trail, httpui.Options{Authorize: func(*http.Request) bool { return true }})
	must(err)
	log.Println("The Audit Logs page: http://127.0.0.1:8081/")
	log.Fatal(http.ListenAndServe("127.0.0.1:8081", page))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
