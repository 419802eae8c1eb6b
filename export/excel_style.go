package export

import (
	"fmt"
	"time"

	"github.com/auditkeep/audit"
	"github.com/xuri/excelize/v2"
)

// cellStyles are the styles of a workbook's cells, by their numbers in it.
type cellStyles struct {
	file *excelize.File

	header, text, bold, note, number int
	create, update, destroy, other   int
	times                            map[int]int // by offset from UTC, in seconds
}

// textFormat is the number format of texts. One that looks like a formula
// stays a text with it, also when somebody edits the cell.
const textFormat = 49

// integerFormat shows all digits. The general format shows 1.2E+11.
const integerFormat = 1

func newCellStyles(file *excelize.File) (*cellStyles, error) {
	s := &cellStyles{file: file, times: make(map[int]int)}
	text := func(color, fill string, bold bool) *excelize.Style {
		style := &excelize.Style{
			NumFmt:    textFormat,
			Alignment: &excelize.Alignment{Vertical: "top", WrapText: true},
			Border:    bottomBorder("E5E7EB"),
		}
		if color != "" {
			style.Font = &excelize.Font{Bold: bold, Color: color, Family: "Calibri", Size: 11}
		}
		if fill != "" {
			style.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{fill}}
		}
		return style
	}
	header := text("1F2937", "E5E7EB", true)
	header.Alignment.Vertical = "center"
	header.Border = bottomBorder("9CA3AF")
	note := text("8C1C17", "", true)
	note.Alignment.WrapText = false
	note.Border = nil
	number := text("", "", false)
	number.NumFmt = integerFormat
	number.Alignment = &excelize.Alignment{Vertical: "top", Horizontal: "left"}
	for _, style := range []struct {
		id    *int
		style *excelize.Style
	}{
		{&s.header, header},
		{&s.text, text("", "", false)},
		{&s.bold, text("1F2937", "", true)},
		{&s.note, note},
		{&s.number, number},
		{&s.create, text("0D5A2B", "DCF5E4", false)},
		{&s.update, text("6B4500", "FDF0CF", false)},
		{&s.destroy, text("8C1C17", "FDE2E1", false)},
		{&s.other, text("333333", "EEEEEE", false)},
	} {
		var err error
		if *style.id, err = file.NewStyle(style.style); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// bottomBorder is a thin line below a cell.
func bottomBorder(color string) []excelize.Border {
	return []excelize.Border{{Type: "bottom", Color: color, Style: 1}}
}

// action is the style of an action, in the colours of the page's pills.
func (s *cellStyles) action(a audit.Action) int {
	switch a {
	case audit.ActionCreate:
		return s.create
	case audit.ActionUpdate:
		return s.update
	case audit.ActionDestroy:
		return s.destroy
	default:
		return s.other
	}
}

// time is the style of a time. A cell's time has no zone, so the format holds
// the offset. It distinguishes the two hours that look the same when clocks go
// back.
func (s *cellStyles) time(at time.Time) (int, error) {
	_, offset := at.Zone()
	if id, ok := s.times[offset]; ok {
		return id, nil
	}
	layout := "-07:00"
	if offset%60 != 0 {
		layout = "-07:00:00" // local mean time, of long ago
	}
	format := `yyyy-mm-dd hh:mm:ss.000 "` + at.Format(layout) + `"`
	id, err := s.file.NewStyle(&excelize.Style{
		CustomNumFmt: &format,
		Alignment:    &excelize.Alignment{Vertical: "top", Horizontal: "left"},
		Border:       bottomBorder("E5E7EB"),
	})
	if err != nil {
		return 0, fmt.Errorf("making the style %s: %w", format, err)
	}
	s.times[offset] = id
	return id, nil
}
