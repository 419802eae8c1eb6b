package export

import (
	"bytes"
	"io"
	"strings"
)

// Excel reads _x000D_ in a text as a carriage return. So if a text has such an
// escape, its first character, a line, is written as _x005F_. excelize does that
// too, but it loses _xD800_ over it, and does not see that _x000D_x000D_ has
// two. cellText therefore hides the line from excelize, and escapeWriter
// writes what it stands for.

// cellMark stands for a line in what excelize sees. It is a character for
// private use, which no text in a row has: those are not visible.
const cellMark = "\ue000"

// cellText is a text as excelize is given it.
func cellText(text string) string {
	var out strings.Builder
	start := 0
	for i := 0; ; i++ {
		next := strings.Index(text[i:], "_x")
		if next < 0 {
			break
		}
		if i += next; isCellEscape(text[i:]) {
			out.WriteString(text[start:i] + cellMark)
			start = i + 1
		}
	}
	if start == 0 {
		return text
	}
	return out.String() + text[start:]
}

// isCellEscape reports whether a text begins like _x000D_.
func isCellEscape(text string) bool {
	const length = len("_x000D_")
	return len(text) >= length && text[:2] == "_x" && text[length-1] == '_' &&
		strings.Trim(text[2:length-1], "0123456789abcdefABCDEF") == ""
}

// escapeWriter writes _x005F_ for every cellMark.
type escapeWriter struct {
	w    io.Writer
	rest []byte // the beginning of a mark, at the end of what came last
}

func (e *escapeWriter) Write(p []byte) (int, error) {
	text := p
	if len(e.rest) > 0 {
		text = append(e.rest, p...)
		e.rest = nil
	}
	for n := len(cellMark) - 1; n > 0; n-- {
		if whole, begun := bytes.CutSuffix(text, []byte(cellMark[:n])); begun {
			text, e.rest = whole, []byte(cellMark[:n])
		}
	}
	if bytes.IndexByte(text, cellMark[0]) >= 0 {
		text = bytes.ReplaceAll(text, []byte(cellMark), []byte("_x005F_"))
	}
	if _, err := e.w.Write(text); err != nil {
		return 0, err
	}
	return len(p), nil
}
