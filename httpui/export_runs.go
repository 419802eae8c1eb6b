package httpui

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// paramProgress is a key that the page's script makes up for an export, so
// that it can ask how far that has come. It is known only to this process:
// behind several replicas, the page may not learn the progress, but the file
// comes.
const paramProgress = "progress"

// isProgressKey reports whether a key is one that the script makes: 128 random
// bits in hexadecimal, which nobody else can guess.
func isProgressKey(key string) bool {
	if len(key) != 32 {
		return false
	}
	for _, c := range []byte(key) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// keepRuns is how long the page can still learn how an export ended.
const keepRuns = time.Minute

// exportRuns are the exports of this process that run, and those that have
// just ended. It bounds how many run at once.
type exportRuns struct {
	slots chan struct{}
	now   func() time.Time

	mu    sync.Mutex
	byKey map[runKey]*exportRun
}

// runKey keeps organizations apart.
type runKey struct{ org, key string }

// exportRun is one export.
type exportRun struct {
	cancel   context.CancelFunc
	rows, of atomic.Int64
	state    atomic.Int32 // a runState
	ended    time.Time    // guarded by exportRuns.mu
}

type runState int32

const (
	running runState = iota
	cancelled
	failed
	done
)

// String is the state's name in the script.
func (s runState) String() string { return [...]string{"running", "cancelled", "failed", "done"}[s] }

func newExportRuns(atOnce int, now func() time.Time) *exportRuns {
	return &exportRuns{slots: make(chan struct{}, atOnce), now: now, byKey: map[runKey]*exportRun{}}
}

// begin takes a place for an export, if there is one. An empty key is one that
// nobody will ask for.
func (x *exportRuns) begin(org, key string, cancel context.CancelFunc) (*exportRun, bool) {
	select {
	case x.slots <- struct{}{}:
	default:
		return nil, false
	}
	run := &exportRun{cancel: cancel}
	x.mu.Lock()
	defer x.mu.Unlock()
	for k, other := range x.byKey {
		if !other.ended.IsZero() && x.now().Sub(other.ended) > keepRuns {
			delete(x.byKey, k)
		}
	}
	if _, taken := x.byKey[runKey{org, key}]; key != "" && !taken {
		x.byKey[runKey{org, key}] = run
	}
	return run, true
}

// end gives the place back.
func (x *exportRuns) end(run *exportRun) {
	run.state.CompareAndSwap(int32(running), int32(failed))
	x.mu.Lock()
	run.ended = x.now()
	x.mu.Unlock()
	<-x.slots
}

// find returns an export by its key.
func (x *exportRuns) find(org, key string) (*exportRun, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	run, ok := x.byKey[runKey{org, key}]
	return run, ok
}

func (run *exportRun) expect(rows int) { run.of.Store(int64(rows)) }

func (run *exportRun) tell(rows int) { run.rows.Store(int64(rows)) }

func (run *exportRun) done() { run.state.CompareAndSwap(int32(running), int32(done)) }

// exportProgress is what {base}/exports/{key} answers.
type exportProgress struct {
	State string `json:"state"`
	Rows  int64  `json:"rows"`
	Of    int64  `json:"of"`
}

// exportProgress serves {base}/exports/{key}.
func (h *Handler) exportProgress(w http.ResponseWriter, r *request) error {
	run, err := h.findRun(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, exportProgress{runState(run.state.Load()).String(), run.rows.Load(), run.of.Load()})
}

// cancelExport serves DELETE {base}/exports/{key}: the database stops
// its work, and the browser sees a failed download.
func (h *Handler) cancelExport(w http.ResponseWriter, r *request) error {
	if h.isCrossOrigin(r.Request) {
		return &failure{status: http.StatusForbidden, public: h.options.Words.Refusal.Forbidden}
	}
	run, err := h.findRun(r)
	if err != nil {
		return err
	}
	run.state.CompareAndSwap(int32(running), int32(cancelled))
	run.cancel()
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (h *Handler) findRun(r *request) (*exportRun, error) {
	if run, ok := h.exports.find(r.org, r.args[0]); ok {
		return run, nil
	}
	return nil, &failure{status: http.StatusNotFound, public: h.options.Words.Refusal.NotFound}
}
