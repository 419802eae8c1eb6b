package audit

import (
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
)

// quickChanges reads changes in the form that the stores give, without taking
// them apart more than needed: an export of a million entries spends most of
// its time here. Values are cut out of the text where they are canonical
// already. It reports false for whatever it does not know, wrong or not, and
// leaves that to ParseChanges.
func quickChanges(text string) (Changes, bool) {
	p := changesScanner{jsontext.Scan(text)}
	if !p.Take('[') {
		return nil, false
	}
	if p.Take(']') {
		return nil, p.AtEnd()
	}
	changes := make(Changes, 0, strings.Count(text, `"field"`))
	for {
		change, ok := p.change()
		if !ok {
			return nil, false
		}
		changes = append(changes, change)
		switch {
		case p.Take(','):
		case p.Take(']'):
			return changes, p.AtEnd()
		default:
			return nil, false
		}
	}
}

// changesScanner takes changes out of JSON.
type changesScanner struct{ jsontext.Scanner }

func (p *changesScanner) change() (c Change, ok bool) {
	if !p.Take('{') {
		return c, false
	}
	hasField := false
	for {
		p.SkipBlanks()
		key, plain := p.Text()
		if !plain || !p.Take(':') {
			return c, false
		}
		p.SkipBlanks()
		switch {
		case key == `"field"` && !hasField:
			field, plain := p.Text()
			if !plain {
				return c, false
			}
			c.Field, hasField = field[1:len(field)-1], true
		case key == `"old"` && c.Old.IsAbsent():
			c.Old.json, ok = p.Value()
		case key == `"new"` && c.New.IsAbsent():
			c.New.json, ok = p.Value()
		default:
			return c, false
		}
		if key != `"field"` && !ok {
			return c, false
		}
		switch {
		case p.Take(','):
		case p.Take('}'):
			return c, hasField
		default:
			return c, false
		}
	}
}
