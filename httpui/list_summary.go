package httpui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/internal/parameter"
	"github.com/auditkeep/audit/words"
)

// summary is the line above the table.
type summary struct {
	Count string
	Range string
	Zone  string
	// Newer says how many entries were recorded since, with the way to them.
	Newer, NewerURL string
}

func (p *presenter) summary(v view, f found) summary {
	s := summary{
		Count: p.words.CountAtLeast(p.words.Summary.Entries, f.count.entries, f.count.more),
		Range: p.rangeText(v),
		Zone:  v.zone.String(),
	}
	if f.newer > 0 {
		s.Newer = p.words.CountAtLeast(p.words.Summary.Newer, min(f.newer, audit.CountCap), f.newer > audit.CountCap)
		s.NewerURL = v.newestLink()
	}
	return s
}

// rangeText says which times the view shows, the last one included.
func (p *presenter) rangeText(v view) string {
	s := p.words
	at := func(t time.Time) string { return s.Dates.Format(t.In(v.zone), s.Dates.DateTime) }
	from, to := v.filter.From, lastInstant(v.filter.Until)
	switch {
	case from.IsZero() && to.IsZero():
		return s.Times.All
	case from.IsZero():
		return fmt.Sprintf(s.Times.Until, at(to))
	case to.IsZero():
		return fmt.Sprintf(s.Times.Since, at(from))
	default:
		return fmt.Sprintf(s.Summary.Between, at(from), at(to))
	}
}

// lastInstant is the last time before a bound; no bound has none.
func lastInstant(until time.Time) time.Time {
	if until.IsZero() {
		return until
	}
	return until.Add(-time.Microsecond)
}

// chip is an applied filter with the link that takes it off.
type chip struct {
	Name   string
	Not    bool
	Values []string // raw
	Others string   // "and 3 more"
	URL    string
}

// chipValues is how many values of a filter its chip names.
const chipValues = 3

func (p *presenter) chips(v view) []chip {
	var chips []chip
	for _, name := range names(parameter.Chip, parameter.Choice, parameter.Text) {
		base, not := parameter.Positive(name)
		values := v.params[name]
		if param, ok := parameter.Named(base); ok {
			values = given(param, values)
		}
		if len(values) == 0 {
			continue
		}
		c := chip{Name: p.words.Parameters[name], Not: not, URL: v.without(name)}
		if left := len(values) - chipValues; left > 0 {
			values = values[:chipValues]
			c.Others = p.words.Count(p.words.Summary.Others, left)
		}
		for _, value := range values {
			c.Values = append(c.Values, p.optionLabel(base, value))
		}
		chips = append(chips, c)
	}
	return chips
}

// given returns the values that a parameter has. The empty one is one of a list
// to choose from: none recorded.
func given(p parameter.Parameter, values []string) []string {
	if p.Widget == parameter.Choice {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), func(text string) bool { return !p.Given(text) })
}

// Text is the chip in words.
func (c chip) Text(s *words.Catalogue) string {
	text := c.Name + ":"
	if c.Not {
		text += " " + s.Filter.Not
	}
	text += " " + strings.Join(c.Values, ", ")
	if c.Others != "" {
		text += " " + c.Others
	}
	return display.VisibleText(text)
}
