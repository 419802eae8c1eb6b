package faults

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"

	"github.com/auditkeep/audit"
)

// outcome is what a host believes of an operation.
type outcome string

const (
	committed outcome = "committed"
	failed    outcome = "failed"  // certainly: nothing of it is there
	unknown   outcome = "unknown" // the answer to a COMMIT did not come
)

// line is a line of the ledger: an intent, before anything is sent, or an
// acknowledgement, as soon as the host knows.
type line struct {
	Operation string     `json:"operation"`
	Items     int        `json:"items,omitempty"`
	Given     []audit.ID `json:"given,omitempty"` // the IDs made beforehand
	Way       string     `json:"way,omitempty"`
	Fault     string     `json:"fault,omitempty"`
	Outcome   outcome    `json:"outcome,omitempty"` // empty for an intent
}

// ledger is a file that no database has a part in. Every line is with the
// operating system when write returns, so it survives whatever happens to the
// host, and in a long run on the disk: in a short one, other tests run beside
// this, and would have to wait for the disk too long.
type ledger struct {
	mu   sync.Mutex
	file *os.File
}

func openLedger(path string) (*ledger, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return &ledger{file: file}, nil
}

func (l *ledger) write(entry line) error {
	text, err := json.Marshal(entry)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := l.file.Write(append(text, '\n')); err != nil {
		return err
	}
	if !isLong() {
		return nil
	}
	return l.file.Sync()
}

func (l *ledger) close() error { return l.file.Close() }

// intent is an operation as the ledger has it.
type intent struct {
	line
	outcome outcome // unknown without an acknowledgement
}

// readLedger returns the ledger's operations. A line that a killed host began
// is passed over: what it was about had not been sent yet, or is unknown.
func readLedger(path string) (map[string]intent, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	intents := map[string]intent{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		var read line
		if json.Unmarshal(lines.Bytes(), &read) != nil {
			continue
		}
		known, ok := intents[read.Operation]
		switch {
		case read.Outcome == "":
			if ok {
				return nil, fmt.Errorf("reading the ledger: two intents are called %q", read.Operation)
			}
			intents[read.Operation] = intent{line: read, outcome: unknown}
		default:
			known.outcome = read.Outcome
			intents[read.Operation] = known
		}
	}
	return intents, lines.Err()
}
