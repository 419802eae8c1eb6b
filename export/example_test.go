package export_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/export"
)

// A file of what a filter finds. The entries are streamed, so memory does not grow
// with their number.
func Example() {
	type APIKey struct {
		ID   int
		Name string
	}
	store := audittest.NewStore()
	now := func() time.Time { return time.Date(2026, 11, 22, 22, 41, 7, 0, time.UTC) }
	trail, err := audit.New(store, audit.Config{Org: "acme", Now: now})
	if err != nil {
		panic(err)
	}
	ctx := audit.WithActor(context.Background(), audit.Actor{Email: "dana@acme.test"})
	if err := trail.Record(ctx, store.Tx(), audit.Updated(APIKey{7, "ci"}, APIKey{7, "deploy"})); err != nil {
		panic(err)
	}

	filter := audit.Filter{ActorEmails: []string{"dana@acme.test"}}
	var file bytes.Buffer // or the file that Report.FileName names
	result, err := export.CSV.Write(&file, trail.All(ctx, filter, audit.Sort{}), export.Report{Filter: filter, NoBOM: true})
	if err != nil {
		panic(err)
	}
	fmt.Println(result.Rows, "row")
	fmt.Print(strings.ReplaceAll(file.String(), "\r\n", "\n"))
	// Output:
	// 1 row
	// Timestamp,Object Type,Auditable ID,Action,Changes,Performed By,IP Address
	// 2026-11-22T22:41:07.000000Z,API Key,7,update,name: ci -> deploy,dana@acme.test,
}
