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
	start := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if IsVisible(r, size) {
			i += size
			continue
		}
		if start < i {
			segments = append(segments, Segment{Text: s[start:i]})
		}
		if n := len(segments); start == i && n > 0 && segments[n-1].Escape {
			segments[n-1].Text += escape(s[i : i+size])
		} else {
			segments = append(segments, Segment{Text: escape(s[i : i+size]), Escape: true})
		}
		i += size
		start = i
	}
	if start < len(s) {
		segments = append(segments, Segment{Text: s[start:]})
	}
	return segments
}

// VisibleText is [Visible] for places that hold only text, such as labels read
// aloud.
func VisibleText(s string) string {
	if isAllVisible(s) {
		return s
	}
	var text strings.Builder
	for _, segment := range Visible(s) {
		text.WriteString(segment.Text)
	}
	return text.String()
}

func isAllVisible(s string) bool {
	for i := 0; i < len(s); {
		if c := s[i]; ' ' <= c && c <= '~' {
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !IsVisible(r, size) {
			return false
		}
		i += size
	}
	return true
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

func escape(character string) string {
	quoted := strconv.QuoteToASCII(character)
	return quoted[1 : len(quoted)-1]
}
