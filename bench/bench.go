package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// bench is one run.
type bench struct {
	options
	scale    scale
	progress *progress
	report   report
	// random is seeded alike in every run.
	random *rand.Rand

	main   *pgxpool.Pool
	logs   map[int]*pgLog // by their number of entries
	host   *host
	closes []func() error
}

// scale is how much is measured.
type scale struct {
	small, middle, large int // entries of the logs; middle is 0 if there is none
	sqlite               int
	export, pdf          int // rows
	exportRounds         int
	clientTurn           time.Duration
	clientRounds         int
}

// leastSize is the least that the largest log can have: a tenth of it still has
// some entries of the largest organization in its last month.
const leastSize = 5000

func newBench(ctx context.Context, o options, p *progress) (*bench, error) {
	b := &bench{options: o, progress: p, random: rand.New(rand.NewPCG(2026, 11)), logs: map[int]*pgLog{}}
	if o.quick {
		b.scale = scale{large: 200_000, sqlite: 50_000, export: 20_000, pdf: 20_000, exportRounds: 3, clientTurn: 300 * time.Millisecond, clientRounds: leastBlocks}
		b.defaults(2 * time.Second)
		b.scale.small = max(b.scale.large/10, leastSize/10)
	} else {
		b.scale = scale{large: 10_000_000, sqlite: 1_000_000, export: 1_000_000, pdf: 100_000, exportRounds: 3, clientTurn: time.Second, clientRounds: 12}
		b.defaults(20 * time.Second)
		b.scale.small = max(b.scale.large/100, leastSize/10)
		if middle := b.scale.large / 10; middle > b.scale.small {
			b.scale.middle = middle
		}
	}
	// A log can give no more rows than its largest organization has.
	most := b.scale.large / 3
	b.scale.export, b.scale.pdf = min(b.scale.export, most), min(b.scale.pdf, most)

	pool, err := openPool(ctx, o.database, "public")
	if err != nil {
		return nil, err
	}
	b.main = pool
	b.onClose(func() error { pool.Close(); return nil })
	b.report = report{Entries: b.scale.large, Quick: o.quick}
	if b.report.Machine, err = machineOf(ctx, pool); err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

// defaults settles what the flags leave open.
func (b *bench) defaults(budget time.Duration) {
	if b.budget == 0 {
		b.budget = budget
	}
	if b.size != 0 {
		b.scale.large = b.size
		b.scale.sqlite = min(b.scale.sqlite, b.size)
	}
	// A race that was made shorter by hand shortens what has no budget too.
	b.scale.clientTurn = min(b.scale.clientTurn, b.budget)
	if b.budget < time.Second {
		b.scale.exportRounds = 1
	}
}

// race is [race] within the run's budget, or a part of it.
func (b *bench) race(ctx context.Context, share float64, candidates ...candidate) (outcome, error) {
	return b.raceWith(ctx, share, nil, candidates...)
}

// raceWith is race with something to prepare before every round, untimed.
func (b *bench) raceWith(ctx context.Context, share float64, prepare func() error, candidates ...candidate) (outcome, error) {
	return race(ctx, b.random, time.Duration(float64(b.budget)*share), candidates, prepare)
}

// onClose remembers what has to be undone at the end, last things first.
func (b *bench) onClose(f func() error) { b.closes = append(b.closes, f) }

func (b *bench) close() error {
	var errs []error
	for i := len(b.closes) - 1; i >= 0; i-- {
		errs = append(errs, b.closes[i]())
	}
	b.closes = nil
	return errors.Join(errs...)
}
