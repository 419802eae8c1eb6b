package repotest_test

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
)

func TestProgramsInPackageCommentsRun(t *testing.T) {
	t.Parallel()
	const want = `update api_key 7 [{"field":"name","new":"deploy","old":"ci"},` +
		`{"field":"secret","new":{"$audit":"redacted"},"old":{"$audit":"redacted"}}] dana@acme.test` + "\n"
	for file, url := range map[string]func(testing.TB) string{
		"audit.go":          func(testing.TB) string { return "" },
		"postgres/store.go": pgtest.URL,
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			database := url(t)
			dir := t.TempDir()
			source, program := filepath.Join(dir, "main.go"), filepath.Join(dir, "program")
			require.NoError(t, os.WriteFile(source, []byte(programIn(t, file)), 0o600))
			goCommand(t, "vet", source)
			goCommand(t, "build", "-o", program, source)
			run := exec.Command(program)
			run.Dir, run.Env = dir, append(os.Environ(), "DATABASE_URL="+database)
			out, err := run.CombinedOutput()
			require.NoError(t, err, "%s", out)
			assert.Equal(t, want, string(out))
		})
	}
}

// programIn returns the program in the comment of a package.
func programIn(t *testing.T, file string) string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), inRoot(file), nil, parser.ParseComments|parser.PackageClauseOnly)
	require.NoError(t, err)
	_, code, found := strings.Cut(parsed.Doc.Text(), "\n\tpackage main\n")
	require.True(t, found, "the comment of the package has no program")
	program := "package main\n"
	for line := range strings.Lines(code) {
		if strings.TrimSpace(line) != "" && !strings.HasPrefix(line, "\t") {
			break
		}
		program += strings.TrimPrefix(line, "\t")
	}
	return program
}
