package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/auditkeep/audit"
)

// shape is a kind of query that the page makes.
type shape struct {
	name string
	// class says what it is held against: filters and sorts, numbered pages,
	// the last page.
	class string
	query func(s sample) audit.Query
}

const (
	firstPage = "first page"
	anyPage   = "page"
	deepPage  = "numbered page"
	lastPage  = "last page"
)

// sample is an entry from the middle of the range, whose values the filters
// look for, and the range itself.
type sample struct {
	audit.Entry
	base audit.Filter
}

// filters are the single filters, each with a value that occurs, or does not.
func filters() []struct {
	name string
	set  func(*audit.Filter, sample)
} {
	none := netip.MustParseAddr("192.0.2.1")
	return []struct {
		name string
		set  func(*audit.Filter, sample)
	}{
		{"action", func(f *audit.Filter, s sample) { f.Actions = []audit.Action{s.Action} }},
		{"object type", func(f *audit.Filter, s sample) { f.ObjectTypes = []string{s.Object.Type} }},
		{"user", func(f *audit.Filter, s sample) { f.ActorEmails = []string{s.Actor.Email} }},
		{"record ID", func(f *audit.Filter, s sample) { f.ObjectIDs = []string{s.Object.ID} }},
		{"IP address", func(f *audit.Filter, s sample) { f.IPs = []netip.Prefix{netip.PrefixFrom(s.IP, s.IP.BitLen())} }},
		{"IP range", func(f *audit.Filter, s sample) { f.IPs = []netip.Prefix{netip.PrefixFrom(s.IP, 24).Masked()} }},
		{"request", func(f *audit.Filter, s sample) { f.RequestID = s.RequestID }},
		{"three actions", func(f *audit.Filter, _ sample) { f.Actions = []audit.Action{"create", "destroy", "export"} }},
		{"not an action", func(f *audit.Filter, _ sample) { f.NotActions = []audit.Action{audit.ActionUpdate} }},
		{"not a user", func(f *audit.Filter, s sample) { f.NotActorEmails = []string{s.Actor.Email} }},
		{"an action that does not occur", func(f *audit.Filter, _ sample) { f.Actions = []audit.Action{"unheard_of"} }},
		{"a type that does not occur", func(f *audit.Filter, _ sample) { f.ObjectTypes = []string{"unheard_of"} }},
		{"a user who does not occur", func(f *audit.Filter, _ sample) { f.ActorEmails = []string{"nobody@acme.test"} }},
		{"a record ID that does not occur", func(f *audit.Filter, _ sample) { f.ObjectIDs = []string{"999999999999"} }},
		{"an address that does not occur", func(f *audit.Filter, _ sample) { f.IPs = []netip.Prefix{netip.PrefixFrom(none, 32)} }},
		{"a request that does not occur", func(f *audit.Filter, _ sample) { f.RequestID = "unheard-of" }},
	}
}

// shapes are all kinds of pages.
func shapes() []shape {
	newest := audit.Sort{By: audit.ByTimestamp, Dir: audit.Descending}
	out := []shape{{firstPage, anyPage, func(s sample) audit.Query { return audit.Query{Filter: s.base, Sort: newest} }}}
	for _, f := range filters() {
		out = append(out, shape{"filter: " + f.name, anyPage, func(s sample) audit.Query {
			q := audit.Query{Filter: s.base, Sort: newest}
			f.set(&q.Filter, s)
			return q
		}})
	}
	for _, column := range audit.Columns() {
		for _, direction := range []audit.Direction{audit.Ascending, audit.Descending} {
			sort := audit.Sort{By: column, Dir: direction}
			if sort == newest {
				continue
			}
			out = append(out, shape{fmt.Sprintf("sort: %s %s", column, direction), anyPage, func(s sample) audit.Query {
				return audit.Query{Filter: s.base, Sort: sort}
			}})
		}
	}
	for _, sort := range []audit.Sort{newest, {By: audit.ByActorEmail, Dir: audit.Ascending}} {
		by := fmt.Sprintf(", sort: %s %s", sort.By, sort.Dir)
		out = append(out,
			shape{"next, from the middle" + by, anyPage, func(s sample) audit.Query {
				return audit.Query{Filter: s.base, Sort: sort, After: audit.CursorAt(s.Entry, sort)}
			}},
			shape{"previous, from the middle" + by, anyPage, func(s sample) audit.Query {
				return audit.Query{Filter: s.base, Sort: sort, Before: audit.CursorAt(s.Entry, sort)}
			}},
			shape{"last page" + by, lastPage, func(s sample) audit.Query {
				return audit.Query{Filter: s.base, Sort: sort, Last: true}
			}},
			shape{"page 200" + by, deepPage, func(s sample) audit.Query {
				return audit.Query{Filter: s.base, Sort: sort, Number: audit.CountCap / 50}
			}})
	}
	return out
}

// timeRange is a range of time that pages are measured over.
type timeRange struct {
	name string
	from time.Time
}

func timeRanges() []timeRange {
	return []timeRange{{"all time", time.Time{}}, {"30 days", dataEnd.AddDate(0, 0, -30)}}
}

// asLoaded is the end of the data. What other measurements add is from the next
// month on: within the month, pages in another order than that of time would
// have to pass over it.
var asLoaded = audit.FirstID(dataEnd.Add(-time.Microsecond))

// sampleOf finds an entry in the middle of a range of the log, as it was loaded.
func sampleOf(ctx context.Context, trail *audit.Log, r timeRange) (sample, error) {
	s := sample{base: audit.Filter{Org: largestOrg, From: r.from, NotAfter: asLoaded}}
	from := r.from
	if from.IsZero() {
		from = dataStart
	}
	middle := s.base
	middle.NotAfter = audit.FirstID(from.Add(dataEnd.Sub(from) / 2))
	page, err := trail.Page(ctx, audit.Query{Filter: middle, Limit: 1})
	if err != nil {
		return s, err
	}
	if len(page.Entries) == 0 {
		return s, errors.New("no entry in the middle of the range: the log is too small")
	}
	s.Entry = page.Entries[0]
	return s, nil
}
