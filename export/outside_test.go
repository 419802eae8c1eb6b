package export_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
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

// LibreOffice opens the CSV, and finds no formula in it.
func TestLongCSVInLibreOffice(t *testing.T) {
	t.Parallel()
	soffice := outside(t, "soffice")
	var entries []audit.Entry
	for i, payload := range hostile {
		e := entry(i)
		e.Object.ID, e.Actor.Email, e.Object.Type = payload, payload, payload
		e.Changes = audit.Changes{{Field: payload, New: text(payload)}}
		entries = append(entries, e)
	}
	folder := t.TempDir()
	file := filepath.Join(folder, "audit.csv")
	require.NoError(t, os.WriteFile(file, []byte(writeCSV(t, export.Report{}, entries...)), 0o600))
	// "44,34,76": comma, quote, UTF-8, as the dialog for text files offers it.
	out, err := exec.Command(soffice, "-env:UserInstallation=file://"+filepath.Join(folder, "profile"), "--headless",
		"--infilter=Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,true", "--convert-to", "fods", "--outdir", folder, file).CombinedOutput()
	require.NoError(t, err, "%s", out)
	sheet, err := os.ReadFile(filepath.Join(folder, "audit.fods"))
	require.NoError(t, err)
	assert.NotContains(t, string(sheet), "table:formula")
	assert.GreaterOrEqual(t, bytes.Count(sheet, []byte("<table:table-row")), len(entries)+1)
}
