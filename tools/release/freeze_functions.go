package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// include is the line of a numbered migration at which the functions are made.
const include = "-- include " + replaced

// checkFunctions refuses a folder whose functions have changed since a release, if no
// numbered file that was written since includes them. Without such a file, a host
// that applies the files with another tool keeps the old functions, and the Migrate
// of an older version puts them back.
func checkFunctions(folder string, known map[string]frozenLine) error {
	released, found := known[replaced]
	if !found {
		return nil
	}
	digest, err := digestOfFunctions(folder)
	if err != nil || digest == released.digest {
		return err
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil {
		return err
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		if known[filepath.Base(file)].version == "" && strings.Contains(string(content), include) {
			return nil
		}
	}
	return fmt.Errorf("the functions in %s have changed since %s: add a numbered migration with the line %q",
		filepath.Join(folder, replaced), released.version, include)
}

// digestOfFunctions returns the digest of all functions beside some migrations,
// without the comments before them. It is empty if there are none.
func digestOfFunctions(folder string) (string, error) {
	files, err := filepath.Glob(filepath.Join(folder, replaced, "*.sql"))
	if err != nil || len(files) == 0 {
		return "", err
	}
	hash := sha256.New()
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		_, statements, _ := strings.Cut("\n"+string(content), "\nCREATE ")
		fmt.Fprintf(hash, "%s\n%s\n", filepath.Base(file), statements)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)), nil
}
