package main

import (
	"context"

	"github.com/auditkeep/audit"
)

// growthRows is how many entries a transaction inserts: what the disk takes to
// confirm a commit would hide what a single one costs.
const growthRows = 100

// warmUpInserts is how often each log is written to beforehand: the first
// entries meet pages that the server has not in memory.
const warmUpInserts = 20

// target is a log that is written to, with the entries that are next.
type target struct {
	*pgLog
	name string
	next []audit.Entry
}

// draw makes the entries that are next.
func (t *target) draw(ctx context.Context, b *bench) (err error) {
	t.next, err = maker{b.random, t.trail}.updates(ctx, growthRows)
	return err
}

func (t *target) insert(ctx context.Context) error { return t.store.InsertDetached(ctx, t.next) }

// measureGrowth inserts into an empty log and into the largest, taking turns.
func measureGrowth(ctx context.Context, b *bench) error {
	none, err := b.newLog(ctx, dataEnd)
	if err != nil {
		return err
	}
	loaded, err := b.log(ctx, b.scale.large)
	if err != nil {
		return err
	}
	empty, large := &target{pgLog: none, name: "empty"}, &target{pgLog: loaded, name: count(b.scale.large) + " entries"}
	targets := []*target{empty, large}
	var candidates []candidate
	for _, t := range targets {
		for range warmUpInserts {
			if err := t.draw(ctx, b); err != nil {
				return err
			}
			if err := t.insert(ctx); err != nil {
				return err
			}
		}
		candidates = append(candidates, candidate{name: t.name, do: t.insert})
	}
	result, err := b.raceWith(ctx, 1, func() error {
		for _, t := range targets {
			if err := t.draw(ctx, b); err != nil {
				return err
			}
		}
		return nil
	}, candidates...)
	if err != nil {
		return err
	}
	t := b.report.table("Inserting 100 entries in a transaction, other people's, types and records each time", "log", "ms", "× empty")
	for _, target := range targets {
		t.row(target.name, result.time(target.name).times(1e-6), result.ratio(target.name, empty.name))
	}
	b.report.measured(goal{ID: "A5", What: "inserting into " + large.name, Of: "inserting into an empty log", Limit: 1.2},
		result.ratio(large.name, empty.name), "")
	return nil
}
