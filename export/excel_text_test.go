package export

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/auditkeep/audit"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

// excelPayloads are texts that a spreadsheet might take for something else.
var excelPayloads = []string{
	"=1+1", "=cmd|' /C calc'!A0", `=HYPERLINK("http://evil.test","x")`, "@SUM(A1:A2)", "+1-1", "-1+1", "＝1+1",
	" =1+1 ", "\t=1+1", "\r\n=1+1", "'=1+1", `{=1+1}`, "00123", "1E5", "1-2", "TRUE", "#REF!", "_x000D_", "_x003D_1+1",
	"_x005F_x000D_", "_x000D_x000D_", "_xD800_", "_x0000_", "_xzzzz_", "a_x0041_b_x", "\u202e=1+1", "\u200b=1+1",
	"<f>1+1</f>", "]]>&amp;", "☃𝄞👋🏽", "\x00\x1b[31m\xff", "trailing ", "https://evil.test/", "x\ny",
}

// excelEverywhere is an entry with a text in every field that takes one.
func excelEverywhere(payload string) audit.Entry {
	return excelEntry(func(e *audit.Entry) {
		e.Object = audit.Object{Type: payload, ID: payload}
		e.Action = audit.Action(payload)
		e.Actor = audit.Actor{Kind: audit.ActorUser, Email: payload}
		e.Changes, e.Comment = nil, payload
	})
}

func TestExcelTexts(t *testing.T) {
	t.Parallel()
	r, err := Report{}.withDefaults(Excel)
	require.NoError(t, err)
	for _, payload := range excelPayloads {
		entry := excelEverywhere(payload)
		both := excelEntry(func(e *audit.Entry) {
			quoted, _ := jsonText(payload)
			e.Changes = audit.Changes{{Field: payload, Old: quoted, New: excelJSON("1")}}
		})
		file := excelOpen(t, excelBytes(t, Report{Title: payload, GeneratedBy: payload}, entry, both))
		sheet := file.GetSheetList()[0]
		for i, e := range []audit.Entry{entry, both} {
			row := r.row(e, 0)
			for column, want := range map[string]string{
				"B": row.objectType, "C": row.id, "D": row.action, "E": strings.Join(row.changes, "\n"), "F": row.performedBy,
			} {
				cell := column + strconv.Itoa(i+2)
				assert.Equal(t, want, excelCell(t, file, sheet, cell), "%q in %s", payload, cell)
				if column != "C" || i == 0 {
					assert.Equal(t, excelize.CellTypeInlineString, excelType(t, file, sheet, cell), "%q in %s", payload, cell)
				}
				formula, err := file.GetCellFormula(sheet, cell)
				require.NoError(t, err)
				assert.Empty(t, formula)
			}
		}
	}
}

// jsonText is a text as a value. Invalid UTF-8 is replaced.
func jsonText(s string) (audit.Value, error) {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\x00", `\u0000`, "\x1b", `\u001b`).
		Replace(strings.ToValidUTF8(s, "\ufffd"))
	return audit.ParseValue(`"` + quoted + `"`)
}

func TestExcelShowsWhatIsInvisible(t *testing.T) {
	t.Parallel()
	file := excelOpen(t, excelBytes(t, Report{}, excelEverywhere("a\u202eb\u2066\r\n\x00")))
	for _, column := range []string{"B", "C", "D", "E", "F"} {
		assert.Equal(t, strings.ToLower(`a\u202eb\u2066\r\n\x00`), strings.ToLower(excelCell(t, file, "Audit Logs", column+"2")))
	}
}

func TestCellEscapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"plain _x00_ _x000G_ _x000D": "plain _x00_ _x000G_ _x000D",
		"a_x000D_b":                  "a_x005F_x000D_b",
		"_x000D_x0041_":              "_x005F_x000D_x005F_x0041_",
		"_x_xD800_":                  "_x_x005F_xD800_",
		"_x005F_":                    "_x005F_x005F_",
	} {
		for size := 1; size < 12; size++ { // however it is cut into pieces
			var out bytes.Buffer
			w := &escapeWriter{w: &out}
			for piece := range slices.Chunk([]byte(cellText(text)), size) {
				n, err := w.Write(piece)
				require.NoError(t, err)
				require.Equal(t, len(piece), n)
			}
			assert.Equal(t, want, out.String())
		}
	}
}

func TestExcelLongTexts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		changes audit.Changes
		comment string
		begins  string
		ends    string
	}{
		"one value":         {changes: audit.Changes{{Field: "notes", New: excelString(strings.Repeat("a", 40_000))}}, begins: "notes: aaa", ends: " more characters)"},
		"two astral values": {changes: audit.Changes{{Field: "notes", Old: excelString(strings.Repeat("👋", 40_000)), New: excelString(strings.Repeat("🚀", 40_000))}}, begins: "notes: 👋👋", ends: " more characters)"},
		"escapes":           {changes: audit.Changes{{Field: "notes", New: excelString(strings.Repeat("_x000D_", 5_000))}}, begins: "notes: _x000D_", ends: " more characters)"},
		"a value among others": {changes: audit.Changes{
			{Field: "first", New: excelJSON("1")}, {Field: "long", New: excelString(strings.Repeat("é", 40_000))}, {Field: "last", New: excelJSON("2")},
		}, begins: "first: 1\nlong: éé", ends: " more characters)\nlast: 2"},
		"a comment":       {comment: strings.Repeat("word ", 8_000), begins: "word word", ends: " more characters)"},
		"many fields":     {changes: excelFields(300, 5), begins: "field0: xxxxx; field1: xxxxx", ends: "; field299: xxxxx"},
		"too many fields": {changes: excelFields(4_000, 40), begins: "field0: xxx", ends: " more fields)"},
		"a long name":     {changes: audit.Changes{{Field: strings.Repeat("n", 40_000), New: excelJSON("1")}}, begins: "nnn", ends: " more characters)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			entry := excelEntry(func(e *audit.Entry) { e.Action, e.Changes, e.Comment = audit.ActionCreate, test.changes, test.comment })
			cell := excelCell(t, excelOpen(t, excelBytes(t, Report{}, entry)), "Audit Logs", "E2")
			assert.LessOrEqual(t, cellUnits(cell), maxCellUnits)
			assert.True(t, strings.HasPrefix(cell, test.begins), "begins %q", cell[:min(len(cell), 60)])
			assert.True(t, strings.HasSuffix(cell, test.ends), "ends %q", cell[max(0, len(cell)-60):])
			assert.LessOrEqual(t, strings.Count(cell, "\n"), 253)
			if strings.HasSuffix(test.ends, "characters)") {
				assert.Greater(t, cellUnits(cell), maxCellUnits-100, "has as much as there is room for")
			}
		})
	}
}

func excelFields(n, length int) audit.Changes {
	changes := make(audit.Changes, n)
	for i := range changes {
		changes[i] = audit.Change{Field: fmt.Sprintf("field%d", i), New: excelString(strings.Repeat("x", length))}
	}
	return changes
}

func TestExcelLongCells(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("👋", 20_000)
	entry := excelEverywhere(long)
	file := excelOpen(t, excelBytes(t, Report{GeneratedBy: long}, entry))
	for _, cell := range []string{"B2", "C2", "D2", "F2"} {
		text := excelCell(t, file, "Audit Logs", cell)
		assert.LessOrEqual(t, cellUnits(text), maxCellUnits)
		assert.True(t, strings.HasSuffix(text, " more characters)"), cell)
		shown := strings.Count(text, "👋")
		assert.Contains(t, text, fmt.Sprintf("(%d more", 20_000-shown))
	}
	assert.True(t, strings.HasSuffix(excelCell(t, file, "Filters Applied", "B7"), " more characters)"))
}
