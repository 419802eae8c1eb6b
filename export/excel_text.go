package export

import (
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/xuri/excelize/v2"
)

// maxCellUnits is how much text a cell holds, in UTF-16 units. excelize would cut
// a longer text without an error.
const maxCellUnits = excelize.TotalCellChars

// fitCell cuts a text, visibly, to what a cell holds.
func (r Report) fitCell(text string) string {
	if fitsCell(text) {
		return text
	}
	more := func(n int) string { return r.Words.Count(r.Words.File.MoreCharacters, n) }
	start := firstUnits(text, maxCellUnits-cellUnits(more(len(text))))
	return start + more(utf8.RuneCountInString(text[len(start):]))
}

// cellChanges puts an entry's changes into one cell, a line for each field. If
// they are too long, it cuts the longest values. If they are too many, it only
// counts the last ones. The host's comment comes last.
func (r Report) cellChanges(e audit.Entry) string {
	if len(e.Changes) == 0 {
		return r.fitCell(joinCellChanges(r.changes(e, 0)))
	}
	cell := r.newCellChanges(e)
	text, ok := cell.text(cell.all, 0)
	if !ok {
		text = r.cutCellChanges(cell)
		cell.cut = max(1, cell.cut)
	}
	if r.cutValues != nil {
		*r.cutValues += cell.cut
	}
	return text
}

// cutCellChanges is cellChanges for an entry that no cell holds whole.
func (r Report) cutCellChanges(cell *cellChanges) string {
	// As much of every value as there is room for, but enough to be of use.
	const least = 200
	room := least + sort.Search(maxCellUnits-least, func(more int) bool {
		_, ok := cell.text(cell.all, least+more+1)
		return !ok
	})
	if text, ok := cell.text(cell.all, room); ok {
		return text
	}
	n := sort.Search(len(cell.changes), func(n int) bool {
		_, ok := cell.text(n, room)
		return !ok
	}) - 1
	if n > 0 {
		text, _ := cell.text(n, room)
		return text
	}
	text, _ := cell.text(1, room)
	return r.fitCell(text)
}

// cellChanges are the changes of an entry on their way into a cell: as many as
// a cell could hold, if each took no more room than its separators.
type cellChanges struct {
	report    Report
	changes   []cellChange
	all       int // how many the entry has
	comment   *cellChange
	separator string
	cut       int // how many values the last text cut or left out
}

// cellChange is a change, its texts visible.
type cellChange struct {
	field string
	sides []side
}

func (r Report) newCellChanges(e audit.Entry) *cellChanges {
	const leastUnits = len(": ") + 1 // the separator before the next one
	c := &cellChanges{report: r, all: len(e.Changes)}
	if e.Unreadable != "" {
		c.changes = append(c.changes, cellChange{field: r.unreadable(e)})
		c.all++
	}
	if e.Comment != "" {
		mark, comment := r.comment(e)
		c.comment = &cellChange{mark, []side{comment}}
	}
	c.separator = cellSeparator(c.all + 1)
	both, names := display.ShowsBothSides(e), display.Fields(e.Changes)
	for _, change := range e.Changes[:min(len(e.Changes), maxCellUnits/leastUnits+1)] {
		field, sides := r.shownSides(change, both, names, maxCellUnits)
		c.changes = append(c.changes, cellChange{field, sides})
	}
	return c
}

// text joins the first n changes and the comment, with so much room for each
// value, and says how many more there are. It gives up, and reports false, as
// soon as that is more than a cell holds.
func (c *cellChanges) text(n, room int) (text string, ok bool) {
	out := cellWriter{report: &c.report, room: room, fits: n <= len(c.changes)}
	for i, change := range c.changes[:min(n, len(c.changes))] {
		if i > 0 {
			out.add(c.separator)
		}
		if out.change(change, i == 0); !out.fits && i > 0 {
			return "", false
		}
	}
	if n < c.all {
		out.add(c.separator + c.report.Words.Count(c.report.Words.File.MoreFields, c.all-n))
	}
	if c.comment != nil {
		if c.all > 0 {
			out.add(c.separator)
		}
		out.change(*c.comment, true)
	}
	c.cut = out.cut + max(0, c.all-n)
	return out.text.String(), out.fits
}

// cellWriter puts the text of a cell together.
type cellWriter struct {
	report *Report
	room   int // for each value
	text   strings.Builder
	units  int
	fits   bool
	cut    int // values that had no room
}

func (w *cellWriter) add(text string) {
	w.text.WriteString(text)
	w.units += cellUnits(text)
	w.fits = w.fits && w.units <= maxCellUnits
}

// change adds a change: whole, or as far as the cell has room.
func (w *cellWriter) change(c cellChange, whole bool) {
	w.add(c.field)
	for i, side := range c.sides {
		if i > 0 {
			w.add(arrow)
		}
		if !w.fits && !whole {
			return
		}
		text, isCut := side.in(w.report, w.room)
		if w.add(text); isCut {
			w.cut++
		}
	}
}

// joinCellChanges writes the fields of one entry below each other. Excel has no
// more than 254 lines in a cell; more fields than that follow each other as in
// CSV.
func joinCellChanges(changes []string) string {
	return strings.Join(changes, cellSeparator(len(changes)))
}

func cellSeparator(changes int) string {
	if changes > 254 {
		return "; "
	}
	return "\n"
}

func fitsCell(text string) bool {
	return len(text) <= maxCellUnits || cellUnits(text) <= maxCellUnits
}

// cellUnits is the length of a text as Excel counts it.
func cellUnits(text string) int {
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	return n
}

// firstUnits is as much of a text's beginning as has room.
func firstUnits(text string, room int) string {
	n := 0
	for i, r := range text {
		if n += utf16.RuneLen(r); n > room {
			return text[:i]
		}
	}
	return text
}

// cellLines is how many lines a text needs in a column of the width, more or
// less: the width is in digits, letters are narrower, and lines break between
// words.
func cellLines(text string, width int) int {
	lines := 0
	for line := range strings.SplitSeq(text, "\n") {
		if len(line) <= width {
			lines++
			continue
		}
		taken := 0
		for _, r := range line {
			if taken++; r >= '\u2e80' {
				taken++ // Chinese, Japanese, Korean: twice as wide
			}
		}
		lines += (taken + width - 1) / width
	}
	return lines
}

// sheetRowHeight is the height of a row of so many lines. Excel finds it by
// itself, but LibreOffice shows one line if the file gives no height.
func sheetRowHeight(lines int) excelize.RowOpts {
	const lineHeight = 15
	if lines <= 1 {
		return excelize.RowOpts{}
	}
	return excelize.RowOpts{Height: min(float64(lines)*lineHeight, excelize.MaxRowHeight)}
}
