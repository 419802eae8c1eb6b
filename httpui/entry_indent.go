package httpui

import (
	"strings"
	"unicode/utf8"
)

// indented returns JSON without blanks for reading: each item and key on its
// own line. It writes no more than is shown: json.Indent writes a gigabyte for
// lists that are 30,000 deep.
func indented(text string, most int) whole {
	var out strings.Builder
	depth := 0
	line := func() {
		out.WriteByte('\n')
		for range depth {
			out.WriteString("  ")
		}
	}
	for i := 0; i < len(text); {
		if out.Len() > most {
			shown := cutWhole(out.String(), most)
			shown.Cut += utf8.RuneCountInString(text[i:])
			return shown
		}
		end := i + 1
		switch c := text[i]; c {
		case '{', '[':
			if end < len(text) && (text[end] == '}' || text[end] == ']') {
				end++
				out.WriteString(text[i:end])
				break
			}
			out.WriteByte(c)
			depth++
			line()
		case '}', ']':
			depth--
			line()
			out.WriteByte(c)
		case ',':
			out.WriteByte(c)
			line()
		case ':':
			out.WriteString(": ")
		case '"':
			end = i + stringLen(text[i:])
			out.WriteString(text[i:end])
		default:
			out.WriteByte(c)
		}
		i = end
	}
	return cutWhole(out.String(), most)
}

// stringLen is how long the string is that JSON begins with.
func stringLen(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(text)
}

// cutWhole returns so many bytes of a text, never half a character.
func cutWhole(text string, most int) whole {
	if len(text) <= most {
		return whole{Text: text}
	}
	for !utf8.RuneStart(text[most]) {
		most--
	}
	return whole{Text: text[:most], Cut: utf8.RuneCountInString(text[most:])}
}
