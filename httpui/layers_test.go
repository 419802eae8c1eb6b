package httpui

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// methodsOf returns each file's receivers with their methods, and its imports.
func methodsOf(t *testing.T) (methods map[string]map[string][]string, imports map[string][]string) {
	t.Helper()
	methods, imports = map[string]map[string][]string{}, map[string][]string{}
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, entry := range files {
		name := entry.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := goparser.ParseFile(token.NewFileSet(), name, nil, 0)
		require.NoError(t, err)
		methods[name] = map[string][]string{}
		for _, spec := range file.Imports {
			imports[name] = append(imports[name], strings.Trim(spec.Path.Value, `"`))
		}
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			receiver := f.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			if ident, ok := receiver.(*ast.Ident); ok {
				methods[name][ident.Name] = append(methods[name][ident.Name], f.Name.Name)
			}
		}
	}
	return methods, imports
}

// The presenter sees no request and asks no store: its files have neither.
func TestThePresenterNeedsOnlyWordsLabelsAndAZone(t *testing.T) {
	t.Parallel()
	methods, imports := methodsOf(t)
	presents := 0
	for file, byReceiver := range methods {
		if len(byReceiver["presenter"]) == 0 {
			continue
		}
		presents += len(byReceiver["presenter"])
		assert.NotContains(t, imports[file], "net/http", file)
		assert.NotContains(t, imports[file], "context", file)
		for _, other := range []string{"Handler", "reader", "pages"} {
			assert.Empty(t, byReceiver[other], "%s presents, and has methods of %s", file, other)
		}
	}
	assert.Greater(t, presents, 40)
	for i := range reflect.TypeFor[presenter]().NumField() {
		field := reflect.TypeFor[presenter]().Field(i)
		assert.Contains(t, []string{"words", "labels", "zone", "urls"}, field.Name)
	}
}

// The handler has the routes, authorization and a method a screen.
func TestTheHandlerHasFewMethods(t *testing.T) {
	t.Parallel()
	methods, _ := methodsOf(t)
	var all []string
	for _, byReceiver := range methods {
		all = append(all, byReceiver["Handler"]...)
	}
	assert.LessOrEqual(t, len(all), 20, "%q", all)
}

func TestOptionsHaveFewFields(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, reflect.TypeFor[Options]().NumField(), 12)
}
