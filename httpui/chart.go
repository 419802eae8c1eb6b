package httpui

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/internal/timebuckets"
	"github.com/auditkeep/audit/words"
)

// chart is the histogram above the table. It is drawn here, as SVG whose
// colours are the style sheet's; every bar is a link to its own range of time.
type chart struct {
	Caption string
	Legend  []legendItem
	// Width is the drawing's own; it is stretched to the page's.
	Width  int
	Shapes []shape
	Bars   []bar
	Ticks  []tick
	// Narrower leads to parts of a range that holds too many to count.
	Narrower []Link

	entries int
}

// legendItem is one colour, and how many entries have it.
type legendItem struct {
	Class, Text string
	Count       string
}

// shape is what is drawn in one colour: upright strokes as wide as the style
// sheet has them.
type shape struct{ Class, Path string }

// bar is one bucket with entries: a link over the column that begins at X.
type bar struct {
	URL, Title string
	X          int
}

// tick is a text on the axis of time.
type tick struct{ X, Text string }

// The drawing's measures.
const (
	columnWidth = 20
	barHeight   = 44 // of the highest
	chartHeight = 48 // with room for parts that are drawn higher than they are
	mostTicks   = 4
)

// barKinds are the colours, from the ground up.
var barKinds = []string{"audit-update", "audit-create", "audit-destroy", "audit-other"}

func (p *presenter) draw(v view, buckets timebuckets.Buckets, found audit.Histogram) *chart {
	c := &chart{Width: buckets.Len() * columnWidth, Ticks: p.ticks(buckets), Legend: p.legend(found.Bars), entries: found.Entries}
	peak := 0
	perBucket := make([][]audit.HistogramBar, buckets.Len())
	for _, one := range found.Bars {
		perBucket[one.Bucket] = append(perBucket[one.Bucket], one)
	}
	for _, bars := range perBucket {
		peak = max(peak, sum(bars))
	}
	paths := make([]strings.Builder, len(barKinds))
	for i, bars := range perBucket {
		if len(bars) == 0 {
			continue
		}
		from, until := buckets.Bucket(i)
		c.Bars = append(c.Bars, bar{
			URL:   v.withRange(v.within(from, until)),
			Title: p.barTitle(from.In(v.zone), lastInstant(until).In(v.zone), bars),
			X:     i * columnWidth,
		})
		below, y := 0, chartHeight
		for kind, class := range barKinds {
			n := sum(slices.DeleteFunc(slices.Clone(bars), func(b audit.HistogramBar) bool { return pillOf(b.Action).Class != class }))
			if n == 0 {
				continue
			}
			// Whatever there is can be seen.
			height := max(1, round(below+n, peak)-round(below, peak))
			fmt.Fprintf(&paths[kind], "M%d %dv-%d", i*columnWidth+columnWidth/2, y, height)
			below, y = below+n, y-height
		}
	}
	for kind, class := range barKinds {
		if paths[kind].Len() > 0 {
			c.Shapes = append(c.Shapes, shape{class, paths[kind].String()})
		}
	}
	s := p.words
	width, unit := buckets.Width()
	c.Caption = words.Fill(s.Chart.Caption,
		"width", s.Count(s.Chart.Units[unit], width), "most", s.Number(peak))
	return c
}

// round returns the height of n entries where peak of them are the highest bar.
func round(n, peak int) int { return (n*barHeight + peak/2) / peak }

func sum(bars []audit.HistogramBar) (entries int) {
	for _, b := range bars {
		entries += b.Entries
	}
	return entries
}

// within returns the part of a bucket that lies in the view's range, as
// parameters.
func (v view) within(from, until time.Time) url.Values {
	if v.filter.From.After(from) {
		from = v.filter.From
	}
	if end := v.filter.Until; !end.IsZero() && end.Before(until) {
		until = end
	}
	return timeParams(from, until, v.zone)
}

// actionsNamed is how many actions a bar names.
const actionsNamed = 4

