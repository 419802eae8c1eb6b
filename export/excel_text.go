package export

import (
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/auditkeep/audit"
	"github.com/xuri/excelize/v2"
)

// maxCellUnits is how much text a cell holds, in UTF-16 units. What is longer
// excelize would cut without a word.
const maxCellUnits = excelize.TotalCellChars

// fitCell cuts a text, visibly, to what a cell holds.
func (r Report) fitCell(text string) string {
	if fitsCell(text) {
		return text
	}
	more := r.Strings.MoreCharacters
	start := firstUnits(text, maxCellUnits-cellUnits(more(len(text))))
	return start + more(utf8.RuneCountInString(text[len(start):]))
}

// fitCellChanges puts an entry's changes into one cell, a line for each field.
// Where they are too long, the longest values are cut; where there are too
// many, the last are only counted.
func (r Report) fitCellChanges(e audit.Entry, changes []string) string {
	text := joinCellChanges(changes)
	if fitsCell(text) {
		return text
	}
	// As much of every value as there is room for, but enough to be of use.
	const least = 200
	room := least + sort.Search(maxCellUnits-least, func(more int) bool {
		return !fitsCell(joinCellChanges(r.changes(e, least+more+1)))
	})
	changes = r.changes(e, room)
	if text = joinCellChanges(changes); fitsCell(text) {
		return text
	}
	first := func(n int) string {
		return joinCellChanges(append(changes[:n:n], r.Strings.MoreFields(len(changes)-n)))
	}
	if n := sort.Search(len(changes), func(n int) bool { return !fitsCell(first(n)) }) - 1; n > 0 {
		return first(n)
	}
	return r.fitCell(text)
}

// joinCellChanges writes the fields of one entry below each other. Excel has no
// more than 254 lines in a cell; more fields than that follow each other as in
// CSV.
func joinCellChanges(changes []string) string {
	if len(changes) > 254 {
		return strings.Join(changes, "; ")
	}
	return strings.Join(changes, "\n")
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

// sheetRowHeight is the height of a row of so many lines. Excel would find it by
// itself, but LibreOffice shows one line where a file does not say more.
func sheetRowHeight(lines int) excelize.RowOpts {
	const lineHeight = 15
	if lines <= 1 {
		return excelize.RowOpts{}
	}
	return excelize.RowOpts{Height: min(float64(lines)*lineHeight, excelize.MaxRowHeight)}
}
