package export

import (
	"strings"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
)

// columnWidths are of the columns, in order; together they are as wide as the
// page's body.
var columnWidths = [...]float64{104, 80, 92, 64, bodyWidth - 538, 114, 84}

// The columns that are more than a text.
const (
	actionColumn  = 3
	changesColumn = 4
)

// padding is between the columns and above and below a row.
const (
	columnPadding = 8
	rowPadding    = 2.6
	pillPadding   = 4
	changesIndent = 8
)

// Limits of one entry, so that a hostile one cannot fill the document. What is
// beyond them is cut, visibly.
const (
	valueRoom   = 500  // characters of a value
	commentRoom = 5000 // and of a comment
	maxFields   = 50
	maxLines    = 200 // of changes, before no further field is shown
)

// tableRow is a row in the making.
type tableRow struct {
	cells [len(columnWidths)]pdfText
	pill  pdfPill
}

// pdfPill is the look of an action: the glyph says the same as the colour.
type pdfPill struct {
	glyph, plain string // plain if the font does not have the glyph
	ink, ground  ink
}

func pillOf(a audit.Action) pdfPill {
	switch a {
	case audit.ActionCreate:
		return pdfPill{"+", "+", createInk, createGround}
	case audit.ActionUpdate:
		return pdfPill{"~", "~", updateInk, updateGround}
	case audit.ActionDestroy:
		return pdfPill{"−", "-", destroyInk, destroyGround}
	default:
		return pdfPill{"•", "*", otherInk, otherGround}
	}
}

// layOutHeader lays out the names of the columns, once for all pages.
func (d *pdfDocument) layOutHeader() {
	d.setSize(rowSize)
	for i, name := range d.report.header() {
		cell := &d.head.cells[i]
		cell.add(display.VisibleText(name), black)
		cell.wrap(d.units(columnWidths[i]-columnPadding), 0)
	}
}

// header writes the names of the columns.
func (d *pdfDocument) header() {
	height := float64(d.head.lines())*rowHeight + 8
	if d.y+height+2*rowHeight > bodyEnd {
		d.addPage()
	}
	d.setSize(rowSize)
	d.ground(headerGround, margin, d.y, bodyWidth, height)
	d.bold(black, 0.2)
	d.cells(&d.head, 0, d.head.lines(), d.y+4)
	d.thin()
	d.y += height
	d.stroke(headerRule, margin, d.y-0.4, bodyWidth, 0.8)
}

// entry writes a row. If the row does not fit on this page, it begins on the next
// one. A row longer than half a page begins here if three lines fit, and
// continues on the next pages.
func (d *pdfDocument) entry(e audit.Entry) {
	d.setSize(rowSize)
	d.layOut(e)
	lines := d.row.lines()
	for first := 0; first < lines; {
		room, left := d.room(), lines-first
		if room < left && (room < 3 || float64(left)*rowHeight < (bodyEnd-margin)/2) {
			d.addPage()
			d.header()
			d.setSize(rowSize)
			room = max(1, d.room())
		}
		last := min(lines, first+room)
		d.drawRow(first, last)
		first = last
	}
}

// room is how many lines of a row the page has room for.
func (d *pdfDocument) room() int { return int((bodyEnd - d.y - 2*rowPadding) / rowHeight) }

// layOut breaks the entry's texts into lines.
func (d *pdfDocument) layOut(e audit.Entry) {
	row := &d.row
	row.pill = pillOf(e.Action)
	glyph := row.pill.glyph
	for _, r := range glyph {
		if !d.font.has(r) {
			glyph = row.pill.plain
		}
	}
	shown := d.report.facts(e) // for its changes, see changesCell
	for i, text := range [...]string{
		shown.at.Format("2006-01-02 15:04:05 MST"), shown.objectType, shown.id,
		glyph + " " + shown.action, "", shown.performedBy, shown.ip,
	} {
		cell, in, width := &row.cells[i], black, columnWidths[i]-columnPadding
		cell.reset()
		switch i {
		case changesColumn:
			d.changesCell(e)
			continue
		case actionColumn:
			in, width = row.pill.ink, width-2*pillPadding
		}
		shown, isCut := d.report.cutShown(text, valueRoom)
		d.count(isCut)
		cell.add(shown, in)
		cell.wrap(d.units(width), 0)
	}
}

