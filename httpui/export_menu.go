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

func (p *presenter) exportMenu(v view, count counted, offered Exports) *exportMenu {
	menu := &exportMenu{Long: count.more || count.entries >= longExport}
	params := query(only(v.walk(), exportParams))
	for _, format := range offered.Formats {
		menu.Files = append(menu.Files, exportLink{
			Text: fmt.Sprintf(p.words.Export.As, p.words.Export.Formats[string(format)]),
			URL:  "export." + string(format) + params,
			Note: p.exportNote(format, count, offered),
		})
		if format == export.CSV {
			menu.Files = append(menu.Files, p.csvLinks(v, count, offered)...)
		}
	}
	if len(menu.Files) == 0 {
		return nil
	}
	return menu
}

// csvLinks offer CSV with the other separators: which one a spreadsheet reads
// depends on its language.
func (p *presenter) csvLinks(v view, count counted, offered Exports) (links []exportLink) {
	for _, s := range csvSeparators {
		if s.sign == offered.Separator {
			continue
		}
		params := only(v.walk(), exportParams)
		params.Set(paramSeparator, s.name)
		links = append(links, exportLink{
			Text: fmt.Sprintf(p.words.Export.As, p.words.Export.CSVWith[s.name]),
			URL:  "export." + string(export.CSV) + query(params),
			Note: p.exportNote(export.CSV, count, offered),
		})
	}
	return links
}

// exportNote is needed only if there is more than the least bound, or may be.
func (p *presenter) exportNote(format export.Format, count counted, offered Exports) string {
	s, most := p.words, offered.MaxRows[format]
	switch {
	case format == export.PDF && most > export.MaxPDFRows && (count.more || count.entries > export.MaxPDFRows):
		return s.Count(s.Export.AtMostInParts, most)
	case count.more || count.entries > most:
		return s.Count(s.Export.AtMost, most)
	default:
		return ""
	}
}
