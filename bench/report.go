package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// report is everything that a run came to.
type report struct {
	Machine machine  `json:"machine"`
	Entries int      `json:"entries"`
	Quick   bool     `json:"quick"`
	Lines   []line   `json:"goals"`
	Tables  []*table `json:"tables"`
}

// machine is what the figures depend on.
type machine struct {
	CPU        string            `json:"cpu"`
	Cores      int               `json:"cores"`
	Memory     string            `json:"memory"`
	Load       string            `json:"load"` // the load average at the start
	Go         string            `json:"go"`
	PostgreSQL string            `json:"postgresql"`
	Settings   map[string]string `json:"settings"` // of PostgreSQL
	Modules    map[string]string `json:"modules"`
	At         time.Time         `json:"at"`
}

// The settings that a reader of the figures has to know.
var toldSettings = []string{"fsync", "synchronous_commit", "full_page_writes", "shared_buffers", "max_wal_size", "jit"}

func machineOf(ctx context.Context, pool *pgxpool.Pool) (machine, error) {
	m := machine{
		CPU: procField("/proc/cpuinfo", "model name"), Memory: procField("/proc/meminfo", "MemTotal"),
		Cores: runtime.NumCPU(), Go: runtime.Version(), At: time.Now().UTC().Truncate(time.Second),
		Settings: map[string]string{}, Modules: map[string]string{},
	}
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.Join(strings.Fields(string(load))[:3], " ")
	}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			for _, told := range []string{"jackc/pgx", "modernc.org/sqlite", "mattn/go-sqlite3", "excelize", "fpdf", "r3labs", "go-cmp"} {
				if strings.Contains(module.Path, told) {
					m.Modules[module.Path] = module.Version
				}
			}
		}
	}
	if pool == nil {
		return m, nil
	}
	for _, name := range append([]string{"server_version"}, toldSettings...) {
		var value string
		if err := pool.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return m, fmt.Errorf("reading the setting %s: %w", name, err)
		}
		m.Settings[name] = value
	}
	m.PostgreSQL = m.Settings["server_version"]
	delete(m.Settings, "server_version")
	return m, nil
}

func firstWord(text string) string {
	first, _, _ := strings.Cut(text, " ")
	return first
}

// procField returns a field of a file of Linux's; elsewhere nothing.
func procField(path, name string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// measured adds a goal's line.
func (r *report) measured(g goal, value spread, note string) {
	l := line{goal: g, Verdict: g.judge(value), Note: note}
	if l.Verdict != notMeasured {
		l.Value = &value
	}
	r.Lines = append(r.Lines, l)
}

// missing adds the line of a goal that was not measured, and why.
func (r *report) missing(g goal, why verdict, note string) {
	r.Lines = append(r.Lines, line{goal: g, Verdict: why, Note: note})
}

// finish puts the lines in the order of the goals' names.
func (r *report) finish() {
	slices.SortStableFunc(r.Lines, func(a, b line) int { return strings.Compare(a.ID, b.ID) })
}

// table begins a table.
func (r *report) table(title string, header ...string) *table {
	t := &table{Title: title, Header: header}
	r.Tables = append(r.Tables, t)
	return t
}

// print writes all for a terminal, the goals last: they are what a reader who
// scrolls no further wants to see.
func (r *report) print(w io.Writer) {
	m := r.Machine
	fmt.Fprintf(w, "\n%s, %d cores, %s; load average %s at the start\n", m.CPU, m.Cores, m.Memory, m.Load)
	fmt.Fprintf(w, "%s, PostgreSQL %s", m.Go, m.PostgreSQL)
	for _, name := range toldSettings {
		fmt.Fprintf(w, ", %s %s", name, m.Settings[name])
	}
	fmt.Fprintf(w, "\nlargest log: %s entries. × is a median of paired ratios; in brackets the middle half of the blocks, or all where they are few.\n", count(r.Entries))
	if load, err := strconv.ParseFloat(firstWord(m.Load), 64); err == nil && load > float64(m.Cores)/2 {
		fmt.Fprintln(w, "The machine was busy when this began: repeat it at a quiet time before believing a verdict.")
	}
	for _, t := range r.Tables {
		t.print(w)
	}
	fmt.Fprintln(w, "\nGoals")
	var rows [][]string
	for _, l := range r.Lines {
		rows = append(rows, l.cells())
	}
	printColumns(w, rows)
}

func (r *report) writeJSON(path string) error {
	text, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}

func readReport(path string) (*report, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading results: %w", err)
	}
	r := &report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("reading results from %s: %w", path, err)
	}
	return r, nil
}

// writeMarkdown writes the goals as the table of docs/performance.md.
func (r *report) writeMarkdown(path string) error {
	var out strings.Builder
	out.WriteString("| | what | measured | goal | of | |\n|---|---|---|---|---|---|\n")
	for _, l := range r.Lines {
		cells := l.cells()
		cells[3] = strings.TrimPrefix(cells[3], "goal ")
		cells[4] = strings.TrimPrefix(cells[4], "of ")
		out.WriteString("| " + strings.ReplaceAll(strings.Join(cells, " | "), `\`, `\\`) + " |\n")
	}
	if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
		return fmt.Errorf("writing the goals: %w", err)
	}
	return nil
}
