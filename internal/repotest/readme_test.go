package repotest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// guide has snippets that are parts of functions.
const guide = "docs/guide.md"

// snippetFrame is a program around the snippets of docs/guide.md, in their order.
const snippetFrame = `package main

import (
	"context"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/export"
	"github.com/auditkeep/audit/middleware"
	"github.com/auditkeep/audit/postgres"
	"github.com/auditkeep/audit/retention"
)

type key struct {
	ID   int
	Name string
}

func loadKey(context.Context, pgx.Tx, int) (*key, error) { panic(0) }
func saveKey(context.Context, pgx.Tx, *key) error { panic(0) }
func currentUser(*http.Request) audit.Actor { panic(0) }
func currentOrg(*http.Request) string { panic(0) }

func recording(ctx context.Context, pool *pgxpool.Pool, trail *audit.Log, store *postgres.Store) error {
SNIPPET
	return err
}

func capturing() error {
SNIPPET
	_ = capture
	return err
}

func reading(ctx context.Context, trail *audit.Log) (audit.Page, error) {
SNIPPET
	return page, err
}

func exporting(ctx context.Context, trail *audit.Log, filter audit.Filter, order audit.Sort, zone *time.Location) error {
SNIPPET
	return err
}

func keeping(ctx context.Context, ownersPool *pgxpool.Pool, trail *audit.Log) error {
SNIPPET
	_, _ = findings, expired
	return err
}

SNIPPET
func rename(context.Context, *audit.Log, audit.Store, int, string) {}

func main() {
	_, _, _, _, _, _ = time.Now, recording, capturing, reading, exporting, keeping
}
`

func TestReadmeProgramIsTheMinimalExample(t *testing.T) {
	t.Parallel()
	snippets := goSnippets(t, "README.md")
	require.Len(t, snippets, 1)
	assert.Equal(t, read(t, "examples/minimal/main.go"), snippets[0])
}

func TestReadmeHasAtMostAThousandWords(t *testing.T) {
	t.Parallel()
	assert.LessOrEqual(t, len(strings.Fields(read(t, "README.md"))), 1000, "move what is too much to docs/guide.md")
}

func TestGuideSnippetsCompile(t *testing.T) {
	t.Parallel()
	snippets := goSnippets(t, guide)
	source := snippetFrame
	require.Equal(t, strings.Count(source, "SNIPPET"), len(snippets), "frame every snippet")
	for _, snippet := range snippets {
		source = strings.Replace(source, "SNIPPET", snippet, 1)
	}
	file := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	goCommand(t, "vet", file)
}

// goSnippets returns the Go that a document shows.
func goSnippets(t *testing.T, name string) []string {
	t.Helper()
	var snippets []string
	for _, part := range strings.Split(read(t, name), "```go\n")[1:] {
		snippet, _, _ := strings.Cut(part, "```")
		snippets = append(snippets, snippet)
	}
	require.NotEmpty(t, snippets)
	return snippets
}
