package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"strings"
)

//go:embed chart.svg
var chartText string

// chartGroups part the goals into charts, by the first letter of their names.
var chartGroups = []struct{ letters, file, title string }{
	{"AB", "bench-recording.svg", "Recording, as a share of what each goal allows"},
	{"CDF", "bench-pages.svg", "Pages, as a share of what each goal allows"},
	{"E", "bench-exports.svg", "Exports, as a share of what each goal allows"},
}

// bar is a goal in a chart. Goals have different limits, so each bar is drawn
// against its own: the line in the middle is the limit, and shorter is better.
type bar struct {
	Y, Bottom  int // of the label's line, and of the bar
	Label      string
	Value      string
	Width      float64
	Low, High  float64 // the spread, on the same scale
	Verdict    verdict
	FallsShort bool
	Noise      bool
}

const (
	chartUnit  = 360.0 // the width of a bar that is at its limit
	chartMost  = 1.9   // longer bars are cut, at so many limits
	chartPitch = 38
)

// share is a value as a share of the limit, so that 1 is at the limit and less
// is better, for goals of either kind.
func (g goal) share(value float64) float64 {
	if g.AtLeast {
		return g.Limit / value
	}
	return value / g.Limit
}

// barOf returns the bar of a measured goal.
func barOf(l line, y int) bar {
	width := func(value float64) float64 { return chartUnit * min(l.share(value), chartMost) }
	low, high := l.Value.Low, l.Value.High
	if l.AtLeast {
		low, high = high, low
	}
	return bar{
		Y: y, Bottom: y + 21, Label: l.ID + "  " + l.What, Value: fmt.Sprintf("%s %s, goal %s", figure(l.Value.Median), l.unit(), l.limit()),
		Width: width(l.Value.Median), Low: width(low), High: width(high),
		Verdict: l.Verdict, FallsShort: l.Verdict == fallsShort, Noise: l.Verdict == insideNoise,
	}
}

// writeCharts draws the goals that were measured.
func (r *report) writeCharts(folder string) error {
	drawing, err := template.New("chart").Parse(chartText)
	if err != nil {
		return fmt.Errorf("reading the chart's template: %w", err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("writing charts: %w", err)
	}
	version, _, _ := strings.Cut(r.Machine.PostgreSQL, " ") // without its packager
	for _, group := range chartGroups {
		var bars []bar
		for _, l := range r.Lines {
			if l.Value != nil && strings.ContainsRune(group.letters, rune(l.ID[0])) {
				bars = append(bars, barOf(l, 64+chartPitch*len(bars)))
			}
		}
		if len(bars) == 0 {
			continue
		}
		var out bytes.Buffer
		err := drawing.Execute(&out, map[string]any{
			"Title": group.title, "Bars": bars, "Height": 64 + chartPitch*len(bars) + 8,
			"Note": fmt.Sprintf("dashed: the goal; shorter is better; whiskers: the spread. %s entries, %s, PostgreSQL %s", count(r.Entries), r.Machine.Go, version),
		})
		if err != nil {
			return fmt.Errorf("drawing %s: %w", group.file, err)
		}
		if err := os.WriteFile(filepath.Join(folder, group.file), out.Bytes(), 0o644); err != nil {
			return fmt.Errorf("writing charts: %w", err)
		}
	}
	return nil
}
