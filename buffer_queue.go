package audit

import (
	"fmt"
	"slices"
	"time"
)

// bufferQueue is what waits in a [Buffer], the oldest first.
type bufferQueue struct {
	entries []Entry
	bytes   int
}

func (q *bufferQueue) len() int { return len(q.entries) }

func (q *bufferQueue) push(entries []Entry, size int) {
	q.entries = append(q.entries, entries...)
	q.bytes += size
}

// next returns the first entries, at most so many: those of one organization,
// since a database may want to know which one a transaction is about.
func (q *bufferQueue) next(most int) []Entry {
	n := 0
	for n < min(most, len(q.entries)) && q.entries[n].Org == q.entries[0].Org {
		n++
	}
	return slices.Clone(q.entries[:n])
}

// remove takes the first n away.
func (q *bufferQueue) remove(n int) {
	for i := range q.entries[:n] {
		q.bytes -= sizeOf(&q.entries[i])
		q.entries[i] = Entry{} // for the garbage collector
	}
	if q.entries = q.entries[n:]; len(q.entries) == 0 {
		q.entries = nil
	}
}

// rotate puts the first n behind all others.
func (q *bufferQueue) rotate(n int) {
	moved := slices.Clone(q.entries[:n])
	q.entries = append(q.entries[n:], moved...)
}

// sizeOf is about how much memory an entry takes.
func sizeOf(e *Entry) int {
	size := 512 + len(e.Org) + len(e.Action) + len(e.Object.Type) + len(e.Object.ID) + len(e.Parent.Type) + len(e.Parent.ID) +
		len(e.Actor.ID) + len(e.Actor.Email) + len(e.Actor.OnBehalfOf) + len(e.RequestID) + len(e.UserAgent) + len(e.Comment) + len(e.Metadata.json)
	for i := range e.Changes {
		c := &e.Changes[i]
		size += 64 + len(c.Field) + len(c.Old.json) + len(c.New.json)
	}
	return size
}

// ActionGap is the action of the entries by which a [Buffer] reports that others are
// missing: how many, from when until when, in the comment and the metadata.
const ActionGap Action = "gap"

// maxGaps is the number of organizations that get entries about their own gaps.
// Those of all others are reported in PlatformOrg.
const maxGaps = 1000

// bufferGaps is what a [Buffer] has dropped and not reported yet.
type bufferGaps struct {
	open   map[string]*bufferGap
	fixed  []Entry // made already, and being written
	counts []int   // of fixed
}

type bufferGap struct {
	entries     int
	first, last time.Time
	id          ID // of the first
}

func (g *bufferGaps) add(entries []Entry) {
	if g.open == nil {
		g.open = map[string]*bufferGap{}
	}
	for i := range entries {
		e, org := &entries[i], entries[i].Org
		if g.open[org] == nil && len(g.open) >= maxGaps {
			org = PlatformOrg
		}
		gap := g.open[org]
		if gap == nil {
			gap = &bufferGap{first: e.OccurredAt, last: e.OccurredAt, id: e.ID}
			g.open[org] = gap
		}
		gap.entries++
		if e.OccurredAt.Before(gap.first) {
			gap.first = e.OccurredAt
		}
		if e.OccurredAt.After(gap.last) {
			gap.last = e.OccurredAt
		}
	}
}

// pending returns how many gaps are not reported yet, and how many entries are
// missing in them.
func (g *bufferGaps) pending() (gaps, missing int) {
	for _, gap := range g.open {
		missing += gap.entries
	}
	for _, n := range g.counts {
		missing += n
	}
	return len(g.open) + len(g.fixed), missing
}

// next returns the entry that reports one gap. It stays the same, with its ID,
// until it is written; what is dropped meanwhile is another gap.
func (g *bufferGaps) next(id func() ID) (Entry, bool) {
	if len(g.fixed) == 0 {
		for org, gap := range g.open {
			g.fixed, g.counts = append(g.fixed, gap.entry(org, id())), append(g.counts, gap.entries)
			delete(g.open, org)
			break
		}
	}
	if len(g.fixed) == 0 {
		return Entry{}, false
	}
	return g.fixed[0], true
}

func (g *bufferGaps) told() { g.fixed, g.counts = g.fixed[1:], g.counts[1:] }

func (gap *bufferGap) entry(org string, id ID) Entry {
	from, until := gap.first.Format(time.RFC3339Nano), gap.last.Format(time.RFC3339Nano)
	return Entry{
		Org: org, ID: id, OccurredAt: id.Time(),
		Action: ActionGap, Object: Object{Type: "audit_gap", ID: gap.id.String()},
		Actor: System("audit buffer"), Source: SourceApp, Format: Format,
		Comment:  fmt.Sprintf("The database was away for too long: %d entries from %s until %s were dropped.", gap.entries, from, until),
		Metadata: Value{json: fmt.Sprintf(`{"dropped":%d,"from":%q,"until":%q}`, gap.entries, from, until)},
	}
}
