package export

import (
	"fmt"
	"io"
)

// MaxPDFRows is the max number of entries in one PDF document. It holds fewer if
// they would fill more than 2,000 pages. If entries are left out, the first page
// says so.
const MaxPDFRows = 5_000

// maxPDFPages bounds the memory of one document, whose pages are all kept
// until the last one is known.
const maxPDFPages = 2_000

// writePDF writes one document. Nothing is written to w before the document is
// whole.
func writePDF(w io.Writer, rows *feed, r Report) error {
	return writePDFPages(w, rows, r, maxPDFPages)
}

func writePDFPages(w io.Writer, rows *feed, r Report, maxPages int) error {
	document, err := newPDFDocument(r, "")
	if err != nil {
		return err
	}
	for entry := range rows.all() {
		if document.pages() >= maxPages {
			rows.Cut = true
			break
		}
		document.entry(entry)
	}
	if rows.err != nil {
		return rows.err
	}
	rows.CutValues = document.cut
	return document.write(w, fmt.Sprint(rows.Rows), r.cutText(rows.Result))
}
