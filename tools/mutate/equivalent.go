package main

import (
	"fmt"
	"strings"
)

// equivalent is a mutant, or several on one line, that nobody can notice.
type equivalent struct {
	File, Operator, Line, Reason string
	used                         bool
}

// parseEquivalents reads the list of them. Its parts have an empty line between
// them. Each has a line "file: operator", the line of the file, and the reason.
// Lines that begin with # are comments.
func parseEquivalents(text string) (all []*equivalent, err error) {
	var lines []string
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(line, "#") {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	for part := range strings.SplitSeq(strings.Join(lines, "\n"), "\n\n") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		lines := strings.SplitN(part, "\n", 3)
		file, operator, ok := strings.Cut(lines[0], ": ")
		if !ok || len(lines) < 3 {
			return nil, fmt.Errorf("parsing %q: want a line with file and operator, the line of the file, and the reason", part)
		}
		all = append(all, &equivalent{File: file, Operator: operator, Line: lines[1], Reason: lines[2]})
	}
	return all, nil
}

// isEquivalent reports whether the list has the mutant.
func isEquivalent(all []*equivalent, m mutant, source []byte) bool {
	for _, e := range all {
		if e.File == m.File && e.Operator == m.Operator && e.Line == m.text(source) {
			e.used = true
			return true
		}
	}
	return false
}
