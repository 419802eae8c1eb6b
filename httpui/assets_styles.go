package httpui

import (
	"embed"
	"strings"
)

//go:embed styles
var styleFiles embed.FS

// styleParts are the files that make up the style sheet. Their order is that
// of the cascade: what depends on the room or the reader comes last.
var styleParts = []string{"base", "controls", "filters", "results", "chart", "table", "details", "pages", "room", "readers"}

// styleSheet returns the page's one style sheet.
func styleSheet(o Options) (string, error) {
	var sheet strings.Builder
	for _, part := range styleParts {
		content, err := styleFiles.ReadFile("styles/" + part + ".css")
		if err != nil {
			return "", err
		}
		sheet.Write(content)
		sheet.WriteByte('\n')
	}
	own, err := ownStyles(o)
	if err != nil {
		return "", err
	}
	sheet.WriteString(own)
	return sheet.String(), nil
}
