package httpui

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/auditkeep/audit"
)

// themeNames are the page's colours and its one typeface: its CSS variables
// without their prefix "--audit-".
var themeNames = []string{
	"text", "quiet", "ground", "raised", "line", "edge", "accent", "on-accent",
	"create", "create-ground", "update", "update-ground", "destroy", "destroy-ground", "mono",
}

// ownStyles returns the part of the style sheet that depends on the options:
// the theme, and the words that stand before the cells on narrow screens. The
// policy allows no style within the page, and the words in each cell's markup
// would be an eighth of it.
func ownStyles(o Options) (string, error) {
	var sheet strings.Builder
	sheet.WriteString("@layer audit {\n  .audit {\n")
	for _, name := range slices.Sorted(maps.Keys(o.Look.Theme)) {
		if !slices.Contains(themeNames, name) {
			return "", fmt.Errorf("httpui: Options.Look.Theme: %q is not one of the page's variables: use one of %q", name, themeNames)
		}
		if err := checkThemeValue(o.Look.Theme[name]); err != nil {
			return "", fmt.Errorf("httpui: Options.Look.Theme: %s: %q: %w", name, o.Look.Theme[name], err)
		}
		fmt.Fprintf(&sheet, "    --audit-%s: %s;\n", name, o.Look.Theme[name])
	}
	fmt.Fprintf(&sheet, "  }\n\n  .audit #audit-log thead tr {\n    --audit-label: %s;\n  }\n", cssString(o.Words.Table.SortBy))
	for i, column := range audit.Columns() {
		fmt.Fprintf(&sheet, "\n  .audit #audit-log td:nth-child(%d) {\n    --audit-label: %s;\n  }\n", i+1, cssString(o.Words.Columns[column]))
	}
	sheet.WriteString("}\n")
	return sheet.String(), nil
}

// cssString writes a text as a string of a style sheet.
func cssString(text string) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range text {
		if r < ' ' || r == '"' || r == '\\' || r == 0x7f {
			fmt.Fprintf(&out, "\\%x ", r)
			continue
		}
		out.WriteRune(r)
	}
	out.WriteByte('"')
	return out.String()
}

// checkThemeValue refuses what could end the declaration, or load something.
func checkThemeValue(value string) error {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 #(),.%/-\""
	switch {
	case value == "" || len(value) > 200:
		return errors.New("want 1 to 200 characters")
	case strings.ContainsFunc(value, func(r rune) bool { return !strings.ContainsRune(allowed, r) }):
		return errors.New("not a colour or typeface: write it as in a style sheet, for example light-dark(#1a5cbf, #8ab4ff)")
	case strings.Contains(strings.ToLower(value), "url("):
		return errors.New("it must not load anything")
	case strings.Count(value, "(") != strings.Count(value, ")") || strings.Count(value, `"`)%2 != 0:
		return errors.New("a bracket or quote is not closed")
	}
	return nil
}
