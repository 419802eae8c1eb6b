package main

import (
	"math"
	"slices"
)

// spread is the result of a measurement: its median, and Low and High, between
// which the true one is in some 19 of 20 cases. Those are the quartiles of its
// blocks, or the least and the greatest if there are few.
type spread struct {
	Median float64 `json:"median"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	// Blocks is how many values it is made of.
	Blocks int `json:"blocks"`
}

// fewBlocks are too few for quartiles: those of five miss the true median more
// than once in three times, those of twelve once in twenty-five.
const fewBlocks = 12

// spreadOf returns the spread of some values; of none it is all NaN.
func spreadOf(values []float64) spread {
	sorted := slices.Sorted(slices.Values(values))
	low, high := 0.25, 0.75
	if len(sorted) < fewBlocks {
		low, high = 0, 1
	}
	return spread{Median: quantile(sorted, 0.5), Low: quantile(sorted, low), High: quantile(sorted, high), Blocks: len(sorted)}
}

// quantile interpolates between the two nearest of the sorted values.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	at := q * float64(len(sorted)-1)
	below := int(at)
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	share := at - float64(below)
	return sorted[below]*(1-share) + sorted[below+1]*share
}

func median(values []float64) float64 {
	return quantile(slices.Sorted(slices.Values(values)), 0.5)
}

// pairedRatio is the spread of a/b, block by block: what slowed the machine
// down for a while slowed both sides of a pair.
func pairedRatio(a, b []float64) spread {
	n := min(len(a), len(b))
	ratios := make([]float64, n)
	for i := range n {
		ratios[i] = a[i] / b[i]
	}
	return spreadOf(ratios)
}

// over divides two spreads that have one yardstick in common. The ends are the
// worst case, so that a verdict never rests on two measurements' luck.
func (s spread) over(other spread) spread {
	return spread{
		Median: s.Median / other.Median,
		Low:    s.Low / other.High,
		High:   s.High / other.Low,
		Blocks: min(s.Blocks, other.Blocks),
	}
}

// times scales a spread, for another unit.
func (s spread) times(factor float64) spread {
	return spread{s.Median * factor, s.Low * factor, s.High * factor, s.Blocks}
}