// changesCell lays out each change on its own line, and then the comment.
func (d *pdfDocument) changesCell(e audit.Entry) {
	cell, indent := &d.row.cells[changesColumn], d.units(changesIndent)
	width := d.units(columnWidths[changesColumn] - columnPadding)
	if e.Unreadable != "" {
		reason, _ := d.report.cutShown(d.report.unreadable(e), valueRoom)
		cell.add(reason, grey)
		cell.wrap(width, indent)
	}
	both, names := display.ShowsBothSides(e), display.Fields(e.Changes)
	for i, c := range e.Changes {
		if i == maxFields || len(cell.lines) >= maxLines {
			cell.add(d.report.Words.Count(d.report.Words.File.MoreFields, len(e.Changes)-i), grey)
			cell.wrap(width, indent)
			d.cut += len(e.Changes) - i
			break
		}
		field, sides := d.report.shownSides(c, both, names, valueRoom)
		field, isCut := d.report.cutShown(field, valueRoom)
		d.count(isCut)
		cell.add(field, grey)
		texts := make([]string, len(sides))
		for n, side := range sides {
			texts[n] = d.side(side, valueRoom)
		}
		if len(texts) == 2 && texts[0] != texts[1] && d.font.marked(texts[0]) == d.font.marked(texts[1]) {
			// One has a character that the font lacks, the other its mark.
			for n, text := range texts {
				texts[n] = strings.ReplaceAll(text, "[U+", `\[U+`)
			}
		}
		for n, text := range texts {
			if n > 0 {
				cell.add(arrow, black)
			}
			cell.add(text, black)
		}
		cell.wrap(width, indent)
	}
	if e.Comment != "" {
		mark, comment := d.report.comment(e)
		cell.add(mark, grey)
		cell.add(d.side(comment, commentRoom), black)
		cell.wrap(width, indent)
	}
}

// side is the text of a value, which it counts if it is cut.
func (d *pdfDocument) side(s side, room int) string {
	text, isCut := s.in(&d.report, room)
	d.count(isCut)
	return text
}

func (d *pdfDocument) count(isCut bool) {
	if isCut {
		d.cut++
	}
}

// lines is how many lines the row takes.
func (r *tableRow) lines() int {
	lines := 0
	for i := range r.cells {
		lines = max(lines, len(r.cells[i].lines))
	}
	return lines
}

// drawRow draws lines of the row, and moves below them.
func (d *pdfDocument) drawRow(first, last int) {
	d.y += rowPadding
	d.drawPill(first, last)
	d.cells(&d.row, first, last, d.y)
	d.y += float64(last-first)*rowHeight + rowPadding
	d.stroke(separator, margin, d.y, bodyWidth, 0.4)
}

// cells draws lines of all cells, from y on.
func (d *pdfDocument) cells(row *tableRow, first, last int, y float64) {
	x := margin + columnPadding/2.0
	for i := range row.cells {
		cell, at := &row.cells[i], x
		if i == actionColumn && row == &d.row {
			at += pillPadding
		}
		for n := first; n < min(last, len(cell.lines)); n++ {
			d.line(cell, n, at, y+rowHeight*(float64(n-first)+0.78))
		}
		x += columnWidths[i]
	}
}

// drawPill draws the ground of the action.
func (d *pdfDocument) drawPill(first, last int) {
	cell, x, width := &d.row.cells[actionColumn], margin+columnPadding/2.0, 0
	for _, w := range columnWidths[:actionColumn] {
		x += w
	}
	last = min(last, len(cell.lines))
	if last <= first {
		return
	}
	for _, l := range cell.lines[first:last] {
		width = max(width, cell.width(cell.runes[l.start:l.end]))
	}
	const height = rowHeight + 0.4
	length := float64(width)*rowSize/1000 + 2*pillPadding
	if last-first == 1 {
		d.stroke(d.row.pill.ground, x, d.y+rowHeight/2, length, height)
		return
	}
	d.ground(d.row.pill.ground, x, d.y-0.2, length, float64(last-first-1)*rowHeight+height)
}
