package export

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/auditkeep/audit"
	"github.com/xuri/excelize/v2"
)

// entrySheet is a sheet of entries in the making, row by row.
type entrySheet struct {
	file   *excelize.File
	report Report
	styles *cellStyles
	name   string
	stream *excelize.StreamWriter

	rows int // entries so far
	text int // bytes of their texts

	// The next row.
	cells  [columnCount]excelize.Cell
	values [columnCount]any // each nil, or its cell
	lines  int
}

// columnCount is the number of audit.Columns.
const columnCount = 7

// sheetColumnWidths are in digits of the standard font. Excel shows #### for a
// time or a number that is wider than its column. Texts wrap.
var sheetColumnWidths = [columnCount]int{31, 20, 20, 14, 70, 30, 20}

func newEntrySheet(file *excelize.File, name string, styles *cellStyles, r Report) (*entrySheet, error) {
	stream, err := newStream(file, name)
	if err != nil {
		return nil, err
	}
	s := &entrySheet{file: file, report: r, styles: styles, name: name, stream: stream}
	if err := s.begin(); err != nil {
		return nil, fmt.Errorf("writing sheet %q: %w", name, err)
	}
	return s, nil
}

// newStream begins to write a sheet that prints on as many pages as it is
// long, but not wide.
func newStream(file *excelize.File, sheet string) (*excelize.StreamWriter, error) {
	yes, landscape, a4, wide, long := true, "landscape", 9, 1, 0
	// Without a dimension: the one of an empty sheet would be wrong.
	err := errors.Join(
		file.SetSheetDimension(sheet, ""),
		file.SetSheetProps(sheet, &excelize.SheetPropsOptions{FitToPage: &yes}),
		file.SetPageLayout(sheet, &excelize.PageLayoutOptions{
			Orientation: &landscape, Size: &a4, FitToWidth: &wide, FitToHeight: &long,
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("setting up sheet %q: %w", sheet, err)
	}
	stream, err := file.NewStreamWriter(sheet)
	if err != nil {
		return nil, fmt.Errorf("beginning sheet %q: %w", sheet, err)
	}
	return stream, nil
}

// begin writes the header, which stays in view and on every printed page.
func (s *entrySheet) begin() error {
	err := s.stream.SetPanes(&excelize.Panes{
		Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft",
		Selection: []excelize.Selection{{SQRef: "A2", ActiveCell: "A2", Pane: "bottomLeft"}},
	})
	for i, width := range sheetColumnWidths {
		err = errors.Join(err, s.stream.SetColWidth(i+1, i+1, float64(width)))
	}
	err = errors.Join(err, s.file.SetDefinedName(&excelize.DefinedName{
		Name: "_xlnm.Print_Titles", RefersTo: "'" + s.name + "'!$1:$1", Scope: s.name,
	}))
	if err != nil {
		return err
	}
	for i, name := range s.report.header() {
		s.set(i, s.report.fitCell(name), s.styles.header)
	}
	return s.setRow(1)
}

// set puts a text into a column of the next row; an empty one leaves no cell.
func (s *entrySheet) set(column int, text string, style int) {
	if s.values[column] = nil; text == "" {
		return
	}
	s.text += len(text)
	s.lines = max(s.lines, cellLines(text, sheetColumnWidths[column]))
	s.setValue(column, cellText(text), style)
}

func (s *entrySheet) setValue(column int, value any, style int) {
	s.cells[column] = excelize.Cell{Value: value, StyleID: style}
	s.values[column] = &s.cells[column]
}

// add writes an entry as the next row.
func (s *entrySheet) add(e audit.Entry) error {
	r := s.report
	row := r.facts(e)
	if days, ok := excelDays(row.at); ok {
		style, err := s.styles.time(row.at)
		if err != nil {
			return err
		}
		s.setValue(0, days, style)
	} else {
		s.set(0, row.at.Format(timestampFormat), s.styles.text)
	}
	s.set(1, r.fitCell(row.objectType), s.styles.text)
	if number, ok := excelNumber(row.id); ok {
		s.setValue(2, number, s.styles.number)
	} else {
		s.set(2, r.fitCell(row.id), s.styles.text)
	}
	s.set(3, r.fitCell(row.action), s.styles.action(e.Action))
	s.set(4, r.cellChanges(e), s.styles.text)
	s.set(5, r.fitCell(row.performedBy), s.styles.text)
	s.set(6, row.ip, s.styles.text)
	s.rows++
	return s.setRow(s.rows + 1)
}

// setRow writes the row that has been set.
func (s *entrySheet) setRow(number int) error {
	height := sheetRowHeight(s.lines)
	s.lines = 0
	return s.stream.SetRow("A"+strconv.Itoa(number), s.values[:], height)
}

// addNote writes a text below the entries, over the whole width.
func (s *entrySheet) addNote(text string) error {
	return s.stream.SetRow("A"+strconv.Itoa(s.rows+2), []any{
		excelize.Cell{Value: cellText(s.report.fitCell(text)), StyleID: s.styles.note},
	})
}

// end ends the sheet. Its header gets the buttons that filter the entries.
func (s *entrySheet) end() error {
	last, err := excelize.CoordinatesToCellName(columnCount, s.rows+1)
	if err != nil {
		return err
	}
	err = errors.Join(s.file.AutoFilter(s.name, "A1:"+last, nil), s.stream.Flush())
	if err != nil {
		return fmt.Errorf("ending sheet %q: %w", s.name, err)
	}
	return nil
}
