package httpui

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/words"
)

func TestOwnStyles(t *testing.T) {
	t.Parallel()
	english := words.English()
	sheet, err := ownStyles(Options{Words: english, Look: Look{Theme: map[string]string{"accent": "light-dark(#0a7d4f, #7de0b4)", "mono": `"Fira Code", monospace`}}})
	require.NoError(t, err)
	assert.Contains(t, sheet, "  .audit {\n    --audit-accent: light-dark(#0a7d4f, #7de0b4);\n    --audit-mono: \"Fira Code\", monospace;\n  }\n")
	assert.Contains(t, sheet, "td:nth-child(6) {\n    --audit-label: \"Performed by\";\n")
	assert.Equal(t, `"a\22 \5c b\a c</style>"`, cssString("a\"\\b\nc</style>"), "a word cannot end the string")

	for name, theme := range map[string]map[string]string{
		"unknown variable":    {"colour": "red"},
		"empty":               {"accent": ""},
		"ends declaration":    {"accent": "red; background: url(//evil.test)"},
		"ends rule":           {"accent": "red } * { display: none"},
		"loads":               {"accent": "URL(x)"},
		"escape":              {"accent": `\75rl(x)`},
		"comment":             {"accent": "red/*"},
		"open bracket":        {"accent": "rgb(1, 2, 3"},
		"open quote":          {"mono": `"Fira`},
		"a second line":       {"accent": "red\nblue"},
		"longer than a value": {"accent": string(make([]byte, 201))},
	} {
		_, err := ownStyles(Options{Words: english, Look: Look{Theme: theme}})
		assert.Error(t, err, name)
	}
}

// Every name that a theme can set is a variable of the style sheet.
func TestThemeNamesAreVariables(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("styles/base.css")
	require.NoError(t, err)
	for _, name := range themeNames {
		assert.Contains(t, string(css), "--audit-"+name+": ")
	}
}