func (p *presenter) barTitle(first, last time.Time, bars []audit.HistogramBar) string {
	s := p.words
	// In the order of the legend; the host's own follow, the most frequent first.
	kind := func(b audit.HistogramBar) int { return slices.Index(barKinds, pillOf(b.Action).Class) }
	slices.SortStableFunc(bars, func(a, b audit.HistogramBar) int { return cmp.Or(kind(a)-kind(b), b.Entries-a.Entries) })
	var parts []string
	for i, b := range bars {
		if i == actionsNamed-1 && len(bars) > actionsNamed {
			parts = append(parts, s.Number(sum(bars[i:]))+" "+s.Chart.OtherActions)
			break
		}
		parts = append(parts, s.Number(b.Entries)+" "+p.actionText(b.Action))
	}
	return words.Fill(s.Chart.Bar, "when", p.barTime(first, last),
		"entries", s.Count(s.Summary.Entries, sum(bars)), "actions", strings.Join(parts, ", "))
}

// barTime names the times of a bar, with the zone's abbreviation if clocks show
// one of them twice.
func (p *presenter) barTime(first, last time.Time) string {
	zone := ""
	if shownTwice(first) || shownTwice(last) {
		zone = first.Format("MST")
	}
	return p.words.Dates.Bar(first, last, zone)
}

func (p *presenter) actionText(a audit.Action) string {
	if a == "" {
		return p.words.Filter.None
	}
	return display.VisibleText(p.actionLabel(a))
}

// legend says what the colours mean, and how many entries each has. Actions of
// the host's own share one.
func (p *presenter) legend(bars []audit.HistogramBar) []legendItem {
	var items []legendItem
	for _, class := range barKinds {
		var text string
		n := 0
		for _, b := range bars {
			if pillOf(b.Action).Class != class {
				continue
			}
			if own := p.actionText(b.Action); n == 0 || own == text {
				text = own
			} else {
				text = p.words.Chart.OtherActions
			}
			n += b.Entries
		}
		if n > 0 {
			items = append(items, legendItem{class, text, p.words.Number(n)})
		}
	}
	return items
}

// ticks names few of the buckets, evenly.
func (p *presenter) ticks(b timebuckets.Buckets) []tick {
	var ticks []tick
	n := b.Len()
	_, unit := b.Width()
	for i := 0; i <= n*4/5; i += (n + mostTicks - 1) / mostTicks { // a text further on would stick out
		x := fmt.Sprintf("%.4g%%", 100*float64(i)/float64(n))
		start, _ := b.Bucket(i)
		ticks = append(ticks, tick{x, p.words.Dates.Axis(start, unit)})
	}
	return ticks
}

// tooMany stands in place of the chart if there are more entries than are counted.
func (p *presenter) tooMany(narrower []Link) *chart {
	c := &chart{Caption: p.words.Count(p.words.Chart.TooMany, audit.CountCap), Narrower: narrower}
	if len(narrower) > 0 {
		c.Caption += " " + p.words.Chart.ChooseShorter
	}
	return c
}

// shorterRanges are those that begin later than the named one and, like it,
// reach to the present.
func shorterRanges(name string) []string {
	ranges := []string{"all", "90d", "30d", "7d", "today", "1h", "15m"}
	i := slices.Index(ranges, name)
	if i < 0 {
		return nil
	}
	return ranges[i+1:]
}

func presetLinks(s *words.Catalogue, v view, name string) []Link {
	var links []Link
	for _, shorter := range shorterRanges(name) {
		links = append(links, Link{s.Ranges[shorter], v.withRange(url.Values{"range": {shorter}})})
	}
	return links
}

// partLinks lead to the quarters of a range.
func (p *presenter) partLinks(v view, b timebuckets.Buckets) []Link {
	n := b.Len()
	if n == 1 {
		return nil
	}
	var links []Link
	for i, parts := 0, min(4, n); i < parts; i++ {
		from, _ := b.Bucket(i * n / parts)
		_, until := b.Bucket((i+1)*n/parts - 1)
		links = append(links, Link{p.barTime(from.In(v.zone), lastInstant(until).In(v.zone)), v.withRange(v.within(from, until))})
	}
	return links
}
