package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// programs has one program for each module that is released, by the last part
// of its path. What it prints is "recorded" and a number of entries, or "ok".
//
//go:embed programs
var programs embed.FS

// check builds the modules as a version would have them, and uses each from an
// empty module, as an outsider does: go get, go vet, go run, without a replace.
func check(ctx context.Context, root string) (err error) {
	temp, err := os.MkdirTemp("", "audit-release")
	if err != nil {
		return err
	}
	defer func() {
		// The module cache is read-only.
		_, cleaned := command(context.WithoutCancel(ctx), temp, []string{"GOMODCACHE=" + filepath.Join(temp, "cache")}, "go", "clean", "-modcache")
		err = errors.Join(err, cleaned, os.RemoveAll(temp))
	}()
	tree, proxy := filepath.Join(temp, "tree"), filepath.Join(temp, "proxy")
	if err := copyTree(ctx, root, tree); err != nil {
		return err
	}
	if err := prepare(tree, tried, time.Now()); err != nil {
		return err
	}
	modules, err := released(tree)
	if err != nil {
		return err
	}
	if err := publish(tree, tried, proxy, modules); err != nil {
		return err
	}
	env, err := outside(ctx, temp, proxy)
	if err != nil {
		return err
	}
	var errs []error
	for i, m := range modules {
		out, err := use(ctx, temp, env, m)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", m.path(), err))
			out = "FAILED"
		}
		fmt.Printf("%d of %d  %s@%s: %s\n", i+1, len(modules), m.path(), tried, out)
	}
	return errors.Join(errs...)
}

// outside returns the environment of somebody who has the modules from the
// proxy only. Its module cache is new, and fetches from this machine's cache
// what that has.
func outside(ctx context.Context, temp, proxy string) ([]string, error) {
	cache, err := command(ctx, temp, nil, "go", "env", "GOMODCACHE")
	if err != nil {
		return nil, err
	}
	upstream, err := command(ctx, temp, nil, "go", "env", "GOPROXY")
	if err != nil {
		return nil, err
	}
	return []string{
		"GOPROXY=file://" + filepath.ToSlash(proxy) + ",file://" + filepath.ToSlash(cache) + "/cache/download," + upstream,
		"GOMODCACHE=" + filepath.Join(temp, "cache"),
		"GONOSUMDB=" + library + "," + library + "/*", // they are not published
		"GOFLAGS=-mod=mod",
		"GOWORK=off",
	}, nil
}

// use gets a module into an empty one and runs its program there.
func use(ctx context.Context, temp string, env []string, m module) (string, error) {
	name := path.Base(m.path())
	program, err := programs.ReadFile(path.Join("programs", name+".go.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("tools/release/programs has no %s.go.txt: write a program that uses the module", name)
	} else if err != nil {
		return "", err
	}
	folder := filepath.Join(temp, "use", name)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(folder, "main.go"), program, 0o666); err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"mod", "init", "example.test/" + name},
		{"get", m.path() + "@" + tried},
		{"mod", "tidy"},
		{"vet", "."},
	} {
		if _, err := command(ctx, folder, env, "go", args...); err != nil {
			return "", err
		}
	}
	if replaced, err := command(ctx, folder, env, "go", "list", "-m", "-f", "{{with .Replace}}{{.}}{{end}}", "all"); err != nil {
		return "", err
	} else if replaced != "" {
		return "", fmt.Errorf("the module is replaced: %s", replaced)
	}
	return command(ctx, folder, env, "go", "run", ".")
}
