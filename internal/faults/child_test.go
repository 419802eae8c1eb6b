package faults

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit/internal/pgtest"
)

// The variables that make the test's program a host to be killed.
const (
	childVariable  = "AUDIT_FAULT_CHILD" // the store
	targetVariable = "AUDIT_FAULT_TARGET"
	ledgerVariable = "AUDIT_FAULT_LEDGER"
	roundVariable  = "AUDIT_FAULT_ROUND"
)

func TestMain(m *testing.M) {
	if store := os.Getenv(childVariable); store != "" {
		if err := runChild(store); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runChild records until it is killed.
func runChild(store string) error {
	ledger, err := openLedger(os.Getenv(ledgerVariable))
	if err != nil {
		return err
	}
	round, target := os.Getenv(roundVariable), os.Getenv(targetVariable)
	ctx := context.Background()
	var group sync.WaitGroup
	errs := make(chan error, 4)
	for number := range 4 {
		var h attempter
		ways := postgresWays
		if store == "postgres" {
			config, err := pgxpool.ParseConfig(target)
			if err != nil {
				return err
			}
			if h, err = newHost(ctx, round, config, time.Now); err != nil {
				return err
			}
		} else {
			if h, err = openSQLite(target, number%2 == 0); err != nil {
				return err
			}
			ways = []string{bySQLite}
		}
		p := newPlan(rand.Uint64(), number, ways, []string{"SIGKILL"})
		p.host = "r" + round + p.host
		group.Go(func() { errs <- work(h, ledger, p) })
	}
	return <-errs
}

// work does one operation after the other.
func work(h attempter, ledger *ledger, p *plan) error {
	untouched := func(ctx context.Context, _ int) (context.Context, func()) { return ctx, func() {} }
	for {
		o := p.next()
		if err := ledger.write(o.intent()); err != nil {
			return err
		}
		result, _, err := settle(h, o, faultAttempts, untouched)
		if err != nil {
			return err
		}
		if err := ledger.write(line{Operation: o.name, Outcome: result}); err != nil {
			return err
		}
	}
}

// killChildren runs hosts as processes and kills them at some moment of their
// work, one round after the other. Their connections have the name.
func killChildren(t *testing.T, store, target, ledger, name string, lasting time.Duration, atOnce int) (killed int) {
	t.Helper()
	until := time.Now().Add(lasting)
	for round := 0; time.Now().Before(until); round += atOnce {
		var group sync.WaitGroup
		for n := range atOnce {
			number := strconv.Itoa(round + n)
			group.Go(func() { killChild(t, store, target, ledger, name, number) })
			killed++
		}
		group.Wait()
		if t.Failed() {
			break
		}
	}
	return killed
}

func killChild(t *testing.T, store, target, ledger, name, round string) {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), childVariable+"="+store, targetVariable+"="+target, ledgerVariable+"="+ledger, roundVariable+"="+round, "PGAPPNAME="+name)
	var words bytes.Buffer
	command.Stderr = &words
	if !assert.NoError(t, command.Start()) {
		return
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	for range 400 { // until it has done something
		intents, _ := readLedger(ledger)
		if slices.ContainsFunc(slices.Collect(maps.Values(intents)), func(in intent) bool {
			return strings.HasPrefix(in.Operation, "r"+round+"h") && in.outcome == committed
		}) {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	time.Sleep(time.Duration(20+rand.IntN(200)) * time.Millisecond)
	select {
	case <-ended:
		assert.Fail(t, "the host ended by itself", words.String())
	default:
		_ = command.Process.Kill()
		<-ended
	}
}

// TestKilledHostsOnPostgreSQL kills hosts without a warning.
func TestKilledHostsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	f := newField(t, url)
	killed := killChildren(t, "postgres", url, f.path, f.connections(), faultTime(t, time.Second, 15*time.Second), 2)
	intents, err := readLedger(f.path)
	require.NoError(t, err)
	f.count(intents)
	t.Logf("%d hosts were killed", killed)
	f.check(t)
}

// count counts what hosts that have no memory any more have done.
func (f *field) count(intents map[string]intent) {
	for _, in := range intents {
		f.operations.Add(1)
		f.byFault[in.Fault]++
		f.byOutcome[in.outcome]++
	}
}

// TestKilledHostsOnSQLite kills hosts that write to one file.
func TestKilledHostsOnSQLite(t *testing.T) {
	t.Parallel()
	file := newSQLiteFile(t)
	path := filepath.Join(t.TempDir(), "ledger")
	killed := killChildren(t, "sqlite", file, path, "", faultTime(t, time.Second, 15*time.Second), 2)
	t.Logf("%d hosts were killed", killed)
	checkSQLite(t, file, path)
}
