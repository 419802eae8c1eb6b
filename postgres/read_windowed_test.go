package postgres_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/auditkeep/audit"
	"github.com/auditkeep/audit/postgres"
)

// Every entry of a walk is in one of its windows, and they come in its order.
func TestWindowsPartAWalk(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	at := func() time.Time { // from 1969 to 1989
		return time.UnixMicro(random.Int64N(20*365*24*3600*1e6) - 365*24*3600*1e6).Add(time.Duration(random.IntN(3)) * time.Nanosecond)
	}
	parted := 0
	for range 3000 {
		w := audit.Walk{
			Filter: audit.Filter{Org: "acme", NotActorEmails: []string{""}},
			Sort:   audit.Sort{By: audit.ByTimestamp, Dir: []audit.Direction{audit.Ascending, audit.Descending}[random.IntN(2)]},
			Limit:  51, Backward: random.IntN(2) == 0,
		}
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
		all, windows, err := postgres.WindowsOf(w, at(), at())
		require.NoError(t, err)
		if len(windows) > 1 {
			parted++
		}
		newestFirst := (w.Sort.Dir == audit.Descending) != w.Backward
		rest := all
		for _, window := range windows {
			if newestFirst {
				require.Equal(t, rest[1], window[1], "%+v", w)
				rest[1] = window[0]
			} else {
				require.Equal(t, rest[0], window[0], "%+v", w)
				rest[0] = window[1]
			}
			if len(windows) > 1 {
				require.Negative(t, window[0].Compare(window[1]), "%+v", w)
			}
		}
		require.Equal(t, rest[0], rest[1], "%+v: all of it", w)
		for range 20 {
			id := audit.FirstID(at())
			entry := audit.Entry{Org: "acme", ID: id, OccurredAt: id.Time(), Actor: audit.Actor{Email: "dana@acme.test"}}
			in := id.Compare(all[0]) >= 0 && id.Compare(all[1]) < 0
			want := w.Filter.Match(entry)
			if !w.After.IsZero() {
				want = want && id != w.After.ID() && (id.Compare(w.After.ID()) < 0) == newestFirst
			}
			assert.Equal(t, want, in, "%+v", w)
		}
	}
	assert.Greater(t, parted, 1000)
}
