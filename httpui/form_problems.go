package httpui

import (
	"maps"
	"net/url"
	"slices"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/words"
)

// problems are what is wrong with a URL's parameters, by parameter.
type problems map[string][]string

func (p problems) add(parameter, message string) {
	if !slices.Contains(p[parameter], message) {
		p[parameter] = append(p[parameter], message)
	}
}

// addError adds what the root package found wrong with the parameters.
func (p problems) addError(err error, s *words.Catalogue) {
	for _, field := range audit.FieldErrors(err) {
		field := *field
		field.Field = paramOf(field.Field)
		p.add(field.Field, problemText(&field, s))
	}
}

// problemText says what is wrong with a parameter, in a sentence or two.
func problemText(e *audit.FieldError, s *words.Catalogue) string {
	said := func(english string) string {
		if own, ok := s.Problem.Reasons[english]; ok {
			return own
		}
		return english
	}
	text := words.Fill(s.Problem.Text, "problem", display.Capital(said(e.Problem)))
	if e.Value != "" {
		text = words.Fill(s.Problem.WithValue, "value", display.VisibleText(e.Value), "problem", said(e.Problem))
	}
	if e.Remedy != "" {
		text = words.Fill(s.Problem.Remedy, "text", text, "remedy", display.Capital(said(e.Remedy)))
	}
	return text
}

// problem is one line of the summary; Anchor leads to the field.
type problem struct {
	Parameter, Message, Anchor string
}

// list returns the problems in the order of the form, then of the page.
func (p problems) list() []problem {
	var all []problem
	for _, parameter := range append([]string{"query"}, viewParams...) {
		for _, message := range p[parameter] {
			all = append(all, problem{Parameter: parameter, Message: message, Anchor: fieldAnchor(parameter)})
		}
	}
	return all
}

// without returns a copy of the parameters that have no problem.
func without(params url.Values, wrong problems) url.Values {
	kept := maps.Clone(params)
	for name := range wrong {
		kept.Del(name)
	}
	return kept
}
