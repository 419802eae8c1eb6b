package display

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Segment is a run of text. Escape marks one that names a character instead of
// showing it.
type Segment struct {
	Text   string
	Escape bool
}

// Visible splits a text into what can be shown as it is and, as Go escapes,
// what a reader could not see or what would rearrange the text around it:
// control and bidirectional characters, zero widths, broken UTF-8.
func Visible(s string) []Segment {
	var segments []Segment
	for len(s) > 0 {
		if n := visibleLen(s); n > 0 {
			segments = append(segments, Segment{Text: s[:n]})
			s = s[n:]
			continue
		}
		n := invisibleLen(s)
		segments = append(segments, Segment{Text: escape(s[:n]), Escape: true})
		s = s[n:]
	}
	return segments
}

// VisibleText is [Visible] for places that hold only text, such as labels read
// aloud.
func VisibleText(s string) string {
	if visibleLen(s) == len(s) {
		return s
	}
	var text strings.Builder
	for len(s) > 0 {
		n := visibleLen(s)
		text.WriteString(s[:n])
		s = s[n:]
		n = invisibleLen(s)
		text.WriteString(escape(s[:n]))
		s = s[n:]
	}
	return text.String()
}

// visibleLen returns how many bytes at the beginning can be shown as they are.
func visibleLen(s string) int {
	for i := 0; i < len(s); {
		if c := s[i]; ' ' <= c && c <= '~' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !IsVisible(r, size) {
			return i
		}
		i += size
	}
	return len(s)
}

// invisibleLen returns how many bytes at the beginning have to be escaped.
func invisibleLen(s string) int {
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if IsVisible(r, size) {
			return i
		}
		i += size
	}
	return len(s)
}

// IsVisible reports whether a reader can see a character of so many bytes, and
// it leaves the text around it alone.
func IsVisible(r rune, size int) bool {
	switch {
	case r == utf8.RuneError:
		return size > 1
	case r >= '\ufe00' && r <= '\ufe0f', r >= '\U000e0100' && r <= '\U000e01ef', r >= '\u180b' && r <= '\u180f':
		return false // variation selectors: a text can be hidden in them
	}
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u2800', '\u3164', '\uffa0', '\U0001d159':
		return false // letters or marks by category, and yet nothing to see
	}
	return strconv.IsGraphic(r)
}

// escape returns a text of only such characters as Go escapes.
func escape(text string) string {
	if text == "" {
		return ""
	}
	quoted := strconv.QuoteToASCII(text)
	return quoted[1 : len(quoted)-1]
}
