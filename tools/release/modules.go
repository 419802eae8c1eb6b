package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// library is the path of the root's module. Others require it.
const library = "github.com/auditkeep/audit"

// module is one that outsiders can import.
type module struct {
	folder string // from the root, with slashes: "." or "contrib/gin"
}

func (m module) path() string { return path.Join(library, m.folder) }

// tag is the name of the git tag for a version of the module.
func (m module) tag(version string) string { return path.Join(m.folder, version) }

// released returns the modules in a tree that have a package to import: the
// library first. Those in contrib that only hold tests and words have none.
func released(root string) ([]module, error) {
	modules := []module{{"."}}
	files, err := filepath.Glob(filepath.Join(root, "contrib", "*", "go.mod"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		folder := filepath.Dir(file)
		sources, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			return nil, err
		}
		for _, source := range sources {
			if !strings.HasSuffix(source, "_test.go") {
				modules = append(modules, module{"contrib/" + filepath.Base(folder)})
				break
			}
		}
	}
	return modules, nil
}

// copyTree copies the files that git knows, as they are in the working tree.
func copyTree(ctx context.Context, from, to string) error {
	list, err := command(ctx, from, nil, "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if err != nil {
		return err
	}
	for file := range strings.SplitSeq(strings.TrimSuffix(list, "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(from, file))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not committed yet
		} else if err != nil {
			return err
		}
		target := filepath.Join(to, file)
		if err := os.MkdirAll(filepath.Dir(target), 0o777); err != nil {
			return err
		}
		if err := os.WriteFile(target, content, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program and returns what it prints, without the space around
// it. The error has what it printed of errors.
func command(ctx context.Context, folder string, env []string, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = folder, append(os.Environ(), env...)
	out, err := c.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w\n%s%s", err, out, failed.Stderr)
		}
		return "", fmt.Errorf("running %s %s: %w", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out)), nil
}
