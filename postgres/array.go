package postgres

import "strings"

var arrayEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// arrayLiteral writes a text[] as PostgreSQL reads it: {"one","two"}. With
// every element in quotes, only the quote and the backslash need an escape,
// and neither an empty text nor NULL can be taken for something else.
func arrayLiteral(texts []string) string {
	size := 2
	for _, text := range texts {
		size += len(text) + len(text)/8 + 3
	}
	var literal strings.Builder
	literal.Grow(size)
	literal.WriteByte('{')
	for i, text := range texts {
		if i > 0 {
			literal.WriteByte(',')
		}
		literal.WriteByte('"')
		_, _ = arrayEscapes.WriteString(&literal, text) // a Builder never returns an error
		literal.WriteByte('"')
	}
	literal.WriteByte('}')
	return literal.String()
}
