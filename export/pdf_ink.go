package export

import (
	"bytes"
	"slices"
	"strconv"
)

// ink is a colour.
type ink int

const (
	noInk ink = iota
	black
	grey
	separator
	headerGround
	headerRule
	createInk
	createGround
	updateInk
	updateGround
	destroyInk
	destroyGround
	otherInk
	otherGround
)

// inks are the page's colours, except that texts and lines in every row are grey.
// fpdf writes a grey in fewer bytes.
var inks = [...][3]int{
	black:        {0x1d, 0x1d, 0x1d},
	grey:         {0x55, 0x55, 0x55},
	separator:    {0xdd, 0xdd, 0xdd},
	headerGround: {0xee, 0xf1, 0xf5},
	headerRule:   {0x8a, 0x94, 0xa3},
	createInk:    {0x0d, 0x5a, 0x2b}, createGround: {0xdc, 0xf5, 0xe4},
	updateInk: {0x6b, 0x45, 0x00}, updateGround: {0xfd, 0xf0, 0xcf},
	destroyInk: {0x8c, 0x1c, 0x17}, destroyGround: {0xfd, 0xe2, 0xe1},
	otherInk: {0x3a, 0x43, 0x50}, otherGround: {0xe8, 0xeb, 0xef},
}

// line draws one line of a text on the base line y.
func (d *pdfDocument) line(t *pdfText, n int, x, y float64) {
	t.pieces(t.lines[n], func(piece []rune, in ink, at int) {
		d.setInk(in)
		if d.font.other == nil {
			d.piece(piece, x+float64(at)*d.size/1000, y)
			return
		}
		for len(piece) > 0 {
			isOther := d.font.isOther(piece[0])
			end := slices.IndexFunc(piece, func(r rune) bool { return d.font.isOther(r) != isOther })
			if end < 0 {
				end = len(piece)
			}
			if isOther {
				d.setHostFont()
			}
			d.piece(piece[:end], x+float64(at)*d.size/1000, y)
			d.setFamily(fontFamily, d.size)
			at += t.width(piece[:end])
			piece = piece[end:]
		}
	})
}

// piece draws a text in one font.
func (d *pdfDocument) piece(piece []rune, x, y float64) {
	for _, r := range piece {
		if !d.known[r] {
			d.known[r] = true
			d.pdf.Text(x, y, string(piece))
			return
		}
	}
	d.raw(piece, x, y)
}

// raw is fpdf's Text for a piece whose characters are all in the document
// already: fpdf notes each character of each text for the font's subset, and
// that takes most of its time.
func (d *pdfDocument) raw(piece []rune, x, y float64) {
	out := append(d.scratch[:0], "BT "...)
	out = strconv.AppendFloat(out, x, 'f', 2, 64)
	out = append(out, ' ')
	out = strconv.AppendFloat(out, pageHeight-y, 'f', 2, 64)
	out = append(out, " Td ("...)
	for _, r := range piece {
		out = appendEscaped(out, byte(r>>8))
		out = appendEscaped(out, byte(r))
	}
	out = append(out, ") Tj ET"...)
	d.scratch = out
	d.pdf.RawWriteStr(string(out))
}

// appendEscaped appends a byte of a text in PDF syntax.
func appendEscaped(out []byte, b byte) []byte {
	switch b {
	case '\\', '(', ')':
		return append(out, '\\', b)
	case '\r': // would be read as a line feed
		return append(out, '\\', 'r')
	default:
		return append(out, b)
	}
}

// setInk sets the colour of texts and of grounds. If both are the same, fpdf
// draws a text without a change of colours.
func (d *pdfDocument) setInk(in ink) {
	if d.ink != in {
		d.ink = in
		c := inks[in]
		d.pdf.SetFillColor(c[0], c[1], c[2])
		d.pdf.SetTextColor(c[0], c[1], c[2])
	}
}

// setSize sets the size of texts. Outside of line, the font is the built-in one.
func (d *pdfDocument) setSize(size float64) { d.setFamily(fontFamily, size) }

func (d *pdfDocument) setFamily(family string, size float64) {
	if d.size != size || d.family != family {
		d.size, d.family = size, family
		d.pdf.SetFont(family, "", size)
	}
}

// setHostFont goes on with the host's font, which is only in documents that need
// it.
func (d *pdfDocument) setHostFont() {
	if !d.hasHost {
		d.hasHost = true
		err := guarded(func() error {
			d.pdf.AddUTF8FontFromBytes(hostFamily, "", bytes.Clone(d.font.other.data))
			return nil
		})
		if err != nil {
			d.pdf.SetError(err)
		}
	}
	d.setFamily(hostFamily, d.size)
}

// ground draws a rectangle.
func (d *pdfDocument) ground(in ink, x, y, width, height float64) {
	d.setInk(in)
	d.pdf.Rect(x, y, width, height, "F")
}

// stroke draws a horizontal line, round at its ends.
func (d *pdfDocument) stroke(in ink, x, y, width, weight float64) {
	c := inks[in]
	d.pdf.SetDrawColor(c[0], c[1], c[2])
	d.pdf.SetLineWidth(weight)
	d.pdf.Line(x+weight/2, y, x+width-weight/2, y)
}

// bold makes texts heavier until thin: the document has one font, since the
// host gives one.
func (d *pdfDocument) bold(in ink, weight float64) {
	c := inks[in]
	d.pdf.SetDrawColor(c[0], c[1], c[2])
	d.pdf.SetLineWidth(weight)
	d.pdf.SetTextRenderingMode(2)
}

func (d *pdfDocument) thin() { d.pdf.SetTextRenderingMode(0) }
