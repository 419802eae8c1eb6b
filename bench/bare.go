package main

import (
	"archive/zip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-pdf/fpdf"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/xuri/excelize/v2"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/postgres"
)

// exporter writes so many rows, and returns how many there were.
type exporter func(ctx context.Context, pool *pgxpool.Pool, w io.Writer, rows int) (int, error)

// exporters are the library's formats, and beside them what a program would
// write that uses only what the format is made with.
func exporters() map[string]exporter {
	return map[string]exporter{
		"csv":       format(export.CSV),
		"xlsx":      format(export.Excel),
		"pdf":       format(export.PDFParts),
		"bare csv":  bareCSV,
		"copy":      copyTo,
		"bare xlsx": bareExcel,
		"bare pdf":  barePDF,
	}
}

// newestEntries are the largest organization's newest entries, as they were
// loaded.
func newestEntries(ctx context.Context, pool *pgxpool.Pool, rows int) (iter.Seq2[audit.Entry, error], error) {
	trail, err := newTrail(postgres.New(pool))
	if err != nil {
		return nil, err
	}
	all := trail.All(ctx, audit.Filter{NotAfter: asLoaded}, audit.Sort{})
	return func(yield func(audit.Entry, error) bool) {
		n := 0
		for entry, err := range all {
			if !yield(entry, err) {
				return
			}
			if n++; n == rows {
				return
			}
		}
	}, nil
}

func format(f export.Format) exporter {
	return func(ctx context.Context, pool *pgxpool.Pool, w io.Writer, rows int) (int, error) {
		entries, err := newestEntries(ctx, pool, rows)
		if err != nil {
			return 0, err
		}
		result, err := f.Write(w, entries, export.Report{})
		return result.Rows, err
	}
}

// rowsSQL are the seven columns as everybody would select them.
const rowsSQL = "SELECT occurred_at, object_type, object_id, action, changes::text, actor_email, ip FROM audit_entries" +
	" WHERE org_id = 'org_01' AND id < '%s' ORDER BY id DESC LIMIT %d"

func selectRows(rows int) string { return fmt.Sprintf(rowsSQL, asLoaded, rows) }

func bareCSV(ctx context.Context, pool *pgxpool.Pool, w io.Writer, limit int) (int, error) {
	rows, err := pool.Query(ctx, selectRows(limit))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	out, n, record := csv.NewWriter(w), 0, make([]string, 7)
	var at time.Time
	for ; rows.Next(); n++ {
		if err := rows.Scan(&at, &record[1], &record[2], &record[3], &record[4], &record[5], &record[6]); err != nil {
			return n, err
		}
		record[0] = at.UTC().Format("2006-01-02 15:04:05.000000")
		if err := out.Write(record); err != nil {
			return n, err
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return n, err
	}
	return n, rows.Err()
}

func copyTo(ctx context.Context, pool *pgxpool.Pool, w io.Writer, rows int) (int, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Release()
	tag, err := conn.Conn().PgConn().CopyTo(ctx, w, "COPY ("+selectRows(rows)+") TO STDOUT WITH (FORMAT csv)")
	return int(tag.RowsAffected()), err
}

// plainCells are an entry's seven texts, nothing escaped.
func plainCells(e audit.Entry) [7]string {
	var changes strings.Builder
	for i, c := range e.Changes {
		if i > 0 {
			changes.WriteString("; ")
		}
		changes.WriteString(c.Field + ": " + c.Old.Text() + " → " + c.New.Text())
	}
	return [...]string{
		e.OccurredAt.Format("2006-01-02 15:04:05.000"), e.Object.Type, e.Object.ID, string(e.Action),
		changes.String(), e.Actor.Email, e.IP.String(),
	}
}

func bareExcel(ctx context.Context, pool *pgxpool.Pool, w io.Writer, rows int) (n int, err error) {
	entries, err := newestEntries(ctx, pool, rows)
	if err != nil {
		return 0, err
	}
	file := excelize.NewFile()
	defer file.Close()
	stream, err := file.NewStreamWriter("Sheet1")
	if err != nil {
		return 0, err
	}
	cells := make([]any, 7)
	for entry, err := range entries {
		if err != nil {
			return n, err
		}
		n++
		for i, text := range plainCells(entry) {
			cells[i] = text
		}
		if err := stream.SetRow("A"+strconv.Itoa(n), cells); err != nil {
			return n, err
		}
	}
	if err := stream.Flush(); err != nil {
		return n, err
	}
	return n, file.Write(w)
}

// pdfPart is how many rows a document has: fpdf keeps all pages until the end.
const pdfPart = export.MaxPDFRows

func barePDF(ctx context.Context, pool *pgxpool.Pool, w io.Writer, rows int) (n int, err error) {
	entries, err := newestEntries(ctx, pool, rows)
	if err != nil {
		return 0, err
	}
	archive := zip.NewWriter(w)
	next, stop := iter.Pull2(entries)
	defer stop()
	for part := 1; n < rows; part++ {
		document := newBareDocument()
		last := n + pdfPart
		for ; n < last; n++ {
			entry, err, ok := next()
			if err != nil {
				return n, err
			}
			if !ok {
				rows = n
				break
			}
			document.row(plainCells(entry))
		}
		file, err := archive.Create(fmt.Sprintf("part-%d.pdf", part))
		if err != nil {
			return n, err
		}
		if err := document.pdf.Output(file); err != nil {
			return n, err
		}
	}
	return n, archive.Close()
}

// bareDocument is a table in a PDF, and nothing else.
type bareDocument struct {
	pdf *fpdf.Fpdf
	y   float64
}

func newBareDocument() *bareDocument {
	pdf := fpdf.New("L", "pt", "A4", "")
	pdf.SetMargins(36, 36, 36)
	pdf.SetAutoPageBreak(false, 0)
	pdf.AddUTF8FontFromBytes("report", "", append([]byte(nil), dejavusanscondensed.TTF...))
	pdf.SetFont("report", "", 8)
	pdf.AddPage()
	return &bareDocument{pdf, 36}
}

func (d *bareDocument) row(cells [7]string) {
	widths := [...]float64{104, 80, 92, 64, 232, 114, 84}
	var lines [7][]string
	most := 0
	for i, cell := range cells {
		if i == 4 {
			cell = strings.ReplaceAll(cell, "; ", "\n")
		}
		lines[i] = d.pdf.SplitText(cell, widths[i])
		most = max(most, len(lines[i]))
	}
	if d.y+float64(most)*10 > 550 {
		d.pdf.AddPage()
		d.y = 36
	}
	x := 36.0
	for i := range cells {
		for n, text := range lines[i] {
			d.pdf.SetXY(x, d.y+float64(n)*10)
			d.pdf.CellFormat(widths[i], 10, text, "", 0, "L", false, 0, "")
		}
		x += widths[i]
	}
	d.y += float64(most) * 10
	d.pdf.Line(36, d.y, 806, d.y)
	d.y += 6
}
