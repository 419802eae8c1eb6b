package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// prepareRelease changes the files that a version changes, and prints what is
// left to do by hand.
func prepareRelease(ctx context.Context, root, version string) error {
	if status, err := command(ctx, root, nil, "git", "status", "--porcelain"); err != nil {
		return err
	} else if status != "" {
		return fmt.Errorf("there are changes that are not committed:\n%s\ncommit or drop them first, so that the release's own stand alone", status)
	}
	tags, err := command(ctx, root, nil, "git", "tag", "--list", version)
	if err != nil {
		return err
	} else if tags != "" {
		return fmt.Errorf("version %s has a tag already", version)
	}
	if err := prepare(root, version, time.Now()); err != nil {
		return err
	}
	return announce(root, version)
}

// announce prints the commands that publish the version.
func announce(root, version string) error {
	modules, err := released(root)
	if err != nil {
		return err
	}
	fmt.Printf("Ready for %s. Read the changes (git diff), run .ci/run, then:\n\n\tgit add --all\n\tgit commit --message 'Release %s'\n", version, version)
	var tags []string
	for _, m := range modules {
		fmt.Printf("\tgit tag --annotate --message 'Release %s' %s\n", version, m.tag(version))
		tags = append(tags, m.tag(version))
	}
	fmt.Printf("\tgit push --atomic origin main %s\n", strings.Join(tags, " "))
	return nil
}

// prepare changes the files in a tree that a version changes.
func prepare(root, version string, now time.Time) error {
	if !semver.IsValid(version) || semver.Canonical(version) != version || semver.Build(version) != "" {
		return fmt.Errorf("version %q is not written as v1.2.3 or v1.2.3-rc.1", version)
	}
	// What can be refused comes before what changes files.
	changelog, err := changelogOf(root, version, now)
	if err != nil {
		return err
	}
	if err := checkFrozen(root); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(root, "CHANGELOG.md"), changelog, 0o666); err != nil {
		return err
	}
	if err := freeze(root, version); err != nil {
		return err
	}
	return requireVersion(root, version)
}

// requireVersion makes every module that requires the library or one of its
// adapters require that version. Modules that are not released follow too: a module
// cannot require an older version than one that it requires does. Each replace stays,
// and counts in this repository only.
func requireVersion(root, version string) error {
	return filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && slices.Contains([]string{".git", "testdata", "node_modules"}, entry.Name()):
			return filepath.SkipDir
		case entry.Name() != "go.mod":
			return nil
		}
		return requireVersionIn(name, version)
	})
}

func requireVersionIn(name, version string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	file, err := modfile.Parse(name, content, nil)
	if err != nil {
		return err
	}
	changed := false
	for _, required := range file.Require {
		if required.Mod.Path != library && !strings.HasPrefix(required.Mod.Path, library+"/") {
			continue
		}
		if err := file.AddRequire(required.Mod.Path, version); err != nil {
			return err
		}
		changed = true
	}
	if !changed {
		return nil
	}
	file.Cleanup()
	if content, err = file.Format(); err != nil {
		return err
	}
	return os.WriteFile(name, content, 0o666)
}

const unreleased = "## [Unreleased]\n"

// changelogOf returns the changelog in which what is unreleased is the version's.
func changelogOf(root, version string, now time.Time) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return nil, err
	}
	heading := "## [" + strings.TrimPrefix(version, "v") + "]"
	if bytes.Contains(content, []byte(heading)) {
		return nil, fmt.Errorf("CHANGELOG.md has the heading %q already", heading)
	}
	before, after, found := strings.Cut(string(content), unreleased)
	if !found {
		return nil, fmt.Errorf("CHANGELOG.md has no heading %q", strings.TrimSpace(unreleased))
	}
	section, _, _ := strings.Cut(after, "\n## ")
	if !strings.Contains(section, "\n- ") {
		return nil, errors.New("CHANGELOG.md says nothing under [Unreleased]: write what the version changes for its users")
	}
	return []byte(before + unreleased + "\n" + heading + " - " + now.Format(time.DateOnly) + "\n" + after), nil
}
