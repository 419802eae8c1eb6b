package export

import (
	"fmt"
	"io"
	"iter"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/auditkeep/audit"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// excelBenchRows is how many rows a benchmark writes.
const excelBenchRows = 100_000

// BenchmarkExcel writes entries. It compares that with a floor: only excelize,
// which puts the same texts into plain cells. The ratio of their rows/s is what
// counts.
func BenchmarkExcel(b *testing.B) {
	prepared := excelBenchEntries(b)
	b.Run("entries", func(b *testing.B) {
		for b.Loop() {
			result, err := Excel.Write(io.Discard, repeated(prepared, excelBenchRows), Report{})
			require.NoError(b, err)
			require.Equal(b, excelBenchRows, result.Rows)
		}
		b.ReportMetric(float64(excelBenchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("floor", func(b *testing.B) {
		r, err := Report{}.withDefaults(Excel)
		require.NoError(b, err)
		texts := make([][columnCount]string, len(prepared))
		for i, entry := range prepared {
			row := r.row(entry, 0)
			texts[i] = [...]string{
				row.at.Format("2006-01-02 15:04:05.000"), row.objectType, row.id, row.action,
				joinCellChanges(row.changes), row.performedBy, row.ip,
			}
		}
		for b.Loop() {
			require.NoError(b, writeBare(io.Discard, texts))
		}
		b.ReportMetric(float64(excelBenchRows*b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}

func writeBare(w io.Writer, texts [][columnCount]string) error {
	file := excelize.NewFile()
	defer file.Close()
	stream, err := file.NewStreamWriter("Sheet1")
	if err != nil {
		return err
	}
	cells := make([]any, columnCount)
	for i := range excelBenchRows {
		for j, text := range texts[i%len(texts)] {
			cells[j] = text
		}
		if err := stream.SetRow("A"+strconv.Itoa(i+1), cells); err != nil {
			return err
		}
	}
	if err := stream.Flush(); err != nil {
		return err
	}
	return file.Write(w)
}

// excelBenchEntries are entries of usual sizes: an update of three fields, a create
// of eight, a destroy of five, and an action without changes.
func excelBenchEntries(b *testing.B) []audit.Entry {
	value := func(json string) audit.Value {
		v, err := audit.ParseValue(json)
		require.NoError(b, err)
		return v
	}
	entries := make([]audit.Entry, 200)
	for i := range entries {
		at := time.Date(2026, 3, 1, 12, i/60, i%60, i*1000, time.UTC)
		e := audit.Entry{
			Org: "acme", ID: audit.FirstID(at), OccurredAt: at, RecordedAt: at,
			Object: audit.Object{Type: "purchase_order", ID: strconv.Itoa(100_000 + i*7919)},
			Actor:  audit.Actor{Kind: audit.ActorUser, ID: "42", Email: fmt.Sprintf("user%d@acme.test", i%40)},
			IP:     netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}),
		}
		fields := 0
		switch i % 4 {
		case 0, 1:
			e.Action, fields = audit.ActionUpdate, 3
		case 2:
			e.Action, fields = audit.ActionCreate, 8
		case 3:
			e.Action, fields = audit.ActionDestroy, 5
		}
		for field := range fields {
			c := audit.Change{Field: fmt.Sprintf("field_%d", field)}
			if e.Action != audit.ActionCreate {
				c.Old = value(fmt.Sprintf(`"value %d of %d"`, field, i))
			}
			if e.Action != audit.ActionDestroy {
				c.New = value(strconv.Itoa(field * i))
			}
			e.Changes = append(e.Changes, c)
		}
		entries[i] = e
	}
	return entries
}

// repeated yields n entries, over and over the same.
func repeated(entries []audit.Entry, n int) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for i := range n {
			if !yield(entries[i%len(entries)], nil) {
				return
			}
		}
	}
}
