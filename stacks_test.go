package audit_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestStacksSnippets holds what docs/stacks.md shows against the functions that
// it says it shows, which are compiled and run.
func TestStacksSnippets(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("docs/stacks.md")
	require.NoError(t, err)
	snippets := regexp.MustCompile("(?s)(?:<!-- (\\S+) (\\S+) -->\n)?```go\n(.*?)```\n").FindAllStringSubmatch(string(doc), -1)
	require.NotEmpty(t, snippets)
	for _, s := range snippets {
		require.NotEmpty(t, s[1], "say which function this is:\n%s", s[3])
		assert.Equal(t, functionText(t, s[1], s[2]), s[3])
	}
}

func functionText(t *testing.T, file, name string) string {
	t.Helper()
	source, err := os.ReadFile(file)
	require.NoError(t, err)
	files := token.NewFileSet()
	parsed, err := parser.ParseFile(files, file, source, 0)
	require.NoError(t, err)
	for _, decl := range parsed.Decls {
		if function, ok := decl.(*ast.FuncDecl); ok && function.Name.Name == name {
			return string(source[files.Position(function.Pos()).Offset:files.Position(function.End()).Offset]) + "\n"
		}
	}
	t.Fatalf("%s has no function %s", file, name)
	return ""
}

// TestEveryAdapterIsTold keeps docs/stacks.md complete.
func TestEveryAdapterIsTold(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("docs/stacks.md")
	require.NoError(t, err)
	adapters, err := os.ReadDir("contrib")
	require.NoError(t, err)
	for _, adapter := range adapters {
		assert.Contains(t, string(doc), "<!-- contrib/"+adapter.Name()+"/")
		mod, err := os.ReadFile("contrib/" + adapter.Name() + "/go.mod")
		require.NoError(t, err, "each adapter is a module of its own")
		assert.Contains(t, string(mod), "module "+module+"/contrib/"+adapter.Name()+"\n")
		assert.Contains(t, string(mod), "\nreplace "+module+" => ../..\n")
	}
}

// TestNoAdapterIsImported keeps other people's libraries out of the library,
// its tests included.
func TestNoAdapterIsImported(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-test", "./...").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, dep := range strings.Fields(string(out)) {
		assert.False(t, strings.HasPrefix(dep, module+"/contrib"), "the library depends on %s", dep)
	}
}
