package export

import (
	"io"
	"iter"

	"github.com/auditkeep/audit"
)

// What the tests of PDF reach within the package.

// WritePDFPages is PDF.Write with another limit of pages.
func WritePDFPages(w io.Writer, entries iter.Seq2[audit.Entry, error], r Report, maxPages int) error {
	r, err := r.withDefaults(PDF)
	if err != nil {
		return err
	}
	return writePDFPages(w, &feed{entries: entries, max: r.MaxRows}, r, maxPages)
}

// WritePDFParts is PDFParts.Write with other limits.
func WritePDFParts(w io.Writer, entries iter.Seq2[audit.Entry, error], r Report, maxRows, maxPages int) error {
	r, err := r.withDefaults(PDFParts)
	if err != nil {
		return err
	}
	return writePDFPartsOf(w, &feed{entries: entries, max: r.MaxRows}, r, maxRows, maxPages)
}

// PDFLines are the lines of a text in the built-in font, from left to right,
// and their widths in thousandths of the font's size.
func PDFLines(text string, width int) (lines []string, widths []int) {
	font, err := newPDFFont(nil)
	if err != nil {
		panic(err)
	}
	t := pdfText{font: font}
	t.add(text, black)
	t.wrap(width, 0)
	for _, l := range t.lines {
		var line string
		t.pieces(l, func(piece []rune, _ ink, _ int) { line += string(piece) })
		lines, widths = append(lines, line), append(widths, t.width(t.runes[l.start:l.end]))
	}
	return lines, widths
}
