package export

import (
	"archive/zip"
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// maxPartPages bounds the memory of a part. Each part is written as soon as it is
// whole, so this bounds the memory of the archive too.
const maxPartPages = 150

// writePDFParts writes an archive of documents, and the text about.txt, which
// lists them.
func writePDFParts(w io.Writer, rows *feed, r Report) error {
	return writePDFPartsOf(w, rows, r, MaxPDFRows, maxPartPages)
}

func writePDFPartsOf(w io.Writer, rows *feed, r Report, maxRows, maxPages int) error {
	parts := pdfParts{report: r, archive: zip.NewWriter(w)}
	if err := parts.begin(); err != nil {
		return err
	}
	var err error
	for entry := range rows.all() {
		if rows.Rows-parts.before == maxRows || parts.document.pages() >= maxPages {
			if err = parts.end(rows, false); err != nil {
				break
			}
			if err = parts.begin(); err != nil {
				break
			}
		}
		parts.document.entry(entry)
	}
	switch {
	case err != nil:
		return err
	case rows.err != nil:
		return rows.err // the archive stays without its end, which no program opens
	}
	if err := parts.end(rows, true); err != nil {
		return err
	}
	return parts.finish(rows.Result)
}

// pdfParts is an archive in the making.
type pdfParts struct {
	report   Report
	archive  *zip.Writer
	document *pdfDocument
	before   int          // rows of the parts before
	index    []line       // of the parts so far
	file     bytes.Buffer // of one part, used again for the next
}

func (p *pdfParts) begin() (err error) {
	p.document, err = newPDFDocument(p.report, fmt.Sprintf(p.report.Words.File.Part, fmt.Sprint(len(p.index)+1)))
	return err
}

// end writes the part that holds the rows up to the last one read.
func (p *pdfParts) end(feed *feed, last bool) error {
	rows, s := feed.Rows, p.report.Words.File
	numbers := fmt.Sprint(rows - p.before)
	if rows > p.before {
		numbers = fmt.Sprintf("%d–%d", p.before+1, rows)
	}
	index := numbers
	feed.CutValues += p.document.cut
	complete := s.Continues
	switch {
	case last:
		numbers = fmt.Sprintf(s.RowsOf, numbers, fmt.Sprint(rows))
		complete = p.report.cutText(feed.Result)
	case p.document.cut > 0:
		complete += "; " + p.report.Words.Count(s.CutValues, p.document.cut)
	}
	p.file.Reset()
	if err := p.document.write(&p.file, numbers, complete); err != nil {
		return err
	}
	p.document = nil // its memory is free while the reader is slow
	name := fmt.Sprintf("%s_part-%03d.pdf", p.report.baseName(), len(p.index)+1)
	p.index = append(p.index, line{name, index})
	p.before = rows
	return p.add(name)
}

// finish writes what the archive says about itself, and its end.
func (p *pdfParts) finish(result Result) error {
	var text strings.Builder
	for _, l := range append(p.report.about(result), p.index...) {
		fmt.Fprintf(&text, "%s: %s\n", l.Name, l.Value)
	}
	p.file.Reset()
	p.file.WriteString(text.String())
	if err := p.add("about.txt"); err != nil {
		return err
	}
	return p.archive.Close()
}

// add puts the file into the archive as it is, since documents are compressed
// already. Its size stands before it: not every program reads a stored file
// whose size only follows.
func (p *pdfParts) add(name string) error {
	size := uint64(p.file.Len())
	header := zip.FileHeader{
		Name:               name,
		Method:             zip.Store,
		CRC32:              crc32.ChecksumIEEE(p.file.Bytes()),
		CompressedSize64:   size,
		UncompressedSize64: size,
	}
	// CreateRaw does not write Modified, but the fields that this sets too.
	header.SetModTime(p.report.GeneratedAt)
	out, err := p.archive.CreateRaw(&header)
	if err != nil {
		return fmt.Errorf("adding %s: %w", name, err)
	}
	if _, err := p.file.WriteTo(out); err != nil {
		return fmt.Errorf("writing %s: %w", name, err)
	}
	return p.archive.Flush()
}
