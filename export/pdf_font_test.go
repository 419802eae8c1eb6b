package export_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusanscondensed"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/export"
)

func TestPDFFont(t *testing.T) {
	t.Parallel()
	r := fixed
	r.Font = bytes.Clone(dejavusans.TTF)
	given := bytes.Clone(r.Font)
	e := variedEntry(1)
	e.Changes = audit.Changes{{Field: "a", New: text("سلام ﷺ é")}}
	assert.Contains(t, strings.Join(pdfPages(t, writePDF(t, r, e)), ""), "é")
	assert.Equal(t, given, r.Font, "the host's font stays as it is")

	cut := func(n int) []byte { return dejavusans.TTF[:n] }
	for name, font := range map[string][]byte{
		"no font": []byte("not a font at all"), "one byte": {0}, "empty tables": {0, 1, 0, 0, 0, 0},
		"cut in the header": cut(100), "cut in a table": cut(300_000), "cut at the end": cut(len(dejavusans.TTF) - 4000),
		"collection": append([]byte("ttcf"), cut(500)[4:]...), "PostScript": append([]byte("OTTO"), cut(500)[4:]...),
		"no characters": without(dejavusans.TTF, "cmap"), "no glyphs": without(dejavusans.TTF, "glyf"), "no widths": without(dejavusans.TTF, "hmtx"),
	} {
		r.Font = font
		var file bytes.Buffer
		_, err := export.PDF.Write(&file, all(e), r)
		require.ErrorContains(t, err, "reading Report.Font", name)
		assert.Zero(t, file.Len())
	}
}

// without is a font whose table has another name.
func without(font []byte, table string) []byte {
	return bytes.Replace(bytes.Clone(font), []byte(table), []byte("none"), 1)
}

// FuzzPDFFont checks that no font makes more than an error.
func FuzzPDFFont(f *testing.F) {
	f.Add(4, byte(1))
	f.Add(60, byte(0xff))
	f.Add(2004, byte(0x80))
	f.Fuzz(func(t *testing.T, at int, flip byte) {
		r := fixed
		r.Font = bytes.Clone(dejavusanscondensed.TTF)
		r.Font[uint(at)%uint(len(r.Font))] ^= flip
		_, _ = export.PDF.Write(io.Discard, varied(2), r)
	})
}
