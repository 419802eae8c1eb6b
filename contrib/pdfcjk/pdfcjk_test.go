package pdfcjk_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/contrib/pdfcjk"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/httpui"
)

// plug gives the page's PDF exports the font.
func plug(trail *audit.Log, adminsOnly func(*http.Request) bool) (*httpui.Handler, error) {
	return httpui.New(trail, httpui.Options{
		Authorize: adminsOnly,
		Exports:   httpui.Exports{Font: pdfcjk.Font()},
	})
}

func TestPlug(t *testing.T) {
	t.Parallel()
	trail, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme"})
	require.NoError(t, err)
	_, err = plug(trail, func(*http.Request) bool { return true })
	require.NoError(t, err)
}

// customer is what the tests change.
type customer struct {
	ID   int
	Name string
}

// names are read as a whole in the documents.
var names = []string{"花見 太郎", "東京都葛飾区", "中华人民共和国", "臺灣", "서울특별시 강남구", "ひらがなカタカナ、「。」", "Müller 株式会社 & Co."}

// document writes a PDF with all names, and a font.
func document(t *testing.T, font []byte) []byte {
	t.Helper()
	trail, err := audit.New(audittest.NewStore(), audit.Config{Org: "acme"})
	require.NoError(t, err)
	ctx := context.Background()
	for i, name := range names {
		require.NoError(t, trail.RecordDetached(ctx, audit.Updated(customer{i + 1, "old"}, customer{i + 1, name}).WithComment("依頼: "+name)))
	}
	var file bytes.Buffer
	result, err := export.PDF.Write(&file, trail.All(ctx, audit.Filter{}, audit.Sort{}), export.Report{Title: "監査ログ", Font: font})
	require.NoError(t, err)
	require.Equal(t, len(names), result.Rows)
	return file.Bytes()
}

var streams = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`)

// drawn is all that a document's streams hold, without their compression.
func drawn(t *testing.T, document []byte) []byte {
	t.Helper()
	var all []byte
	for _, stream := range streams.FindAllSubmatch(document, -1) {
		in, err := zlib.NewReader(bytes.NewReader(stream[1]))
		if err != nil {
			continue
		}
		content, err := io.ReadAll(in)
		require.NoError(t, err)
		all = append(all, content...)
	}
	return all
}

// codes are a text as fpdf writes it.
func codes(text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		out = binary.BigEndian.AppendUint16(out, unit)
	}
	return out
}

func TestCharactersAreDrawn(t *testing.T) {
	t.Parallel()
	with, without := document(t, pdfcjk.Font()), document(t, nil)
	draws := func(document []byte, text string) bool { return bytes.Contains(drawn(t, document), codes(text)) }
	assert.True(t, draws(without, "[U+82B1]"))
	assert.False(t, draws(with, "[U+"))
	assert.True(t, draws(with, "花見"))
	fonts := func(document []byte) int { return bytes.Count(document, []byte("/FontFile2")) }
	assert.Equal(t, 1, fonts(without))
	assert.Equal(t, 2, fonts(with), "Latin keeps the built-in one")
	assert.Less(t, len(with)-len(without), 60<<10, "only the glyphs that are used")
	plain := func(font []byte) int {
		var file bytes.Buffer
		_, err := export.PDF.Write(&file, func(func(audit.Entry, error) bool) {}, export.Report{Font: font})
		require.NoError(t, err)
		return file.Len()
	}
	assert.Equal(t, plain(nil), plain(pdfcjk.Font()), "no glyph, no font")
}

// TestLongTextCanBeCopied: Poppler finds the names as they are.
func TestLongTextCanBeCopied(t *testing.T) {
	t.Parallel()
	if os.Getenv("AUDIT_TEST_LONG") != "1" {
		t.Skip("reading documents with Poppler takes AUDIT_TEST_LONG=1 and the package poppler-utils")
	}
	path := filepath.Join(t.TempDir(), "audit.pdf")
	require.NoError(t, os.WriteFile(path, document(t, pdfcjk.Font()), 0o600))
	text, err := exec.Command("pdftotext", "-raw", path, "-").Output()
	require.NoError(t, err)
	for _, name := range append(names, "監査ログ") {
		assert.Contains(t, string(text), name)
	}
}
