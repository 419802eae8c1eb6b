package jsontext

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Scanner takes JSON apart, one token after the other, without copying. Its
// methods report false for what they do not expect, and for JSON in an unusual
// notation. Such JSON may still be valid: ask Decode.
type Scanner struct{ rest string }

// Scan returns a Scanner at the start of a text.
func Scan(text string) Scanner { return Scanner{rest: text} }

// SkipBlanks passes over blanks.
func (s *Scanner) SkipBlanks() {
	for s.rest != "" && (s.rest[0] == ' ' || s.rest[0] == '\n' || s.rest[0] == '\t' || s.rest[0] == '\r') {
		s.rest = s.rest[1:]
	}
}

// Take takes one character, after blanks.
func (s *Scanner) Take(c byte) bool {
	s.SkipBlanks()
	if s.rest == "" || s.rest[0] != c {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

// AtEnd reports whether only blanks are left.
func (s *Scanner) AtEnd() bool {
	s.SkipBlanks()
	return s.rest == ""
}

// Text takes a string, its quotes included, and reports whether it stands for
// itself: valid and without an escape.
func (s *Scanner) Text() (quoted string, plain bool) {
	if s.rest == "" || s.rest[0] != '"' {
		return "", false
	}
	ascii := true
	for i := 1; i < len(s.rest); i++ {
		switch c := s.rest[i]; {
		case c == '"':
			quoted, s.rest = s.rest[:i+1], s.rest[i+1:]
			return quoted, ascii || utf8.ValidString(quoted)
		case c == '\\' || c < ' ':
			return "", false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return "", false
}

// Key takes a key of an object, without its quotes and escapes.
func (s *Scanner) Key() (name string, ok bool) {
	before := s.rest
	if quoted, plain := s.Text(); plain {
		return quoted[1 : len(quoted)-1], true
	}
	s.rest = before
	quoted, ok := s.Raw()
	if !ok || json.Unmarshal([]byte(quoted), &name) != nil {
		return "", false
	}
	return name, true
}

// Value takes a value and returns its canonical form, which is a part of the text
// if it was canonical already.
func (s *Scanner) Value() (canonical string, ok bool) {
	if s.rest == "" {
		return "", false
	}
	before := s.rest
	switch s.rest[0] {
	case '"':
		if quoted, plain := s.Text(); plain {
			return quoted, true
		}
	case '{', '[':
	default:
		if token := s.token(); token == "null" || token == "true" || token == "false" || isCanonicalNumber(token) {
			return token, true
		}
	}
	// Escapes, lists, objects and unusual numbers are brought into form.
	s.rest = before
	raw, ok := s.Raw()
	if !ok {
		return "", false
	}
	canonical, err := Canonical(raw)
	return canonical, err == nil
}

// token takes what ends before a separator.
func (s *Scanner) token() string {
	end := strings.IndexAny(s.rest, ",}] \n\t\r")
	if end < 0 {
		end = len(s.rest)
	}
	token := s.rest[:end]
	s.rest = s.rest[end:]
	return token
}

// isCanonicalNumber reports whether a number is surely written as AppendNumber does. It
// reports false for some that are, such as those in scientific notation.
func isCanonicalNumber(token string) bool {
	digits := strings.TrimPrefix(token, "-")
	if digits == "" || len(digits) > plainDigits || token == "-0" {
		return false
	}
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if !IsWholeNumber(whole) {
		return false
	}
	return !hasPoint || fraction != "" && fraction[len(fraction)-1] != '0' && strings.Trim(fraction, "0123456789") == ""
}

// Raw takes a value of any kind without looking into it.
func (s *Scanner) Raw() (string, bool) {
	depth := 0
	for i := 0; i < len(s.rest); i++ {
		switch s.rest[i] {
		case '"':
			for i++; i < len(s.rest) && s.rest[i] != '"'; i++ {
				if s.rest[i] == '\\' {
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
			if depth > 0 || i+1 < len(s.rest) && !strings.ContainsRune(",}] \n\t\r", rune(s.rest[i+1])) {
				continue
			}
		}
		if depth < 0 || i >= len(s.rest) {
			return "", false
		}
		if depth == 0 {
			raw := s.rest[:i+1]
			s.rest = s.rest[i+1:]
			return raw, true
		}
	}
	return "", false
}
