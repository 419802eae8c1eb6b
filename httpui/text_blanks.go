package httpui

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// blank is a run of one kind of white space, made visible: the sign to see, and
// the name to read aloud.
type blank struct {
	Sign, Name string
	// Other holds white space that is shown by its escape instead.
	Other string
}

// blanks splits white space into such runs.
func (p *presenter) blanks(text string) []blank {
	s := p.words
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
			runs = append(runs, blank{Sign: strings.Repeat("·", n), Name: s.Count(s.Value.Spaces, n)})
		case '\t':
			runs = append(runs, blank{Sign: strings.Repeat("→", n), Name: s.Count(s.Value.Tabs, n)})
		case '\n':
			runs = append(runs, blank{Sign: strings.Repeat("⏎", n), Name: s.Count(s.Value.LineBreaks, n)})
		default:
			quoted := strconv.QuoteToASCII(run)
			runs = append(runs, blank{Other: quoted[1 : len(quoted)-1]})
		}
	}
	return runs
}
