package repotest_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository's folder. The tests do not change into it: go test would
// then not notice that a file which they read has changed, and cache their result.
const root = "../.."

// inRoot returns the path of a file that is named from the root.
func inRoot(name string) string { return filepath.Join(root, filepath.FromSlash(name)) }

// read returns the text of a file that is named from the root.
func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(inRoot(name))
	require.NoError(t, err)
	return string(text)
}

// glob returns the names, from the root, of the files that match a pattern.
func glob(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(inRoot(pattern))
	require.NoError(t, err)
	require.NotEmpty(t, paths, pattern)
	for i, path := range paths {
		paths[i] = fromRoot(t, path)
	}
	return paths
}

// walk calls a function with the name of each file, from the root.
func walk(t *testing.T, file func(name string)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{".git", "testdata", "node_modules", "bin"}, entry.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		file(fromRoot(t, path))
		return nil
	}))
}

func fromRoot(t *testing.T, path string) string {
	t.Helper()
	name, err := filepath.Rel(root, path)
	require.NoError(t, err)
	return filepath.ToSlash(name)
}

// goCommand runs the go command in the root, and returns what it prints. The test
// looks at each Go file itself, so that go test does not cache the result when one
// has changed.
func goCommand(t *testing.T, args ...string) string {
	t.Helper()
	walk(t, func(name string) {
		if strings.HasSuffix(name, ".go") || path.Base(name) == "go.mod" {
			_, err := os.Stat(inRoot(name))
			require.NoError(t, err)
		}
	})
	command := exec.Command("go", args...)
	command.Dir = root
	var failed strings.Builder
	command.Stderr = &failed
	out, err := command.Output()
	require.NoError(t, err, "%s%s", out, failed.String())
	return string(out)
}
