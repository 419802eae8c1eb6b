package repotest_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The comment "<!-- file name … -->" before a snippet names the functions and
// types that it shows. They are compiled and tested where they stand.
func TestSnippetsInDocumentsAreTheCodeTheyName(t *testing.T) {
	t.Parallel()
	pattern := regexp.MustCompile("(?s)(?:<!-- (\\S+) ([^>]+?) -->\n)?```go\n(.*?)```\n")
	names := glob(t, "docs/*.md")
	require.Contains(t, names, "docs/recipes.md")
	for _, name := range names {
		if name == guide {
			continue
		}
		doc := read(t, name)
		snippets := pattern.FindAllStringSubmatch(doc, -1)
		require.Len(t, snippets, strings.Count(doc, "```go\n"), name)
		for _, s := range snippets {
			require.NotEmpty(t, s[1], "%s: say which function this is:\n%s", name, s[3])
			var want []string
			for declared := range strings.FieldsSeq(s[2]) {
				want = append(want, declaration(t, s[1], declared))
			}
			assert.Equal(t, strings.Join(want, "\n"), s[3], name)
		}
	}
}

// declaration returns the text of a function or type in a file, without its
// comment.
func declaration(t *testing.T, file, name string) string {
	t.Helper()
	source := read(t, file)
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, source, 0)
	require.NoError(t, err)
	for _, decl := range parsed.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Name.Name != name {
				continue
			}
		case *ast.GenDecl:
			spec, ok := decl.Specs[0].(*ast.TypeSpec)
			if !ok || spec.Name.Name != name {
				continue
			}
		}
		return source[files.Position(decl.Pos()).Offset:files.Position(decl.End()).Offset] + "\n"
	}
	t.Fatalf("%s has neither a function nor a type %s", file, name)
	return ""
}
