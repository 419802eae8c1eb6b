package httpui

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// segment is a run of text. Escape marks one that names a character instead of
// showing it.
type segment struct {
	Text   string
	Escape bool
}

// visible splits a text into what can be shown as it is and, as Go escapes,
// what a reader could not see or what would rearrange the text around it:
// control and bidirectional characters, zero widths, broken UTF-8.
func visible(s string) []segment {
	var segments []segment
	start := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if isVisible(r, size) {
			i += size
			continue
		}
		if start < i {
			segments = append(segments, segment{Text: s[start:i]})
		}
		segments = append(segments, segment{Text: escape(s[i : i+size]), Escape: true})
		i += size
		start = i
	}
	if start < len(s) {
		segments = append(segments, segment{Text: s[start:]})
	}
	return segments
}

// visibleText is visible for places that hold only text, such as labels read
// aloud.
func visibleText(s string) string {
	var text strings.Builder
	for _, segment := range visible(s) {
		text.WriteString(segment.Text)
	}
	return text.String()
}

func isVisible(r rune, size int) bool {
	switch r {
	case utf8.RuneError:
		return size > 1
	case '\u034f', '\u115f', '\u1160', '\u2800', '\u3164', '\uffa0':
		return false // letters by category, and yet nothing to see
	}
	return strconv.IsGraphic(r)
}

func escape(character string) string {
	quoted := strconv.QuoteToASCII(character)
	return quoted[1 : len(quoted)-1]
}
