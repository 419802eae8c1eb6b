package main

import (
	"cmp"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// goal is what a measurement is held against.
type goal struct {
	ID   string `json:"id"`
	What string `json:"what"`
	// Of is what the ratio is taken of: the floor.
	Of    string  `json:"of,omitempty"`
	Limit float64 `json:"limit"`
	// AtLeast: the limit is the least that is wanted, not the most.
	AtLeast bool `json:"at_least,omitempty"`
	// Unit follows the numbers. Defaults to "×".
	Unit string `json:"unit,omitempty"`
}

// verdict says whether a goal is met.
type verdict string

// A measurement whose spread reaches over the goal proves nothing, either way.
const (
	holds       verdict = "holds"
	fallsShort  verdict = "falls short"
	insideNoise verdict = "inside the noise"
	notMeasured verdict = "not measured"
)

// judge holds a measurement against the goal.
func (g goal) judge(value spread) verdict {
	if math.IsNaN(value.Median) {
		return notMeasured
	}
	low, high, limit := value.Low, value.High, g.Limit
	if g.AtLeast {
		low, high, limit = -high, -low, -limit
	}
	switch {
	case high <= limit:
		return holds
	case low > limit:
		return fallsShort
	default:
		return insideNoise
	}
}

// line is one goal with what was measured.
type line struct {
	goal
	Value   *spread `json:"value,omitempty"` // nil if nothing was measured
	Verdict verdict `json:"verdict"`
	// Note says which of several it is, or why nothing was measured.
	Note string `json:"note,omitempty"`
}

func (g goal) limit() string {
	sign := "≤"
	if g.AtLeast {
		sign = "≥"
	}
	return fmt.Sprintf("%s %s %s", sign, strconv.FormatFloat(g.Limit, 'g', 6, 64), g.unit())
}

func (g goal) unit() string { return cmp.Or(g.Unit, "×") }

// cells are the line's columns.
func (l line) cells() []string {
	value := ""
	if l.Value != nil {
		value = figure(l.Value.Median) + " " + l.unit()
		if l.Value.Low != l.Value.High {
			value += fmt.Sprintf(" (%s–%s)", figure(l.Value.Low), figure(l.Value.High))
		}
	}
	of := ""
	if l.Of != "" {
		of = "of " + l.Of
	}
	last := string(l.Verdict)
	if l.Note != "" {
		last += " (" + l.Note + ")"
	}
	return []string{l.ID, l.What, value, "goal " + l.limit(), of, last}
}

// figure writes a number with the digits that mean something.
func figure(x float64) string {
	switch size := math.Abs(x); {
	case math.IsNaN(x):
		return "–"
	case size >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case size >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	case size >= 0.1 || size == 0:
		return strconv.FormatFloat(x, 'f', 2, 64)
	default:
		return strconv.FormatFloat(x, 'g', 2, 64)
	}
}

// range of a spread, in words for a table's cell.
func (s spread) String() string {
	if s.Low == s.High {
		return figure(s.Median)
	}
	return fmt.Sprintf("%s (%s–%s)", figure(s.Median), figure(s.Low), figure(s.High))
}

// wanted reports whether a list such as "A,B1" names one of the goals; an
// empty list names all.
func wanted(only string, ids []string) bool {
	if strings.TrimSpace(only) == "" {
		return true
	}
	for _, prefix := range strings.Split(only, ",") {
		prefix = strings.ToUpper(strings.TrimSpace(prefix))
		for _, id := range ids {
			if prefix != "" && strings.HasPrefix(id, prefix) {
				return true
			}
		}
	}
	return false
}
