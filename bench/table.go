package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// table is a title, a header and rows of texts.
type table struct {
	Title  string     `json:"title"`
	Header []string   `json:"header"`
	Rows   [][]string `json:"rows"`
	// Note stands below. Defaults to none.
	Note string `json:"note,omitempty"`
}

// row adds a row of values, each as fmt prints it.
func (t *table) row(cells ...any) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = fmt.Sprint(cell)
	}
	t.Rows = append(t.Rows, row)
}

// print writes the table for a terminal.
func (t *table) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s\n", t.Title)
	printColumns(w, append([][]string{t.Header}, t.Rows...))
	if t.Note != "" {
		fmt.Fprintf(w, "  %s\n", t.Note)
	}
}

// printColumns aligns the columns of some rows, the last one aside.
func printColumns(w io.Writer, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var out strings.Builder
		for i, cell := range row {
			out.WriteString("  " + cell + strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)))
		}
		fmt.Fprintln(w, strings.TrimRight(out.String(), " "))
	}
}
