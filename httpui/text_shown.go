package httpui

import (
	"html/template"
	"strings"

	"github.com/auditkeep/audit/internal/display"
)

// The functions below make HTML of a text from outside, in one pass. A template
// that ranged over the text's segments took seconds for one hostile value: html/template
// needs about a microsecond for each piece.

// shown writes a text with what cannot be seen as escapes that stand out.
func shown(text string) template.HTML {
	var out strings.Builder
	writeShown(&out, text)
	return template.HTML(out.String())
}

// shownSegments is shown for a text that has been made visible already.
func shownSegments(segments []display.Segment) template.HTML {
	var out strings.Builder
	writeSegments(&out, segments)
	return template.HTML(out.String())
}

// shownLines is shown for a text whose line breaks are kept.
func shownLines(text string) template.HTML {
	var out strings.Builder
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			out.WriteByte('\n')
		}
		writeShown(&out, line)
	}
	return template.HTML(out.String())
}

// shownParts is shown for an email or an address, which may break between its
// parts.
func shownParts(text string) template.HTML {
	var out strings.Builder
	for i, part := range breakable(text) {
		if i > 0 {
			out.WriteString("<wbr>")
		}
		writeShown(&out, part)
	}
	return template.HTML(out.String())
}

// writeShown and writeSegments are the only places that make HTML without a template. All of the
// text goes through HTMLEscapeString.
func writeShown(out *strings.Builder, text string) { writeSegments(out, display.Visible(text)) }

func writeSegments(out *strings.Builder, segments []display.Segment) {
	for _, segment := range segments {
		if segment.Escape {
			out.WriteString(`<span class="audit-esc">`)
		}
		out.WriteString(template.HTMLEscapeString(segment.Text))
		if segment.Escape {
			out.WriteString("</span>")
		}
	}
}
