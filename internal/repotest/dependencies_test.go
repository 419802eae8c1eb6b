package repotest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var updateDependencies = flag.Bool("update", false, "write docs/dependencies.md anew")

// libraryPackages are what a host may import, and so compiles.
var libraryPackages = []string{"", "/postgres", "/sqlite", "/retention", "/middleware", "/export", "/httpui"}

// required is a module of go.mod.
type required struct {
	Path, Version string
	Indirect      bool
}

// With -update the test writes the document anew, from what the module cache
// holds. "make dependencies" fills the cache first.
func TestDependenciesDocumentListsEveryModule(t *testing.T) {
	t.Parallel()
	var file struct{ Require []required }
	require.NoError(t, json.Unmarshal([]byte(goCommand(t, "mod", "edit", "-json")), &file))
	slices.SortFunc(file.Require, func(a, b required) int { return strings.Compare(a.Path, b.Path) })
	const name = "docs/dependencies.md"
	if *updateDependencies {
		require.NoError(t, os.WriteFile(inRoot(name), []byte(dependenciesDocument(t, file.Require)), 0o644))
	}
	text := read(t, name)
	listed := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| `") {
			listed++
			assert.NotContains(t, line, "unknown", "read the licence, and teach licenceOf")
		}
	}
	assert.Equal(t, len(file.Require), listed, "run make dependencies")
	for _, m := range file.Require {
		assert.Contains(t, text, "| `"+m.Path+"` | "+m.Version+" |", "run make dependencies")
	}
}

func dependenciesDocument(t *testing.T, modules []required) string {
	t.Helper()
	usedBy := map[string][]string{}
	for _, pkg := range libraryPackages {
		paths := strings.Fields(goCommand(t, "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", module+pkg))
		slices.Sort(paths)
		for _, path := range slices.Compact(paths) {
			usedBy[path] = append(usedBy[path], "`audit"+pkg+"`")
		}
	}
	var doc strings.Builder
	doc.WriteString("# Dependencies\n\n" +
		"Every module in `go.mod`, with its licence and the packages of this library that compile it: whoever imports only the root package compiles only its own. Why each is there says [design.md](design.md). Made by `make dependencies`; a test compares it with `go.mod`.\n\n" +
		"| module | version | licence | compiled by |\n|---|---|---|---|\n")
	for _, m := range modules {
		dir := strings.TrimSpace(goCommand(t, "list", "-m", "-f", "{{.Dir}}", m.Path))
		by := strings.Join(usedBy[m.Path], ", ")
		if by == "" {
			by = "tests and examples only"
		}
		fmt.Fprintf(&doc, "| `%s` | %s | %s | %s |\n", m.Path, m.Version, licenceOf(t, dir), by)
	}
	return doc.String()
}

// licenceOf reads a module's licence off its words.
func licenceOf(t *testing.T, dir string) string {
	t.Helper()
	require.NotEmpty(t, dir, "run go mod download")
	var found []string
	for _, pattern := range []string{"LICENSE*", "LICENCE*", "COPYING*", "License*", "license*"} {
		names, err := filepath.Glob(filepath.Join(dir, pattern))
		require.NoError(t, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				continue // a folder
			}
			words := strings.Join(strings.Fields(string(text)), " ")
			for licence, sign := range map[string]string{
				"MIT":          "Permission is hereby granted, free of charge, to any person obtaining a copy",
				"BSD-3-Clause": "used to endorse or promote products derived from this software",
				"Apache-2.0":   "Apache License Version 2.0",
				"MPL-2.0":      "Mozilla Public License Version 2.0",
				"Unlicense":    "This is free and unencumbered software released into the public domain",
			} {
				if strings.Contains(words, sign) {
					found = append(found, licence)
				}
			}
			if strings.Contains(words, "Licensed under the Apache License, Version 2.0") {
				found = append(found, "Apache-2.0")
			}
			if strings.Contains(words, "distribute this software for any purpose with or without fee") {
				licence := "0BSD"
				if strings.Contains(words, "provided that the above copyright notice") {
					licence = "ISC"
				}
				found = append(found, licence)
			}
			if strings.Contains(words, "Redistribution and use in source and binary forms") && !strings.Contains(words, "endorse or promote") {
				found = append(found, "BSD-2-Clause")
			}
			if strings.Contains(words, "Bitstream Vera") {
				found = append(found, "Bitstream Vera (fonts)")
			}
		}
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) == 0 {
		return "unknown"
	}
	return strings.Join(found, ", ")
}
