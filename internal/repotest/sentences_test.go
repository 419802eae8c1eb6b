package repotest_test

import (
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// maxWords is the max length of a sentence that readers need to read only once. A
// colon or semicolon ends one too.
const maxWords = 25

// notYetShort are documents that still have longer sentences. The list only shrinks.
var notYetShort = []string{"docs/design.md", "docs/performance.md", "docs/safety.md", "docs/upgrading.md"}

func TestSentencesInDocumentsAreShort(t *testing.T) {
	t.Parallel()
	long := map[string][]string{}
	names := append(glob(t, "docs/*.md"), "README.md", "CONTRIBUTING.md", "SECURITY.md")
	for _, name := range names {
		if name == "docs/dependencies.md" {
			continue // its sentences are licences and versions
		}
		for _, sentence := range sentencesIn(read(t, name)) {
			if len(strings.Fields(sentence)) > maxWords {
				long[name] = append(long[name], sentence)
			}
		}
	}
	for name, sentences := range long {
		if !slices.Contains(notYetShort, name) {
			assert.Fail(t, name+" has long sentences: make two of each", strings.Join(sentences, "\n"))
		}
	}
	for _, name := range notYetShort {
		assert.NotEmpty(t, long[name], "%s has no long sentence: take it off the list", name)
	}
}

func TestSentencesInPackageCommentsAreShort(t *testing.T) {
	t.Parallel()
	walk(t, func(name string) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || slices.Contains(notYetShort, path.Dir(name)) {
			return
		}
		source := read(t, name)
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.PackageClauseOnly|parser.ParseComments)
		require.NoError(t, err)
		// What is indented is code.
		comment := regexp.MustCompile(`(?m)^\t.*$`).ReplaceAllString(file.Doc.Text(), "")
		for _, sentence := range sentencesIn(comment) {
			assert.LessOrEqual(t, len(strings.Fields(sentence)), maxWords, "%s: make two sentences of: %s", name, sentence)
		}
	})
}

// sentencesIn returns the sentences of a document, by line and by cell of a table,
// with code as one word.
func sentencesIn(text string) []string {
	text = withoutCode(text)
	text = regexp.MustCompile(`\]\([^)]*\)`).ReplaceAllString(text, "]")
	text = regexp.MustCompile(`(?m)^ +`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`(?m)([^\n|])\n([^\n|#-])`).ReplaceAllString(text, "$1 $2")
	var sentences []string
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '|' }) {
		ends := regexp.MustCompile(`[.!?:;]\*{0,2}\s+`).ReplaceAllString(part, "$0\n")
		for sentence := range strings.SplitSeq(ends, "\n") {
			sentences = append(sentences, sentence)
		}
	}
	return sentences
}
