package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"github.com/r3labs/diff/v3"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/audittest"
	"github.com/auditkeep/audit/postgres"
)

// The ways to find what differs between two records, and to say it as JSON.
const (
	handName    = "hand-written for this type"
	entryName   = "the whole entry: diff, object, actor, ID (Prepare)"
	queueName   = "the entry in a batch, as text (postgres.Queue)"
	r3labsName  = "r3labs/diff, its changes as JSON"
	marshalName = "encoding/json of both, maps compared, changes as JSON"
	goCmpName   = "go-cmp, a text for people"
)

// measureDiff holds the difference of two records of 20 fields, 5 of them
// changed, against hand-written code and against other libraries.
func measureDiff(ctx context.Context, b *bench) error {
	before, after := wideRecords()
	room, texts := make([]handChange, 6), make([]byte, 0, 1024)
	trail, err := newTrail(audittest.NewStore())
	if err != nil {
		return err
	}
	candidates := []candidate{
		{name: handName, calls: 500, do: func(context.Context) error {
			handDiff(&before, &after, texts, room)
			return nil
		}},
		{name: entryName, calls: 200, do: func(ctx context.Context) error {
			_, err := trail.Prepare(ctx, audit.Updated(&before, &after))
			return err
		}},
		{name: queueName, calls: 200, do: func(ctx context.Context) error {
			return postgres.Queue(ctx, &pgx.Batch{}, trail, audit.Updated(&before, &after))
		}},
		{name: r3labsName, calls: 20, do: func(context.Context) error {
			changes, err := diff.Diff(before, after)
			if err == nil && len(changes) != 5 {
				err = fmt.Errorf("r3labs/diff found %d changes: want 5", len(changes))
			}
			if err == nil {
				_, err = json.Marshal(changes)
			}
			return err
		}},
		{name: marshalName, calls: 20, do: func(context.Context) error {
			changes, err := compareByJSON(&before, &after)
			if err == nil && len(changes) != 5 {
				err = fmt.Errorf("comparing JSON found %d changes: want 5", len(changes))
			}
			if err == nil {
				_, err = json.Marshal(changes)
			}
			return err
		}},
		{name: goCmpName, calls: 10, do: func(context.Context) error {
			if cmp.Diff(before, after) == "" {
				return errors.New("go-cmp found no change")
			}
			return nil
		}},
	}
	result, err := b.race(ctx, 1, candidates...)
	if err != nil {
		return err
	}
	t := b.report.table("The difference of two records of 20 fields, 5 changed", "way", "µs", "× hand-written", "allocations")
	for _, c := range candidates {
		allocations := testing.AllocsPerRun(100, func() { err = errors.Join(err, c.do(ctx)) })
		t.row(c.name, result.time(c.name).times(1e-3), result.ratio(c.name, handName), allocations)
	}
	if err != nil {
		return err
	}
	return b.judgeDiff(ctx, t, result)
}

// judgeDiff adds the bare difference, which no importer can call: the library's
// own benchmark measures it, against the same hand-written code. So all others
// are compared with it through that.
func (b *bench) judgeDiff(ctx context.Context, t *table, result outcome) error {
	goals := []goal{
		{ID: "B1", What: "the 20-field diff", Of: "hand-written code", Limit: 2.5},
		{ID: "B1", What: "the 20-field diff, allocations", Limit: 1, Unit: "allocations"},
		{ID: "B1", What: "r3labs/diff", Of: "our diff", Limit: 20, AtLeast: true},
		{ID: "B1", What: "marshal both and compare", Of: "our diff", Limit: 40, AtLeast: true},
		{ID: "A2", What: "all of the library's work for an entry", Of: "our diff", Limit: 3},
	}
	own, err := runOwnBenchmark(ctx)
	if err != nil {
		for _, g := range goals {
			b.report.missing(g, notMeasured, err.Error())
		}
		return nil
	}
	ratio, allocations := spreadOf(own["diff-x"]), spreadOf(own["diff-allocs"])
	t.row("the bare diff (BenchmarkDiff)", spreadOf(own["diff-ns"]).times(1e-3), ratio, figure(allocations.Median))
	for i, value := range []spread{
		ratio, allocations,
		result.ratio(r3labsName, handName).over(ratio),
		result.ratio(marshalName, handName).over(ratio),
		result.ratio(queueName, handName).over(ratio),
	} {
		b.report.measured(goals[i], value, "")
	}
	return nil
}

// runOwnBenchmark runs the library's BenchmarkDiff several times, and returns
// what it reported, by unit.
func runOwnBenchmark(ctx context.Context) (map[string][]float64, error) {
	folder, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/auditkeep/audit").Output()
	if err != nil {
		return nil, errors.New("it takes the go command and the library's source")
	}
	temporary, err := os.MkdirTemp("", "audit-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temporary)
	program := filepath.Join(temporary, "audit.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, ".")
	build.Dir = strings.TrimSpace(string(folder))
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("building the library's benchmark: %w: %s", err, bytes.TrimSpace(out))
	}
	values := map[string][]float64{}
	for range 2 * leastBlocks {
		out, err := exec.CommandContext(ctx, program, "-test.run", "^$", "-test.bench", "^BenchmarkDiff$", "-test.benchtime", "40x").Output()
		if err != nil {
			return nil, fmt.Errorf("running the library's benchmark: %w", err)
		}
		readMetrics(values, string(out))
	}
	if len(values["diff-x"]) == 0 || len(values["diff-allocs"]) == 0 {
		return nil, errors.New("the library's BenchmarkDiff reports no diff-x")
	}
	return values, nil
}

// readMetrics reads pairs of number and unit from the lines of benchmarks.
func readMetrics(values map[string][]float64, out string) {
	for line := range strings.Lines(out) {
		fields := strings.Fields(line)
		if len(fields) < 2 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				values[fields[i+1]] = append(values[fields[i+1]], value)
			}
		}
	}
}
