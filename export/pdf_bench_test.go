package export_test

import (
	"fmt"
	"io"
	"testing"

	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/go-pdf/fpdf"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/export"
)

const benchmarkRows = 10_000

func BenchmarkPDF(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		_, err := export.PDF.Write(io.Discard, varied(benchmarkRows), export.Report{GeneratedAt: pdfStart})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkRows, "ns/row")
}

// BenchmarkPDFFloor uses only fpdf, with the same cells in the same columns. A
// program that needs only a table would write the same.
func BenchmarkPDFFloor(b *testing.B) {
	widths := []float64{104, 80, 92, 64, 232, 114, 84}
	b.ReportAllocs()
	for b.Loop() {
		pdf := fpdf.New("L", "pt", "A4", "")
		pdf.SetMargins(36, 36, 36)
		pdf.SetAutoPageBreak(false, 0)
		pdf.AddUTF8FontFromBytes("report", "", append([]byte(nil), dejavusanscondensed.TTF...))
		pdf.SetFont("report", "", 8)
		pdf.AddPage()
		y := 36.0
		for i := range benchmarkRows {
			e := variedEntry(i)
			cells := []string{
				e.OccurredAt.Format("2006-01-02 15:04:05 MST"), e.Object.Type, e.Object.ID,
				string(e.Action), "", e.Actor.Email, e.IP.String(),
			}
			for _, c := range e.Changes {
				cells[4] += fmt.Sprintf("%s: %s -> %s\n", c.Field, c.Old.Text(), c.New.Text())
			}
			lines := make([][]string, len(cells))
			most := 0
			for n, cell := range cells {
				lines[n] = pdf.SplitText(cell, widths[n])
				most = max(most, len(lines[n]))
			}
			if y+float64(most)*10 > 550 {
				pdf.AddPage()
				y = 36
			}
			x := 36.0
			for n := range cells {
				for line, text := range lines[n] {
					pdf.SetXY(x, y+float64(line)*10)
					pdf.CellFormat(widths[n], 10, text, "", 0, "L", false, 0, "")
				}
				x += widths[n]
			}
			y += float64(most) * 10
			pdf.Line(36, y, 806, y)
			y += 6
		}
		require.NoError(b, pdf.Output(io.Discard))
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchmarkRows, "ns/row")
}
