package export

import (
	"bytes"
	"fmt"
	"io"

	"github.com/go-pdf/fpdf"

	"github.com/auditkeep/audit/internal/display"
)

// The page is A4 on its long side; all lengths are in points.
const (
	pageWidth, pageHeight = 841.89, 595.28
	margin                = 36
	bodyWidth             = pageWidth - 2*margin
	bodyEnd               = pageHeight - 46 // the footer is below
	footerLine            = pageHeight - 26

	titleSize, aboutSize, rowSize, footerSize = 18, 9, 8, 7.5
	aboutHeight, rowHeight                    = 13, 9.6 // of a line
)

// pdfDocument is a document in the making: its first page with what it says
// about itself, and the table that goes on over the pages after it. fpdf keeps
// all of them.
type pdfDocument struct {
	report Report
	part   string // names the document within an archive, or is empty
	font   *pdfFont
	pdf    *fpdf.Fpdf

	y       float64 // where the next thing goes
	ink     ink     // that texts are drawn with
	size    float64 // of the font
	family  string  // of the font that fpdf was given last
	hasHost bool    // fpdf has the host's font
	// known are the characters that fpdf knows to be in the document.
	known   []bool
	scratch []byte

	text      pdfText
	head, row tableRow
	cut       int // values that the document holds only in part, or not at all
	// late is where the lines go that are known at the end.
	late struct {
		page int
		y    float64
	}
}

// The families of the built-in font and of the host's.
const fontFamily, hostFamily = "report", "host"

func newPDFDocument(r Report, part string) (*pdfDocument, error) {
	font, err := newPDFFont(r.Font)
	if err != nil {
		return nil, err
	}
	d := &pdfDocument{report: r, part: part, font: font, pdf: fpdf.New("L", "pt", "A4", ""), known: make([]bool, len(font.widths))}
	d.text.font = font
	for i := range d.row.cells {
		d.head.cells[i].font, d.row.cells[i].font = font, font
	}
	d.pdf.SetAutoPageBreak(false, 0)
	d.pdf.SetLineCapStyle("round")
	d.pdf.SetCompression(true)
	d.pdf.SetCatalogSort(true)
	d.pdf.SetTitle(display.VisibleText(d.title()), true)
	d.pdf.SetCreationDate(r.GeneratedAt.UTC())
	d.pdf.SetModificationDate(r.GeneratedAt.UTC())
	err = guarded(func() error {
		// fpdf writes into the font that it is given.
		d.pdf.AddUTF8FontFromBytes(fontFamily, "", bytes.Clone(font.data))
		d.setFamily(fontFamily, rowSize)
		return d.pdf.Error()
	})
	if err != nil {
		return nil, err
	}
	d.addPage()
	d.about()
	d.layOutHeader()
	d.header()
	return d, nil
}

func (d *pdfDocument) title() string {
	if d.part == "" {
		return d.report.Title
	}
	return d.report.Title + " – " + d.part
}

func (d *pdfDocument) pages() int { return d.pdf.PageCount() }

func (d *pdfDocument) addPage() {
	d.pdf.AddPage()
	d.y = margin
}

// goTo goes to a page that is there already. What fpdf remembers of colours
// and sizes is that of another page.
func (d *pdfDocument) goTo(page int) {
	d.pdf.SetPage(page)
	d.ink, d.size, d.family = noInk, 0, ""
}

// write ends the document, now that its rows are known, and writes it.
func (d *pdfDocument) write(w io.Writer, rows, complete string) error {
	pages := d.pages()
	d.aboutLate(rows, complete)
	for page := 1; page <= pages; page++ {
		d.goTo(page)
		d.footer(page, pages)
	}
	err := guarded(func() error {
		d.pdf.Close()
		return d.pdf.Error()
	})
	if err != nil {
		return err
	}
	return d.pdf.Output(w)
}

// footer is drawn at the end, when the number of pages is known: fpdf's
// placeholders for it would be replaced in the entries too.
func (d *pdfDocument) footer(page, pages int) {
	d.setSize(footerSize)
	number := fmt.Sprintf(d.report.Words.File.Page, fmt.Sprint(page), fmt.Sprint(pages))
	width := d.single(number, bodyWidth/3)
	d.draw(pageWidth-margin-width, footerLine)
	d.single(d.title()+"  ·  "+d.report.rangeText()+"  ·  "+d.report.Zone.String(), bodyWidth-width-30)
	d.draw(margin, footerLine)
}

// single sets a grey text in one line and returns its width: what has no room
// is cut, visibly.
func (d *pdfDocument) single(text string, room float64) float64 {
	text = display.VisibleText(text)
	d.text.reset()
	d.text.add(text, grey)
	d.text.wrap(d.units(room), 0)
	if len(d.text.lines) > 1 {
		kept := d.text.lines[0]
		start := string(d.text.runes[kept.start:max(kept.start, kept.end-4)])
		d.text.reset()
		d.text.add(start+"…", grey)
		d.text.wrap(d.units(room), 0)
	}
	return float64(d.text.width(d.text.runes)) * d.size / 1000
}

// units are a length in thousandths of the font's size.
func (d *pdfDocument) units(length float64) int { return int(length * 1000 / d.size) }

// draw draws the first line of the text.
func (d *pdfDocument) draw(x, y float64) {
	if len(d.text.lines) > 0 {
		d.line(&d.text, 0, x, y)
	}
}
