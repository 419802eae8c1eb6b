package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// childVariable makes the program a child, which runs one export in its own
// process, so that the peaks of memory do not mix.
const childVariable = "AUDIT_BENCH_CHILD"

// childSpec is what a child is to do.
type childSpec struct {
	Kind   string `json:"kind"`
	URL    string `json:"url"`
	Schema string `json:"schema"`
	Rows   int    `json:"rows"`
	File   string `json:"file"`
}

// childResult is what a child reports.
type childResult struct {
	Rows int `json:"rows"`
	// FirstByte is after how many seconds the first byte was written.
	FirstByte float64 `json:"first_byte"`
	// PeakKB is the process's peak memory in KB. TextKB is the part of it that
	// was read from the program's file. Both are 0 if the system does not
	// report them.
	PeakKB float64 `json:"peak_kb"`
	TextKB float64 `json:"text_kb"`
	// Seconds is how long the whole process took, by the parent's clock.
	Seconds float64 `json:"seconds"`
}

// runChild does what the spec says and writes the result.
func runChild(spec string, out io.Writer) error {
	var s childSpec
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		return fmt.Errorf("reading the child's task: %w", err)
	}
	result, err := s.export(context.Background())
	if err != nil {
		return fmt.Errorf("exporting as %s: %w", s.Kind, err)
	}
	result.PeakKB, result.TextKB = statusKB("VmHWM"), statusKB("RssFile")
	return json.NewEncoder(out).Encode(result)
}

// statusKB is a size that Linux reports of this process.
func statusKB(name string) float64 {
	text, _, _ := strings.Cut(procField("/proc/self/status", name), " ")
	size, _ := strconv.ParseFloat(text, 64) // 0 if there is none
	return size
}

func (s childSpec) export(ctx context.Context) (result childResult, err error) {
	begin := time.Now()
	pool, err := openPool(ctx, s.URL, s.Schema)
	if err != nil {
		return result, err
	}
	defer pool.Close()
	file, err := os.Create(s.File)
	if err != nil {
		return result, err
	}
	w := &firstByteWriter{Writer: file}
	result.Rows, err = exporters()[s.Kind](ctx, pool, w, s.Rows)
	if err == nil {
		err = file.Close()
	}
	result.FirstByte = w.first.Sub(begin).Seconds()
	return result, err
}

// firstByteWriter notes when the first byte came.
type firstByteWriter struct {
	io.Writer
	first time.Time
}

func (w *firstByteWriter) Write(p []byte) (int, error) {
	if w.first.IsZero() {
		w.first = time.Now()
	}
	return w.Writer.Write(p)
}

// inChild runs a spec in its own process.
func inChild(ctx context.Context, s childSpec) (result childResult, err error) {
	program, err := os.Executable()
	if err != nil {
		return result, err
	}
	spec, err := json.Marshal(s)
	if err != nil {
		return result, err
	}
	command := exec.CommandContext(ctx, program)
	command.Env = append(os.Environ(), childVariable+"="+string(spec))
	command.Stderr = os.Stderr
	begin := time.Now()
	out, err := command.Output()
	took := time.Since(begin).Seconds()
	if err != nil {
		return result, fmt.Errorf("running an export as %s: %w", s.Kind, err)
	}
	if err := json.Unmarshal(out, &result); err != nil {
		return result, fmt.Errorf("running an export as %s: %w", s.Kind, err)
	}
	result.Seconds = took
	if result.Rows != s.Rows {
		return result, fmt.Errorf("running an export as %s: %d rows: want %d", s.Kind, result.Rows, s.Rows)
	}
	return result, nil
}
