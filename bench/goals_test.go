package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	most, least := goal{Limit: 0.85}, goal{Limit: 0.95, AtLeast: true}
	for _, test := range []struct {
		name  string
		goal  goal
		value spread
		want  verdict
	}{
		{"all below", most, spread{0.80, 0.79, 0.84, 9}, holds},
		{"up to the limit", most, spread{0.80, 0.79, 0.85, 9}, holds},
		{"the median below, the noise not", most, spread{0.84, 0.79, 0.90, 9}, insideNoise},
		{"the median above, the noise not", most, spread{0.86, 0.84, 0.90, 9}, insideNoise},
		{"all above", most, spread{0.90, 0.86, 0.95, 9}, fallsShort},
		{"no spread", most, spread{0.85, 0.85, 0.85, 1}, holds},
		{"nothing measured", most, spreadOf(nil), notMeasured},
		{"at least: all above", least, spread{1.00, 0.96, 1.10, 9}, holds},
		{"at least: from the limit", least, spread{1.00, 0.95, 1.10, 9}, holds},
		{"at least: the noise below", least, spread{1.00, 0.90, 1.10, 9}, insideNoise},
		{"at least: all below", least, spread{0.80, 0.70, 0.94, 9}, fallsShort},
	} {
		assert.Equal(t, test.want, test.goal.judge(test.value), test.name)
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	var r report
	g := goal{ID: "A1", What: "audited write, one pipeline", Of: "an unaudited three-round-trip transaction", Limit: 0.85}
	r.measured(g, spread{0.841, 0.79, 0.9, 9}, "")
	r.measured(g, spreadOf(nil), "no server")
	r.missing(goal{ID: "E1", What: "memory", Limit: 30, Unit: "MB"}, notMeasured, "")
	assert.Equal(t, []string{
		"A1", "audited write, one pipeline", "0.84 × (0.79–0.90)", "goal ≤ 0.85 ×",
		"of an unaudited three-round-trip transaction", "inside the noise",
	}, r.Lines[0].cells())
	assert.Equal(t, "not measured (no server)", r.Lines[1].cells()[5])
	assert.Equal(t, []string{"E1", "memory", "", "goal ≤ 30 MB", "", "not measured"}, r.Lines[2].cells())
}

func TestFigure(t *testing.T) {
	t.Parallel()
	for value, want := range map[float64]string{0: "0.00", 0.0123: "0.012", 0.5: "0.50", 1.234: "1.23", 12.34: "12.3", 1234.5: "1234", -12.34: "-12.3"} {
		assert.Equal(t, want, figure(value))
	}
	assert.Equal(t, "–", figure(math.NaN()))
}

func TestWanted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		only string
		ids  []string
		want bool
	}{
		{"", []string{"A1"}, true},
		{" ", []string{"A1"}, true},
		{"A", []string{"A1", "A2"}, true},
		{"a2", []string{"A1", "A2"}, true},
		{"B1,E", []string{"E1"}, true},
		{"B1, C", []string{"C3"}, true},
		{"B1,", []string{"E1"}, false},
		{"A2", []string{"A1"}, false},
	} {
		assert.Equal(t, test.want, wanted(test.only, test.ids), "%q of %q", test.only, test.ids)
	}
}
