package repotest_test

import (
	"os"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLinksInDocumentsLeadSomewhere(t *testing.T) {
	t.Parallel()
	links := regexp.MustCompile(`\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"`)
	checked := 0
	walk(t, func(name string) {
		if path.Ext(name) != ".md" {
			return
		}
		for _, found := range links.FindAllStringSubmatch(withoutCode(read(t, name)), -1) {
			target := found[1] + found[2]
			if strings.Contains(target, "://") {
				continue
			}
			checked++
			file, anchor, _ := strings.Cut(target, "#")
			file = path.Join(path.Dir(name), file)
			if strings.HasPrefix(target, "#") {
				file = name
			}
			_, err := os.Stat(inRoot(file))
			if assert.NoError(t, err, "%s links to %s", name, target) && anchor != "" {
				assert.Contains(t, anchors(read(t, file)), anchor, "%s links to %s", name, target)
			}
		}
	})
	require.NotZero(t, checked)
}

// withoutCode returns a document without its code, with the same number of lines.
func withoutCode(text string) string {
	return regexp.MustCompile("(?s)```.*?```|`[^`\\n]*`").ReplaceAllStringFunc(text, func(code string) string {
		return "`code`" + strings.Repeat("\n", strings.Count(code, "\n"))
	})
}

// anchors returns the anchors of a document's headings, as GitHub makes them.
func anchors(text string) []string {
	text = regexp.MustCompile("(?s)```.*?```").ReplaceAllString(text, "")
	var found []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
		anchor := regexp.MustCompile(`[^\p{L}\p{N}\s_-]`).ReplaceAllString(strings.ToLower(heading[1]), "")
		found = append(found, strings.ReplaceAll(anchor, " ", "-"))
	}
	return found
}
