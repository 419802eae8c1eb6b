package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// candidate is one of several ways to do the same thing.
type candidate struct {
	name string
	do   func(context.Context) error
	// calls is how many calls are timed together, for calls shorter than the
	// clock's resolution. Defaults to 1.
	calls int
}

// outcome is what a race came to: of each candidate the median time of a call,
// in nanoseconds, block by block.
type outcome map[string][]float64

// ratio is how long a candidate took for each unit of time of the base.
func (o outcome) ratio(name, base string) spread { return pairedRatio(o[name], o[base]) }

// time is how long a call of a candidate took, in nanoseconds.
func (o outcome) time(name string) spread { return spreadOf(o[name]) }

// The bounds of a race. Of fewer blocks than five, nothing can be said.
const (
	leastBlocks  = 5
	usualBlocks  = 12
	mostRounds   = 200
	warmUpRounds = 7 // PostgreSQL decides about a plan to keep at the sixth
)

// race times the candidates against each other for about so long. They take
// turns call by call, in an order that is drawn anew for every round, so that a
// machine that is busy for a while is so for all of them. Rounds are put
// together into blocks: a block's median leaves out the odd call that met a
// checkpoint or a collection, and the blocks show how much is noise.
//
// Before each round prepare is called, untimed; it may be nil.
func race(ctx context.Context, random *rand.Rand, budget time.Duration, candidates []candidate, prepare func() error) (outcome, error) {
	times := make([][]float64, len(candidates)) // of this block's rounds
	round := func() error {
		if prepare != nil {
			if err := prepare(); err != nil {
				return fmt.Errorf("preparing a round: %w", err)
			}
		}
		for _, i := range random.Perm(len(candidates)) {
			took, err := candidates[i].time(ctx)
			if err != nil {
				return fmt.Errorf("running %q: %w", candidates[i].name, err)
			}
			times[i] = append(times[i], took)
		}
		return nil
	}
	var roundTook time.Duration
	begin := time.Now()
	for range warmUpRounds {
		start := time.Now()
		if err := round(); err != nil {
			return nil, err
		}
		roundTook = time.Since(start)
		if time.Since(begin) > budget/4 {
			break
		}
	}
	rounds := min(max(int(budget/usualBlocks/max(roundTook, 1)), 1), mostRounds)
	out := make(outcome, len(candidates))
	begin = time.Now()
	for block := 0; block < leastBlocks || time.Since(begin) < budget; block++ {
		for i := range times {
			times[i] = times[i][:0]
		}
		for range rounds {
			if err := round(); err != nil {
				return nil, err
			}
		}
		for i, c := range candidates {
			out[c.name] = append(out[c.name], median(times[i]))
		}
	}
	return out, nil
}

// time returns the nanoseconds of one call.
func (c candidate) time(ctx context.Context) (float64, error) {
	calls := max(c.calls, 1)
	start := time.Now()
	for range calls {
		if err := c.do(ctx); err != nil {
			return 0, err
		}
	}
	return float64(time.Since(start).Nanoseconds()) / float64(calls), nil
}
