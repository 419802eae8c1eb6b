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
// control and bidirectional characters, zero widths, broken UTF-8. Joiners and
// variation selectors stand as they are if they have an effect, as in emoji
// and between letters of Persian and Hindi.
func Visible(s string) []Segment {
	var segments []Segment
	for at := 0; at < len(s); {
		end, shown := run(s, at)
		segments = append(segments, segment(s[at:end], shown))
		at = end
	}
	return segments
}

// VisibleText is [Visible] for places that hold only text, such as labels read
// aloud.
func VisibleText(s string) string {
	end, shown := run(s, 0)
	if end == len(s) && shown {
		return s
	}
	var text strings.Builder
	for at := 0; at < len(s); at = end {
		end, shown = run(s, at)
		text.WriteString(segment(s[at:end], shown).Text)
	}
	return text.String()
}

// Flat joins segments.
func Flat(segments []Segment) string {
	if len(segments) == 1 {
		return segments[0].Text
	}
	var text strings.Builder
	for _, s := range segments {
		text.WriteString(s.Text)
	}
	return text.String()
}

func segment(raw string, shown bool) Segment {
	if shown {
		return Segment{Text: raw}
	}
	return Segment{Text: escape(raw), Escape: true}
}

// run returns where the run of characters ends that begins there, and whether
// they can be shown as they are.
func run(s string, at int) (end int, shown bool) {
	if at == len(s) {
		return at, true
	}
	size, shown := next(s, at)
	for end = at + size; end < len(s); end += size {
		var ok bool
		if size, ok = next(s, end); ok != shown {
			break
		}
	}
	return end, shown
}

// next returns how many bytes the character or the sequence has that begins
// there, and whether it can be shown as it is. It looks only at a few characters
// around it, so that a text takes time in proportion to its length.
func next(s string, at int) (size int, shown bool) {
	if c := s[at]; c < utf8.RuneSelf {
		if at+1 < len(s) && s[at+1] == keycap[0] && isKeycap(s[at:]) {
			return 1 + len(keycap), true
		}
		return 1, ' ' <= c && c <= '~'
	}
	r, size := utf8.DecodeRuneInString(s[at:])
	switch {
	case r < firstJoined:
		return size, IsVisible(r, size)
	case r == zwnj || r == zwj:
		return size, joinerHasEffect(s, at, r)
	case isSelector(r):
		return size, selectorHasEffect(s, at, r)
	}
	if n := joinedEmoji(s[at:], r); n > size {
		return n, true
	}
	return size, IsVisible(r, size)
}

// IsVisible reports whether a reader can see a character of so many bytes by
// itself, and it leaves the text around it alone.
func IsVisible(r rune, size int) bool {
	switch {
	case r == utf8.RuneError:
		return size > 1
	case isSelector(r):
		return false // a text can be hidden in them
	case r >= '\U0001fa70' && r <= '\U0001faff', r == '\U0001f6d8':
		return true // emoji, also those that are newer than Go's tables
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
