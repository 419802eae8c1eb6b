package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// tree writes files into a new folder.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func example(t *testing.T) string {
	return tree(t, map[string]string{
		"go.mod":                              "module " + library + "\n",
		"CHANGELOG.md":                        "# Changelog\n\n## [Unreleased]\n\n- new\n",
		"postgres/migrations/0001.sql":        "CREATE TABLE a ();\n",
		"postgres/migrations/ledger/0001.sql": "CREATE TABLE positions ();\n",
		"postgres/migrations/functions/f.sql": "CREATE OR REPLACE FUNCTION f() …\n",
		"contrib/gin/gin.go":                  "package auditgin\n",
		"contrib/gin/go.mod":                  "module " + library + "/contrib/gin\n\nreplace " + library + " => ../..\n\nrequire " + library + " v0.0.0\n",
		"contrib/chi/chi_test.go":             "package chi_test\n",
		"contrib/chi/go.mod":                  "module " + library + "/contrib/chi\n",
		"internal/types/go.mod":               "module " + library + "/internal/types\n\nrequire " + library + "/contrib/gin v0.0.0\n",
	})
}

var day = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)

func read(t *testing.T, root, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func requireContains(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Fatalf("%q is not in:\n%s", part, text)
	}
}

func TestPrepareSetsVersions(t *testing.T) {
	root := example(t)
	if err := prepare(root, "v0.1.0", day); err != nil {
		t.Fatal(err)
	}
	requireContains(t, read(t, root, "contrib/gin/go.mod"), "require "+library+" v0.1.0\n")
	requireContains(t, read(t, root, "internal/types/go.mod"), "require "+library+"/contrib/gin v0.1.0\n")
	requireContains(t, read(t, root, "contrib/gin/go.mod"), "replace "+library+" => ../..\n")
	requireContains(t, read(t, root, "CHANGELOG.md"), "## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n\n- new\n")
	requireContains(t, read(t, root, "postgres/migrations/frozen.txt"), "v0.1.0 ")
	requireContains(t, read(t, root, "postgres/migrations/ledger/frozen.txt"), "v0.1.0 ")
	if _, err := os.Stat(filepath.Join(root, "postgres/migrations/functions/frozen.txt")); err == nil {
		t.Fatal("functions are frozen, which are replaced when they change")
	}
}

func TestReleasedMigrationsDoNotChange(t *testing.T) {
	root := example(t)
	if err := prepare(root, "v0.1.0", day); err != nil {
		t.Fatal(err)
	}
	changelog := strings.Replace(read(t, root, "CHANGELOG.md"), "[Unreleased]\n", "[Unreleased]\n\n- more\n", 1)
	for name, content := range map[string]string{"CHANGELOG.md": changelog, "postgres/migrations/0002.sql": "CREATE TABLE b ();\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := prepare(root, "v0.2.0", day); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(read(t, root, "postgres/migrations/frozen.txt"), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[0], "v0.1.0 ") || !strings.HasPrefix(lines[1], "v0.2.0 ") {
		t.Fatalf("the digests are %q", lines)
	}

	if err := os.WriteFile(filepath.Join(root, "postgres/migrations/0001.sql"), []byte("CREATE TABLE a (b int);\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	err := checkFrozen(root)
	if err == nil {
		t.Fatal("a released migration has changed, and nothing says so")
	}
	requireContains(t, err.Error(), "0001.sql has changed since v0.1.0")
}

func TestChangedFunctionsNeedANewMigration(t *testing.T) {
	root := example(t)
	if err := prepare(root, "v0.1.0", day); err != nil {
		t.Fatal(err)
	}
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(root, "postgres/migrations", name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("functions/f.sql", "-- what it does\nCREATE OR REPLACE FUNCTION f() …\n")
	if err := checkFrozen(root); err != nil {
		t.Fatalf("a comment before a function has changed: %v", err)
	}
	for name, change := range map[string]func(){
		"changed": func() { write("functions/f.sql", "CREATE OR REPLACE FUNCTION f() … 2\n") },
		"added":   func() { write("functions/g.sql", "CREATE OR REPLACE FUNCTION g() …\n") },
	} {
		change()
		err := checkFrozen(root)
		if err == nil {
			t.Fatalf("a function was %s, and nothing says so", name)
		}
		requireContains(t, err.Error(), `postgres/migrations/functions have changed since v0.1.0: add a numbered migration with the line "-- include functions"`)
	}
	write("0002_functions.sql", "-- include functions\n")
	if err := checkFrozen(root); err != nil {
		t.Fatal(err)
	}
	if err := freeze(root, "v0.2.0"); err != nil {
		t.Fatal(err)
	}
	requireContains(t, read(t, root, "postgres/migrations/frozen.txt"), "v0.2.0 ")
	write("functions/f.sql", "CREATE OR REPLACE FUNCTION f() … 3\n")
	if err := checkFrozen(root); err == nil {
		t.Fatal("a function has changed after the migration that includes it was released")
	}
}

func TestThisTreeKeepsItsReleasedMigrations(t *testing.T) {
	if err := checkFrozen("../.."); err != nil {
		t.Fatal(err)
	}
}

func TestPrepareRefuses(t *testing.T) {
	for name, test := range map[string]struct{ version, changelog, want string }{
		"no version":      {"0.1.0", "## [Unreleased]\n\n- new\n", `version "0.1.0" is not written as v1.2.3`},
		"half a version":  {"v0.1", "## [Unreleased]\n\n- new\n", `version "v0.1" is not written as v1.2.3`},
		"nothing changed": {"v0.1.0", "## [Unreleased]\n\n## [0.0.1] - 2026-01-01\n\n- old\n", "says nothing under [Unreleased]"},
		"no heading":      {"v0.1.0", "# Changelog\n", "has no heading"},
		"released before": {"v0.1.0", "## [Unreleased]\n\n- new\n\n## [0.1.0] - 2026-01-01\n", `has the heading "## [0.1.0]" already`},
	} {
		t.Run(name, func(t *testing.T) {
			root := example(t)
			if err := os.WriteFile(filepath.Join(root, "CHANGELOG.md"), []byte(test.changelog), 0o666); err != nil {
				t.Fatal(err)
			}
			err := prepare(root, test.version, day)
			if err == nil {
				t.Fatal("nothing is refused")
			}
			requireContains(t, err.Error(), test.want)
			requireContains(t, read(t, root, "contrib/gin/go.mod"), "v0.0.0")
		})
	}
}

func TestOnlyModulesWithPackagesAreReleased(t *testing.T) {
	modules, err := released(example(t))
	if err != nil {
		t.Fatal(err)
	}
	var tags []string
	for _, m := range modules {
		tags = append(tags, m.tag("v0.1.0"))
	}
	if got := strings.Join(tags, " "); got != "v0.1.0 contrib/gin/v0.1.0" {
		t.Fatalf("the tags are %s", got)
	}
}
