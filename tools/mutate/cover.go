package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// covered is what the tests of one package run.
type covered struct {
	Tests  string             // the package's import path
	Took   time.Duration      // with coverage counted
	Blocks map[string][]block // by file, from the repository's root
}

// block is a range of lines that was run.
type block struct{ From, To int }

// covers reports whether the tests run the mutant's place. What lies outside of
// functions is taken to be run by tests that run anything of its package.
func (c covered) covers(m mutant, line int) bool {
	if !m.Always {
		return slices.ContainsFunc(c.Blocks[m.File], func(b block) bool { return b.From <= line && line <= b.To })
	}
	folder := packageFolder(m.File)
	for file := range c.Blocks {
		if packageFolder(file) == folder {
			return true
		}
	}
	return false
}

// packageFolder is the folder of the package that a file belongs to, or that
// embeds it.
func packageFolder(file string) string {
	folder := filepath.ToSlash(filepath.Dir(file))
	if strings.HasSuffix(file, ".sql") {
		folder = filepath.ToSlash(filepath.Dir(folder))
	}
	return folder
}

// coverage returns what the tests of each package run. A run over unchanged
// files is remembered in the user's cache folder.
func (r *repository) coverage(ctx context.Context, tests, packages []string) ([]covered, error) {
	sum, err := r.digest()
	if err != nil {
		return nil, err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	cache = filepath.Join(cache, "auditkeep-mutate")
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, err
	}
	var all []covered
	for i, test := range tests {
		r.progress("coverage %d of %d: %s", i+1, len(tests), test)
		key := sha256.Sum256([]byte(strings.Join(append([]string{sum, test, os.Getenv("AUDIT_TEST_DATABASE_URL")}, packages...), "\n")))
		file := filepath.Join(cache, fmt.Sprintf("%x.json", key[:12]))
		var c covered
		if text, err := os.ReadFile(file); err == nil && json.Unmarshal(text, &c) == nil {
			all = append(all, c)
			continue
		}
		if c, err = r.cover(ctx, test, packages); err != nil {
			return nil, err
		}
		text, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	// The quickest are asked first.
	slices.SortStableFunc(all, func(a, b covered) int { return int(a.Took - b.Took) })
	return all, nil
}

func (r *repository) cover(ctx context.Context, test string, packages []string) (covered, error) {
	profile := filepath.Join(r.temp, "cover.out")
	began := time.Now()
	command := exec.CommandContext(ctx, "go", "test", "-count=1", "-vet=off", "-coverpkg="+strings.Join(packages, ","), "-coverprofile="+profile, test)
	command.Dir = r.root
	if out, err := command.CombinedOutput(); err != nil {
		return covered{}, fmt.Errorf("running the tests of %s without a mutant: %w\n%s", test, err, out)
	}
	text, err := os.ReadFile(profile)
	if err != nil {
		return covered{}, err
	}
	c := covered{Tests: test, Took: time.Since(began)}
	c.Blocks, err = parseProfile(text, r.module+"/")
	return c, err
}

// parseProfile reads a coverage profile: what was run at least once, by file.
func parseProfile(text []byte, module string) (map[string][]block, error) {
	blocks := map[string][]block{}
	scanner := bufio.NewScanner(bytes.NewReader(text))
	for scanner.Scan() {
		line := scanner.Text()
		if strings.HasPrefix(line, "mode: ") || strings.HasSuffix(line, " 0") {
			continue
		}
		// github.com/…/query.go:12.34,15.2 3 1
		file, rest, ok := strings.Cut(line, ":")
		var b block
		var fromColumn, toColumn, statements, count int
		if _, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &b.From, &fromColumn, &b.To, &toColumn, &statements, &count); !ok || err != nil {
			return nil, fmt.Errorf("reading coverage: line %s is not understood", strconv.Quote(line))
		}
		file = strings.TrimPrefix(file, module)
		blocks[file] = append(blocks[file], b)
	}
	return blocks, scanner.Err()
}

// digest is a number of all files that tests depend on.
func (r *repository) digest() (string, error) {
	sum := sha256.New()
	err := filepath.WalkDir(r.root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if err == nil && entry.Name() == ".git" {
				return fs.SkipDir
			}
			return err
		}
		switch filepath.Ext(path) {
		case ".go", ".sql", ".mod", ".sum", ".html", ".css", ".js":
		default:
			return nil
		}
		text, err := os.ReadFile(path)
		fmt.Fprintf(sum, "%s %d\n", path, len(text))
		sum.Write(text)
		return err
	})
	return fmt.Sprintf("%x", sum.Sum(nil)), err
}
