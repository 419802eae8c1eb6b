package entrysql_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/internal/entrysql"
)

// Every entry of a walk is in one of its windows, and they come in its order.
func TestWindowsPartAWalk(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	at := func() time.Time { // from 1969 to 1989, and beyond what IDs hold
		return time.UnixMicro(random.Int64N(20*365*24*3600*1e6) - 365*24*3600*1e6).Add(time.Duration(random.IntN(3)) * time.Nanosecond)
	}
	for range 3000 {
		w := walk(t, audit.Sort{Dir: []audit.Direction{audit.Ascending, audit.Descending}[random.IntN(2)]})
		w.Filter.NotActorEmails = []string{""}
		w.Backward = random.IntN(2) == 0
		start, end := at(), at()
		if end.Before(start) {
			start, end = end, start
		}
		if random.IntN(2) == 0 {
			w.Filter.From = start
		}
		if random.IntN(2) == 0 && start != end {
			w.Filter.Until = end
		}
		if random.IntN(3) == 0 {
			w.Filter.NotAfter = audit.FirstID(at())
		}
		if random.IntN(3) == 0 {
			w.After = audit.CursorAt(audit.Entry{ID: audit.FirstID(at())}, w.Sort)
		}
		require.True(t, entrysql.IsWindowed(w))
		windows := entrysql.Windows(w, at(), at())
		for range 20 {
			entry := audit.Entry{Org: "acme", ID: audit.FirstID(at()), Actor: audit.Actor{Email: "dana@acme.test"}}
			entry.OccurredAt = entry.ID.Time()
			in := 0
			for _, window := range windows {
				require.NoError(t, window.Filter.Validate())
				if window.Filter.Match(entry) {
					in++
				}
			}
			assert.Equal(t, w.Filter.Match(entry), in == 1, "%+v", w)
			assert.LessOrEqual(t, in, 1, "%+v", w)
		}
		newestFirst := (w.Sort.Dir == audit.Descending) != w.Backward
		for i, window := range windows[1:] {
			if newestFirst {
				assert.Equal(t, windows[i].Filter.From, window.Filter.Until)
			} else {
				assert.Equal(t, windows[i].Filter.Until, window.Filter.From)
			}
		}
	}
}

// What an index has in the order that is wanted is read at once.
func TestWindowsAreForSearches(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		filter audit.Filter
		sort   audit.Column
		want   bool
	}{
		{"no filter", audit.Filter{}, audit.ByTimestamp, false},
		{"one value", audit.Filter{ActorEmails: []string{"dana@acme.test"}}, audit.ByTimestamp, false},
		{"several values", audit.Filter{ActorEmails: []string{"dana@acme.test", "kim@acme.test"}}, audit.ByTimestamp, true},
		{"an exclusion", audit.Filter{NotActorEmails: []string{"dana@acme.test"}}, audit.ByTimestamp, true},
		{"two filters", audit.Filter{ObjectIDs: []string{"7"}, RequestID: "r"}, audit.ByTimestamp, true},
		{"another order", audit.Filter{NotActorEmails: []string{"dana@acme.test"}}, audit.ByAction, false},
	} {
		w := walk(t, audit.Sort{By: test.sort})
		w.Filter = test.filter
		w.Filter.Org = "acme"
		assert.Equal(t, test.want, entrysql.IsWindowed(w), test.name)
	}
}
