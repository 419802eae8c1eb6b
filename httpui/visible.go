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
		if n := len(segments); start == i && n > 0 && segments[n-1].Escape {
			segments[n-1].Text += escape(s[i : i+size])
		} else {
			segments = append(segments, segment{Text: escape(s[i : i+size]), Escape: true})
		}
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

// blank is a run of one kind of white space, made visible: the sign to see, and
// the name to read aloud.
type blank struct {
	Sign, Name string
	// Other holds white space that is shown by its escape instead.
	Other string
}

// blanks splits white space into such runs.
func (h *Handler) blanks(text string) []blank {
	s := h.options.Strings
	var runs []blank
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		n := 1
		for strings.HasPrefix(text[n*size:], string(r)) {
			n++
		}
		run := text[:n*size]
		text = text[n*size:]
		switch r {
		case ' ':
			runs = append(runs, blank{Sign: strings.Repeat("·", n), Name: s.Spaces(n)})
		case '\t':
			runs = append(runs, blank{Sign: strings.Repeat("→", n), Name: s.Tabs(n)})
		case '\n':
			runs = append(runs, blank{Sign: strings.Repeat("⏎", n), Name: s.LineBreaks(n)})
		default:
			quoted := strconv.QuoteToASCII(run)
			runs = append(runs, blank{Other: quoted[1 : len(quoted)-1]})
		}
	}
	return runs
}
