// Command picture draws a picture of rows of boxes, from a text that names them.
//
//	picture docs/images/architecture.txt
//
// It writes the SVG beside the text.
package main

import (
	"fmt"
	"html"
	"os"
	"strconv"
	"strings"
)

// box is a line of the text.
type box struct {
	name               string
	row, column, width int
	entry, query       string // the steps in which an entry and a query come by
	holds              string
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: picture FILE.txt")
		os.Exit(1)
	}
	text, err := os.ReadFile(os.Args[1])
	if err == nil {
		var svg string
		if svg, err = draw(string(text)); err == nil {
			err = os.WriteFile(strings.TrimSuffix(os.Args[1], ".txt")+".svg", []byte(svg), 0o666)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// parse reads the boxes of a text.
func parse(text string) ([]box, error) {
	var boxes []box
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields := strings.Split(line, "|")
		if len(fields) != 7 {
			return nil, fmt.Errorf("the line %q has %d fields, not 7", line, len(fields))
		}
		for i := range fields {
			fields[i] = strings.TrimSpace(fields[i])
		}
		b := box{name: fields[0], entry: fields[4], query: fields[5], holds: fields[6]}
		for i, number := range []*int{&b.row, &b.column, &b.width} {
			var err error
			if *number, err = strconv.Atoi(fields[1+i]); err != nil {
				return nil, fmt.Errorf("reading the line %q: %w", line, err)
			}
		}
		boxes = append(boxes, b)
	}
	return boxes, nil
}

const (
	columnWidth = 80
	rowHeight   = 64
	margin      = 12
	gap         = 8
	keyHeight   = 34
)

const style = `<style>
  .paper { fill: #fff } text { fill: #1c2430; font-size: 13px } .holds { fill: #5b6675; font-size: 11px } .name { font-weight: 600 }
  rect { fill: #eef2f7; stroke: #aab6c5 } .internal { fill: #f8fafc; stroke-dasharray: 4 3 }
  .entry { fill: #2b6cb0 } .query { fill: #2f7d5b } .step { fill: #fff; font-size: 11px; font-weight: 600 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #14181f } text { fill: #e5eaf1 } .holds { fill: #9aa7b8 } rect { fill: #202733; stroke: #4a5769 } .internal { fill: #181d26 }
    .step { fill: #fff }
  }
</style>
`

// draw returns the picture of a text.
func draw(text string) (string, error) {
	boxes, err := parse(text)
	if err != nil {
		return "", err
	}
	rows := 0
	for _, b := range boxes {
		rows = max(rows, b.row+1)
	}
	width, height := 12*columnWidth+2*margin, rows*rowHeight+keyHeight+2*margin
	var svg strings.Builder
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-label="%s" font-family="system-ui, sans-serif">`+"\n",
		width, height, width, height, "The packages in rows, each above those that it imports")
	svg.WriteString(style)
	fmt.Fprintf(&svg, `<path class="paper" d="M0 0h%dv%dH0z"/>`+"\n", width, height)
	for _, b := range boxes {
		b.draw(&svg)
	}
	y := margin + rows*rowHeight + keyHeight/2
	step(&svg, "entry", "n", margin+10, y)
	fmt.Fprintf(&svg, `<text x="%d" y="%d">a step of an entry</text>`+"\n", margin+26, y+4)
	step(&svg, "query", "n", margin+190, y)
	fmt.Fprintf(&svg, `<text x="%d" y="%d">a step of a query</text>`+"\n", margin+206, y+4)
	fmt.Fprintf(&svg, `<text class="holds" x="%d" y="%d">Each package imports only what stands in rows below its own.</text>`+"\n", margin+370, y+4)
	svg.WriteString("</svg>\n")
	return svg.String(), nil
}

func (b box) draw(svg *strings.Builder) {
	x, y := margin+b.column*columnWidth+gap/2, margin+b.row*rowHeight+gap/2
	width, height := b.width*columnWidth-gap, rowHeight-gap
	class := ""
	if strings.HasPrefix(b.name, "internal/") {
		class = ` class="internal"`
	}
	fmt.Fprintf(svg, `<rect%s x="%d" y="%d" width="%d" height="%d" rx="6"/>`+"\n", class, x, y, width, height)
	fmt.Fprintf(svg, `<text class="name" x="%d" y="%d">%s</text>`+"\n", x+10, y+22, html.EscapeString(b.name))
	for i, line := range wrap(b.holds, (width-20)/6) {
		fmt.Fprintf(svg, `<text class="holds" x="%d" y="%d">%s</text>`+"\n", x+10, y+36+12*i, html.EscapeString(line))
	}
	right := x + width - 14
	if b.query != "" {
		step(svg, "query", b.query, right, y+14)
		right -= 22
	}
	if b.entry != "" {
		step(svg, "entry", b.entry, right, y+14)
	}
}

// step draws a number in a circle.
func step(svg *strings.Builder, class, number string, x, y int) {
	fmt.Fprintf(svg, `<circle class="%s" cx="%d" cy="%d" r="9"/><text class="step" x="%d" y="%d" text-anchor="middle">%s</text>`+"\n",
		class, x, y, x, y+4, html.EscapeString(number))
}

// wrap breaks a text into lines of at most so many characters.
func wrap(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsSeq(text) {
		last := &lines[len(lines)-1]
		if *last != "" && len(*last)+1+len(word) > width {
			lines = append(lines, word)
			continue
		}
		*last = strings.TrimSpace(*last + " " + word)
	}
	return lines
}
