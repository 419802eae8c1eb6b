package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// byteOrderMark makes Excel read a text as UTF-8.
const byteOrderMark = "\ufeff"

// separators are what a CSV file may have between its cells.
const separators = ",;\t"

// writeCSV writes RFC 4180: a header, and one line per entry, since no text in
// a row holds a line break. If the file is cut, a last line says so in its
// first cell.
func writeCSV(w io.Writer, rows *feed, r Report) error {
	if !r.NoBOM {
		if _, err := io.WriteString(w, byteOrderMark); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF, out.Comma = true, r.Separator
	others := strings.ReplaceAll(separators, string(r.Separator), "")
	if err := out.Write(r.header()); err != nil {
		return err
	}
	for entry := range rows.all() {
		row := r.row(entry, 0)
		cells := []string{
			row.at.Format(timestampFormat), row.objectType, row.id, row.action,
			strings.Join(row.changes, "; "), row.performedBy, row.ip,
		}
		for i := range cells {
			cells[i] = harmless(cells[i], others)
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	if rows.Cut {
		note := make([]string, len(r.header()))
		note[0] = harmless(r.Words.File.Complete+": "+r.cutText(rows.Result), others)
		if err := out.Write(note); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless puts an apostrophe before what a spreadsheet would take for a
// formula. Programs recognize a formula only by its first sign. Blanks before
// the sign do not prevent that, and neither do its full-width forms, which some
// input methods turn into plain ones. Numbers stay numbers.
//
// Programs also guess the separator, or the user names another one. Text after
// another separator then becomes a separate cell, so harmless checks it too.
// Quotes do not keep the text together: they count only where a cell begins.
func harmless(cell, others string) string {
	end := strings.IndexAny(cell, others)
	if end < 0 {
		if isFormula(cell) {
			return "'" + cell
		}
		return cell
	}
	var out strings.Builder
	if isFormula(cell) {
		out.WriteByte('\'')
	}
	for {
		out.WriteString(cell[:end+1])
		if cell = cell[end+1:]; cell == "" {
			return out.String()
		}
		if end = strings.IndexAny(cell, others); end < 0 {
			end = len(cell)
		}
		if isFormula(strings.TrimLeft(cell[:end], blanks+`"`)) && !isNumber(strings.Trim(cell[:end], blanks)) {
			out.WriteByte('\'')
		}
		if end == len(cell) {
			out.WriteString(cell)
			return out.String()
		}
	}
}

// blanks do not keep a program from taking what follows for a formula.
const blanks = " \u00a0\u3000\ufeff\u200b\u200c\u200d\u2060"

// isFormula reports whether a program may take a cell for a formula.
func isFormula(cell string) bool {
	begin := strings.TrimLeft(cell, blanks)
	r, _ := utf8.DecodeRuneInString(begin)
	switch r {
	case '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠':
		return !isNumber(cell)
	}
	return false
}

// isNumber reports whether a cell is a plain number.
func isNumber(cell string) bool {
	if strings.Trim(cell, "+-.0123456789eE") != "" {
		return false
	}
	_, err := strconv.ParseFloat(cell, 64)
	return err == nil
}
