package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
)

// TestMain lets the command's children, which here are the test's program, be
// children.
func TestMain(m *testing.M) {
	if spec := os.Getenv(childVariable); spec != "" {
		if err := runChild(spec, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// TestTheWholeCommand runs everything once, too shortly to mean anything. It
// counts allocations, so nothing runs beside it.
func TestTheWholeCommand(t *testing.T) {
	if os.Getenv("AUDIT_TEST_LONG") != "1" {
		t.Skip("runs every benchmark once; set AUDIT_TEST_LONG=1")
	}
	url := pgtest.URL(t)
	folder := t.TempDir()
	results := filepath.Join(folder, "results.json")
	var out, log bytes.Buffer
	err := run(t.Context(), []string{"-quick", "-size", "5000", "-budget", "10ms", "-database", url, "-json", results, "-svg", folder}, &out, &log)
	require.NoError(t, err, "%s", &log)

	var again bytes.Buffer
	markdown := filepath.Join(folder, "goals.md")
	require.NoError(t, run(t.Context(), []string{"-read", results, "-markdown", markdown}, &again, &log))
	assert.Equal(t, out.String(), again.String(), "the same, from the file")
	goals, err := os.ReadFile(markdown)
	require.NoError(t, err)
	assert.Regexp(t, `\| A6 \| trigger capture, without actor \| \d.* × .*\| ≤ 1\.35 × \| an unaudited UPDATE \|`, string(goals))

	var r report
	text, err := os.ReadFile(results)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &r))
	measured := map[string]bool{}
	for _, l := range r.Lines {
		measured[l.ID] = measured[l.ID] || l.Value != nil
		assert.Contains(t, out.String(), l.What)
		if l.Value == nil {
			assert.Contains(t, []verdict{notMeasured}, l.Verdict, l.What)
		}
	}
	for _, s := range sections() {
		for _, id := range s.goals {
			assert.True(t, measured[id] || id == "A6" || id == "D1", "%s is measured", id)
		}
	}
	assert.Contains(t, log.String(), "loading a log of 5,000 entries: 5,000\n")
	for _, group := range chartGroups {
		file, err := os.Open(filepath.Join(folder, group.file))
		require.NoError(t, err)
		defer file.Close()
		for tokens := xml.NewDecoder(file); ; {
			if _, err := tokens.Token(); errors.Is(err, io.EOF) {
				break
			} else {
				require.NoError(t, err, group.file)
			}
		}
	}
}

func TestParse(t *testing.T) {
	t.Setenv("AUDIT_BENCH_DATABASE_URL", "")
	for args, message := range map[string]string{
		"":                               "no PostgreSQL server: give -database",
		"-database x -size 10":           "-size 10: the least is 5000",
		"-database x everything":         `there is no argument "everything"`,
		"-database x -size many":         "invalid value",
		"-database mysql://localhost/db": "",
	} {
		_, err := parse(strings.Fields(args), io.Discard)
		if message == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, message)
	}
	t.Setenv("AUDIT_BENCH_DATABASE_URL", "postgres://somewhere/db")
	o, err := parse([]string{"-quick", "-only", "A,B1"}, io.Discard)
	require.NoError(t, err)
	assert.Equal(t, options{quick: true, only: "A,B1", database: "postgres://somewhere/db"}, o)
}
