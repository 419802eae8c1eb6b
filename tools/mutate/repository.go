package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// repository is what is mutated. No file of it is ever changed: go reads each
// mutant through an overlay.
type repository struct {
	root, module, temp string
	timeout            time.Duration // of one test package beside a mutant
	sources            map[string][]byte
}

// list asks go about packages.
func (r *repository) list(ctx context.Context, format string, patterns ...string) ([]string, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"list", "-f", format}, patterns...)...)
	command.Dir = r.root
	out, err := command.Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w\n%s", err, failed.Stderr)
		}
		return nil, fmt.Errorf("listing %s: %w", strings.Join(patterns, " "), err)
	}
	return strings.Fields(string(out)), nil
}

// testsOf returns the packages whose tests can run something of the packages
// given: those that depend on one, or are one.
func (r *repository) testsOf(ctx context.Context, patterns, packages []string) ([]string, error) {
	all, err := r.list(ctx, "{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}", patterns...)
	if err != nil {
		return nil, err
	}
	var tests []string
	for _, one := range all {
		dependencies, err := r.list(ctx, `{{.ImportPath}} {{join .Deps " "}} {{join .TestImports " "}} {{join .XTestImports " "}}`, one)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(dependencies, func(d string) bool { return slices.Contains(packages, d) }) {
			tests = append(tests, one)
		}
	}
	return tests, nil
}

// mutants returns all mutants of the packages' files, and of the SQL that they
// embed.
func (r *repository) mutants(ctx context.Context, packages []string) (all []mutant, err error) {
	files, err := r.list(ctx, `{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}} {{end}}{{range .EmbedFiles}}{{$dir}}/{{.}} {{end}}`, packages...)
	if err != nil {
		return nil, err
	}
	for _, path := range files {
		name, err := filepath.Rel(r.root, path)
		if err != nil {
			return nil, err
		}
		name = filepath.ToSlash(name)
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var found []mutant
		switch filepath.Ext(name) {
		case ".go":
			if found, err = mutateGo(name, source); err != nil {
				return nil, err
			}
		case ".sql":
			found = mutateSQL(string(source))
			for i := range found {
				found[i].File, found[i].Always = name, true
			}
		}
		r.sources[name] = source
		all = append(all, found...)
	}
	return sorted(all), nil
}

// outcome is what came of a mutant.
type outcome string

const (
	killed       outcome = "killed"
	survived     outcome = "survived"
	timedOut     outcome = "timed out"
	notCompiling outcome = "not compiling"
	notCovered   outcome = "not covered"
	isSame       outcome = "equivalent"
)

// try runs the tests that cover a mutant, until one fails.
func (r *repository) try(ctx context.Context, m mutant, all []covered) (outcome, error) {
	source := r.sources[m.File]
	folder := packageFolder(m.File)
	var tests []covered
	for _, c := range all {
		if !c.covers(m, m.line(source)) {
			continue
		}
		if c.Tests == strings.TrimSuffix(r.module+"/"+folder, "/.") { // the package's own come first
			tests = slices.Insert(tests, 0, c)
			continue
		}
		tests = append(tests, c)
	}
	if len(tests) == 0 {
		return notCovered, nil
	}
	changed := filepath.Join(r.temp, "mutant"+filepath.Ext(m.File))
	if err := os.WriteFile(changed, m.apply(source), 0o644); err != nil {
		return "", err
	}
	text, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(r.root, filepath.FromSlash(m.File)): changed}})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(r.temp, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o644); err != nil {
		return "", err
	}
	run := func(args ...string) (string, bool) {
		command := exec.CommandContext(ctx, "go", args...)
		command.Dir = r.root
		command.WaitDelay = 10 * time.Second
		out, err := command.CombinedOutput()
		return string(out), err == nil
	}
	if _, ok := run("build", "-overlay="+overlay, "./"+folder); !ok {
		return notCompiling, ctx.Err()
	}
	for _, c := range tests {
		limit := max(r.timeout, 4*c.Took)
		out, ok := run("test", "-overlay="+overlay, "-vet=off", "-count=1", "-failfast", "-timeout="+limit.String(), c.Tests)
		switch {
		case ctx.Err() != nil:
			return "", ctx.Err()
		case strings.Contains(out, "panic: test timed out"):
			return timedOut, nil
		case !ok:
			return killed, nil
		}
	}
	return survived, nil
}
