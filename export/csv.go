package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
)

// byteOrderMark tells Excel that a text is UTF-8.
const byteOrderMark = "\ufeff"

// writeCSV writes RFC 4180: a header, and one line per entry, since no text in
// a row holds a line break. Where the file is cut, a last line says so in its
// first cell.
func writeCSV(w io.Writer, rows *feed, r Report) error {
	if !r.NoBOM {
		if _, err := io.WriteString(w, byteOrderMark); err != nil {
			return err
		}
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
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
			cells[i] = harmless(cells[i])
		}
		if err := out.Write(cells); err != nil {
			return err
		}
	}
	if rows.Cut {
		note := make([]string, len(r.header()))
		note[0] = harmless(r.Strings.Cut + ": " + r.cutText(rows.Result))
		if err := out.Write(note); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless puts an apostrophe before what a spreadsheet would take for a
// formula: programs tell a formula from a text only by how it begins. Blanks
// before it do not help, and neither do the full-width forms of the signs,
// which some input methods make into plain ones. Numbers stay numbers.
func harmless(cell string) string {
	begin := strings.TrimLeft(cell, " \u00a0\u3000\ufeff\u200b\u200c\u200d\u2060")
	if begin == "" {
		return cell
	}
	for _, sign := range formulaSigns {
		if strings.HasPrefix(begin, sign) && !isNumber(cell) {
			return "'" + cell
		}
	}
	return cell
}

var formulaSigns = []string{"=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"}

// isNumber reports whether a cell is a plain number.
func isNumber(cell string) bool {
	if strings.Trim(cell, "+-.0123456789eE") != "" {
		return false
	}
	_, err := strconv.ParseFloat(cell, 64)
	return err == nil
}
