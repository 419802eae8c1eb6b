package faults

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// operation is one change of a host: some orders, and an entry for each.
type operation struct {
	name  string
	items int
	// given are IDs made beforehand; without them a host cannot repeat what
	// may have been committed.
	given    []audit.ID
	way      string
	fault    string
	delay    time.Duration // until the fault, if it has a moment
	messages int           // until the fault, where it counts them
}

// order is the host's record.
type order struct {
	ID   string
	Note string
}

func (o operation) order(item int) order {
	return order{fmt.Sprintf("%s/%d", o.name, item), fmt.Sprintf("by %s despite %s", o.way, o.fault)}
}

// events are the operation's, the same at every call.
func (o operation) events() []audit.Event {
	events := make([]audit.Event, o.items)
	for i := range events {
		if events[i] = audit.Created(o.order(i)); o.given != nil {
			events[i] = events[i].WithID(o.given[i])
		}
	}
	return events
}

func (o operation) intent() line {
	return line{Operation: o.name, Items: o.items, Given: o.given, Way: o.way, Fault: o.fault}
}

// plan is a host's schedule: the same seed gives the same operations and
// faults, though the scheduler and the database still have their own say.
type plan struct {
	*rand.Rand
	host         string
	number       int
	ways, faults []string
}

func newPlan(seed uint64, host int, ways, faults []string) *plan {
	return &plan{Rand: rand.New(rand.NewPCG(seed, uint64(host))), host: fmt.Sprintf("h%d", host), ways: ways, faults: faults}
}

func (p *plan) next() operation {
	p.number++
	o := operation{
		name:  fmt.Sprintf("%s-%d", p.host, p.number),
		items: 1 + p.IntN(3), way: p.ways[p.IntN(len(p.ways))], fault: "none",
		delay: time.Duration(p.IntN(4000)) * time.Microsecond, messages: 1 + p.IntN(12),
	}
	if p.IntN(10) < 7 {
		o.fault = p.faults[p.IntN(len(p.faults))]
	}
	if p.IntN(3) > 0 {
		for range o.items {
			o.given = append(o.given, audit.NewID())
		}
	}
	return o
}

// faultSeed returns the seed of this run.
func faultSeed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv("AUDIT_FAULT_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("AUDIT_FAULT_SEED=%d repeats this schedule", seed)
	return seed
}

func isLong() bool { return os.Getenv("AUDIT_TEST_LONG") == "1" || os.Getenv("AUDIT_FAULT_TIME") != "" }

// faultTime returns how long the run may take.
func faultTime(t *testing.T, short, long time.Duration) time.Duration {
	t.Helper()
	if text := os.Getenv("AUDIT_FAULT_TIME"); text != "" {
		given, err := time.ParseDuration(text)
		require.NoError(t, err)
		return given
	}
	if isLong() {
		return long
	}
	t.Logf("%s of faults; AUDIT_TEST_LONG=1 takes %s, and AUDIT_FAULT_TIME what it says", short, long)
	return short
}
