// Package export writes audit entries into files that leave the building: CSV,
// Excel, PDF and JSON Lines. A format takes an iterator of entries, such as
// that of [audit.Log.All], and an [io.Writer]:
//
//	report := export.Report{Filter: filter, Sort: sort, Zone: zone}
//	file, err := os.Create(report.FileName(export.CSV))
//	…
//	result, err := export.CSV.Write(file, trail.All(ctx, filter, sort), report)
//
// Memory does not grow with the number of entries. All formats but JSON Lines
// have the columns of the Audit Logs page; JSON Lines has everything that was
// recorded, in the form of [audit.Entry.MarshalJSON].
//
// What is in an entry comes from anywhere, so every format is safe to open: a
// cell is never a formula. Characters that a reader would not see, or that
// rearrange the text around them, are written as escapes such as \u202e. If old
// and new differ in a character that looks the same in both, it is escaped too:
// "name: paypal -> p\u0430ypal".
//
// The cell Changes has one part for each field, then the comment:
//
//	name: ci -> deploy; scopes: ["read"] -> (absent); (comment) ticket 4711
//
// In CSV, "; " separates the parts. In Excel and PDF, each part has its own
// line. A value or comment in which a part could seem to end stands in
// double quotes. In it, \" is a quote and \\ a backslash. So does the name of a
// field that reads like a mark in brackets. A comment without changes has no
// mark before it, unless it could be taken for a change.
package export

import (
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/auditkeep/audit"
)

// Format is a kind of file, by the end of its name.
type Format string

// The formats.
const (
	// CSV is RFC 4180: UTF-8 with a byte order mark (see [Report].NoBOM),
	// lines that end in CRLF, one per entry, and commas between the cells (see
	// [Report].Separator).
	CSV Format = "csv"
	// Excel is a workbook: the entries, on as many sheets as they need, and
	// the sheet "Filters Applied".
	Excel Format = "xlsx"
	// PDF is one document for printing, of at most [MaxPDFRows] entries.
	PDF Format = "pdf"
	// PDFParts is a zip archive of numbered PDF documents, for any number of
	// entries.
	PDFParts Format = "zip"
	// JSONLines is one JSON object per line, without loss.
	JSONLines Format = "jsonl"
)

// Formats are all formats.
func Formats() []Format { return []Format{CSV, Excel, PDF, PDFParts, JSONLines} }

// formats holds the media type and the writer of each format.
var formats = map[Format]struct {
	contentType string
	write       func(io.Writer, *feed, Report) error
}{
	CSV:       {"text/csv; charset=utf-8; header=present", writeCSV},
	Excel:     {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", writeExcel},
	PDF:       {"application/pdf", writePDF},
	PDFParts:  {"application/zip", writePDFParts},
	JSONLines: {"application/jsonl; charset=utf-8", writeJSONLines},
}

// ContentType is the format's media type.
func (f Format) ContentType() string { return formats[f].contentType }

// Result says what a file holds.
type Result struct {
	// Rows is the number of entries written.
	Rows int
	// Cut reports whether there were more entries than the file may hold, by
	// [Report].MaxRows or [MaxPDFRows]. The file says so too.
	Cut bool
	// CutValues is the number of values that the file holds only in part, or not
	// at all, since there is no room for them: in PDF beyond 500 characters of a
	// value and 50 fields of an entry, in Excel beyond what a cell holds. CSV and
	// JSON Lines hold all values whole. The file says so too.
	CutValues int
}

// Write writes the entries as a file of the format. The first error of the
// entries or of w ends it, and what was written by then is not a whole file:
// do not keep it. The result counts what was written, also after an error.
func (f Format) Write(w io.Writer, entries iter.Seq2[audit.Entry, error], r Report) (Result, error) {
	format, ok := formats[f]
	if !ok {
		return Result{}, fmt.Errorf("export: format %q: not one of %q", string(f), Formats())
	}
	r, err := r.withDefaults(f)
	if err != nil {
		return Result{}, err
	}
	if w == nil || entries == nil {
		return Result{}, errors.New("export: the writer or the entries are nil: give a file and what Log.All returns")
	}
	rows := &feed{entries: entries, max: r.MaxRows, progress: r.Progress}
	err = format.write(w, rows, r)
	if err == nil {
		err = rows.err
	}
	if err != nil {
		err = fmt.Errorf("exporting as %s: %w", f, err)
	}
	return rows.Result, err
}
