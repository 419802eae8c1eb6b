package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// progress shows how far a long piece of work has come: a bar on a terminal,
// elsewhere a line now and then, and one at the end.
type progress struct {
	out      io.Writer
	terminal bool
	begin    time.Time
	said     time.Time // when the last line was written
}

// quiet is how long a log file stays without a line.
const quiet = 15 * time.Second

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, begin: time.Now()}
	if file, ok := out.(*os.File); ok {
		info, err := file.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// say writes one line of what is being done.
func (p *progress) say(format string, args ...any) {
	p.said = time.Now()
	fmt.Fprintf(p.out, "%s%5.0f s  %s\n", p.clear(), time.Since(p.begin).Seconds(), fmt.Sprintf(format, args...))
}

// show draws a bar, or without a terminal a line if there was none for a while.
func (p *progress) show(label string, done, total int) {
	const width = 40
	switch {
	case done >= total:
		p.say("%s: %s", label, count(total))
	case p.terminal:
		filled := done * width / total
		fmt.Fprintf(p.out, "%s%5.0f s  %s [%s%s] %s of %s", p.clear(), time.Since(p.begin).Seconds(), label,
			strings.Repeat("#", filled), strings.Repeat(".", width-filled), count(done), count(total))
	case time.Since(p.said) > quiet:
		p.say("%s: %s of %s", label, count(done), count(total))
	}
}

// clear begins the line anew.
func (p *progress) clear() string {
	if !p.terminal {
		return ""
	}
	return "\r\x1b[K"
}

// count writes a number with a comma between thousands.
func count(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
