package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/auditkeep/audit/internal/jsontext"
	"github.com/auditkeep/audit/internal/stored"
)

// ParseChanges reads the form that [Changes.JSON] writes, in any notation of
// the same JSON: a database may reorder keys and rewrite numbers.
func ParseChanges(text string) (Changes, error) {
	if changes, ok := quickChanges(text); ok {
		return changes, nil
	}
	return parseChanges(text)
}

// parseChanges is ParseChanges for any notation.
func parseChanges(text string) (Changes, error) {
	var items []json.RawMessage
	if err := json.Unmarshal([]byte(text), &items); err != nil {
		if broken, ok := errors.AsType[*json.SyntaxError](err); ok {
			return nil, fmt.Errorf("parsing changes: not JSON: %w", broken)
		}
		return nil, errors.New("parsing changes: not a list")
	}
	if len(items) == 0 {
		return nil, nil
	}
	changes := make(Changes, len(items))
	for i, item := range items {
		change, err := parseChange(item)
		if err != nil {
			return nil, fmt.Errorf("parsing changes: change %d %w", i+1, err)
		}
		changes[i] = change
	}
	return changes, nil
}

// parseChange reads one change. It refuses keys that no change has: a filter by
// field would not find one that is spelled "Field".
func parseChange(item json.RawMessage) (c Change, err error) {
	var parts map[string]json.RawMessage
	if json.Unmarshal(item, &parts) != nil || parts == nil {
		return c, fmt.Errorf("is %s, not an object", stored.Quote(string(item)))
	}
	field := parts["field"]
	if len(field) == 0 || field[0] != '"' || json.Unmarshal(field, &c.Field) != nil {
		return c, errors.New(`has no text under "field"`)
	}
	for key, raw := range parts {
		switch key {
		case "field":
		case "old":
			c.Old, err = ParseValue(string(raw))
		case "new":
			c.New, err = ParseValue(string(raw))
		default:
			return c, fmt.Errorf(`has the key %s besides "field", "old" and "new"`, stored.Quote(key))
		}
		if err != nil {
			return c, fmt.Errorf("of the field %s: %w", stored.Quote(c.Field), err)
		}
	}
	return c, nil
}

// UnmarshalJSON reads what [ParseChanges] reads.
func (c *Changes) UnmarshalJSON(text []byte) error {
	parsed, err := ParseChanges(string(text))
	if err != nil {
		return err
	}
	*c = parsed
	return nil
}

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
