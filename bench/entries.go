package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/auditkeep/audit"
)

// maker makes entries in Go, of the same kinds as the data's: for what is
// recorded into a large log, and for SQLite.
type maker struct {
	random *rand.Rand
	trail  *audit.Log
}

// draft is what a maker draws: an event and the context it is recorded in.
func (m maker) draft(ctx context.Context, org string) (context.Context, audit.Event) {
	user := m.random.IntN(2000)
	ctx = audit.WithOrg(ctx, org)
	ctx = audit.WithActor(ctx, audit.Actor{ID: fmt.Sprint(user), Email: fmt.Sprintf("user%d@acme.test", user)})
	ctx = audit.WithRequest(ctx, audit.Request{
		ID: fmt.Sprintf("%016x", m.random.Uint64()),
		IP: netip.AddrFrom4([4]byte{10, byte(m.random.IntN(20)), byte(m.random.IntN(250)), 7}),
	})
	n := int(m.random.Int32N(1_000_000))
	before := account{ID: 1 + m.random.IntN(200_000), C01: "old", C02: "old", C03: "old", C11: n, C12: n}
	after := before
	after.C01, after.C02, after.C03, after.C11, after.C12 = "new", "a somewhat longer text", "new", n+1, n+2
	object := audit.Object{Type: fmt.Sprintf("type_%02d", m.random.IntN(40)), ID: fmt.Sprint(before.ID)}
	switch m.random.IntN(10) {
	case 0:
		return ctx, audit.Destroyed(&before).WithObject(object)
	case 1, 2:
		return ctx, audit.Created(&after).WithObject(object)
	case 3:
		actions := []audit.Action{"login", "login_failed", "export", "invite", "archive"}
		return ctx, audit.Performed(actions[m.random.IntN(len(actions))], object)
	default:
		return ctx, audit.Updated(&before, &after).WithObject(object)
	}
}

// updates draws entries of updates only, all of one size.
func (m maker) updates(ctx context.Context, n int) ([]audit.Entry, error) {
	entries := make([]audit.Entry, 0, n)
	for len(entries) < n {
		drawn, event := m.draft(ctx, largestOrg)
		made, err := m.trail.Prepare(drawn, event)
		if err != nil {
			return nil, err
		}
		if made[0].Action == audit.ActionUpdate {
			entries = append(entries, made...)
		}
	}
	return entries, nil
}

// past draws entries at even distances in the data's three years, for an empty log.
func (m maker) past(ctx context.Context, first, last, total int) ([]audit.Entry, error) {
	step := dataEnd.Sub(dataStart) / time.Duration(total)
	entries := make([]audit.Entry, 0, last-first)
	for i := first; i < last; i++ {
		org := largestOrg
		if m.random.IntN(100) >= 40 {
			org = fmt.Sprintf("org_%02d", 2+m.random.IntN(49))
		}
		drawn, event := m.draft(ctx, org)
		made, err := m.trail.Prepare(drawn, event.WithTime(dataStart.Add(time.Duration(i)*step)))
		if err != nil {
			return nil, err
		}
		entries = append(entries, made...)
	}
	return entries, nil
}
