// Command bench measures the library against what it is held to: each goal is
// one line of its output, a ratio to a floor that was measured in the same run,
// taking turns. docs/performance.md explains the goals.
//
//	make bench-quick                                  # a temporary PostgreSQL, under two minutes
//	make bench                                        # the same with ten million entries
//	go run . -database postgres://… -size 1000000 -only A,B1
//
// It makes its own schemas in the database, and drops them at the end. With -keep,
// those that took long to load stay for the next run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if spec := os.Getenv(childVariable); spec != "" {
		exit(runChild(spec, os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// options are the command's flags.
type options struct {
	size     int
	quick    bool
	only     string
	budget   time.Duration
	json     string
	markdown string
	svg      string
	read     string
	database string
	keep     bool
}

func parse(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.IntVar(&o.size, "size", 0, "entries of the largest log (default 10000000, with -quick 200000)")
	flags.BoolVar(&o.quick, "quick", false, "small logs and short races: under two minutes")
	flags.StringVar(&o.only, "only", "", "measure only the goals whose names begin so, such as A,B1,E")
	flags.DurationVar(&o.budget, "budget", 0, "how long each race takes (default 20s, with -quick 2s)")
	flags.StringVar(&o.json, "json", "", "write all results into this file")
	flags.StringVar(&o.markdown, "markdown", "", "write the goals as a Markdown table into this file")
	flags.StringVar(&o.svg, "svg", "", "write charts into this folder")
	flags.StringVar(&o.read, "read", "", "measure nothing: show the results that an earlier run wrote by -json")
	flags.BoolVar(&o.keep, "keep", false, "leave the loaded logs in the database, and use those that an earlier run has left there")
	flags.StringVar(&o.database, "database", os.Getenv("AUDIT_BENCH_DATABASE_URL"), "a postgres:// URL of a superuser; the default is AUDIT_BENCH_DATABASE_URL")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	switch {
	case flags.NArg() > 0:
		return o, fmt.Errorf("there is no argument %q", flags.Arg(0))
	case o.size != 0 && o.size < leastSize:
		return o, fmt.Errorf("-size %d: the least is %d", o.size, leastSize)
	case o.database == "" && o.read == "":
		return o, errors.New("no PostgreSQL server: give -database or AUDIT_BENCH_DATABASE_URL, or run \"make bench\", which starts one itself")
	}
	return o, nil
}

// run measures what the arguments ask for. Tables go to out, progress to log.
func run(ctx context.Context, args []string, out, log io.Writer) (err error) {
	o, err := parse(args, log)
	if err != nil {
		return err
	}
	if o.read != "" {
		r, err := readReport(o.read)
		if err != nil {
			return err
		}
		return r.publish(o, out)
	}
	b, err := newBench(ctx, o, newProgress(log))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.close()) }()
	err = b.measure(ctx)
	// Also after an error: what was measured by then may have taken hours.
	b.report.finish()
	return errors.Join(err, b.report.publish(o, out))
}

// publish shows the results in all the ways that are asked for.
func (r *report) publish(o options, out io.Writer) (err error) {
	r.print(out)
	if o.json != "" {
		err = r.writeJSON(o.json)
	}
	if o.markdown != "" {
		err = errors.Join(err, r.writeMarkdown(o.markdown))
	}
	if o.svg != "" {
		err = errors.Join(err, r.writeCharts(o.svg))
	}
	return err
}

func (b *bench) measure(ctx context.Context) error {
	for _, s := range sections() {
		if !wanted(b.only, s.goals) {
			continue
		}
		b.progress.say("%s", s.name)
		if err := s.measure(ctx, b); err != nil {
			return fmt.Errorf("measuring %s: %w", s.name, err)
		}
	}
	return nil
}

// section measures some goals together.
type section struct {
	name    string
	goals   []string
	measure func(context.Context, *bench) error
}

func sections() []section {
	return []section{
		{"recording, one client", []string{"A1", "A2"}, measureRecording},
		{"recording, many clients", []string{"A3"}, measureClients},
		{"what an entry writes", []string{"A4"}, measureWAL},
		{"recording into a large log", []string{"A5"}, measureGrowth},
		{"capture by triggers", []string{"A6"}, measureTriggers},
		{"the difference of two records", []string{"B1"}, measureDiff},
		{"pages", []string{"C1", "C2", "C4"}, measurePages},
		{"pairs of filters", []string{"C1"}, measurePairs},
		{"counts and values", []string{"C3"}, measureCounts},
		{"the indexes of audited", []string{"C1"}, measureAudited},
		{"SQLite", []string{"D1"}, measureSQLite},
		{"exports", []string{"E1", "E2", "E3"}, measureExports},
		{"the whole page", []string{"F1"}, measureWholePage},
	}
}
