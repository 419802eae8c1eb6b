package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRace(t *testing.T) {
	t.Parallel()
	var calls [2]int
	prepared := 0
	count := func(i int, d time.Duration) func(context.Context) error {
		return func(context.Context) error {
			calls[i]++
			time.Sleep(d)
			return nil
		}
	}
	result, err := race(t.Context(), rand.New(rand.NewPCG(1, 2)), 0, []candidate{
		{name: "short", do: count(0, time.Millisecond), calls: 3},
		{name: "long", do: count(1, 20*time.Millisecond)},
	}, func() error {
		prepared++
		return nil
	})
	require.NoError(t, err)
	assert.Len(t, result["short"], leastBlocks, "also when there is no time")
	assert.Len(t, result["long"], leastBlocks)
	assert.Equal(t, calls[0], 3*calls[1], "they take turns")
	assert.Equal(t, prepared, calls[1], "before each round")
	assert.Greater(t, result.ratio("long", "short").Median, 1.5)
	assert.GreaterOrEqual(t, result.time("long").Median, 20e6)
}

func TestRaceEndsWithTheFirstError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	random := rand.New(rand.NewPCG(1, 2))
	_, err := race(t.Context(), random, time.Hour, []candidate{{name: "one", do: func(context.Context) error { return broken }}}, nil)
	require.ErrorIs(t, err, broken)
	assert.EqualError(t, err, `running "one": broken`)
	_, err = race(t.Context(), random, time.Hour, nil, func() error { return broken })
	require.ErrorIs(t, err, broken)
}
