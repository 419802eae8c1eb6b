package export_test

import (
	"encoding/json"
	"errors"
	"iter"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
)

// at is the time of the tests' entries, with microseconds.
var at = time.Date(2026, 11, 22, 22, 41, 7, 123456000, time.UTC)

// entry returns an entry n microseconds after at.
func entry(n int) audit.Entry {
	id := audit.FirstID(at.Add(time.Duration(n) * time.Microsecond))
	return audit.Entry{
		Org: "acme", ID: id, OccurredAt: id.Time(), RecordedAt: id.Time(),
		Action: audit.ActionUpdate, Object: audit.Object{Type: "api_key", ID: "42"},
		Actor: audit.Actor{Kind: audit.ActorUser, Email: "dana@acme.test"},
		IP:    netip.MustParseAddr("203.0.113.24"), Source: audit.SourceApp, Format: audit.Format,
		Changes: audit.Changes{{Field: "name", Old: text("ci"), New: text("deploy")}},
	}
}

// text is a text as a value, value one from JSON.
func text(s string) audit.Value {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return value(string(quoted))
}

func value(json string) audit.Value {
	v, err := audit.ParseValue(json)
	if err != nil {
		panic(err)
	}
	return v
}

// all yields entries.
func all(entries ...audit.Entry) iter.Seq2[audit.Entry, error] { return failing(nil, entries...) }

// errBroken is what a database says that goes away.
var errBroken = errors.New("the connection broke")

// failing yields entries, and then an error unless that is nil.
func failing(err error, entries ...audit.Entry) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for _, e := range entries {
			if !yield(e, nil) {
				return
			}
		}
		if err != nil {
			yield(audit.Entry{}, err)
		}
	}
}

// repeat yields an entry n times, without keeping them.
func repeat(n int) iter.Seq2[audit.Entry, error] {
	e := entry(0)
	return func(yield func(audit.Entry, error) bool) {
		for range n {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// full is a disk with room for n bytes.
type full struct{ room int }

var errFull = errors.New("no space left on device")

func (f *full) Write(p []byte) (int, error) {
	if len(p) > f.room {
		return 0, errFull
	}
	f.room -= len(p)
	return len(p), nil
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}
