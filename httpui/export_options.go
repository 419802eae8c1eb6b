package httpui

import (
	"fmt"
	"maps"

	"github.com/auditkeep/audit/export"
)

// Exports adjusts the files that the page offers for download.
type Exports struct {
	// Formats are those offered, in the menu's order; an empty list that is
	// not nil offers none. Defaults to CSV, Excel, PDF and JSON Lines. PDF
	// comes as a zip archive of numbered documents where one would be too long.
	Formats []export.Format
	// MaxRows is the most entries that a file of a format holds: the menu says
	// so beforehand, and a file that is cut says so itself. Defaults to 10
	// million for CSV and JSON Lines, 2 million for Excel, 200,000 for PDF.
	MaxRows map[export.Format]int
	// Separator is what stands between the cells of CSV, unless the reader chooses
	// another in the menu: a comma, a semicolon or a tab. Defaults to a comma.
	Separator rune
	// Font is a TrueType font for what the built-in one of PDF does not have, such
	// as Chinese, Japanese and Korean: see [export.Report].Font and contrib/pdfcjk.
	// Defaults to none: such characters are written as [U+65E5].
	Font []byte
	// AtOnce is how many exports run at a time in this process; others are
	// answered with 429 and when to try again. Defaults to 4.
	AtOnce int
	// Unrecorded leaves out the entry that each export makes of itself.
	Unrecorded bool
}

var (
	offeredFormats = []export.Format{export.CSV, export.Excel, export.PDF, export.JSONLines}
	defaultMaxRows = map[export.Format]int{
		export.CSV: 10_000_000, export.JSONLines: 10_000_000, export.Excel: 2_000_000, export.PDF: 200_000,
	}
)

func (e Exports) withDefaults() (Exports, error) {
	if e.Formats == nil {
		e.Formats = offeredFormats
	}
	for _, format := range e.Formats {
		if _, ok := defaultMaxRows[format]; !ok {
			return e, fmt.Errorf("httpui: Options.Exports.Formats %q: use some of %q", format, offeredFormats)
		}
	}
	for format, rows := range e.MaxRows {
		if _, ok := defaultMaxRows[format]; !ok || rows < 1 {
			return e, fmt.Errorf("httpui: Options.Exports.MaxRows %q: %d: give some of %q at least one row each", format, rows, offeredFormats)
		}
	}
	most := maps.Clone(defaultMaxRows)
	maps.Copy(most, e.MaxRows)
	e.MaxRows = most
	if e.Separator == 0 {
		e.Separator = ','
	}
	if separatorName(e.Separator) == "" {
		return e, fmt.Errorf("httpui: Options.Exports.Separator %q: give a comma, a semicolon or a tab", e.Separator)
	}
	if err := export.CheckFont(e.Font); err != nil {
		return e, fmt.Errorf("httpui: Options.Exports.Font: %w", err)
	}
	if e.AtOnce < 0 {
		return e, fmt.Errorf("httpui: Options.Exports.AtOnce %d: give 1 or more, or 0 for the default", e.AtOnce)
	}
	if e.AtOnce == 0 {
		e.AtOnce = 4
	}
	return e, nil
}

// csvSeparators are what the cells of CSV may be separated by, by their names in
// the address.
var csvSeparators = []struct {
	name string
	sign rune
}{{"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}}

func separatorName(sign rune) string {
	for _, s := range csvSeparators {
		if s.sign == sign {
			return s.name
		}
	}
	return ""
}

// separatorOf returns the separator of a name; none is the host's.
func (e Exports) separatorOf(name string) (sign rune, ok bool) {
	if name == "" {
		return e.Separator, true
	}
	for _, s := range csvSeparators {
		if s.name == name {
			return s.sign, true
		}
	}
	return 0, false
}
