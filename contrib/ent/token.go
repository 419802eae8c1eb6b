package auditent

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"entgo.io/ent/dialect"
)

// token is a word, a quoted name, a text, a number, a parameter or a sign.
type token struct {
	text  string
	space bool // white space stood before it
	arg   int  // a parameter's place in the arguments, from 1; 0 for others
}

// is reports whether it is a keyword or a sign.
func (t token) is(word string) bool { return t.arg == 0 && strings.EqualFold(t.text, word) }

// ident returns the name that it is, or "".
func (t token) ident() string {
	if t.text == "" || t.arg != 0 {
		return ""
	}
	switch q := t.text[0]; {
	case q == '"' || q == '`':
		return strings.ReplaceAll(t.text[1:len(t.text)-1], string([]byte{q, q}), string(q))
	case isWord(q) && (q < '0' || q > '9'):
		return t.text
	}
	return ""
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// tokenize splits a statement. Comments are left out.
func tokenize(query, dialectName string) ([]token, error) {
	var tokens []token
	params, space := 0, false
	for i := 0; i < len(query); {
		from, t := i, token{space: space}
		switch c := query[i]; {
		case strings.IndexByte(" \n\t\r\f\v", c) >= 0:
			i, space = i+1, true
			continue
		case strings.HasPrefix(query[i:], "--"):
			end := strings.IndexByte(query[i:], '\n')
			if end < 0 {
				end = len(query) - i
			}
			i, space = i+end, true
			continue
		case strings.HasPrefix(query[i:], "/*"):
			end := strings.Index(query[i+2:], "*/")
			if end < 0 || strings.Contains(query[i+2:i+2+end], "/*") {
				return nil, errors.New("the statement has a comment that does not end, or one within another")
			}
			i, space = i+2+end+2, true
			continue
		case c == '"' || c == '`' || c == '\'':
			end, err := quoted(query, i)
			if err != nil {
				return nil, err
			}
			i = end
		case c == '$' && dialectName == dialect.Postgres:
			for i++; i < len(query) && query[i] >= '0' && query[i] <= '9'; i++ {
			}
			n, err := strconv.Atoi(query[from+1 : i])
			if err != nil {
				return nil, errors.New("the statement has a text between dollar signs, which cannot be followed")
			}
			t.arg = n
		case c == '?' && dialectName == dialect.SQLite:
			i++
			params++
			t.arg = params
		case isWord(c):
			for i < len(query) && isWord(query[i]) {
				i++
			}
			if i < len(query) && query[i] == '\'' && (query[from:i] == "E" || query[from:i] == "e") {
				return nil, errors.New("the statement has a text with escapes (E'…'), which cannot be followed: give it as an argument")
			}
		default:
			i++
		}
		t.text, space = query[from:i], false
		tokens = append(tokens, t)
	}
	return tokens, nil
}

// quoted returns where a quoted name or text ends.
func quoted(query string, from int) (int, error) {
	q := query[from]
	for i := from + 1; i < len(query); i++ {
		if query[i] != q {
			continue
		}
		if i+1 < len(query) && query[i+1] == q {
			i++
			continue
		}
		return i + 1, nil
	}
	return 0, fmt.Errorf("the statement has a quote %c that does not end", q)
}

// builder writes a statement made of parts of another, with its arguments.
type builder struct {
	dialect string
	from    []any // the other's arguments
	text    strings.Builder
	args    []any
}

func (b *builder) write(text string) *builder {
	b.text.WriteString(text)
	return b
}

// arg writes a parameter.
func (b *builder) arg(value any) *builder {
	b.args = append(b.args, value)
	if b.dialect == dialect.Postgres {
		b.text.WriteString("$" + strconv.Itoa(len(b.args)))
	} else {
		b.text.WriteByte('?')
	}
	return b
}

// tokens writes a part of the other statement.
func (b *builder) tokens(tokens []token) *builder {
	for i, t := range tokens {
		if t.space || i == 0 {
			b.text.WriteByte(' ')
		}
		if t.arg > 0 && t.arg <= len(b.from) {
			b.arg(b.from[t.arg-1])
		} else {
			b.text.WriteString(t.text)
		}
	}
	return b
}

// quote returns a name for both dialects.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
