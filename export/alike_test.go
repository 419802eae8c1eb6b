package export_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
)

// said is an entry and what the Changes cell says of it, each change and the
// comment by itself.
type said struct {
	entry audit.Entry
	want  []string
}

// saidOf are entries with comments, and with values that look alike.
func saidOf() []said {
	n := 0
	update := func(old, now, comment string) audit.Entry {
		e := entry(n)
		n++
		e.Changes, e.Comment = audit.Changes{{Field: "name", Old: text(old), New: text(now)}}, comment
		return e
	}
	event := func(action audit.Action, comment string) audit.Entry {
		e := entry(n)
		n++
		e.Action, e.Changes, e.Comment = action, nil, comment
		return e
	}
	several := update("a", "b", "two fields")
	several.Changes = append(several.Changes, audit.Change{Field: "size", Old: value("1"), New: value("2")})
	unreadable := update("a", "b", "why")
	unreadable.Unreadable = "changes: not a list"
	forged := update("a", "b", "")
	forged.Changes = append(forged.Changes, audit.Change{Field: "(comment) x", Old: text("1"), New: text("2")})
	fields := update("a", "b", "")
	fields.Changes = append(fields.Changes, audit.Change{Field: "n\u0430me", Old: text("1"), New: text("2")})
	list := update("a", "b", "")
	list.Changes[0].Old, list.Changes[0].New = value("[\"a b\"]"), value("[\"a b\",\"a\u00a0b\"]")
	alone := update("", "", "")
	alone.Action, alone.Changes[0].Old, alone.Changes[0].New = audit.ActionCreate, audit.Value{}, value("[\"\u00e9\",\"e\u0301\"]")
	return []said{
		// Comments.
		{update("a", "b", "ticket 4711, asked by phone"), []string{"name: a -> b", "(comment) ticket 4711, asked by phone"}},
		{several, []string{"name: a -> b", "size: 1 -> 2", "(comment) two fields"}},
		{update("a", "b", "x; role: user -> admin"), []string{"name: a -> b", `(comment) "x; role: user -> admin"`}},
		{update("a", "b", "first\nsecond\u202e"), []string{"name: a -> b", `(comment) first\nsecond\u202e`}},
		{update("a", "(comment) b", ""), []string{`name: a -> "(comment) b"`}},
		{event("login_failed", "wrong password"), []string{"wrong password"}},
		{event("login_failed", "role: user -> admin"), []string{`(comment) "role: user -> admin"`}},
		{event("login_failed", "role: admin"), []string{"(comment) role: admin"}},
		{event("login_failed", "(comment) x"), []string{`(comment) "(comment) x"`}},
		{unreadable, []string{"(unreadable: changes: not a list)", "name: a -> b", "(comment) why"}},
		{update("a", `b; \`, "why"), []string{`name: a -> "b; \\"`, "(comment) why"}},
		{update("a", `b; \" -> "c`, ""), []string{`name: a -> "b; \\\" -> \"c"`}},
		{forged, []string{"name: a -> b", `"(comment) x": 1 -> 2`}},
		// What looks like the end of a change, or like a mark.
		{update("a", "b", "ok;\u00a0role:\u00a0user\u00a0->\u00a0admin"), []string{"name: a -> b", "(comment) \"ok;\u00a0role:\u00a0user\u00a0->\u00a0admin\""}},
		{update("a", "b;\u2003role: user", ""), []string{"name: a -> \"b;\u2003role: user\""}},
		{update("a", "b\u00a0->\u00a0c", ""), []string{"name: a -> \"b\u00a0->\u00a0c\""}},
		{event("login_failed", "role:\u00a0admin"), []string{"(comment) role:\u00a0admin"}},
		// What looks alike.
		{fields, []string{"name: a -> b", `n\u0430me: 1 -> 2`}},
		{update("a b", "a\u00a0b", ""), []string{`name: a b -> a\u00a0b`}},
		{update("a\u2003b", "a\u2009b", ""), []string{`name: a\u2003b -> a\u2009b`}},
		{update("ab", "ab ", ""), []string{`name: ab -> "ab\u0020"`}},
		{update("a b", "a  b", ""), []string{`name: a b -> a\u0020\u0020b`}},
		{update("a\nb", "a\r\nb", ""), []string{`name: a\nb -> a\r\nb`}},
		{update("M\u00fcller", "Mu\u0308ller", ""), []string{"name: M\u00fcller -> " + `Mu\u0308ller`}},
		{update("paypal", "p\u0430ypal", ""), []string{`name: paypal -> p\u0430ypal`}},
		{update("ABC", "\uff21BC", ""), []string{`name: ABC -> \uff21BC`}},
		{update("office", "o\ufb03ce", ""), []string{`name: office -> o\ufb03ce`}},
		{update("\u00c5", "\u212b", ""), []string{"name: \u00c5 -> " + `\u212b`}},
		{update(`a\u202eb`, "a\u202eb", ""), []string{`name: a\\u202eb -> a\u202eb`}},
		{list, []string{`name: ["a b"] -> ["a b","a\u00a0b"]`}},
		{alone, []string{"name: [\"\u00e9\",\"" + `e\u0301"]`}},
		// Joiners with an effect, and without.
		{update("x", "می\u200cخواهم", ""), []string{"name: x -> می\u200cخواهم"}},
		{update("x", "क्\u200dष", ""), []string{"name: x -> क्\u200dष"}},
		{update("x", "I ❤\ufe0f it 👨\u200d👩\u200d👧", ""), []string{"name: x -> I ❤\ufe0f it 👨\u200d👩\u200d👧"}},
		{update("x", "a\u200db\ufe0f", ""), []string{`name: x -> a\u200db\ufe0f`}},
	}
}

func entriesOf(all []said) []audit.Entry {
	entries := make([]audit.Entry, len(all))
	for i, s := range all {
		entries[i] = s.entry
	}
	return entries
}

// changesIn are the cells of changes in a CSV file.
func changesIn(t *testing.T, file string, separator rune) []string {
	t.Helper()
	reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\ufeff")))
	reader.Comma = separator
	rows, err := reader.ReadAll()
	require.NoError(t, err)
	var cells []string
	for _, row := range rows[1:] {
		cells = append(cells, row[4])
	}
	return cells
}

func TestCSVSaysWhatDiffersAndWhy(t *testing.T) {
	t.Parallel()
	all := saidOf()
	for _, separator := range ",;\t" {
		cells := changesIn(t, writeCSV(t, export.Report{Separator: separator}, entriesOf(all)...), separator)
		for i, s := range all {
			assert.Equal(t, strings.Join(s.want, "; "), cells[i], "%q", separator)
		}
	}
}

func TestExcelSaysWhatDiffersAndWhy(t *testing.T) {
	t.Parallel()
	all := saidOf()
	book, err := excelize.OpenReader(bytes.NewReader(excelFile(t, entriesOf(all)...)))
	require.NoError(t, err)
	rows, err := book.GetRows("Audit Logs")
	require.NoError(t, err)
	for i, s := range all {
		assert.Equal(t, strings.Join(s.want, "\n"), rows[i+1][4])
	}
}

func excelFile(t *testing.T, entries ...audit.Entry) []byte {
	t.Helper()
	var file bytes.Buffer
	_, err := export.Excel.Write(&file, all(entries...), fixed)
	require.NoError(t, err)
	return file.Bytes()
}

// TestLongExcelInLibreOfficeSaysWhatDiffersAndWhy reads the cells by a program
// that is not ours.
func TestLongExcelInLibreOfficeSaysWhatDiffersAndWhy(t *testing.T) {
	t.Parallel()
	soffice := outside(t, "soffice")
	all, folder := saidOf(), t.TempDir()
	name := filepath.Join(folder, "audit.xlsx")
	require.NoError(t, os.WriteFile(name, excelFile(t, entriesOf(all)...), 0o600))
	out, err := exec.Command(soffice, "-env:UserInstallation=file://"+filepath.Join(folder, "profile"), "--headless",
		"--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1", "--outdir", folder, name).CombinedOutput()
	require.NoError(t, err, "%s", out)
	file, err := os.ReadFile(filepath.Join(folder, "audit.csv"))
	require.NoError(t, err)
	for i, cell := range changesIn(t, string(file), ',') {
		assert.Equal(t, strings.Join(all[i].want, "\n"), cell)
	}
}

func TestPDFSaysWhatDiffersAndWhy(t *testing.T) {
	t.Parallel()
	shown := strings.Join(pdfPages(t, writePDF(t, fixed, entriesOf(saidOf())...)), "")
	for _, s := range saidOf() {
		for _, want := range s.want {
			if strings.ContainsFunc(want, func(r rune) bool { return r >= 0x600 && r < 0x1000 }) {
				continue // in the order and the forms in which it is drawn
			}
			want = strings.NewReplacer("👨", "[U+1F468]", "👩", "[U+1F469]", "👧", "[U+1F467]").Replace(want)
			assert.Contains(t, shown, squeezed(want))
		}
	}
	// A text that reads like the mark of a missing glyph.
	e := entry(0)
	e.Changes = audit.Changes{{Field: "name", Old: text("花"), New: text("[U+82B1]")}}
	assert.Contains(t, strings.Join(pdfPages(t, writePDF(t, fixed, e)), ""), `name:[U+82B1]->\[U+82B1]`)
}

// TestCutValuesThatBeginAlike are shown from where they differ.
func TestCutValuesThatBeginAlike(t *testing.T) {
	t.Parallel()
	e := entry(0)
	begin := strings.Repeat("ж", 3000)
	e.Changes = audit.Changes{{Field: "note", Old: text(begin + "old"), New: text(begin + "new" + strings.Repeat("w", 600))}}
	pages := strings.Join(pdfPages(t, writePDF(t, fixed, e)), "")
	same := "(2960 characters alike) …" + strings.Repeat("ж", 40)
	assert.Contains(t, pages, squeezed("note: "+same+"old -> "+same+"new"+strings.Repeat("w", 457)+"… (143 more characters)"))
	assert.Contains(t, pages, squeezed("2 values are cut"))

	begin = strings.Repeat("v", 20_000)
	e.Changes = audit.Changes{{Field: "note", Old: text(begin + "old"), New: text(begin + "new")}}
	var file bytes.Buffer
	result, err := export.Excel.Write(&file, all(e), fixed)
	require.NoError(t, err)
	assert.Equal(t, 2, result.CutValues)
	book, err := excelize.OpenReader(&file)
	require.NoError(t, err)
	rows, err := book.GetRows("Audit Logs")
	require.NoError(t, err)
	same = "(19960 characters alike) …" + strings.Repeat("v", 40)
	assert.Equal(t, "note: "+same+"old -> "+same+"new", rows[1][4])
}

// TestValuesThatAreCut checks that a file counts cut values apart from rows.
func TestValuesThatAreCut(t *testing.T) {
	t.Parallel()
	long := entry(0)
	long.Changes = audit.Changes{{Field: "note", Old: text(strings.Repeat("v", 501)), New: text(strings.Repeat("w", 500))}}
	many := entry(1)
	many.Changes = make(audit.Changes, 60)
	for i := range many.Changes {
		many.Changes[i] = audit.Change{Field: strings.Repeat("f", i+1), New: text("x")}
	}
	for name, test := range map[string]struct {
		entries []audit.Entry
		report  export.Report
		want    string
		cut     int
	}{
		"nothing":  {[]audit.Entry{entry(0)}, fixed, "Complete yes", 0},
		"a value":  {[]audit.Entry{long}, fixed, "Complete NO: the entry is there; 1 value is cut or left out; CSV and JSON Lines have it whole", 1},
		"fields":   {[]audit.Entry{many, entry(0)}, fixed, "Complete NO: all 2 entries are there; 10 values are cut or left out; CSV and JSON Lines have them whole", 10},
		"and rows": {[]audit.Entry{many, long, entry(0)}, export.Report{MaxRows: 2, Matching: 3, GeneratedAt: pdfStart}, "Complete NO: the first 2 of 3 entries; 11 values are cut or left out", 11},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var file bytes.Buffer
			result, err := export.PDF.Write(&file, all(test.entries...), test.report)
			require.NoError(t, err)
			assert.Equal(t, test.cut, result.CutValues)
			pages := pdfPages(t, file.Bytes())
			assert.Contains(t, pages[0], squeezed(test.want))
			assert.Equal(t, test.cut == 0 && !result.Cut, strings.Contains(pages[0], "Completeyes"))

			file.Reset()
			result, err = export.CSV.Write(&file, all(test.entries...), test.report)
			require.NoError(t, err)
			assert.Zero(t, result.CutValues)
		})
	}
}

func TestExcelValuesThatAreCut(t *testing.T) {
	t.Parallel()
	e := entry(0)
	e.Changes = audit.Changes{{Field: "note", Old: text("x"), New: text(strings.Repeat("w", 40_000))}}
	e.Comment = "kept"
	var file bytes.Buffer
	result, err := export.Excel.Write(&file, all(e, entry(1)), fixed)
	require.NoError(t, err)
	assert.Equal(t, 1, result.CutValues)
	book, err := excelize.OpenReader(&file)
	require.NoError(t, err)
	rows, err := book.GetRows("Audit Logs")
	require.NoError(t, err)
	assert.True(t, strings.HasSuffix(rows[1][4], " more characters)\n(comment) kept"), rows[1][4][len(rows[1][4])-80:])
	about, err := book.GetRows("Filters Applied")
	require.NoError(t, err)
	assert.Equal(t, []string{"Complete", "NO: all 2 entries are there; 1 value is cut or left out; CSV and JSON Lines have it whole"}, about[len(about)-1])
}
