package audit_test

import (
	"context"
	"fmt"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
)

func ExampleBuffer() {
	ctx := context.Background()
	trail, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme"})
	if err != nil {
		fmt.Println(err)
		return
	}
	buffer, err := audit.NewBuffer(trail, audit.BufferOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := buffer.Start(ctx); err != nil {
		fmt.Println(err)
		return
	}

	// In the login's handler, database or not:
	user := audit.Object{Type: "user", ID: "42"}
	if err := buffer.RecordDetached(ctx, audit.Performed("login_failed", user)); err != nil {
		fmt.Println(err) // full: refuse the login, or let it pass
	}

	// When the program ends:
	ending, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := buffer.Shutdown(ending); err != nil {
		fmt.Println(err)
	}
	fmt.Println(buffer.Stats().Recorded, "recorded")
	// Output: 1 recorded
}
