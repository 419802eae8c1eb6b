package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
	fmt.Printf("Ready for %s. Read the changes (git diff), run .ci/run, then:\n\n\tgit commit --all --message 'Release %s'\n", version, version)
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

// requireVersion makes every module in contrib require the library at a version.
// Their replace stays: it counts in this repository only.
func requireVersion(root, version string) error {
	files, err := filepath.Glob(filepath.Join(root, "contrib", "*", "go.mod"))
	if err != nil {
		return err
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		file, err := modfile.Parse(name, content, nil)
		if err != nil {
			return err
		}
		for _, required := range file.Require {
			if required.Mod.Path != library && !strings.HasPrefix(required.Mod.Path, library+"/") {
				continue
			}
			if err := file.AddRequire(required.Mod.Path, version); err != nil {
				return err
			}
		}
		file.Cleanup()
		if content, err = file.Format(); err != nil {
			return err
		}
		if err := os.WriteFile(name, content, 0o666); err != nil {
			return err
		}
	}
	return nil
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

// frozen is the file beside a store's migrations that has their digests, one a
// line: the version that froze it, the SHA-256, the name.
const frozen = "frozen.txt"

func migrationFolders(root string) ([]string, error) {
	return filepath.Glob(filepath.Join(root, "*", "migrations"))
}

// freeze writes the digests of the migrations that a version is the first to have.
func freeze(root, version string) error {
	folders, err := migrationFolders(root)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		known, err := frozenIn(folder)
		if err != nil {
			return err
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.sql"))
		if err != nil {
			return err
		}
		var lines bytes.Buffer
		for _, file := range files {
			name := filepath.Base(file)
			line := known[name]
			if line.version == "" {
				digest, err := digestOf(file)
				if err != nil {
					return err
				}
				line = frozenLine{version, digest}
			}
			fmt.Fprintf(&lines, "%s %s %s\n", line.version, line.digest, name)
		}
		if err := os.WriteFile(filepath.Join(folder, frozen), lines.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// checkFrozen refuses a tree in which a migration that was released has changed
// or is gone: databases have run it as it was.
func checkFrozen(root string) error {
	folders, err := migrationFolders(root)
	if err != nil {
		return err
	}
	var errs []error
	for _, folder := range folders {
		known, err := frozenIn(folder)
		if err != nil {
			return err
		}
		for name, line := range known {
			digest, err := digestOf(filepath.Join(folder, name))
			if err != nil {
				errs = append(errs, err)
			} else if digest != line.digest {
				errs = append(errs, fmt.Errorf("%s has changed since %s: put it back and write a new migration", filepath.Join(folder, name), line.version))
			}
		}
	}
	return errors.Join(errs...)
}

type frozenLine struct{ version, digest string }

// frozenIn reads the digests in a folder, by the file's name; none before the
// first release.
func frozenIn(folder string) (map[string]frozenLine, error) {
	content, err := os.ReadFile(filepath.Join(folder, frozen))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	known := map[string]frozenLine{}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return nil, fmt.Errorf("%s: the line %q is not a version, a digest and a name", filepath.Join(folder, frozen), line)
		}
		known[fields[2]] = frozenLine{fields[0], fields[1]}
	}
	return known, nil
}

func digestOf(file string) (string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%x", sha256.Sum256(content)), nil
}
