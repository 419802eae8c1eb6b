package main

import (
	"context"

	"github.com/auditkeep/audit"
)

// growthRows is how many entries a transaction inserts: what the disk takes to
// confirm a commit would hide what a single one costs.
const growthRows = 100

// measureGrowth inserts into an empty log and into the largest, taking turns.
func measureGrowth(ctx context.Context, b *bench) error {
	empty, err := b.newLog(ctx, dataEnd)
	if err != nil {
		return err
	}
	large, err := b.log(ctx, b.scale.large)
	if err != nil {
		return err
	}
	const emptyName, largeName = "empty", "large"
	logs := map[string]*pgLog{emptyName: empty, largeName: large}
	var candidates []candidate
	for _, l := range logs { // the first entries meet pages that the server has not in memory
		m := maker{b.random, l.trail}
		for range 20 {
			entries, err := m.updates(ctx, growthRows)
			if err != nil {
				return err
			}
			if err := l.store.InsertDetached(ctx, entries); err != nil {
				return err
			}
		}
	}
	ready := map[string][]audit.Entry{}
	for _, name := range []string{emptyName, largeName} {
		l := logs[name]
		candidates = append(candidates, candidate{name: name, do: func(ctx context.Context) error {
			return l.store.InsertDetached(ctx, ready[name])
		}})
	}
	result, err := b.raceWith(ctx, 1, func() (err error) {
		for name, l := range logs {
			if ready[name], err = (maker{b.random, l.trail}).updates(ctx, growthRows); err != nil {
				return err
			}
		}
		return nil
	}, candidates...)
	if err != nil {
		return err
	}
	t := b.report.table("Inserting 100 entries in a transaction, other people's, types and records each time", "log", "ms", "× empty")
	t.row("empty", result.time(emptyName).times(1e-6), "1")
	t.row(count(b.scale.large)+" entries", result.time(largeName).times(1e-6), result.ratio(largeName, emptyName))
	b.report.measured(goal{ID: "A5", What: "inserting into " + count(b.scale.large) + " entries", Of: "inserting into an empty log", Limit: 1.2},
		result.ratio(largeName, emptyName), "")
	return nil
}
