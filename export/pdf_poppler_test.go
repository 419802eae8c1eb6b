package export_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
)

// poppler runs a program of Poppler, a reader of PDF that is not ours, which
// must find nothing to complain about.
func poppler(t *testing.T, program string, args ...string) string {
	t.Helper()
	var out, complaints bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = &out, &complaints
	require.NoError(t, cmd.Run(), "%s: %s", program, &complaints)
	require.Empty(t, complaints.String(), program)
	return out.String()
}

// pdfFile writes a document of varied entries, and others, for Poppler.
func pdfFile(t *testing.T, entries []audit.Entry) (path string) {
	t.Helper()
	if os.Getenv("AUDIT_TEST_LONG") != "1" {
		t.Skip("reading documents with Poppler takes AUDIT_TEST_LONG=1 and the package poppler-utils")
	}
	path = filepath.Join(t.TempDir(), "audit.pdf")
	file, err := os.Create(path)
	require.NoError(t, err)
	_, err = export.PDF.Write(file, all(entries...), fixed)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	return path
}

func variedEntries(n int) []audit.Entry {
	entries := make([]audit.Entry, n)
	for i := range entries {
		entries[i] = variedEntry(i)
	}
	return entries
}

// hostileEntries have the hostile texts everywhere.
func hostileEntries() []audit.Entry {
	var entries []audit.Entry
	texts := append([]string{
		strings.Repeat("w", 5000), strings.Repeat("日", 400), strings.Repeat(" ", 300) + "x", strings.Repeat("a b ", 300), "שלום (abc) 12!", "مُحَمَّد", "😀", strings.Repeat("é", 300),
	}, hostileToPDF...)
	for i, s := range texts {
		e := variedEntry(i)
		e.Object, e.Action = audit.Object{Type: s, ID: s}, audit.Action(s)
		e.Actor = audit.Actor{Kind: audit.ActorUser, ID: s, Email: s, OnBehalfOf: s}
		e.Changes = audit.Changes{{Field: s, Old: text(s + "1"), New: text(s + "2")}}
		entries = append(entries, e)
	}
	return entries
}

func TestPopplerReadsAllValues(t *testing.T) {
	t.Parallel()
	entries := variedEntries(300)
	path := pdfFile(t, entries)
	found := squeezed(poppler(t, "pdftotext", "-raw", path, "-"))
	for _, e := range entries {
		for _, want := range []string{
			e.OccurredAt.Format("2006-01-02 15:04:05 MST"), e.Object.ID, string(e.Action), e.Actor.Email, e.Comment, e.IP.String(),
		} {
			assert.Contains(t, found, squeezed(want))
		}
		for _, c := range e.Changes {
			for _, v := range []audit.Value{c.Old, c.New} {
				assert.Contains(t, found, squeezed(v.Text()))
			}
			assert.Contains(t, found, squeezed(c.Field+":"))
		}
	}
}

func TestPopplerReadsEveryPage(t *testing.T) {
	t.Parallel()
	path := pdfFile(t, variedEntries(300))
	info := poppler(t, "pdfinfo", path)
	for _, want := range []string{`Title: +Audit Logs`, `JavaScript: +no`, `Form: +none`, `Encrypted: +no`, `A4`} {
		assert.Regexp(t, want, info)
	}
	pages, err := strconv.Atoi(regexp.MustCompile(`Pages: +(\d+)`).FindStringSubmatch(info)[1])
	require.NoError(t, err)
	require.Greater(t, pages, 10)
	for page := 1; page <= pages; page++ {
		text := squeezed(poppler(t, "pdftotext", "-raw", "-f", fmt.Sprint(page), "-l", fmt.Sprint(page), path, "-"))
		assert.Contains(t, text, squeezed("Timestamp Object Type Auditable ID Action Changes Performed By IP Address"))
		assert.Contains(t, text, squeezed(fmt.Sprintf("Page %d of %d", page, pages)))
	}
	poppler(t, "pdftoppm", "-r", "20", "-png", path, filepath.Join(t.TempDir(), "page"))
}

// TestPopplerFindsNothingOutsideItsColumn looks at where each word is.
func TestPopplerFindsNothingOutsideItsColumn(t *testing.T) {
	t.Parallel()
	path := pdfFile(t, append(hostileEntries(), variedEntries(50)...))
	starts := []float64{36, 140, 220, 312, 376, 607.89, 721.89, 805.89}
	words := regexp.MustCompile(`<word xMin="([^"]*)" yMin="([^"]*)" xMax="([^"]*)" yMax="([^"]*)">(.*)</word>`)
	pages := strings.Split(poppler(t, "pdftotext", "-bbox", path, "-"), "<page ")[1:]
	require.Greater(t, len(pages), 5)
	for number, page := range pages {
		inTable := number > 0
		for _, word := range words.FindAllStringSubmatch(page, -1) {
			var box [4]float64
			for i := range box {
				var err error
				box[i], err = strconv.ParseFloat(word[i+1], 64)
				require.NoError(t, err)
			}
			left, right, bottom, text := box[0], box[2], box[3], word[5]
			inTable = inTable || text == "Timestamp"
			require.LessOrEqual(t, right, 806.5, "%q on page %d", text, number+1)
			require.LessOrEqual(t, bottom, 575.0, "%q on page %d", text, number+1)
			if !inTable || bottom > 555 {
				continue
			}
			column := 0
			for column < len(starts)-2 && left+0.5 >= starts[column+1] {
				column++
			}
			require.LessOrEqual(t, right, starts[column+1]+0.5, "%q on page %d", text, number+1)
		}
	}
}

func TestPopplerReadsHostileTexts(t *testing.T) {
	t.Parallel()
	path := pdfFile(t, hostileEntries())
	found := squeezed(poppler(t, "pdftotext", "-raw", path, "-"))
	for _, s := range hostileToPDF[:len(hostileToPDF)-1] {
		assert.Contains(t, found, squeezed(s), "%q", s)
	}
	for _, s := range []string{"[U+1F600]", "[U+65E5][U+65E5]", "שלום", "é"} {
		assert.Contains(t, strings.NewReplacer("\u202a", "", "\u202b", "", "\u202c", "").Replace(found), s)
	}
	assert.Regexp(t, `JavaScript: +no`, poppler(t, "pdfinfo", path))
}
