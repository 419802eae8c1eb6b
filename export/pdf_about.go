package export

import "github.com/auditkeep/audit/internal/display"

// aboutNames is how wide the names are of what a document says about itself.
const aboutNames = 110

// lateLines are how many of the last lines of what a document says about
// itself are known only when its rows are.
const lateLines = 2

// about writes what the document says about itself, and leaves room for what
// is known at the end.
func (d *pdfDocument) about() {
	d.setSize(titleSize)
	d.bold(black, 0.35)
	d.y += titleSize
	d.text.reset()
	d.text.add(display.VisibleText(d.title()), black)
	d.text.wrap(d.units(bodyWidth), 0)
	for i := range d.text.lines {
		if i > 0 {
			d.y += titleSize * 1.3
		}
		d.line(&d.text, i, margin, d.y)
	}
	d.thin()
	d.y += 20
	lines := d.report.about(Result{})
	for _, l := range lines[1 : len(lines)-lateLines] { // the first one is the title
		d.aboutLine(l)
	}
	room := aboutHeight * float64(1+d.aboutLines(d.longestCut()))
	if d.y+room > bodyEnd {
		d.addPage()
		d.y += aboutHeight
	}
	d.late.page, d.late.y = d.pages(), d.y
	d.y += room + 4
}

// longestCut is what the document will say about itself at most.
func (d *pdfDocument) longestCut() string {
	const many = 1_000_000
	longest := ""
	for _, result := range []Result{{Rows: many}, {Rows: many, CutValues: many}, {Rows: many, CutValues: many, Cut: true}} {
		if text := d.report.cutText(result); len(text) > len(longest) {
			longest = text
		}
	}
	return longest
}

// aboutLines is how many lines a value takes.
func (d *pdfDocument) aboutLines(value string) int {
	d.setSize(aboutSize)
	d.text.reset()
	d.text.add(display.VisibleText(value), black)
	d.text.wrap(d.units(bodyWidth-aboutNames), 0)
	return max(1, len(d.text.lines))
}

// aboutLate writes what was left out above.
func (d *pdfDocument) aboutLate(rows, complete string) {
	d.goTo(d.late.page)
	d.y = d.late.y
	s := d.report.Words.File
	d.aboutLine(line{s.Rows, rows})
	d.aboutLine(line{s.Complete, display.VisibleText(complete)})
}

// aboutLine writes a name, and beside it the value, in as many lines as it
// takes.
func (d *pdfDocument) aboutLine(l line) {
	d.setSize(aboutSize)
	d.single(l.Name, aboutNames-8)
	d.draw(margin, d.y)
	d.text.reset()
	d.text.add(l.Value, black)
	d.text.wrap(d.units(bodyWidth-aboutNames), 0)
	for i := range max(1, len(d.text.lines)) {
		if d.y > bodyEnd {
			d.addPage()
			d.y += aboutHeight
		}
		if i < len(d.text.lines) {
			d.line(&d.text, i, margin+aboutNames, d.y)
		}
		d.y += aboutHeight
	}
}
