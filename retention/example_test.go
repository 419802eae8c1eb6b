package retention_test

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	_ "modernc.org/sqlite"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/retention"
	"github.com/auditkeep/audit/sqlite"
)

// A hold keeps its months when the others expire. With DryRun, Expire only counts.
func Example() {
	ctx := audit.WithActor(context.Background(), audit.System("daily upkeep"))
	db, err := sql.Open("sqlite", "file:retention?mode=memory&cache=shared&_txlock=immediate")
	must(err)
	defer db.Close()
	store := sqlite.New(db)
	must(store.Migrate(ctx))
	trail, err := audit.New(store, audit.Config{Org: "acme"})
	must(err)
	admin := sqlite.NewAdmin(db)

	key := audit.Object{Type: "api_key", ID: "7"}
	for month := time.January; month <= time.March; month++ {
		must(trail.RecordDetached(ctx, audit.Performed("rotate", key).WithTime(time.Date(2024, month, 10, 0, 0, 0, 0, time.UTC))))
	}
	must(admin.Hold(ctx, trail, retention.Hold{
		Name:   "lawsuit 7",
		From:   time.Date(2024, time.February, 1, 0, 0, 0, 0, time.UTC),
		Until:  time.Date(2024, time.March, 1, 0, 0, 0, 0, time.UTC),
		Reason: "evidence",
	}))

	policy := retention.Policy{Before: time.Date(2025, time.January, 1, 0, 0, 0, 0, time.UTC), DryRun: true}
	report, err := admin.Expire(ctx, trail, policy)
	must(err)
	for _, month := range report.Gone {
		fmt.Println(month.Name, month.Entries, "would go")
	}
	for _, month := range report.Kept {
		fmt.Println(month.Name, month.Entries, "kept for", month.Holds)
	}
	// Output:
	// 2024-01 1 would go
	// 2024-03 1 would go
	// 2024-02 1 kept for [lawsuit 7]
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
