package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSpreadOf(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		values []float64
		want   spread
	}{
		{"one", []float64{3}, spread{3, 3, 3, 1}},
		{"two", []float64{4, 2}, spread{3, 2, 4, 2}},
		{"few, unsorted: all of them", []float64{5, 1, 4, 2, 3}, spread{3, 1, 5, 5}},
		{"many: the quartiles", []float64{13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1}, spread{7, 4, 10, 13}},
		{"of many, an outlier changes little", []float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1000}, spread{1, 1, 1, 12}},
	} {
		assert.Equal(t, test.want, spreadOf(test.values), test.name)
	}
	assert.True(t, math.IsNaN(spreadOf(nil).Median), "of nothing")
	values := []float64{2, 1}
	spreadOf(values)
	assert.Equal(t, []float64{2, 1}, values, "the values stay as they are")
}

func TestPairedRatio(t *testing.T) {
	t.Parallel()
	// The machine was ten times slower in the third block, for both.
	assert.Equal(t, spread{2, 2, 2, 4}, pairedRatio([]float64{2, 2.2, 20, 2.4}, []float64{1, 1.1, 10, 1.2}))
	assert.Equal(t, 1, pairedRatio([]float64{2, 2}, []float64{1}).Blocks, "what has no partner is left out")
	assert.True(t, math.IsNaN(pairedRatio(nil, []float64{1}).Median))
}

func TestSpreadOver(t *testing.T) {
	t.Parallel()
	assert.Equal(t, spread{5, 4, 7.5, 3}, spread{10, 8, 12, 3}.over(spread{2, 1.6, 2, 7}))
}

func TestSpreadTimes(t *testing.T) {
	t.Parallel()
	assert.Equal(t, spread{1, 0.5, 1.5, 3}, spread{10, 5, 15, 3}.times(0.1))
}
