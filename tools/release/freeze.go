package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// frozen is the file beside a store's migrations that has their digests, one a
// line: the version that froze it, the SHA-256, the name.
const frozen = "frozen.txt"

// replaced is the folder in a store's migrations whose files are replaced when
// they change, and so are never frozen. The file frozen has one digest of all of
// them under this name.
const replaced = "functions"

// migrationFolders returns the folders with a store's migrations, and those in
// them with a further set.
func migrationFolders(root string) ([]string, error) {
	var folders []string
	for _, pattern := range []string{"*/migrations", "*/migrations/*"} {
		paths, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			if info, err := os.Stat(path); err != nil {
				return nil, err
			} else if info.IsDir() && info.Name() != replaced {
				folders = append(folders, path)
			}
		}
	}
	return folders, nil
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
		if len(files) == 0 {
			continue
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
		functions, err := digestOfFunctions(folder)
		if err != nil {
			return err
		}
		if functions != "" {
			line := known[replaced]
			if line.digest != functions {
				line = frozenLine{version, functions}
			}
			fmt.Fprintf(&lines, "%s %s %s\n", line.version, line.digest, replaced)
		}
		if err := os.WriteFile(filepath.Join(folder, frozen), lines.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}

// checkFrozen refuses a tree in which a migration that was released has changed
// or is gone: databases have run it as it was. It also refuses functions that have
// changed without a new migration that includes them.
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
		errs = append(errs, checkFunctions(folder, known))
		for name, line := range known {
			if name == replaced {
				continue
			}
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
