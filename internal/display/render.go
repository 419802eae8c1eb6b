package display

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// segments puts segments together from pieces, in time proportional to what
// they hold.
type segments struct {
	all  []Segment
	text strings.Builder // of the last one
	kind bool
}

func (s *segments) add(text string, isEscape bool) {
	if text == "" {
		return
	}
	if isEscape != s.kind {
		s.end()
		s.kind = isEscape
	}
	s.text.WriteString(text)
}

func (s *segments) end() {
	if s.text.Len() > 0 {
		s.all = append(s.all, Segment{s.text.String(), s.kind})
		s.text.Reset()
	}
}

// render shows a text with what is marked by its code points. With lines, line
// feeds stay as they are.
func render(s string, marks []span, lines bool) []Segment {
	slices.SortFunc(marks, func(a, b span) int { return a.start - b.start })
	var out segments
	at := 0
	for _, m := range append(marks, span{len(s), len(s)}) {
		at = out.plain(s, at, m.start, lines)
		if at < m.end {
			out.codePoints(s[max(at, m.start):m.end], lines)
			at = m.end
		}
	}
	out.end()
	return out.all
}

// plain shows a part of a text that has no marks, and returns where it ended.
func (s *segments) plain(text string, at, end int, lines bool) int {
	start, was := at, true
	flush := func() {
		if was {
			s.add(text[start:at], false)
		} else {
			s.add(escape(text[start:at]), true)
		}
		start = at
	}
	for at < end {
		size, shown := next(text, at)
		if shown = shown || lines && text[at] == '\n'; shown != was {
			flush()
			was = shown
		}
		at += size
	}
	flush()
	return at
}

// codePoints shows the characters of a text by their code points, but letters of
// ASCII, which may have marks over them.
func (s *segments) codePoints(text string, lines bool) {
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == ' ':
			s.add(`\u0020`, true)
		case r == '\\':
			s.add(`\\`, true)
		case r > ' ' && r <= '~':
			s.add(text[i:i+size], false)
		default:
			s.add(escape(text[i:i+size]), true)
			if r == '\n' && lines {
				s.add("\n", false)
			}
		}
		i += size
	}
}

// Cut returns as many segments as show at most so many characters, an escape
// never in part, and how many characters of the text are left out.
func Cut(all []Segment, room int) (shown []Segment, left int) {
	for i, segment := range all {
		if room >= len(segment.Text) {
			room -= len(segment.Text)
			continue
		}
		end := segment.cut(&room)
		if end == len(segment.Text) {
			continue
		}
		shown = slices.Clone(all[:i])
		if end > 0 {
			shown = append(shown, Segment{segment.Text[:end], segment.Escape})
		}
		left = Segment{segment.Text[end:], segment.Escape}.characters()
		for _, more := range all[i+1:] {
			left += more.characters()
		}
		return shown, left
	}
	return all, 0
}

// cut returns how much of a segment has room, and takes that from it.
func (s Segment) cut(room *int) int {
	at := 0
	for at < len(s.Text) {
		size, width := s.unit(at)
		if width > *room {
			break
		}
		*room -= width
		at += size
	}
	return at
}

// unit is how many bytes the character or the escape takes that begins there, and
// how wide it is shown.
func (s Segment) unit(at int) (size, width int) {
	if s.Escape {
		n := escapeLen(s.Text[at:])
		return n, n
	}
	size, _ = next(s.Text, at)
	return size, utf8.RuneCountInString(s.Text[at : at+size])
}

// characters is how many characters of a text a segment stands for.
func (s Segment) characters() int {
	if !s.Escape {
		return utf8.RuneCountInString(s.Text)
	}
	n := 0
	for at := 0; at < len(s.Text); n++ {
		at += max(1, escapeLen(s.Text[at:]))
	}
	return n
}

// Width is how many characters segments show.
func Width(all []Segment) int {
	n := 0
	for _, s := range all {
		n += utf8.RuneCountInString(s.Text)
	}
	return n
}
