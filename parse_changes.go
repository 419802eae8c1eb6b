package audit

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// quickChanges reads changes in the form that the stores give, without taking
// them apart more than needed: an export of a million entries spends most of
// its time here. Values are cut out of the text where they are canonical
// already. It reports false for whatever it does not know, wrong or not, and
// leaves that to ParseChanges.
func quickChanges(text string) (Changes, bool) {
	p := quickParser{rest: text}
	if !p.take('[') {
		return nil, false
	}
	if p.take(']') {
		return nil, p.atEnd()
	}
	changes := make(Changes, 0, strings.Count(text, `"field"`))
	for {
		change, ok := p.change()
		if !ok {
			return nil, false
		}
		changes = append(changes, change)
		switch {
		case p.take(','):
		case p.take(']'):
			return changes, p.atEnd()
		default:
			return nil, false
		}
	}
}

// quickParser walks through JSON.
type quickParser struct{ rest string }

func (p *quickParser) skipBlanks() {
	for p.rest != "" && (p.rest[0] == ' ' || p.rest[0] == '\n' || p.rest[0] == '\t' || p.rest[0] == '\r') {
		p.rest = p.rest[1:]
	}
}

func (p *quickParser) take(c byte) bool {
	p.skipBlanks()
	if p.rest == "" || p.rest[0] != c {
		return false
	}
	p.rest = p.rest[1:]
	return true
}

func (p *quickParser) atEnd() bool {
	p.skipBlanks()
	return p.rest == ""
}

func (p *quickParser) change() (c Change, ok bool) {
	if !p.take('{') {
		return c, false
	}
	hasField := false
	for {
		p.skipBlanks()
		key, plain := p.text()
		if !plain || !p.take(':') {
			return c, false
		}
		p.skipBlanks()
		switch {
		case key == `"field"` && !hasField:
			field, plain := p.text()
			if !plain {
				return c, false
			}
			c.Field, hasField = field[1:len(field)-1], true
		case key == `"old"` && c.Old.IsAbsent():
			c.Old, ok = p.value()
		case key == `"new"` && c.New.IsAbsent():
			c.New, ok = p.value()
		default:
			return c, false
		}
		if key != `"field"` && !ok {
			return c, false
		}
		switch {
		case p.take(','):
		case p.take('}'):
			return c, hasField
		default:
			return c, false
		}
	}
}

// text takes a string, its quotes included, and reports whether it stands for
// itself: valid and without an escape.
func (p *quickParser) text() (quoted string, plain bool) {
	if p.rest == "" || p.rest[0] != '"' {
		return "", false
	}
	ascii := true
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '"':
			quoted, p.rest = p.rest[:i+1], p.rest[i+1:]
			return quoted, ascii || utf8.ValidString(quoted)
		case c == '\\' || c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// key takes a key of an object, without its quotes and escapes.
func (p *quickParser) key() (name string, ok bool) {
	before := p.rest
	if quoted, plain := p.text(); plain {
		return quoted[1 : len(quoted)-1], true
	}
	p.rest = before
	quoted, ok := p.raw()
	if !ok || json.Unmarshal([]byte(quoted), &name) != nil {
		return "", false
	}
	return name, true
}

// value takes a value: as it stands, where that is its canonical form.
func (p *quickParser) value() (Value, bool) {
	if p.rest == "" {
		return Value{}, false
	}
	before := p.rest
	switch p.rest[0] {
	case '"':
		if quoted, plain := p.text(); plain {
			return Value{json: quoted}, true
		}
	case '{', '[':
	default:
		if token := p.token(); token == "null" || token == "true" || token == "false" || isCanonicalNumber(token) {
			return Value{json: token}, true
		}
	}
	// Escapes, lists, objects and unusual numbers are brought into form.
	p.rest = before
	raw, ok := p.raw()
	if !ok {
		return Value{}, false
	}
	v, err := ParseValue(raw)
	return v, err == nil
}

// token takes what ends before a separator.
func (p *quickParser) token() string {
	end := strings.IndexAny(p.rest, ",}] \n\t\r")
	if end < 0 {
		end = len(p.rest)
	}
	token := p.rest[:end]
	p.rest = p.rest[end:]
	return token
}

// isCanonicalNumber reports whether a number is written as appendNumber does;
// some that are, it does not know.
func isCanonicalNumber(token string) bool {
	digits := strings.TrimPrefix(token, "-")
	if digits == "" || len(digits) > plainDigits || token == "-0" {
		return false
	}
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if !isWholeNumber(whole) {
		return false
	}
	return !hasPoint || fraction != "" && fraction[len(fraction)-1] != '0' && strings.Trim(fraction, "0123456789") == ""
}

// raw takes a value of any kind without looking into it.
func (p *quickParser) raw() (string, bool) {
	depth := 0
	for i := 0; i < len(p.rest); i++ {
		switch p.rest[i] {
		case '"':
			for i++; i < len(p.rest) && p.rest[i] != '"'; i++ {
				if p.rest[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		case ',', ' ', '\n', '\t', '\r':
			if depth == 0 {
				return "", false
			}
			continue
		default:
			if depth > 0 || i+1 < len(p.rest) && !strings.ContainsRune(",}] \n\t\r", rune(p.rest[i+1])) {
				continue
			}
		}
		if depth < 0 || i >= len(p.rest) {
			return "", false
		}
		if depth == 0 {
			raw := p.rest[:i+1]
			p.rest = p.rest[i+1:]
			return raw, true
		}
	}
	return "", false
}
