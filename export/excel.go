package export

import (
	"archive/zip"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/display"
	"github.com/auditkeep/audit/words"
	"github.com/xuri/excelize/v2"
)

// sheetLimit is how much one sheet of entries holds before the next begins.
type sheetLimit struct {
	rows int // entries
	text int // bytes of their texts
}

// writeExcel writes a workbook: a sheet of entries, the sheet about the file,
// and further sheets of entries if one does not hold them all. It keeps the
// entries in temporary files and writes to w only after it has read all of
// them. So an error among them leaves no file at all.
func writeExcel(w io.Writer, rows *feed, r Report) error {
	return writeWorkbook(w, rows, r, sheetLimit{
		// Excel opens TotalRows rows. One holds the header, and one the note
		// that the file is cut.
		rows: excelize.TotalRows - 2,
		// Escapes make a text at most five times as long, so the sheet stays
		// below 4 GiB. Above that, Excel insists on marks in the archive that
		// archive/zip does not set.
		text: 600 << 20,
	})
}

func writeWorkbook(w io.Writer, rows *feed, r Report, limit sheetLimit) (err error) {
	// excelize keeps everything in memory if it cannot make a temporary file.
	// If this directory can be made, its files can be made too.
	dir, err := os.MkdirTemp("", "audit-excel-")
	if err != nil {
		return fmt.Errorf("making a directory for temporary files: %w", err)
	}
	file := excelize.NewFile(excelize.Options{TmpDir: dir})
	defer func() { err = errors.Join(err, file.Close(), os.RemoveAll(dir)) }()

	book, err := newWorkbook(file, r, limit)
	if err != nil {
		return err
	}
	for entry := range rows.all() {
		if err := book.add(entry); err != nil {
			return fmt.Errorf("entry %s: %w", entry.ID, err)
		}
	}
	if rows.err != nil {
		return rows.err
	}
	if err := book.end(rows); err != nil {
		return err
	}
	return book.writeTo(w)
}

// workbook is an Excel file in the making.
type workbook struct {
	file   *excelize.File
	report Report
	limit  sheetLimit
	styles *cellStyles
	names  sheetNames
	title  string // what the sheets of entries are called
	about  string // the name of the sheet about the file
	sheet  *entrySheet
}

// defaultSheetName is for titles that cannot name a sheet.
const defaultSheetName = "Audit Logs"

func newWorkbook(file *excelize.File, r Report, limit sheetLimit) (*workbook, error) {
	b := &workbook{file: file, report: r, limit: limit}
	var err error
	if b.styles, err = newCellStyles(file); err != nil {
		return nil, fmt.Errorf("making styles: %w", err)
	}
	b.about = b.names.add(sheetName(r.Words.File.FiltersApplied, words.English().File.FiltersApplied))
	if b.title = sheetName(r.Title, defaultSheetName); b.names.has(b.title) {
		b.title = defaultSheetName
	}
	first := b.names.add(b.title)
	if err := file.SetSheetName(file.GetSheetName(0), first); err != nil {
		return nil, fmt.Errorf("naming sheet %q: %w", first, err)
	}
	if _, err := file.NewSheet(b.about); err != nil {
		return nil, fmt.Errorf("making sheet %q: %w", b.about, err)
	}
	if err := b.setProperties(); err != nil {
		return nil, fmt.Errorf("setting properties: %w", err)
	}
	b.sheet, err = newEntrySheet(file, first, b.styles, r)
	return b, err
}

// setProperties says what the file is. Its creator is nobody: excelize would
// name its own author.
func (b *workbook) setProperties() error {
	const none = `<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"/>`
	b.file.Pkg.Store("docProps/core.xml", []byte(none))
	at := b.report.GeneratedAt.UTC().Format(time.RFC3339)
	return errors.Join(
		b.file.SetDocProps(&excelize.DocProperties{Title: display.VisibleText(b.report.Title), Created: at, Modified: at}),
		b.file.SetAppProps(&excelize.AppProperties{Application: "auditkeep/audit"}),
	)
}

// add writes an entry. If the present sheet is full, it begins a further one.
func (b *workbook) add(e audit.Entry) error {
	if b.sheet.rows >= b.limit.rows || b.sheet.text >= b.limit.text {
		if err := b.sheet.end(); err != nil {
			return err
		}
		name := b.names.add(b.title)
		_, err := b.file.NewSheet(name)
		if err != nil {
			return fmt.Errorf("making sheet %q: %w", name, err)
		}
		if b.sheet, err = newEntrySheet(b.file, name, b.styles, b.report); err != nil {
			return err
		}
	}
	return b.sheet.add(e)
}

// end writes what is known only after the last entry.
func (b *workbook) end(rows *feed) error {
	rows.CutValues = *b.report.cutValues
	if rows.Cut {
		if err := b.sheet.addNote(b.report.Words.File.Complete + ": " + b.report.cutText(rows.Result)); err != nil {
			return err
		}
	}
	if err := b.sheet.end(); err != nil {
		return err
	}
	return b.addAbout(b.report.about(rows.Result))
}

// addAbout fills the sheet about the file.
func (b *workbook) addAbout(lines []line) error {
	stream, err := newStream(b.file, b.about)
	if err != nil {
		return err
	}
	const nameWidth, valueWidth = 24, 100
	err = errors.Join(stream.SetColWidth(1, 1, nameWidth), stream.SetColWidth(2, 2, valueWidth))
	for i, l := range lines {
		name, value := b.report.fitCell(l.Name), b.report.fitCell(l.Value)
		err = errors.Join(err, stream.SetRow("A"+strconv.Itoa(i+1), []any{
			excelize.Cell{Value: cellText(name), StyleID: b.styles.bold},
			excelize.Cell{Value: cellText(value), StyleID: b.styles.text},
		}, sheetRowHeight(max(cellLines(name, nameWidth), cellLines(value, valueWidth)))))
	}
	if err == nil {
		err = stream.Flush()
	}
	if err != nil {
		return fmt.Errorf("writing sheet %q: %w", b.about, err)
	}
	return nil
}

// writeTo writes the archive. By itself, excelize makes it in memory first.
func (b *workbook) writeTo(w io.Writer) error {
	out := zip.NewWriter(w)
	// The usual level makes files smaller by 30 %, and takes a third of the
	// time of the whole export for it.
	out.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.BestSpeed)
	})
	b.file.SetZipWriter(func(io.Writer) excelize.ZipWriter { return openArchive{out} })
	if err := b.file.Write(io.Discard); err != nil {
		return fmt.Errorf("writing workbook: %w", err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("writing workbook: %w", err)
	}
	return nil
}

// openArchive is a zip archive as excelize is given it. Close does not end it:
// excelize closes it after an error too, which would make half a workbook look
// whole.
type openArchive struct{ *zip.Writer }

func (a openArchive) Create(name string) (io.Writer, error) {
	w, err := a.Writer.Create(name)
	return &escapeWriter{w: w}, err
}

func (openArchive) Close() error { return nil }
