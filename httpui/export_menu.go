package httpui

import (
	"fmt"

	"github.com/auditkeep/audit/export"
)

// exportMenu offers the page's query as files. Its links keep the walk's asof,
// so that a file holds what the page shows.
type exportMenu struct {
	Files []exportLink
	// Long says that a file may take long enough to show its progress.
	Long bool
}

// longExport is from how many entries on it may.
const longExport = 2000

// exportLink is one format.
type exportLink struct {
	Text, URL string
	// Note says beforehand what the file will not hold, or how it comes.
	Note string
}

func (h *Handler) exportMenu(v view, count counted) *exportMenu {
	menu := &exportMenu{Long: count.more || count.entries >= longExport}
	params := query(only(v.walk(), exportParams))
	for _, format := range h.options.Exports.Formats {
		menu.Files = append(menu.Files, exportLink{
			Text: fmt.Sprintf(h.options.Strings.ExportAs, h.options.Strings.Formats[format]),
			URL:  "export." + string(format) + params,
			Note: h.exportNote(format, count),
		})
		if format == export.CSV {
			menu.Files = append(menu.Files, h.csvLinks(v, count)...)
		}
	}
	if len(menu.Files) == 0 {
		return nil
	}
	return menu
}

// csvLinks offer CSV with the other separators: which one a spreadsheet reads
// depends on its language.
func (h *Handler) csvLinks(v view, count counted) (links []exportLink) {
	for _, s := range csvSeparators {
		if s.sign == h.options.Exports.Separator {
			continue
		}
		params := only(v.walk(), exportParams)
		params.Set(paramSeparator, s.name)
		links = append(links, exportLink{
			Text: fmt.Sprintf(h.options.Strings.ExportAs, h.options.Strings.CSVWith[s.name]),
			URL:  "export." + string(export.CSV) + query(params),
			Note: h.exportNote(export.CSV, count),
		})
	}
	return links
}

// exportNote is needed only where there is more than the least bound, or may be.
func (h *Handler) exportNote(format export.Format, count counted) string {
	s, most := h.options.Strings, h.options.Exports.MaxRows[format]
	switch {
	case format == export.PDF && most > export.MaxPDFRows && (count.more || count.entries > export.MaxPDFRows):
		return s.AtMostInParts(most)
	case count.more || count.entries > most:
		return s.AtMost(most)
	default:
		return ""
	}
}
