// Command mutate shows what the tests do not see: it changes the code in a small
// way, one place at a time, and runs the tests that run that place. A mutant
// that no test fails for has survived: a test is missing, or the code says more
// than it needs to.
//
//	go -C tools run ./mutate -seed 1 -n 20 -packages .,./internal/entrysql
//
// One seed draws the same mutants every time, for the same files. The file
// equivalent.txt lists mutants that no test can notice, with the reason.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

const (
	defaultPackages = ".,./internal/entrysql,./postgres,./sqlite,./middleware,./httpui"
	defaultTests    = ".,./audittest,./export/...,./httpui,./internal/display,./internal/entrysql,./internal/migration,./internal/secrets,./middleware/...,./postgres,./sqlite"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	survivors, err := run(ctx)
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(2)
	case survivors > 0:
		os.Exit(1)
	}
}

func run(ctx context.Context) (survivors int, err error) {
	root := flag.String("root", "..", "the repository's root")
	seed := flag.Uint64("seed", 1, "draws the mutants")
	n := flag.Int("n", 20, "how many mutants are run against tests")
	packages := flag.String("packages", defaultPackages, "the packages to mutate, with commas between them")
	tests := flag.String("tests", defaultTests, "the packages whose tests are run, if they cover the mutant")
	timeout := flag.Duration("timeout", 2*time.Minute, "how long the tests of one package may take at least")
	flag.Parse()

	if os.Getenv("AUDIT_TEST_DATABASE_URL") == "" {
		fmt.Fprintln(os.Stderr, "AUDIT_TEST_DATABASE_URL is not set: what only PostgreSQL's tests see survives")
	}
	r := &repository{timeout: *timeout, sources: map[string][]byte{}}
	if r.root, err = filepath.Abs(*root); err != nil {
		return 0, err
	}
	if r.temp, err = os.MkdirTemp("", "mutate"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(r.temp)
	text, err := os.ReadFile(filepath.Join(r.root, "tools/mutate/equivalent.txt"))
	if err != nil {
		return 0, err
	}
	equivalents, err := parseEquivalents(string(text))
	if err != nil {
		return 0, fmt.Errorf("tools/mutate/equivalent.txt: %w", err)
	}
	module, err := r.list(ctx, "{{.Module.Path}}", ".")
	if err != nil {
		return 0, err
	}
	r.module = module[0]
	targets, err := r.list(ctx, "{{.ImportPath}}", strings.Split(*packages, ",")...)
	if err != nil {
		return 0, err
	}
	mutants, err := r.mutants(ctx, targets)
	if err != nil {
		return 0, err
	}
	for _, e := range equivalents {
		if source, ok := r.sources[e.File]; ok && !strings.Contains(string(source), e.Line) {
			fmt.Fprintf(os.Stderr, "equivalent.txt: %s no longer has the line %s\n", e.File, e.Line)
		}
	}
	testPackages, err := r.testsOf(ctx, strings.Split(*tests, ","), targets)
	if err != nil {
		return 0, err
	}
	all, err := r.coverage(ctx, testPackages, targets)
	if err != nil {
		return 0, err
	}
	// A seed draws the same mutants on every machine, since they are sorted by
	// file and place.
	rand.New(rand.NewPCG(*seed, 0)).Shuffle(len(mutants), func(i, j int) { mutants[i], mutants[j] = mutants[j], mutants[i] })

	counts := map[outcome]int{}
	for _, m := range mutants {
		done := counts[killed] + counts[survived] + counts[timedOut]
		if done == *n {
			break
		}
		source := r.sources[m.File]
		if isEquivalent(equivalents, m, source) {
			counts[isSame]++
			continue
		}
		r.progress("mutant %d of %d, %d survived: %s:%d: %s", done+1, *n, counts[survived], m.File, m.line(source), m.Operator)
		result, err := r.try(ctx, m, all)
		if errors.Is(err, context.Canceled) {
			break
		}
		if err != nil {
			return 0, err
		}
		counts[result]++
		if result == survived {
			r.progress("")
			fmt.Printf("SURVIVED %s:%d: %s\n%s", m.File, m.line(source), m.Operator, m.diff(source))
		}
	}
	r.progress("")
	fmt.Printf("seed %d, %d mutants of %d: %d killed, %d timed out, %d survived; passed over: %d not compiling, %d not covered, %d equivalent\n",
		*seed, counts[killed]+counts[survived]+counts[timedOut], len(mutants),
		counts[killed], counts[timedOut], counts[survived], counts[notCompiling], counts[notCovered], counts[isSame])
	return counts[survived], nil
}

// progress shows what is being done, in one line that the next one replaces.
func (r *repository) progress(format string, args ...any) {
	const clear = "\r\x1b[K"
	fmt.Fprintf(os.Stderr, clear+format, args...)
}
