package main

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// mutant is one small change of one file.
type mutant struct {
	File     string // from the repository's root, with slashes
	Operator string
	Start    int // the bytes to replace
	End      int
	New      string
	// Always says that the place is outside of functions, where coverage counts
	// nothing: a constant, a variable or SQL.
	Always bool
}

// apply returns the changed file.
func (m mutant) apply(source []byte) []byte {
	return slices.Concat(source[:m.Start], []byte(m.New), source[m.End:])
}

// line is the number of the line in which the change begins, from 1.
func (m mutant) line(source []byte) int { return bytes.Count(source[:m.Start], []byte("\n")) + 1 }

// text is the line in which the change begins, without the blanks around it.
func (m mutant) text(source []byte) string {
	return strings.TrimSpace(strings.Split(string(source), "\n")[m.line(source)-1])
}

// diff returns the changed lines, before and after.
func (m mutant) diff(source []byte) string {
	before, after := strings.Split(string(source), "\n"), strings.Split(string(m.apply(source)), "\n")
	start := m.line(source) - 1
	same := 0 // lines at the end
	for same < min(len(before), len(after))-start-1 && before[len(before)-1-same] == after[len(after)-1-same] {
		same++
	}
	var out strings.Builder
	for _, line := range before[start : len(before)-same] {
		fmt.Fprintf(&out, "\t-%s\n", line)
	}
	for _, line := range after[start : len(after)-same] {
		fmt.Fprintf(&out, "\t+%s\n", line)
	}
	return out.String()
}

// sorted puts mutants into an order that the order of finding them has no part
// in, so that a seed draws the same ones again.
func sorted(mutants []mutant) []mutant {
	slices.SortFunc(mutants, func(a, b mutant) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End),
			cmp.Compare(a.Operator, b.Operator), cmp.Compare(a.New, b.New))
	})
	return slices.Compact(mutants)
}
