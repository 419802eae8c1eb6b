package export

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/auditkeep/audit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestExcelXML reads the parts as plain XML: no reader of workbooks helps.
func TestExcelXML(t *testing.T) {
	t.Parallel()
	entries := make([]audit.Entry, len(excelPayloads))
	for i, payload := range excelPayloads {
		entries[i] = excelEverywhere(payload)
	}
	workbook := excelBytes(t, Report{Title: "=1+1", GeneratedBy: "=1+1"}, entries...)
	archive, err := zip.NewReader(bytes.NewReader(workbook), int64(len(workbook)))
	require.NoError(t, err)
	sheets := 0
	for _, part := range archive.File {
		content, err := part.Open()
		require.NoError(t, err)
		if strings.HasPrefix(part.Name, "xl/worksheets/") {
			sheets++
		}
		for decoder := xml.NewDecoder(content); ; {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, part.Name)
			switch token := token.(type) {
			case xml.StartElement:
				assert.NotContains(t, []string{"f", "hyperlink", "hyperlinks", "externalReference"}, token.Name.Local, part.Name)
			case xml.CharData:
				assert.NotContains(t, string(token), cellMark, part.Name)
			}
		}
	}
	assert.Equal(t, 2, sheets)
}

// TestExcelInLibreOffice reads a workbook with a program that is not ours.
func TestExcelInLibreOffice(t *testing.T) {
	t.Parallel()
	if os.Getenv("AUDIT_TEST_LONG") == "" {
		t.Skip("takes LibreOffice; set AUDIT_TEST_LONG=1")
	}
	soffice, err := exec.LookPath("soffice")
	require.NoError(t, err, "install LibreOffice Calc")
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)

	var entries []audit.Entry
	for _, payload := range append(excelPayloads, strings.Repeat("👋", 20_000), strings.Repeat("_x000D_", 5_000)) {
		entries = append(entries, excelEverywhere(payload))
	}
	for _, id := range []string{"7", "-7", "123456789012345", "1234567890123456", "007"} {
		entries = append(entries, excelEntry(func(e *audit.Entry) { e.Object.ID = id }))
	}
	for _, at := range []time.Time{
		time.Date(2026, 10, 25, 0, 30, 0, 123_999_000, time.UTC),
		time.Date(2026, 10, 25, 1, 30, 0, 123_999_000, time.UTC),
		time.Date(2026, 12, 31, 22, 59, 59, 999_999_000, time.UTC),
		time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(1900, 3, 1, 12, 0, 0, 0, berlin),
		time.Date(4637, 11, 25, 23, 59, 59, 999_999_000, berlin),
		time.Date(4637, 11, 26, 0, 0, 0, 0, berlin),
	} {
		entries = append(entries, excelEntry(func(e *audit.Entry) { e.OccurredAt = at }))
	}
	r, err := Report{Zone: berlin}.withDefaults(Excel)
	require.NoError(t, err)
	var out bytes.Buffer
	rows := &feed{entries: excelSeq(entries...)}
	require.NoError(t, writeWorkbook(&out, rows, r, sheetLimit{rows: len(entries) - 3, text: 1 << 30}))
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "log.xlsx"), out.Bytes(), 0o600))
	convert := func(to string) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, soffice, "-env:UserInstallation=file://"+dir+"/profile",
			"--headless", "--convert-to", to, "--outdir", dir, filepath.Join(dir, "log.xlsx"))
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", said)
	}

	// All sheets, in UTF-8, the cells as they are shown.
	convert("csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,true,false,false,-1")
	var shown [][]string
	for _, sheet := range []string{"Audit Logs", "Audit Logs 2"} {
		text, err := os.ReadFile(filepath.Join(dir, "log-"+sheet+".csv"))
		require.NoError(t, err)
		records, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		require.NoError(t, err)
		require.Equal(t, r.header(), records[0])
		shown = append(shown, records[1:]...)
	}
	require.Len(t, shown, len(entries))
	for i, entry := range entries {
		row := r.row(entry, 0)
		at := row.at.Format("2006-01-02 15:04:05.000 -07:00")
		if i == len(entries)-1 {
			at = row.at.Format(timestampFormat)
		}
		want := []string{
			at, r.fitCell(row.objectType), r.fitCell(row.id), r.fitCell(row.action),
			r.cellChanges(entry), r.fitCell(row.performedBy), row.ip,
		}
		assert.Equal(t, want, shown[i], "row %d", i)
	}

	convert("fods")
	fods, err := os.Open(filepath.Join(dir, "log.fods"))
	require.NoError(t, err)
	defer fods.Close()
	kinds := make(map[string]int)
	for decoder := xml.NewDecoder(fods); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		element, ok := token.(xml.StartElement)
		if !ok || element.Name.Local != "table-cell" {
			continue
		}
		repeats := 1
		for _, attr := range element.Attr {
			assert.NotEqual(t, "formula", attr.Name.Local, attr.Value)
			if attr.Name.Local == "number-columns-repeated" {
				repeats, err = strconv.Atoi(attr.Value)
				require.NoError(t, err)
			}
		}
		for _, attr := range element.Attr {
			if attr.Name.Local == "value-type" && attr.Name.Space == "urn:oasis:names:tc:opendocument:xmlns:office:1.0" {
				kinds[attr.Value] += repeats
			}
		}
	}
	assert.Equal(t, len(entries)-1, kinds["date"], "all times but the last")
	assert.Equal(t, 3+7, kinds["float"], "the IDs that are numbers")
	assert.Greater(t, kinds["string"], 4*len(entries))
}
